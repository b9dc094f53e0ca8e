"""Writes the notices that `policy` decides upon, woken by the outbox; and what people do to
guardians and notices."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from attendance.models import Attendance, ClosedDay, Status
from core.errors import DomainError
from discipline.models import Incident
from notifications.models import Guardian, Notice
from notifications.policy import Fact, Telling, decide, fact_of_day, fact_of_incident
from outbox.models import Event

# --- what happened ----------------------------------------------------------------------------

Guardians = Mapping[UUID, list[Guardian]]
"""By student."""


def tell_of_changed_days(events: Sequence[Event]) -> None:
    happened_at = _first_heard(events)
    days = Attendance.objects.filter(pk__in=happened_at)
    _tell_of_days(days, lambda day: happened_at[day.pk])


def tell_of_closed_days(events: Sequence[Event]) -> None:
    """Of whoever an officer had said to be Absent; the close itself makes the others' days, and
    each of those is news of its own."""
    closed_at = {event.payload["date"]: event.happened_at for event in events}
    days = Attendance.objects.filter(date__in=closed_at, corrected_status=Status.ABSENT)
    _tell_of_days(days, lambda day: closed_at[str(day.date)])


def _tell_of_days(
    days: QuerySet[Attendance], happened_at: Callable[[Attendance], datetime]
) -> None:
    guardians = _hold_guardians(days.values("person"))
    rows = list(days.filter(person__in=guardians))
    closed = ClosedDay.objects.filter(date__in={day.date for day in rows})
    closed_dates = set(closed.values_list("date", flat=True))
    facts = [
        fact_of_day(day, is_closed=day.date in closed_dates, happened_at=happened_at(day))
        for day in rows
    ]
    _tell(facts, guardians)


def tell_of_incidents(events: Sequence[Event]) -> None:
    happened_at = _first_heard(events)
    incidents = Incident.objects.filter(pk__in=happened_at)
    guardians = _hold_guardians(incidents.values("student"))
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


def _hold_guardians(students: QuerySet[Any]) -> Guardians:
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
    told: dict[UUID, list[Notice]] = defaultdict(list)
    notices = Notice.objects.filter(event_id__in=[fact.event_id for fact in facts])
    # The race with a sender who begins with one of them: what is sent was told, and is corrected.
    for notice in notices.order_by("notice_id").select_for_update(no_key=True):
        told[notice.event_id].append(notice)
    decisions = [decide(fact, told[fact.event_id], guardians[fact.student_id]) for fact in facts]
    wrong = [notice.pk for decision in decisions for notice in decision.wrong]
    tellings = [telling for decision in decisions for telling in decision.tellings]
    if wrong:
        Notice.objects.filter(pk__in=wrong).update(
            state=Notice.State.CANCELLED, reason="It was not true any more."
        )
    if tellings:
        at = _database_clock()
        again = [_taken_up(telling, telling.again, at) for telling in tellings if telling.again]
        Notice.objects.bulk_update(again, TAKEN_UP)
        new = [_new_notice(telling, at) for telling in tellings if not telling.again]
        Notice.objects.bulk_create(new)


def _database_clock() -> datetime:
    """One clock for all machines: by it, a guardian was told something before something else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


TAKEN_UP = ("says", "state", "attempts", "reason", "next_attempt_at", "expires_at", "created_at")


def _taken_up(telling: Telling, notice: Notice, at: datetime) -> Notice:
    notice.says = telling.fact.says
    notice.state = Notice.State.PENDING
    notice.attempts = 0
    notice.reason = ""
    notice.expires_at = telling.expires_at
    notice.next_attempt_at = notice.created_at = at
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
        says=fact.says,
        corrects=telling.corrects,
        expires_at=telling.expires_at,
        next_attempt_at=at,
        created_at=at,
    )


# --- what people do ---------------------------------------------------------------------------

# Whoever asks for another try wants it sent, also if it is no fresh news.
NEW_LIFE = timedelta(days=1)


class NotFailed(DomainError):
    code = "not_failed"
    message = "Only a notice that failed can be tried again."


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
