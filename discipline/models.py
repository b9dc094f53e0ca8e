"""The ledger of incidents and merits, from which a student's points follow (contract section 9)."""

import uuid
from datetime import date
from typing import Self, TypeVar

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from discipline.words import points_in_words
from people.fields import LineField
from people.models import EARLIEST_DAY
from people.scope import seen_q
from students.models import Student

M = TypeVar("M", bound=models.Model)

MAX_DESCRIPTION = 2000
MAX_REASON = 300
MOST_POINTS = 100


def today() -> date:
    return timezone.localdate()


def evidence_path(incident: "Incident", filename: str) -> str:
    """A name that tells and lets guess nothing; `filename` gives the ending only."""
    return f"evidence/{uuid.uuid4().hex}.{filename.rpartition('.')[2]}"


def _in_a_line(student: Student, day: date, points: int) -> str:
    """As titles, histories and messages of the office name an entry."""
    return f"{student.full_name}, {date_format(day, 'j F Y')}: {points_in_words(points)}"


class Category(models.TextChoices):
    LATENESS = "lateness", _("Lateness")
    TRUANCY = "truancy", _("Absence without leave")
    DRESS = "dress", _("Dress code")
    DISRUPTION = "disruption", _("Disruption of teaching")
    DISRESPECT = "disrespect", _("Disrespect")
    DISHONESTY = "dishonesty", _("Cheating or dishonesty")
    CARD_MISUSE = "card_misuse", _("Misuse of a card")
    DAMAGE = "damage", _("Damage to property")
    THEFT = "theft", _("Theft")
    BULLYING = "bullying", _("Bullying or harassment")
    VIOLENCE = "violence", _("Fighting or violence")
    SUBSTANCES = "substances", _("Alcohol or drugs")
    OTHER = "other", _("Other")


class LatestDayOnEarth(models.Func):
    """The day on which it was that instant where the day begins first."""

    template = "(%(expressions)s AT TIME ZONE 'Etc/GMT-14')::date"
    output_field = models.DateField()


class OfStudentsQuerySet(models.QuerySet[M]):
    def seen_by(self, user: object) -> Self:
        """Of students whom this administrator may know of."""
        return self.filter(seen_q(user, "student__"))


class LedgerQuerySet(OfStudentsQuerySet[M]):
    def standing(self) -> Self:
        """What was not voided."""
        return self.filter(voided_at=None)


VOIDED_WITH_A_REASON = Q(voided_at__isnull=True, voided_by__isnull=True, void_reason="") | (
    Q(voided_at__isnull=False, voided_by__isnull=False) & ~Q(void_reason="")
)
"""Of an incident or a merit: it stands, or somebody has voided it and says why."""


class IncidentQuerySet(LedgerQuerySet["Incident"]):
    """A class of its own, so that a manager knows of what."""


class Incident(models.Model):
    """Something that a student did, and what it cost. A fact: it is voided, never changed.

    `Student.points_deducted` is the sum of what stands here; triggers keep it
    (sql/add_up_points.sql).
    """

    discipline_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(
        Student,
        models.PROTECT,
        db_index=False,
        related_name="incidents",
        verbose_name=_("student"),
    )
    category = models.CharField(
        _("category"), max_length=12, choices=Category, blank=True, default=""
    )
    incident_description = models.CharField(_("incident description"), max_length=MAX_DESCRIPTION)
    points_deducted = models.PositiveSmallIntegerField(_("points deducted"))
    date_of_incident = models.DateField(
        _("date of incident"), default=today, help_text=_("The day on the campus.")
    )
    evidence = models.FileField(_("evidence"), upload_to=evidence_path, blank=True)
    group = models.UUIDField(
        null=True, editable=False, help_text=_("Of several that were recorded as one.")
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    void_reason = models.CharField(max_length=MAX_REASON, blank=True, default="")

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ("-date_of_incident", "-recorded_at", "discipline_id")
        constraints = (
            models.CheckConstraint(
                condition=Q(points_deducted__gte=1, points_deducted__lte=MOST_POINTS),
                name="discipline_incident_points_in_range",
                violation_error_message=format_lazy(
                    _("An incident costs 1 to {most} points."), most=MOST_POINTS
                ),
            ),
            models.CheckConstraint(
                condition=~Q(incident_description=""),
                name="discipline_incident_described",
                violation_error_message=_("An incident has a description."),
            ),
            models.CheckConstraint(
                condition=Q(category__in=["", *Category.values]),
                name="discipline_incident_known_category",
            ),
            models.CheckConstraint(
                condition=Q(
                    date_of_incident__gte=EARLIEST_DAY,
                    date_of_incident__lte=LatestDayOnEarth(F("recorded_at")),
                ),
                name="discipline_incident_has_happened",
                violation_error_message=_("An incident is not recorded before it happens."),
            ),
            models.CheckConstraint(
                condition=VOIDED_WITH_A_REASON,
                name="discipline_incident_voided_by_whom_and_why",
                violation_error_message=_("Who voids an incident says why."),
            ),
            models.UniqueConstraint(
                fields=["group", "student"],
                condition=Q(group__isnull=False),
                name="discipline_incident_once_in_a_group",
                violation_error_message=_("This has been recorded already."),
            ),
        )
        indexes = (
            # the first pages in the default order, and ?date=, ?from=, ?to=
            models.Index(
                fields=["-date_of_incident", "-recorded_at", "discipline_id"],
                name="discipline_incident_newest",
            ),
            # ?student=, and what a student's page shows
            models.Index(
                fields=["student", "-date_of_incident", "-recorded_at"],
                name="discipline_incident_of_student",
            ),
        )
        triggers = (
            pgtrigger.ReadOnly(
                name="facts_stay",
                fields=[
                    "discipline_id",
                    "student",
                    "category",
                    "incident_description",
                    "points_deducted",
                    "date_of_incident",
                    "evidence",
                    "group",
                    "recorded_by",
                    "recorded_at",
                ],
            ),
            # Voided once, for good.
            pgtrigger.Protect(
                name="voided_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__voided_at__isnull=False),
            ),
            pgtrigger.Protect(name="nothing_goes", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return _in_a_line(self.student, self.date_of_incident, self.points_deducted)

    @property
    def is_voided(self) -> bool:
        return self.voided_at is not None


class MeritQuerySet(LedgerQuerySet["Merit"]):
    """A class of its own, so that a manager knows of what."""


class Merit(models.Model):
    """Something good that a student did, and what it gives. A fact: it is voided, never changed.

    `Student.points_given` is the sum of what stands here; triggers keep it
    (sql/add_up_merits.sql).
    """

    merit_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(
        Student,
        models.PROTECT,
        db_index=False,
        related_name="merits",
        verbose_name=_("student"),
    )
    description = models.CharField(_("description"), max_length=MAX_DESCRIPTION)
    points = models.PositiveSmallIntegerField(_("points"))
    date = models.DateField(_("date"), default=today, help_text=_("The day on the campus."))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    void_reason = models.CharField(max_length=MAX_REASON, blank=True, default="")

    objects = MeritQuerySet.as_manager()

    class Meta:
        verbose_name = _("merit")
        verbose_name_plural = _("merits")
        ordering = ("-date", "-recorded_at", "merit_id")
        constraints = (
            models.CheckConstraint(
                condition=Q(points__gte=1, points__lte=MOST_POINTS),
                name="discipline_merit_points_in_range",
                violation_error_message=format_lazy(
                    _("A merit gives 1 to {most} points."), most=MOST_POINTS
                ),
            ),
            models.CheckConstraint(
                condition=~Q(description=""),
                name="discipline_merit_described",
                violation_error_message=_("A merit has a description."),
            ),
            models.CheckConstraint(
                condition=Q(date__gte=EARLIEST_DAY, date__lte=LatestDayOnEarth(F("recorded_at"))),
                name="discipline_merit_has_happened",
                violation_error_message=_("A merit is not recorded before it happens."),
            ),
            models.CheckConstraint(
                condition=VOIDED_WITH_A_REASON,
                name="discipline_merit_voided_by_whom_and_why",
                violation_error_message=_("Who voids a merit says why."),
            ),
        )
        indexes = (
            # the first pages in the default order
            models.Index(
                fields=["-date", "-recorded_at", "merit_id"], name="discipline_merit_newest"
            ),
            # what a student's ledger shows
            models.Index(
                fields=["student", "-date", "-recorded_at"], name="discipline_merit_of_student"
            ),
        )
        triggers = (
            pgtrigger.ReadOnly(
                name="facts_stay",
                fields=[
                    *("merit_id", "student", "description", "points", "date"),
                    *("recorded_by", "recorded_at"),
                ],
            ),
            # Voided once, for good.
            pgtrigger.Protect(
                name="voided_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__voided_at__isnull=False),
            ),
            pgtrigger.Protect(name="nothing_goes", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return _in_a_line(self.student, self.date, self.points)

    @property
    def is_voided(self) -> bool:
        return self.voided_at is not None


class PointsLeft(Student):
    """A student as the list of points shows one."""

    class Meta:
        proxy = True
        verbose_name = _("points left")
        verbose_name_plural = _("points left")


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Threshold(models.Model):
    """At or below so many points an act is proposed. A person decides; nothing is done by itself.

    It says the same for good, so that what was proposed keeps its reason; it is switched off.
    """

    threshold_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at_or_below = models.PositiveSmallIntegerField(
        _("at or below"),
        help_text=_("Whose points fall to this or below it, for them the act is proposed."),
    )
    act = LineField(
        _("act"),
        max_length=100,
        help_text=_("For example: warning letter, call the guardian, suspension."),
    )
    is_active = models.BooleanField(
        _("in use"), default=True, help_text=_("Off: it is proposed for nobody any more.")
    )

    class Meta:
        verbose_name = _("threshold")
        verbose_name_plural = _("thresholds")
        ordering = ("-at_or_below", "act")
        constraints = (
            models.UniqueConstraint(
                fields=["at_or_below", "act"],
                condition=Q(is_active=True),
                name="discipline_threshold_once",
                violation_error_message=_("This is proposed at these points already."),
            ),
            models.CheckConstraint(
                condition=~Q(act=""),
                name="discipline_threshold_says_what",
                violation_error_message=_("Say what is proposed."),
            ),
        )
        triggers = (
            pgtrigger.ReadOnly(name="says_the_same", fields=["at_or_below", "act"]),
            pgtrigger.Protect(name="nothing_goes", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        points = points_in_words(self.at_or_below)
        return gettext("At or below {points}: {act}").format(points=points, act=self.act)


OPEN = Q(decision="", risen_at=None)
"""Of a proposal: it waits for a person."""


class ProposalQuerySet(OfStudentsQuerySet["Proposal"]):
    def open(self) -> Self:
        """Those that wait for a person."""
        return self.filter(OPEN)


class Proposal(models.Model):
    """That a student's points have fallen to a threshold, and what somebody decided then.

    One for each time that they do: until `risen_at` they have not been above it again.
    """

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DISMISSED = "dismissed", _("Dismissed")

    proposal_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(
        Student, models.PROTECT, related_name="proposals", verbose_name=_("student")
    )
    threshold = models.ForeignKey(
        Threshold, models.PROTECT, related_name="proposals", verbose_name=_("threshold")
    )
    points_left = models.IntegerField(_("points left"), help_text=_("When it was proposed."))
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    risen_at = models.DateTimeField(null=True, help_text=_("When the points were above it again."))
    decision = models.CharField(max_length=9, choices=Decision, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    note = LineField(_("note"), max_length=MAX_REASON, blank=True, default="")

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposed act")
        verbose_name_plural = _("proposed acts")
        ordering = ("-proposed_at", "proposal_id")
        constraints = (
            models.UniqueConstraint(
                fields=["threshold", "student"],
                condition=Q(risen_at=None),
                name="discipline_proposal_once_a_crossing",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_by=None, decided_at=None, note="")
                | (
                    Q(decision__in=["accepted", "dismissed"])
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(note="")
                ),
                name="discipline_proposal_decided_by_whom_and_why",
            ),
        )
        indexes = (
            # the list, and what is open
            models.Index(fields=["-proposed_at", "proposal_id"], name="discipline_proposal_newest"),
            models.Index(
                fields=["-proposed_at"],
                condition=OPEN,
                name="discipline_proposal_open",
            ),
        )
        triggers = (
            pgtrigger.ReadOnly(
                name="facts_stay", fields=["student", "threshold", "points_left", "proposed_at"]
            ),
            # Decided once, for good.
            pgtrigger.Protect(
                name="decided_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.decision <> '' AND"
                    " (OLD.decision, OLD.note, OLD.decided_by_id, OLD.decided_at) IS DISTINCT FROM"
                    " (NEW.decision, NEW.note, NEW.decided_by_id, NEW.decided_at)"
                ),
            ),
            pgtrigger.Protect(name="nothing_goes", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.student.full_name}: {self.threshold}"

    @property
    def is_open(self) -> bool:
        return not self.decision and self.risen_at is None


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class SuggestedPoints(models.Model):
    """What the institution suggests for incidents of one category; whoever records one decides.

    Without a row it is what `discipline.suggesting` says.
    """

    category = models.CharField(_("category"), max_length=12, choices=Category, primary_key=True)
    points = models.PositiveSmallIntegerField(_("points"))

    class Meta:
        verbose_name = _("suggested points")
        verbose_name_plural = _("suggested points")
        constraints = (
            models.CheckConstraint(
                condition=Q(category__in=Category.values),
                name="discipline_suggestedpoints_known_category",
            ),
            models.CheckConstraint(
                condition=Q(points__gte=1, points__lte=MOST_POINTS),
                name="discipline_suggestedpoints_in_range",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_category_display()}: {self.points}"
