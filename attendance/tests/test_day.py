"""A day as a pure function of facts: the contract's examples, any order, and a model of its own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.day import (
    Corrected,
    DayFacts,
    DayResult,
    Direction,
    Pass,
    judge,
    shared_out,
    stays_of,
    with_firsts,
)
from attendance.rules import (
    AbsenceRule,
    DaySpan,
    HolidayRule,
    Rules,
    ScheduleRule,
    Session,
)
from attendance.tests import model
from people.applies_to import AppliesTo, Member

unhurried = settings(max_examples=400)

ZONE = ZoneInfo("Africa/Dar_es_Salaam")
DAY = date(2026, 11, 18)  # a Wednesday
ANY_DAY = (1, 2, 3, 4, 5, 6, 7)
PUPIL = Member(UUID(int=1), "student", "Form 1", "F1A", "Science")
GUARD = Member(UUID(int=2), "security")

IN, OUT, EITHER = Direction


def at(text: str, day: date = DAY, zone: ZoneInfo = ZONE) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), zone).astimezone(UTC)


def came(*times: str, day: date = DAY, way: Direction = IN, **fields: Any) -> list[Pass]:
    return [Pass(at(text, day), way, **fields) for text in times]


def session(starts: str, late: str = "", ends: str = "", **fields: Any) -> Session:
    return Session(
        name=fields.pop("name", "Lessons"),
        weekdays=fields.pop("weekdays", ANY_DAY),
        starts_at=time.fromisoformat(starts),
        late_after=time.fromisoformat(late or starts),
        ends_at=time.fromisoformat(ends) if ends else None,
        **fields,
    )


def schedule(*sessions: Session, **fields: Any) -> ScheduleRule:
    begins = fields.pop("day_begins", "00:00")
    return ScheduleRule(
        uuid4(), "A schedule", sessions, day_begins=time.fromisoformat(begins), **fields
    )


def rules(*schedules: ScheduleRule, absences: Sequence[AbsenceRule] = (), **fields: Any) -> Rules:
    zone = fields.pop("zone", ZONE)
    return Rules(zone, schedules, absences_on=lambda day: absences, **fields)


def day_of(
    book: Rules,
    passes: Sequence[Pass],
    *,
    who: Member = PUPIL,
    day: date = DAY,
    closed: bool = True,
    **facts: Any,
) -> DayResult:
    return judge(DayFacts(book.plan(who, day), tuple(passes), is_closed=closed, **facts))


SCHOOL = schedule(session("07:30", "08:00", "15:00"))
TWO_SESSIONS = schedule(
    session("07:30", "08:00", "12:30", name="Morning"),
    session("14:00", "14:10", "17:00", name="Afternoon", requires_tap=True),
)
NIGHT = schedule(
    session("18:00", "18:15", "06:00", name="Night"),
    day_begins="12:00",
    audience=AppliesTo.of({"kinds": ["security"]}),
)


# --- the contract's examples -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "status", "late"),
    [
        (("07:29",), "Present", 0),
        (("08:00",), "Present", 0),
        (("08:00:01",), "Late", 30),
        (("08:20:59",), "Late", 50),
        (("15:00",), "Absent", 0),  # the lessons were over
        ((), "Absent", 0),
    ],
)
def test_minutes_late_count_from_the_beginning(
    times: tuple[str, ...], status: str, late: int
) -> None:
    result = day_of(rules(SCHOOL), came(*times))
    assert (result.status, result.minutes_late) == (status, late)


def test_who_goes_before_the_end_has_left_early() -> None:
    passes = [*came("07:20"), *came("14:59", way=OUT)]
    assert day_of(rules(SCHOOL), passes).left_early
    assert not day_of(rules(SCHOOL), [*passes, *came("14:59:30")]).left_early
    assert not day_of(rules(SCHOOL), [*came("07:20"), *came("15:00", way=OUT)]).left_early


def test_a_session_that_requires_a_tap_needs_one_of_its_own() -> None:
    morning = day_of(rules(TWO_SESSIONS), came("07:20"))
    assert [s.status for s in morning.sessions] == ["Present", "Absent"]
    assert morning.status == "Present"
    both = day_of(rules(TWO_SESSIONS), [*came("07:20"), *came("13:00", way=OUT), *came("14:20")])
    assert [(s.status, s.minutes_late) for s in both.sessions] == [("Present", 0), ("Late", 20)]
    assert both.status == "Late"
    # A school whose readers see people coming only.
    in_only = day_of(rules(TWO_SESSIONS), came("07:20", "14:20", way=IN))
    assert [(s.status, s.minutes_late) for s in in_only.sessions] == [("Present", 0), ("Late", 20)]
    # A gate that does not say which way: the second tap is one of its own all the same.
    two_way = day_of(rules(TWO_SESSIONS), came("07:20", "14:20", way=EITHER))
    assert [(s.status, s.minutes_late) for s in two_way.sessions] == [("Present", 0), ("Late", 20)]
    for_lunch = day_of(rules(TWO_SESSIONS), came("07:20", "13:00", way=EITHER))
    assert [s.status for s in for_lunch.sessions] == ["Present", "Absent"]
    afternoon = day_of(rules(TWO_SESSIONS), came("13:50"))
    assert [s.status for s in afternoon.sessions] == ["Absent", "Present"]
    assert afternoon.status == "Present"


def test_who_was_only_seen_leaving_before_anything_began_did_not_come() -> None:
    left = came("00:30", way=OUT)
    for sessions in (SCHOOL, TWO_SESSIONS, schedule(session("07:30", "08:00"))):
        assert day_of(rules(sessions), left).status == "Absent"
        assert not day_of(rules(sessions), left).left_early
        assert day_of(rules(sessions), left, closed=False).status is None
        assert day_of(rules(sessions), [*left, *came("07:20")]).status == "Present"
        assert day_of(rules(sessions), came("12:00", way=OUT)).status == "Present"


def test_a_session_is_left_by_whoever_had_come_to_it_and_does_not_come_again() -> None:
    morning, afternoon = day_of(
        rules(TWO_SESSIONS),
        [*came("07:20"), *came("13:00", way=OUT), *came("14:20"), *came("16:00", way=OUT)],
    ).sessions
    assert (morning.left_at, afternoon.arrived_at) == (None, at("14:20"))
    assert afternoon.left_at == at("16:00")
    early, missed = day_of(rules(TWO_SESSIONS), [*came("07:20"), *came("11:00", way=OUT)]).sessions
    assert (early.left_at, missed.left_at) == (at("11:00"), None)
    back = day_of(
        rules(SCHOOL), [*came("07:20"), *came("10:00", way=OUT), *came("10:20", way=IN)]
    ).sessions[0]
    assert back.left_at is None


def test_any_other_session_is_attended_by_whoever_has_not_left() -> None:
    relaxed = schedule(
        session("07:30", "08:00", "12:30"), session("14:00", "14:10", "17:00", name="Afternoon")
    )
    stayed = day_of(rules(relaxed), came("07:20"))
    assert [s.status for s in stayed.sessions] == ["Present", "Present"]
    went = day_of(rules(relaxed), [*came("07:20"), *came("13:00", way=OUT)])
    assert [s.status for s in went.sessions] == ["Present", "Absent"]
    assert went.status == "Present"
    assert went.left_early


def test_while_a_day_is_open_nothing_is_absent() -> None:
    result = day_of(rules(TWO_SESSIONS), came("07:20"), closed=False)
    assert [s.status for s in result.sessions] == ["Present", None]
    assert day_of(rules(TWO_SESSIONS), [], closed=False).status is None


def test_a_night_shift_is_one_day() -> None:
    book = rules(NIGHT, SCHOOL)
    tomorrow = DAY + timedelta(days=1)
    passes = [*came("17:52"), *came("06:04", day=tomorrow, way=OUT)]
    assert {book.day_of(GUARD, one.at) for one in passes} == {DAY}
    result = day_of(book, passes, who=GUARD)
    assert (result.status, result.left_early, result.minutes_on_site) == ("Present", False, 732)
    assert (result.attendance_time, result.left_at) == (at("17:52"), at("06:04", tomorrow))


def test_the_last_night_of_a_schedule_is_one_day_too() -> None:
    tomorrow = DAY + timedelta(days=1)
    went = at("06:04", tomorrow)
    ended = replace(NIGHT, valid_to=DAY)
    for book in (rules(ended), rules(ended, SCHOOL)):
        assert book.day_of(GUARD, went) == DAY
        assert book.bounds(GUARD, DAY)[1] == at("12:00", tomorrow)
    # From days to nights and back: the first lesson is at half past seven.
    by_day = replace(SCHOOL, audience=NIGHT.audience, valid_from=tomorrow)
    book = rules(ended, by_day)
    assert book.day_of(GUARD, went) == DAY
    assert book.day_of(GUARD, at("07:10", tomorrow)) == tomorrow
    assert book.bounds(GUARD, tomorrow)[0] == at("06:45", tomorrow)
    result = day_of(book, [*came("17:52"), *came("06:04", day=tomorrow, way=OUT)], who=GUARD)
    assert (result.status, result.minutes_on_site) == ("Present", 732)


def test_who_leaves_at_half_past_midnight_belongs_to_the_evening_before() -> None:
    hostel = schedule(session("07:30", "08:00"), day_begins="03:00")
    assert rules(hostel).day_of(PUPIL, at("00:30")) == DAY - timedelta(days=1)
    assert rules(hostel).day_of(PUPIL, at("03:00")) == DAY


def test_security_without_a_schedule_of_its_own_is_never_late_or_absent() -> None:
    book = rules(SCHOOL)
    assert day_of(book, came("10:00"), who=GUARD).status == "Present"
    assert day_of(book, [], who=GUARD).status is None


@pytest.mark.parametrize("day", [date(2026, 11, 21), date(2026, 11, 22)])
def test_at_the_weekend_a_tap_is_present_and_counts_in_no_rate(day: date) -> None:
    weekdays = schedule(session("07:30", "08:00", weekdays=(1, 2, 3, 4, 5)))
    result = day_of(rules(weekdays), came("11:55", day=day), day=day)
    assert (result.status, result.minutes_late, result.is_counted) == ("Present", 0, False)
    assert day_of(rules(weekdays), [], day=day).status is None


def test_a_double_read_is_one_pass() -> None:
    gate: dict[str, Any] = {"way": EITHER, "source": "gate", "debounce": 5}
    twice = day_of(rules(SCHOOL), came("07:30:00", "07:30:04", **gate))
    assert (twice.left_at, twice.on_site_since) == (None, at("07:30"))
    again = day_of(rules(SCHOOL), came("07:30:00", "07:30:06", **gate))
    assert again.left_at == at("07:30:06")


def test_who_was_refused_on_the_way_out_is_out_all_the_same() -> None:
    refused = [Pass(at("12:00"), OUT, is_refused=True)]
    assert stays_of([*came("07:30"), *refused])[-1].left_at == at("12:00")
    assert stays_of(refused) == []


def test_a_holiday_for_some_hours_moves_the_limit() -> None:
    morning_off = HolidayRule(uuid4(), "Rain", DaySpan(DAY, DAY, time(7), time(9)))
    book = rules(SCHOOL, holidays=(morning_off,))
    assert day_of(book, came("09:30")).status == "Present"
    assert day_of(book, came("09:31")).minutes_late == 31
    all_day = HolidayRule(uuid4(), "Uhuru", DaySpan(DAY, DAY))
    assert day_of(rules(SCHOOL, holidays=(all_day,)), []).status is None


def test_a_holiday_of_others_is_no_holiday() -> None:
    theirs = HolidayRule(
        uuid4(), "Exam", DaySpan(DAY, DAY), AppliesTo.of({"class_levels": ["form 2"]})
    )
    assert day_of(rules(SCHOOL, holidays=(theirs,)), []).status == "Absent"


def away(*times: time | None) -> AbsenceRule:
    return AbsenceRule(
        uuid4(), "Clinic", DaySpan(DAY, DAY, *times), AppliesTo(people=frozenset({PUPIL.person}))
    )


def test_an_absence_excuses_what_it_covers() -> None:
    assert day_of(rules(SCHOOL, absences=[away()]), []).status == "Excused"
    seen = day_of(rules(SCHOOL, absences=[away()]), came("10:00"))
    assert (seen.status, seen.attendance_time) == ("Excused", at("10:00"))
    early = rules(SCHOOL, absences=[away(time(7), time(10))])
    assert day_of(early, came("10:29")).status == "Present"
    assert day_of(early, []).status == "Absent"
    late = rules(SCHOOL, absences=[away(time(13), None)])
    assert not day_of(late, [*came("07:30"), *came("13:05", way=OUT)]).left_early


def test_the_most_particular_schedule_applies() -> None:
    def for_(start: str, **audience: Any) -> ScheduleRule:
        return schedule(session(start), audience=AppliesTo.of(audience))

    in_order = [
        for_("06:00", people={PUPIL.person}),
        for_("06:10", class_codes={"f1a"}),
        for_("06:20", class_levels={"form 1"}),
        for_("06:30", departments={"science"}),
        for_("06:40", kinds={"student"}),
        for_("06:50"),
    ]
    for place, first in enumerate(in_order):
        shuffled = Random(place).sample(in_order[place:], len(in_order) - place)  # noqa: S311
        assert rules(*shuffled).schedule_of(PUPIL, DAY) is first


def test_rules_have_dates_of_their_own() -> None:
    old = schedule(session("09:00"), valid_to=DAY - timedelta(days=1))
    new = schedule(session("07:00"), valid_from=DAY)
    book = rules(new, old)
    assert day_of(book, came("08:00")).status == "Late"
    before = DAY - timedelta(days=1)
    assert day_of(book, came("08:00", day=before), day=before).status == "Present"


def test_corrected_times_take_the_place_of_what_was_seen() -> None:
    corrected = Corrected(arrived_at=at("07:40"), left_at=at("15:10"))
    result = day_of(rules(SCHOOL), came("08:40"), corrected=corrected)
    assert (result.status, result.attendance_time, result.left_at) == (
        "Present",
        at("07:40"),
        at("15:10"),
    )


# --- calendars and clocks ----------------------------------------------------------------------


@pytest.mark.parametrize("begins", ["00:00", "03:00", "12:00"])
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Africa/Dar_es_Salaam", date(2028, 2, 29)),
        ("Africa/Dar_es_Salaam", date(2026, 12, 31)),
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/Asuncion", date(2023, 10, 1)),  # clocks went forward at midnight
        ("America/Havana", date(2026, 11, 1)),
        ("Africa/Cairo", date(2026, 4, 24)),  # at midnight too
        ("Pacific/Apia", date(2011, 12, 29)),  # the next day was left out
    ],
)
def test_each_instant_is_of_exactly_one_day(zone: str, day: date, begins: str) -> None:
    campus = ZoneInfo(zone)
    book = rules(schedule(session("08:00"), day_begins=begins), zone=campus)
    start, _ = book.bounds(PUPIL, day - timedelta(days=1))
    for minutes in range(0, 3 * 24 * 60, 7):
        moment = start + timedelta(minutes=minutes)
        own = book.day_of(PUPIL, moment)
        first, last = book.bounds(PUPIL, own)
        assert first <= moment < last


@pytest.mark.parametrize("before", ["00:00", "03:00", "12:00"])
@pytest.mark.parametrize("after", ["00:00", "03:00", "12:00", None])
@pytest.mark.parametrize("ends", ["22:00", "02:00", "06:00", "11:00"])
def test_each_instant_is_of_exactly_one_day_where_schedules_change(
    before: str, after: str | None, ends: str
) -> None:
    evening = session("18:00", "18:15", ends)
    changing = [schedule(evening, day_begins=before, valid_to=DAY)]
    if after:
        changing.append(
            schedule(session("07:30"), day_begins=after, valid_from=DAY + timedelta(days=1))
        )
    book = rules(*changing)
    for minutes in range(0, 3 * 24 * 60, 7):
        moment = at("00:00") + timedelta(minutes=minutes)
        own = book.day_of(PUPIL, moment)
        first, last = book.bounds(PUPIL, own)
        assert first <= moment < last
        plan = book.plan(PUPIL, own)
        assert (plan.begins, plan.until) == (first, last)


# --- any order ---------------------------------------------------------------------------------

minutes = st.integers(0, 24 * 60 * 12 - 1)  # steps of five seconds
one_pass = st.builds(
    lambda step, way, source: Pass(
        at("00:00") + timedelta(seconds=5 * step), way, source, debounce=5
    ),
    minutes,
    st.sampled_from(Direction),
    st.sampled_from(["a", "b"]),
)


@unhurried
@given(st.lists(one_pass, max_size=9), st.randoms(use_true_random=False), st.booleans())
def test_passes_in_any_order_give_the_same_day(
    passes: list[Pass], chance: Random, closed: bool
) -> None:
    shuffled = chance.sample(passes, len(passes))
    for book in (rules(SCHOOL), rules(TWO_SESSIONS)):
        assert day_of(book, shuffled, closed=closed) == day_of(book, passes, closed=closed)
    assert stays_of(shuffled) == stays_of(passes)


@unhurried
@given(st.lists(one_pass, max_size=9), st.booleans())
def test_nobody_leaves_a_session_before_having_come_to_it(passes: list[Pass], closed: bool) -> None:
    for book in (rules(SCHOOL), rules(TWO_SESSIONS)):
        for one in day_of(book, passes, closed=closed).sessions:
            assert not (one.arrived_at and one.left_at) or one.arrived_at < one.left_at


# One card on either side of two midnights, at two gates, at which other seconds count.
near_midnight = st.builds(
    lambda days, seconds, debounce, is_refused: Pass(
        at("00:00") + timedelta(days=days, seconds=seconds),
        IN,
        f"gate of {debounce} s",
        is_refused,
        debounce,
    ),
    st.integers(0, 1),
    st.integers(-9, 9),
    st.sampled_from([3, 5]),
    st.booleans(),
)


def on_campus(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


@unhurried
@given(st.lists(near_midnight, min_size=1, max_size=12), st.data())
def test_passes_come_and_go_and_each_is_on_the_day_of_its_first(
    passes: list[Pass], data: st.DataObject
) -> None:
    """One by one, in any order, some of them taken back: as if those left had come in order."""
    days: dict[date, list[Pass]] = {DAY + timedelta(days=days): [] for days in range(-2, 3)}
    left: list[Pass] = []
    for one in data.draw(st.permutations(passes)):
        days = shared_out(days, come=[one], day_of=on_campus)
        left.append(one)
        if data.draw(st.booleans()):
            left.remove(gone := data.draw(st.sampled_from(left)))
            days = shared_out(days, gone=[gone], day_of=on_campus)
    firsts = [(on_campus(first.at), this) for this, first in with_firsts(left)]
    assert days == {day: [this for other, this in firsts if other == day] for day in days}


@unhurried
@given(st.lists(one_pass, max_size=9))
def test_a_row_keeps_passes_as_they_are(passes: list[Pass]) -> None:
    rows = orjson.loads(orjson.dumps([one.as_row() for one in passes]))
    assert [Pass.of_row(row) for row in rows] == passes


# --- an independent model ----------------------------------------------------------------------

PERSON_DAYS = 10_000


def test_an_independent_model_agrees_on_ten_thousand_days() -> None:
    chance = Random(20261118)  # noqa: S311
    for _ in range(PERSON_DAYS):
        _compare(chance)


def _clock(at_minute: float) -> time:
    return time(int(at_minute) // 60, int(at_minute) % 60)


def _random_sessions(chance: Random) -> list[model.ModelSession]:
    sessions, earliest = [], 300
    for place in range(chance.randint(0, 3)):
        starts = earliest + chance.randint(0, 120)
        late = starts + chance.choice([0, 10, 30])
        is_last = place == 2 or chance.random() < 0.2
        ends = None if is_last and chance.random() < 0.5 else late + chance.randint(31, 200)
        sessions.append(model.ModelSession(starts, late, ends, chance.random() < 0.4))
        if ends is None:
            break
        earliest = ends + chance.choice([0, 45])
    return sessions


def _compare(chance: Random) -> None:
    sessions = _random_sessions(chance)
    ways = chance.choice([["in", "out"], ["in", "out", ""], [""]])
    steps = [chance.randint(240 * 12, 1200 * 12) for _ in range(chance.randint(0, 6))]
    steps += [step + chance.choice([0, 1, 2]) for step in steps if chance.random() < 0.2]
    taps = [(step / 12, chance.choice(ways)) for step in steps]
    absent: list[tuple[float, float]] = []
    if chance.random() < 0.3:
        first = chance.randint(200, 900)
        absent = [(first, first + chance.choice([60, 240, 600]))]
    closed = chance.random() < 0.8
    told = model.judged(model.ModelDay(sessions, taps, is_closed=closed, away=absent))

    book = rules(
        schedule(
            *(
                Session(
                    str(place),
                    ANY_DAY,
                    _clock(one.starts),
                    _clock(one.late),
                    None if one.ends is None else _clock(one.ends),
                    one.requires_tap,
                )
                for place, one in enumerate(sessions)
            )
        ),
        absences=[away(_clock(first), _clock(min(last, 1439))) for first, last in absent],
    )
    passes = [
        Pass(at("00:00") + timedelta(minutes=when), Direction(way), "gate", debounce=5)
        for when, way in taps
    ]
    result = day_of(book, passes, closed=closed)
    found = {
        "status": result.status,
        "sessions": [one.status for one in result.sessions],
        "minutes_late": result.minutes_late,
        "came": [
            one.arrived_at and (one.arrived_at - at("00:00")) / timedelta(minutes=1)
            for one in result.sessions
        ],
        "arrived": result.attendance_time
        and (result.attendance_time - at("00:00")) / timedelta(minutes=1),
        "inside": result.on_site_since is not None,
    }
    assert found == told, (sessions, taps, absent, closed)
