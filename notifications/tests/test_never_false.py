"""Whatever happens in a day, and whenever it is sent: what guardians heard last is no lie.

The truth is said a second time here, from the day's row as it is in the end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count, pairwise
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from attendance.changes import undo_change
from attendance.closing import NotClosed, close_day, reopen_day
from attendance.models import Attendance, ClosedDay, Holiday, RuleChange, Status
from attendance.rulebook import RulesChange
from attendance.tests.saying import correct_people
from notifications.models import Channel, Guardian, Notice
from notifications.sending import claim
from notifications.tests.factories import (
    change_today,
    declare_holiday,
    excuse,
    expect,
    make_guardian,
    make_pupil,
    take_taps_back,
    today,
)
from outbox.dispatch import dispatch_events
from pos.ledger import Source, record_items
from pos.tests.factories import make_reader
from students.models import Student

pytestmark = pytest.mark.django_db

_events = count(1)


@dataclass
class Day:
    """A student's, and what each guardian heard of it, message by message."""

    student: Student
    card: str
    gate: Source
    boss: User
    heard: dict[UUID, list[tuple[UUID, str]]] = field(default_factory=dict)

    def tap(self) -> None:
        event = {"event_id": f"event-{next(_events)}", "card": self.card, "direction": "in"}
        record_items(source=self.gate, items=[event], received_at=timezone.now())

    def take_taps_back(self) -> None:
        if Attendance.objects.exists():
            take_taps_back(self.student)

    def close(self) -> None:
        close_day(day=today(), by=self.boss)

    def reopen(self) -> None:
        # Nobody can open what is not closed.
        try:
            reopen_day(day=today(), reason="Too early.", by=self.boss)
        except NotClosed:
            return

    def correct(self, status: str) -> None:
        correct_people(
            day=today(),
            kind=self.student.kind,
            people=[self.student.pk],
            status=status,
            reason="We asked.",
            by=self.boss,
        )

    def excuse(self) -> None:
        excuse(self.student, self.boss)

    def declare_holiday(self, *, to_closed: bool) -> None:
        declare_holiday(self.boss, to_closed=to_closed)

    def work_after_all(self, *, to_closed: bool) -> None:
        def write(change: RulesChange) -> None:
            Holiday.objects.all().delete()

        change_today(write, self.boss, to_closed=to_closed)

    def undo(self) -> None:
        if change := RuleChange.objects.filter(undone_at=None).order_by("-made_at").first():
            undo_change(change=change, by=self.boss)

    def dispatch(self) -> None:
        dispatch_events()

    def send(self, outcome: str) -> bool:
        """The next one; whether there was any."""
        claimed = claim([Channel.SMS], at=timezone.now() + timedelta(seconds=1))
        if claimed is None:
            return False
        notice = claimed.notice
        if notice.state == Notice.State.SENDING:
            assert notice.guardian_id
            if notice.kind == Notice.Kind.ABSENCE:
                day = Attendance.objects.get()
                assert (day.status, day.is_counted) == ("Absent", True)
                assert day.closed_under_id, "absence is told of a closed day"
            if outcome != "refused":
                heard = self.heard.setdefault(notice.guardian_id, [])
                if (notice.pk, notice.says) not in heard[-1:]:
                    heard.append((notice.pk, notice.says))
            is_sent = outcome == "sent"
            Notice.objects.filter(pk=notice.pk).update(
                state=Notice.State.SENT if is_sent else Notice.State.PENDING,
                sent_at=timezone.now() if is_sent else None,
                may_have_arrived=claimed.had_perhaps_arrived or outcome != "refused",
                next_attempt_at=timezone.now(),
                attempts=0,
            )
        return True

    def end(self) -> None:
        """Everything is acted upon and sent."""
        dispatch_events()
        while self.send("sent"):
            pass


DEEDS: dict[str, Callable[[Day], object]] = {
    "tap": Day.tap,
    "take taps back": Day.take_taps_back,
    "close": Day.close,
    "reopen": Day.reopen,
    **{
        f"say {status or 'nothing'}": partial(Day.correct, status=status)
        for status in ("", *Status.values)
    },
    "excuse": Day.excuse,
    "holiday": partial(Day.declare_holiday, to_closed=False),
    "holiday, also closed": partial(Day.declare_holiday, to_closed=True),
    "no holiday": partial(Day.work_after_all, to_closed=False),
    "no holiday, also closed": partial(Day.work_after_all, to_closed=True),
    "limit before": lambda day: expect(Status.LATE),
    "limit after": lambda day: expect(Status.PRESENT),
    "undo": Day.undo,
    "dispatch": Day.dispatch,
    "send": partial(Day.send, outcome="sent"),
    "send in vain": partial(Day.send, outcome="refused"),
    "send in doubt": partial(Day.send, outcome="in doubt"),
    "all is sent": Day.end,
}
# What makes a story of the rest comes more often.
OFTEN = (
    "tap",
    "close",
    "reopen",
    "holiday, also closed",
    "undo",
    "all is sent",
    "all is sent",
    "all is sent",
)


def true_of(day: Attendance | None, *, is_closed: bool) -> set[str]:
    """What may have been heard last of such a day."""
    if day is None or (day.status == "Absent" and not day.is_counted):
        # Who was missed, or excused, on a day that is open again is so until it is judged.
        return {"", "Nothing"} if is_closed else {"", "Nothing", "Absent", "Excused"}
    has_arrived = day.attendance_time is not None
    match day.status:
        case "Present":
            return {"Present"} if has_arrived and day.is_counted else {"", "Present"}
        case "Late":
            return {"Late", "Present"} | (set() if has_arrived and day.is_counted else {""})
        case "Excused":
            return {"", "Excused"} | ({"Present"} if has_arrived else set())
    return {"Absent"} if is_closed else {"", "Absent"}


@pytest.fixture
def day(make_user: Callable[..., User]) -> Day:
    expect(Status.PRESENT)
    student, card = make_pupil()
    make_guardian(student)
    device, _ = make_reader()
    boss = make_user("administrator", "boss")
    return Day(student, card, Source(activity=device.activity_type, device=device.pk), boss)


BEGINNINGS = {"at first": (), "after an absence was told": ("close", "all is sent")}


@pytest.mark.parametrize("beginning", BEGINNINGS)
@given(deeds=st.lists(st.sampled_from([*DEEDS, *OFTEN]), min_size=2, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(["reopen", "all is sent", "close"])
@example(["holiday, also closed", "all is sent", "undo"])
@example(["holiday, also closed", "all is sent", "undo", "all is sent", "tap"])
@example(["reopen", "all is sent", "holiday", "close"])
@example(["reopen", "all is sent", "holiday", "close", "all is sent", "tap"])
@example(["say Absent", "close", "all is sent", "holiday, also closed"])
@example(["tap", "all is sent", "excuse", "all is sent", "take taps back"])
@example(["close", "dispatch", "reopen", "say Absent", "all is sent"])
@example(["close", "dispatch", "reopen", "say Absent", "dispatch", "close"])
def test_what_was_heard_last_is_no_lie(day: Day, beginning: str, deeds: Sequence[str]) -> None:
    with transaction.atomic():
        day.heard = {}
        for deed in (*BEGINNINGS[beginning], *deeds):
            DEEDS[deed](day)
        day.end()
        row = Attendance.objects.filter(person=day.student).first()
        is_closed = ClosedDay.objects.filter(date=today()).exists()
        for guardian in Guardian.objects.all():
            heard = day.heard.get(guardian.pk, [])
            last = heard[-1][1] if heard else ""
            assert last in true_of(row, is_closed=is_closed), f"they heard {heard}"
            assert all(this[1] != then[1] for this, then in pairwise(heard)), heard
        assert not Notice.objects.exclude(state__in=["sent", "cancelled"]).exists()
        transaction.set_rollback(True)
