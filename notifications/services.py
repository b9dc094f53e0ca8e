"""Writes the notices that `policy` decides upon, woken by the outbox; and what people do to
guardians and notices."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from attendance.models import Attendance, ClosedDay
from attendance.roll import roll_on
from attendance.rulebook import current_book
from core.clock import database_time
from core.errors import DomainError
from discipline.models import Incident
from notifications.models import ATTENDANCE_KINDS, INCIDENT_KINDS, Guardian, Notice
from notifications.policy import (
    Fact,
    Telling,
    decide,
    fact_of_day,
    fact_of_incident,
    fact_of_no_day,
)
from outbox.models import Event

# --- what happened ----------------------------------------------------------------------------

Guardians = Mapping[UUID, list[Guardian]]
"""By student."""


PersonDay = tuple[UUID, date]


def tell_of_changed_days(events: Sequence[Event]) -> None:
    happened_at = _first_heard(events)
    changed: dict[PersonDay, datetime] = {}
    hears = Exists(Guardian.objects.filter(student=OuterRef("person")))
    changed_days = Attendance.objects.filter(hears, pk__in=happened_at)
    days = changed_days.values_list("person", "date", "pk")
    # Of a day that is gone the event says whose and which it was.
    gone = [
        (UUID(event.payload["person"]), date.fromisoformat(event.payload["date"]), event.subject)
        for event in events
        if event.payload
    ]
    for person, day, subject in (*days, *gone):
        at = happened_at[subject]
        changed[person, day] = min(changed.get((person, day), at), at)
    _tell_of_days(changed)


def tell_of_closed_days(events: Sequence[Event]) -> None:
    """Of what was told of days that are not there, as they were opened again: closed, they say that
    nothing was missed. Whoever is Absent by the closing is news of their own."""
    closed_at = {date.fromisoformat(event.payload["date"]): event.happened_at for event in events}
    is_there = Attendance.objects.filter(person=OuterRef("student"), date=OuterRef("date"))
    told = Notice.objects.filter(~Exists(is_there), date__in=closed_at, kind__in=ATTENDANCE_KINDS)
    days = told.order_by().values_list("student", "date").distinct()
    _tell_of_days({(student, day): closed_at[day] for student, day in days})


def _tell_of_days(changed: Mapping[PersonDay, datetime]) -> None:
    """Of each of these days, which changed then, as it is now."""
    guardians = _hold_guardians({person for person, _ in changed})
    facts = []
    for day, happened_at in _by_date(changed).items():
        people = happened_at.keys() & guardians.keys()
        if not people:
            continue
        rows = Attendance.objects.filter(date=day, person__in=people)
        closings = dict(ClosedDay.objects.filter(date=day).values_list("rulebook", "closed_at"))
        there = {row.person_id: row for row in rows}
        for person, row in there.items():
            closed_at = closings.get(row.closed_under_id or 0)
            facts.append(fact_of_day(row, closed_at=closed_at, happened_at=happened_at[person]))
        facts += _facts_of_no_days(day, {p: happened_at[p] for p in people - there.keys()})
    _tell(facts, guardians)


def _by_date(changed: Mapping[PersonDay, datetime]) -> dict[date, dict[UUID, datetime]]:
    found: dict[date, dict[UUID, datetime]] = defaultdict(dict)
    for (person, day), happened_at in changed.items():
        found[day][person] = happened_at
    return found


def _facts_of_no_days(day: date, happened_at: Mapping[UUID, datetime]) -> Iterator[Fact]:
    """Of whoever has no row on this day and was told something of it."""
    told = Notice.objects.filter(date=day, student__in=happened_at, kind__in=ATTENDANCE_KINDS)
    events = dict(told.order_by("created_at").values_list("student", "event_id"))
    if not events:
        return
    book = current_book()
    for person, entry in roll_on(day, events.keys()).items():
        yield fact_of_no_day(
            event_id=events[person],
            student_id=person,
            date=day,
            is_open=book.governing(entry.member, day)[1] is None,
            happened_at=happened_at[person],
        )


def tell_of_incidents(events: Sequence[Event]) -> None:
    happened_at = _first_heard(events)
    incidents = Incident.objects.filter(pk__in=happened_at)
    guardians = _hold_guardians(incidents.values_list("student", flat=True))
    facts = [
        fact_of_incident(incident, happened_at=happened_at[incident.pk])
        for incident in incidents.filter(student__in=guardians)
    ]
    _tell(facts, guardians)


def _first_heard(events: Iterable[Event]) -> dict[UUID, datetime]:
    """When it happened, by subject; of several events the first, which made news of it."""
    happened_at: dict[UUID, datetime] = {}
    for event in events:
        assert event.subject is not None
        before = happened_at.get(event.subject, event.happened_at)
        happened_at[event.subject] = min(before, event.happened_at)
    return happened_at


def _hold_guardians(students: Iterable[UUID]) -> Guardians:
    """Those of these students, locked in one order for everybody until the transaction ends.

    Two who are woken for one student take turns, and the second sees what the first has written.
    A guardian who is removed at the same moment is there for the whole of it or not at all. No
    tap touches these rows, so none waits.
    """
    found: dict[UUID, list[Guardian]] = defaultdict(list)
    guardians = Guardian.objects.filter(student__in=students).order_by("guardian_id")
    for guardian in guardians.select_for_update(no_key=True):
        found[guardian.student_id].append(guardian)
    return found


def _tell(facts: list[Fact], guardians: Guardians) -> None:
    """Decide, and write it down: in as many statements for one fact as for thousands."""
    if not facts:
        return
    told: dict[Any, list[Notice]] = defaultdict(list)
    # The race with a sender who begins with one of them: what is sent was told, and is corrected.
    for notice in _about(facts).order_by("notice_id").select_for_update(no_key=True):
        told[_subject(notice)].append(notice)
    decisions = [decide(fact, told[_subject(fact)], guardians[fact.student_id]) for fact in facts]
    wrong = [notice.pk for decision in decisions for notice in decision.wrong]
    tellings = [telling for decision in decisions for telling in decision.tellings]
    if wrong:
        Notice.objects.filter(pk__in=wrong).update(
            state=Notice.State.CANCELLED, reason=gettext_noop("It was not true any more.")
        )
    if tellings:
        at = database_time()
        again = [_taken_up(telling, telling.again, at) for telling in tellings if telling.again]
        Notice.objects.bulk_update(again, TAKEN_UP)
        new = [_new_notice(telling, at) for telling in tellings if not telling.again]
        Notice.objects.bulk_create(new)


def _about(facts: Iterable[Fact]) -> QuerySet[Notice]:
    """What was told of the same incidents and days; perhaps of some others of these students."""
    days = [fact for fact in facts if fact.correction == Notice.Kind.ATTENDANCE_CORRECTION]
    incidents = [fact for fact in facts if fact.correction == Notice.Kind.INCIDENT_CORRECTION]
    return Notice.objects.filter(
        Q(
            kind__in=ATTENDANCE_KINDS,
            date__in={fact.date for fact in days},
            student__in={fact.student_id for fact in days},
        )
        | Q(kind__in=INCIDENT_KINDS, event_id__in=[fact.event_id for fact in incidents])
    )


def _subject(about: Fact | Notice) -> Any:
    """What is told of a day goes with the day, though its row was another before it was opened."""
    kind = about.correction if isinstance(about, Fact) else about.kind
    if kind in ATTENDANCE_KINDS:
        return about.student_id, about.date
    return about.event_id


TAKEN_UP = (
    *("says", "event_id", "state", "attempts", "reason"),
    *("next_attempt_at", "expires_at", "created_at"),
)


def _taken_up(telling: Telling, notice: Notice, at: datetime) -> Notice:
    notice.says = telling.says
    notice.event_id = telling.fact.event_id
    notice.state = Notice.State.PENDING
    notice.attempts = 0
    notice.reason = ""
    notice.expires_at = telling.expires_at
    notice.created_at = at
    notice.next_attempt_at = max(at, telling.fact.not_before or at)
    return notice


def _new_notice(telling: Telling, at: datetime) -> Notice:
    fact = telling.fact
    return Notice(
        student_id=fact.student_id,
        guardian_id=telling.guardian_id,
        channel=telling.channel,
        kind=telling.kind,
        event_id=fact.event_id,
        date=fact.date,
        says=telling.says,
        corrects=telling.corrects,
        expires_at=telling.expires_at,
        next_attempt_at=max(at, fact.not_before or at),
        created_at=at,
    )


# --- what was told ----------------------------------------------------------------------------


def count_sent(days: Collection[PersonDay]) -> int:
    """How many notices about these days of people have been sent; one query."""
    if not days:
        return 0
    about = Notice.objects.filter(
        kind__in=ATTENDANCE_KINDS,
        state=Notice.State.SENT,
        date__in={day for _, day in days},
        student__in={person for person, _ in days},
    )
    counts = about.order_by().values_list("student", "date").annotate(Count("pk"))
    wanted = set(days)
    return sum(number for person, day, number in counts if (person, day) in wanted)


# --- what people do ---------------------------------------------------------------------------

# Whoever asks for another try wants it sent, also if it is no fresh news.
NEW_LIFE = timedelta(days=1)


class NotFailed(DomainError):
    code = "not_failed"
    message = _("Only a notice that failed can be tried again.")


def retry_notice(*, notice: Notice) -> Notice:
    """Give a failed notice all its tries again. The caller holds its row. Raises NotFailed."""
    if notice.state != Notice.State.FAILED:
        raise NotFailed
    now = timezone.now()
    notice.state = Notice.State.PENDING
    notice.attempts = 0
    notice.next_attempt_at = now
    notice.expires_at = max(notice.expires_at, now + NEW_LIFE)
    notice.save(update_fields=["state", "attempts", "next_attempt_at", "expires_at"])
    return notice


@transaction.atomic
def remove_guardian(*, guardian: Guardian) -> None:
    """Forget a guardian; their notices stay, without them.

    The guardian's row is locked before the notices are touched, in the order of whoever writes
    notices: else the two would wait for each other.
    """
    if locked := Guardian.objects.select_for_update().filter(pk=guardian.pk).first():
        locked.delete()
