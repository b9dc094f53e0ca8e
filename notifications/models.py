"""Guardians, and what they are told: one row for each event, guardian and channel.

What happens to days and incidents is in the outbox, in the same transaction; `services` is woken by
it and writes the notices that `policy` decides upon, and `sending` sends them.
"""

import uuid
from datetime import datetime
from typing import Self

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from attendance.models import Attendance
from core.hours import validate_hours
from discipline.models import Incident
from institution.declared import NOTICE_LANGUAGE
from institution.reading import setting
from people.fields import LineField, PhoneField, is_landline
from people.models import Consent
from people.search import folded
from students.models import Student


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")


class News(models.TextChoices):
    """What guardians are told of."""

    ARRIVAL = "arrival", _("Arrival")
    LATE = "late", _("Late arrival")
    ABSENCE = "absence", pgettext_lazy("news", "Absence")
    INCIDENT = "incident", _("Discipline incident")


LANDLINE = _("This is a landline, which gets no SMS. Give a mobile number, or leave SMS out.")


def all_news() -> list[str]:
    return list(News.values)


def default_language() -> str:
    return setting(NOTICE_LANGUAGE)


def channels_reaching(*, phone: str, email: str) -> list[str]:
    """Each that has an address; a landline gets no SMS."""
    reached = [Channel.EMAIL.value] if email else []
    return [*reached, Channel.SMS.value] if phone and not is_landline(phone) else reached


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["search_text"],
)
class Guardian(models.Model):
    """Somebody who is told how a student's days go, and by which channels."""

    class Language(models.TextChoices):
        ENGLISH = "en", _("English")
        SWAHILI = "sw", _("Kiswahili")

    class ConfirmedBy(models.TextChoices):
        """How it became certain that the number or address is theirs."""

        ANSWER = "answer", _("Their answer")
        OFFICE = "office", _("The office")

    class StoppedBy(models.TextChoices):
        SMS = "sms", _("Their SMS")
        LINK = "link", _("The link in a mail")
        OFFICE = "office", _("The office")

    guardian_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(
        Student, models.PROTECT, related_name="guardians", verbose_name=_("student")
    )
    name = LineField(_("name"), max_length=150)
    relationship = LineField(
        _("relationship"),
        max_length=50,
        blank=True,
        default="",
        help_text=_("For example mother, uncle, sponsor."),
    )
    phone = PhoneField(_("phone"), blank=True, default="")
    email = models.EmailField(_("email"), blank=True, default="")
    channels = ArrayField(
        models.CharField(max_length=5, choices=Channel),
        default=list,
        blank=True,
        help_text=_("How they are told: each channel needs its address. None: they are not told."),
        verbose_name=_("channels"),
    )
    news = ArrayField(
        models.CharField(max_length=8, choices=News),
        default=all_news,
        blank=True,
        help_text=_("What they are told of."),
        verbose_name=_("news"),
    )
    language = models.CharField(
        _("language"), max_length=2, choices=Language, default=default_language
    )
    is_active = models.BooleanField(
        _("is active"), default=True, help_text=_("Switched off: they are told nothing.")
    )
    quiet_hours = models.CharField(
        _("quiet hours"),
        max_length=11,
        blank=True,
        default="",
        validators=[validate_hours],
        help_text=_("Campus times such as 20:00-07:00 in which they are not told."),
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, editable=False)
    confirmed_by = models.CharField(
        _("confirmed by"), max_length=6, choices=ConfirmedBy, blank=True, default="", editable=False
    )
    stopped_at = models.DateTimeField(_("stopped at"), null=True, editable=False)
    stopped_by = models.CharField(
        _("stopped by"), max_length=6, choices=StoppedBy, blank=True, default="", editable=False
    )
    search_text = models.GeneratedField(
        expression=folded("name"), output_field=models.TextField(), db_persist=True
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("guardian")
        verbose_name_plural = _("guardians")
        ordering = ("created_at", "guardian_id")
        constraints = (
            models.UniqueConstraint(
                models.F("student"),
                models.F("phone"),
                condition=~models.Q(phone=""),
                name="notifications_guardian_one_for_number",
                violation_error_message=_("Another guardian of this student has this number."),
            ),
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="notifications_guardian_named",
                violation_error_message=_("A guardian has a name."),
            ),
            models.CheckConstraint(
                condition=~models.Q(phone="", email=""),
                name="notifications_guardian_reachable",
                violation_error_message=_("A guardian has a phone number or an e-mail address."),
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=["en", "sw"]),
                name="notifications_guardian_known_language",
            ),
            models.CheckConstraint(
                condition=models.Q(channels__contained_by=["email", "sms"]),
                name="notifications_guardian_known_channels",
            ),
            models.CheckConstraint(
                condition=models.Q(news__contained_by=["arrival", "late", "absence", "incident"]),
                name="notifications_guardian_known_news",
            ),
            models.CheckConstraint(
                condition=~models.Q(channels__contains=["sms"]) | ~models.Q(phone=""),
                name="notifications_guardian_phone_for_sms",
                violation_error_message=_("SMS needs a phone number."),
            ),
            models.CheckConstraint(
                condition=~models.Q(channels__contains=["email"]) | ~models.Q(email=""),
                name="notifications_guardian_address_for_email",
                violation_error_message=_("E-mail needs an e-mail address."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by="")
                | Q(confirmed_at__isnull=False, confirmed_by__in=["answer", "office"]),
                name="notifications_guardian_confirmed_by",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None, stopped_by="")
                | Q(stopped_at__isnull=False, stopped_by__in=["sms", "link", "office"]),
                name="notifications_guardian_stopped_by",
            ),
        )
        indexes = (
            # whose number an SMS comes from, and whose address a link was sent to
            models.Index(fields=["phone"], name="notifications_guardian_phone"),
            models.Index(Lower("email"), name="notifications_guardian_email"),
            # students by their guardians: notifications.finding
            GinIndex(
                fields=["search_text"],
                opclasses=["gin_trgm_ops"],
                name="notifications_guardian_search",
            ),
            GinIndex(
                fields=["phone"], opclasses=["gin_trgm_ops"], name="notifications_guardian_digits"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.relationship})" if self.relationship else self.name

    def clean(self) -> None:
        if Channel.SMS in self.channels and is_landline(self.phone):
            raise ValidationError({"phone": LANDLINE})

    @property
    def confirmed(self) -> bool:
        return self.confirmed_at is not None

    @property
    def stopped(self) -> bool:
        return self.stopped_at is not None

    def address(self, channel: str) -> str:
        """Where this channel reaches them; empty when it is not to be used."""
        if not self.is_active or channel not in self.channels:
            return ""
        return self.phone if channel == Channel.SMS else self.email


class GuardianConsent(models.Model):
    """A guardian agreed to being told, until it is withdrawn: dated, with who wrote it down.

    What was written stays as long as the guardian does.
    """

    consent_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    guardian = models.ForeignKey(Guardian, models.CASCADE, db_index=False, related_name="consents")
    given_at = models.DateTimeField(default=timezone.now)
    how = models.CharField(max_length=9, choices=Consent.How)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        ordering = ("-given_at", "consent_id")
        constraints = (
            models.UniqueConstraint(
                fields=["guardian"],
                condition=Q(withdrawn_at=None),
                name="notifications_guardianconsent_held_once",
                violation_error_message=_("This consent holds already."),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawal_recorded_by=None)
                | Q(withdrawn_at__isnull=False, withdrawal_recorded_by__isnull=False),
                name="notifications_guardianconsent_withdrawn_by",
            ),
        )
        indexes = (
            # whether a guardian is told, and what of it the office shows
            models.Index(fields=["guardian", "-given_at"], name="notifications_consent_latest"),
        )
        triggers = (
            pgtrigger.ReadOnly(
                name="given_is_given", fields=["guardian", "given_at", "how", "recorded_by"]
            ),
            pgtrigger.Protect(
                name="withdrawn_is_withdrawn",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.withdrawn_at IS NOT NULL"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.given_at:%Y-%m-%d}"

    @property
    def holds(self) -> bool:
        return self.withdrawn_at is None


# What notices say of an incident, as a day's status is what they say of a day.
RECORDED, VOIDED = "Recorded", "Voided"
# And of a day on which nobody was seen and nothing was missed.
NOTHING = "Nothing"


class NoticeQuerySet(models.QuerySet["Notice", "Notice"]):
    def due(self, *, at: datetime) -> Self:
        """What is to be sent; also what a worker began and, being killed, never finished.

        A correction waits while the notice that it corrects is on its way.
        """
        rows = self.filter(state__in=OPEN, next_attempt_at__lte=at)
        in_time = rows.exclude(corrects__state=Notice.State.SENDING)
        return in_time.order_by("next_attempt_at", "notice_id")

    def expired(self, *, at: datetime) -> Self:
        """What was not sent while it was news."""
        is_open = Q(state=Notice.State.PENDING)
        is_lost = Q(state=Notice.State.SENDING, next_attempt_at__lte=at)
        return self.filter(is_open | is_lost, expires_at__lte=at)


class Notice(models.Model):
    class Kind(models.TextChoices):
        ARRIVAL = "arrival", _("Arrival")
        LATE = "late", _("Late arrival")
        ABSENCE = "absence", pgettext_lazy("news", "Absence")
        INCIDENT = "incident", _("Discipline incident")
        ATTENDANCE_CORRECTION = "attendance_correction", _("Correction of a day")
        INCIDENT_CORRECTION = "incident_correction", _("Incident withdrawn")

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    notice_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(
        Student, models.PROTECT, db_index=False, related_name="notices", verbose_name=_("student")
    )
    guardian = models.ForeignKey(
        Guardian, models.SET_NULL, null=True, related_name="notices", verbose_name=_("guardian")
    )
    channel = models.CharField(_("channel"), max_length=5, choices=Channel)
    kind = models.CharField(_("kind"), max_length=21, choices=Kind)
    event_id = models.UUIDField(
        help_text="The incident; or the day of attendance, as it was known when this was written: "
        "one that is opened again and closed again has another. Student and date say which it is."
    )
    date = models.DateField(_("date"), help_text="The day on the campus that it is about.")
    says = models.CharField(max_length=8, help_text="What it says of the event, such as Absent.")
    corrects = models.ForeignKey(
        "self", models.CASCADE, null=True, db_index=False, related_name="corrections"
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(
        _("next attempt at"),
        default=timezone.now,
        help_text="While it is being sent: when it is taken for lost and sent again.",
    )
    expires_at = models.DateTimeField(help_text="After this it is no news, and cancelled.")
    may_have_arrived = models.BooleanField(
        default=False,
        help_text="It was sent, or nobody knows: what it says is corrected if it turns wrong.",
    )
    recipient = models.CharField(max_length=254, blank=True, default="")
    subject = models.CharField(max_length=200, blank=True, default="")
    body = models.TextField(blank=True, default="", help_text="The text as it was sent.")
    reason = models.CharField(
        _("reason"),
        max_length=200,
        blank=True,
        default="",
        help_text="Why it failed, waits or was cancelled.",
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ("-created_at", "notice_id")
        constraints = (
            models.UniqueConstraint(
                fields=["event_id", "guardian", "channel"],
                condition=Q(corrects__isnull=True, kind="incident"),
                name="notifications_notice_incident_once_for_a_guardian",
            ),
            models.UniqueConstraint(
                fields=["student", "date", "guardian", "channel", "kind"],
                condition=Q(corrects__isnull=True) & ~Q(kind="incident"),
                name="notifications_notice_day_once_for_a_guardian",
            ),
            models.UniqueConstraint(
                fields=["corrects"],
                condition=Q(corrects__isnull=False),
                name="notifications_notice_corrected_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "sending", "sent", "failed", "cancelled"]),
                name="notifications_notice_known_state",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="notifications_notice_sent_has_its_time",
            ),
        )
        indexes = (
            # the worker's: what is due
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=["pending", "sending"]),
                name="notifications_notice_due",
            ),
            # what was told of an incident or of a day, corrections and all
            models.Index(fields=["event_id"], name="notifications_notice_event"),
            models.Index(fields=["date", "student"], name="notifications_notice_day"),
            # the first pages of the list, whole and of one student
            models.Index(fields=["-created_at", "notice_id"], name="notifications_notice_newest"),
            models.Index(fields=["student", "-created_at"], name="notifications_notice_student"),
            # ?state=failed, which somebody has to look at
            models.Index(
                fields=["-created_at"],
                condition=Q(state="failed"),
                name="notifications_notice_failed",
            ),
        )

    def __str__(self) -> str:
        return gettext("{kind}, {day}, by {way}").format(
            kind=self.get_kind_display(), day=self.date, way=self.get_channel_display()
        )

    @property
    def reason_in_words(self) -> str:
        """The worker writes it down in English; what it says in one sentence is translated."""
        return gettext(self.reason) if self.reason else ""

    @cached_property
    def event(self) -> Attendance | Incident | None:
        """What it is about, as that stands now; a day can be gone, and is then NOTHING."""
        if self.kind in ATTENDANCE_KINDS:
            return Attendance.objects.filter(person=self.student_id, date=self.date).first()
        return Incident.objects.get(pk=self.event_id)


OPEN = (Notice.State.PENDING, Notice.State.SENDING)
INCIDENT_KINDS = frozenset({Notice.Kind.INCIDENT, Notice.Kind.INCIDENT_CORRECTION})
ATTENDANCE_KINDS = frozenset(Notice.Kind) - INCIDENT_KINDS
