"""What is deleted when it has been kept long enough; the periods are the institution's.

`periods` is the table: what each setting deletes, and from which models. Others lose their rows
each hour, whatever the institution says (`privacy.housekeeping`); `FOR_GOOD` are those that lose
none, or do not grow. A test walks all models: each stands in one of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.locks import for_change
from institution.declared import SETTINGS
from institution.reading import setting
from people.models import Import, Person
from people.photos import remove_photo
from pos.models import TapAnnulment
from privacy.guards import guards

Rows = Callable[[datetime], QuerySet[Any]]


@dataclass(frozen=True)
class Period:
    """What goes when it is older than the days of a setting; 0 days keep it for ever."""

    what: str
    setting: str
    labels: tuple[str, ...]
    rows: tuple[Rows, ...]
    """What is older than a moment, in the order in which it can be deleted."""
    delete: Callable[[QuerySet[Any]], int] = lambda rows: int(rows.delete()[0])

    @property
    def days(self) -> int:
        days: int = setting(SETTINGS[self.setting])
        return days

    def limit(self, at: datetime) -> datetime | None:
        """What is older goes; None: nothing ever does."""
        return at - timedelta(days=self.days) if self.days else None

    def old(self, at: datetime) -> Iterator[QuerySet[Any]]:
        limit = self.limit(at)
        if limit is not None:
            yield from (rows(limit) for rows in self.rows)


def _older(label: str, field: str, limit: datetime) -> QuerySet[Any]:
    model: Any = apps.get_model(label)
    is_moment = isinstance(model._meta.get_field(field), models.DateTimeField)
    before = limit if is_moment else timezone.localdate(limit)
    rows: QuerySet[Any] = model._default_manager.filter(**{f"{field}__lt": before})
    return rows


def _one(what: str, setting: str, label: str, field: str) -> Period:
    """The common case: one table, by one of its times."""
    return Period(what, setting, (label,), (partial(_older, label, field),))


def _told(limit: datetime) -> QuerySet[Any]:
    """Notices that are on their way are sent first."""
    return _older("notifications.Notice", "created_at", limit).exclude(
        state__in=["pending", "sending"]
    )


def _decided(limit: datetime) -> QuerySet[Any]:
    return _older("people.Import", "closed_at", limit).exclude(state=Import.State.WAITING)


def _of_old_roll_calls(label: str, limit: datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = apps.get_model(label)._default_manager.all()
    return rows.filter(roll_call__ended_at__lt=limit)


def _taken_back(limit: datetime) -> QuerySet[Any]:
    """With their taps, and before them."""
    return TapAnnulment.objects.filter(tap__date__lt=timezone.localdate(limit))


def _photos(limit: datetime) -> QuerySet[Person]:
    return _left_before(limit).exclude(photo="")


def _remove_photos(rows: QuerySet[Any]) -> int:
    people = list(for_change(rows))
    for person in people:
        remove_photo(person=person)
    return len(people)


def _left_before(limit: datetime) -> QuerySet[Person]:
    """Who is not active, and has not been for a moment since; by the history of changes.

    Of whom the history has gone, nothing has happened since.
    """
    model: Any = Person.pgh_event_model  # type: ignore[attr-defined]
    events = model.objects.filter(pgh_obj=OuterRef("pk"))
    before = events.filter(pgh_created_at__lt=limit).order_by("-pgh_id")
    since = events.filter(pgh_created_at__gte=limit, is_active=True)
    was_active = Subquery(before.values("is_active")[:1])
    return (
        Person.objects.filter(is_active=False)
        .alias(was_active=was_active)
        .filter(~Exists(since))
        .filter(Q(was_active=False) | ~Exists(events))
    )


def _histories() -> list[str]:
    return [model._meta.label for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]


def periods() -> tuple[Period, ...]:
    """The table. Facts last: what refers to them is gone by then."""
    histories = _histories()
    return (
        _one(
            *(gettext("Verifications of cards"), "RETAIN_VERIFICATION_LOG_DAYS"),
            *("cards.IDCardVerificationLog", "verified_at"),
        ),
        _one(
            gettext("Prints of cards"),
            "RETAIN_PRINT_LOG_DAYS",
            "cards.IDCardPrintLog",
            "printed_at",
        ),
        _one(gettext("Print jobs"), "RETAIN_PRINT_LOG_DAYS", "cards.PrintJob", "created_at"),
        Period(
            gettext("Photos of people who left"),
            "RETAIN_PHOTO_DAYS",
            (),
            (_photos,),
            _remove_photos,
        ),
        Period(gettext("Notices"), "RETAIN_NOTICE_DAYS", ("notifications.Notice",), (_told,)),
        Period(
            gettext("Imports"),
            "RETAIN_IMPORT_DAYS",
            ("people.Import", "people.ImportRow", "people.ImportPart", "people.ImportPicture"),
            (_decided,),
        ),
        Period(
            gettext("Changes of many people"),
            "RETAIN_IMPORT_DAYS",
            ("people.Deed", "people.DeedRow"),
            (partial(_older, "people.Deed", "made_at"),),
            lambda deeds: deeds.delete()[1].get("people.Deed", 0),
        ),
        _one(gettext("Looks at people"), "RETAIN_ACCESS_DAYS", "people.Look", "looked_at"),
        _one(
            gettext("The office's log"), "RETAIN_OFFICE_LOG_DAYS", "admin.LogEntry", "action_time"
        ),
        _one(
            *(gettext("Conflicting taps"), "RETAIN_CONFLICTING_TAP_DAYS"),
            *("pos.ConflictingTap", "received_at"),
        ),
        _one(
            *(gettext("Lines of terminals that are no taps"), "RETAIN_CONFLICTING_TAP_DAYS"),
            *("doors.QuarantinedLine", "received_at"),
        ),
        Period(
            gettext("Histories"),
            "RETAIN_HISTORY_DAYS",
            (*histories, "pghistory.Context"),
            (
                *(partial(_older, label, "pgh_created_at") for label in histories),
                partial(_older, "pghistory.Context", "created_at"),
            ),
        ),
        Period(
            gettext("Roll-calls"),
            "RETAIN_FACT_DAYS",
            ("presence.RollCall", "presence.RollCallEntry", "presence.RollCallMark"),
            (
                partial(_of_old_roll_calls, "presence.RollCallMark"),
                partial(_of_old_roll_calls, "presence.RollCallEntry"),
                partial(_older, "presence.RollCall", "ended_at"),
            ),
        ),
        Period(
            gettext("Taps"),
            "RETAIN_FACT_DAYS",
            ("pos.TapAnnulment", "pos.Tap"),
            (_taken_back, partial(_older, "pos.Tap", "date")),
        ),
        _one(gettext("Meals"), "RETAIN_FACT_DAYS", "kitchen.KitchenService", "date"),
        Period(
            gettext("Days of attendance"),
            "RETAIN_FACT_DAYS",
            ("attendance.Attendance", "attendance.NoCardDay", "attendance.Absence"),
            (
                partial(_older, "attendance.Attendance", "date"),
                partial(_older, "attendance.NoCardDay", "date"),
                partial(_older, "attendance.Absence", "last_day"),
            ),
        ),
    )


# What people call the rows of a model that has no page of its own.
NAMES = {
    "accounts.RecoveryCode": _("recovery codes"),
    "accounts.SecondFactor": _("second factors"),
    "accounts.SetupCode": _("setup codes"),
    "attendance.ReopenedDay": _("reopened days"),
    "attendance.Rulebook": _("rulebooks"),
    "cards.CardTally": _("counts of cards"),
    "cards.HandOut": _("cards received"),
    "cards.HandOutTakenBack": _("cards not received after all"),
    "core.LastWrite": _("last writes of users"),
    "core.WriteProbe": _("trials of writing"),
    "doors.TerminalUser": _("people at terminals"),
    "doors.Upkeep": _("upkeep of terminals"),
    "files.Chunk": _("pieces of files"),
    "files.StoredFile": _("files"),
    "files.Unwanted": _("files to be deleted"),
    "institution.LeftAsItIs": _("steps left as they are"),
    "institution.Logo": _("logos"),
    "institution.SealedSecret": _("sealed secrets"),
    "institution.Trial": _("trials of settings"),
    "kitchen.PeriodVersion": _("versions of meal periods"),
    "notifications.GuardianConsent": _("consents of guardians"),
    "office.SavedView": _("views of lists"),
    "operations.Backup": _("backups"),
    "operations.Counted": _("what is counted"),
    "operations.FaultRecord": _("faults"),
    "operations.Pulse": _("signs of life of machines"),
    "operations.TapCount": _("counts of taps"),
    "people.ColumnMapping": _("headings of files"),
    "people.Consent": _("consents"),
    "people.Person": _("people"),
    "pos.ClockReading": _("readings of clocks"),
    "pos.CountedSeries": _("series of taps"),
    "pos.Heartbeat": _("signs of life of readers"),
    "pos.IgnoredKeys": _("keys that nobody knows"),
    "pos.PairingCode": _("pairing codes"),
    "webhooks.Follower": _("places of webhooks"),
}
FOR_GOOD = {
    "accounts.RecoveryCode": _("Until it is used, or the second step is switched off"),
    "accounts.SecondFactor": _("Until it is switched off"),
    "accounts.SetupCode": _("Until there is an administrator"),
    "accounts.User": _("Who did what stays known; few, and switched off instead"),
    "attendance.ClosedDay": _("One a day; says that it was closed, and names nobody else"),
    "attendance.Holiday": _("Of nobody"),
    "attendance.ReopenedDay": _("A few a year, of nobody"),
    "attendance.RuleChange": _("A few a year, of nobody"),
    "attendance.Rulebook": _("By which days were closed; names nobody but by id"),
    "attendance.Schedule": _("Of nobody"),
    "auth.Group": _("Not used"),
    "auth.Group_permissions": _("Not used"),
    "auth.Permission": _("Made by migrations"),
    "cards.Card": _("Whose card a tap was; a number and a code, emptied by an erasure"),
    "cards.CardTally": _("Counts"),
    "cards.HandOut": _("Who has received a card, as long as the card's row is there"),
    "cards.HandOutTakenBack": _("As cards received"),
    "contenttypes.ContentType": _("Made by migrations"),
    "core.LastWrite": _("One a user, with a time and no more"),
    "core.WriteProbe": _("One row, which holds a time"),
    "discipline.Incident": _("A student's points are their sum; an erasure takes the words"),
    "discipline.Merit": _("As incidents"),
    "discipline.Proposal": _("As incidents"),
    "discipline.SuggestedPoints": _("One a category, of nobody"),
    "discipline.Threshold": _("A few, of nobody"),
    "doors.TerminalUser": _("A PIN, until the terminal has forgotten it"),
    "doors.Upkeep": _("One a terminal"),
    "django_q.OrmQ": _("Until it is done"),
    "django_q.Task": _("The latest thousand; the worker deletes the others"),
    "django_q.Schedule": _("What is done by itself"),
    "files.Chunk": _("As its file"),
    "files.StoredFile": _("As what names it: a photo, evidence, a print file, an import"),
    "files.Unwanted": _("Until S3 has deleted the file; each hour it is asked to"),
    "institution.LeftAsItIs": _("A few, of nobody"),
    "institution.Logo": _("A few, of nobody"),
    "institution.SealedSecret": _("One a setting"),
    "institution.SettingsVersion": _("A few a year, of nobody"),
    "institution.Trial": _("One a group of settings"),
    "kitchen.MealPeriod": _("Of nobody"),
    "kitchen.PeriodVersion": _("Of nobody"),
    "notifications.Guardian": _("As long as the student; an erasure deletes them"),
    "notifications.GuardianConsent": _("As long as the guardian"),
    "office.SavedView": _(
        "At most thirty of a list and user; an erasure deletes those with the name"
    ),
    "operations.Backup": _("One a backup; says when it was made"),
    "operations.Counted": _("One row"),
    "operations.FaultRecord": _("Thirty days after it ended; names readers and machines"),
    "operations.Pulse": _("One a machine, for a day"),
    "operations.TapCount": _("Counts"),
    "people.ColumnMapping": _("What somebody said of headings; tells of nobody"),
    "people.Consent": _("As long as the person; an erasure takes who gave it"),
    "people.Person": _("What everything refers to; an erasure takes who it was"),
    "pos.ClockReading": _("One an hour, for two weeks"),
    "pos.CountedSeries": _("One for each time that a reader began its count"),
    "pos.Device": _("Readers, switched off instead"),
    "pos.Heartbeat": _("One a reader"),
    "pos.IgnoredKeys": _("One a reader"),
    "pos.PairingCode": _("One a reader"),
    "reports.ReportSchedule": _("Until somebody deletes it"),
    "security.SecurityPersonnel": _("As the person"),
    "staff.StaffMember": _("As the person"),
    "students.Student": _("As the person"),
    "visitors.Visitor": _("As the person"),
    "webhooks.Follower": _("One row"),
    "webhooks.Webhook": _("Until somebody deletes it"),
}


def apply_retention(*, at: datetime, really: bool) -> Counter[str]:
    """How many rows and photos went; without `really` everything is done, and undone."""
    done: Counter[str] = Counter()
    with transaction.atomic():
        with pgtrigger.ignore(*guards()):
            for period in periods():
                for rows in period.old(at):
                    done[period.what.lower()] += period.delete(rows)
        transaction.set_rollback(not really)
    return +done


@dataclass(frozen=True)
class Standing:
    """One line of the office's page."""

    what: str
    kept_for: str
    setting: str
    would_go: int


def standings(*, at: datetime) -> list[Standing]:
    """How much each period would delete now."""
    return [
        Standing(
            what=period.what,
            kept_for=SETTINGS[period.setting].kind.words(period.days),
            setting=period.setting,
            would_go=sum(rows.order_by().count() for rows in period.old(at)),
        )
        for period in periods()
    ]
