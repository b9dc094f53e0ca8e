"""The demo's last two weeks: readers, taps, closed days, meals by name, a roll-call; the same for a
given date.

Taps go the way that a reader's do, through the ledger, as `tools.simulator.school_day` plans them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from random import Random

from django.utils import timezone

from accounts.models import User
from attendance.closing import close_day
from attendance.corrections import Correction, correct_day
from attendance.day import Direction
from attendance.models import Attendance, Status
from cards.lookup import FoundCard, find_cards
from cards.models import Card
from cards.number_formats import NumberFormat, Reading, spell
from kitchen.by_name import serve_by_name
from people.kinds import DayList, kind_named
from people.models import Person
from people.standing import OK
from pos.ledger import Source, record_taps
from pos.models import Activity, Device
from pos.protocol import IncomingTap
from pos.services import register_device
from presence.models import RollCallEntry, RollCallMark
from presence.services import end_roll_call, mark, start_roll_call
from tools.demo.rules import (
    BACK_AT,
    TWO_SESSIONS,
    Away,
    away_around,
    is_holiday,
    last_school_day,
    set_rules,
)
from tools.simulator.school_day import (
    FRIDAY,
    MAIN_FOOD,
    Cardholder,
    Place,
    PlannedTap,
    school_day,
)

SEED = 20261123
DAYS = 14
BATCH = 500
# A reader that is online sends at once. Here what it sent in ten minutes, for so long a live tap is
# believed, is written together: a statement for each would keep whoever starts the demo waiting.
SENT_TOGETHER = timedelta(minutes=10)
# On some days the hostel kitchen had no network, and sent its day in the evening.
UPLOADED_AT = time(21, 30)
EXCUSED_A_DAY = 3
EXCUSES = (
    "A note from the dispensary.",
    "At a funeral; the warden knows.",
    "Plays for the institute's team.",
    "Industrial visit.",
)
# The kitchen also feeds whom no card says: so long after noon on the day before.
BY_NAME_AT = time(12, 50)
DRILL_AT = time(10, 15)
DRILL_LASTS = timedelta(minutes=14)
NEVER_FOUND, ELSEWHERE = 3, 4
READERS: dict[Place, dict[str, str]] = {
    Place.MAIN_IN: {"direction": Device.Direction.IN},
    Place.MAIN_OUT: {"direction": Device.Direction.OUT},
    Place.HOSTEL_GATE: {"number_format": NumberFormat.DEC_LSB},
    Place.MAIN_KITCHEN: {},
    Place.HOSTEL_KITCHEN: {},
}


def load_taps(*, now: datetime) -> int:
    """Two weeks of taps up to now, by the demo's logins; returns how many."""
    administrator = User.objects.get(username="admin")
    officer = User.objects.get(username="attendance")
    today = timezone.localdate(now)
    days = [today - timedelta(days=n) for n in reversed(range(DAYS))]
    away = away_around(today)
    set_rules(days, away, by=officer)
    readers = {place: _register(place, administrator) for place in READERS}
    cards = all_cards()
    count = 0
    for day in days:
        taps = [tap for tap in planned_taps(cards, day, away) if tap.at <= now]
        _record(taps, day, readers, now)
        count += len(taps)
        if day < today:
            close_day(day=day, by=officer)
            _excuse_some(day, officer)
    _serve_by_name(today - timedelta(days=1))
    _hold_drill(last_school_day(today), officer)
    return count


def _register(place: Place, by: User) -> Source:
    """Its key is thrown away: nobody taps in the name of the demo's readers."""
    is_kitchen = place.is_kitchen
    device, _ = register_device(
        by=by,
        name=place.value,
        location="Kitchen" if is_kitchen else "Gate",
        activity_type=Activity.FOOD_SERVICE if is_kitchen else Activity.ATTENDANCE,
        **READERS[place],
    )
    is_two_way = device.direction == Device.Direction.BOTH
    return Source(
        activity=device.activity_type,
        number_format=NumberFormat(device.number_format),
        direction=Direction.EITHER if is_two_way else Direction(device.direction),
        location=device.location,
        device=device.pk,
    )


def all_cards() -> list[FoundCard]:
    numbers = Card.objects.values_list("rfid_number", flat=True)
    found = find_cards({Reading(number=number) for number in numbers})
    return sorted((card for cards in found.values() for card in cards), key=lambda c: c.number)


# --- who taps -----------------------------------------------------------------------------------


def planned_taps(cards: Collection[FoundCard], day: date, away: Away) -> list[PlannedTap]:
    """Everybody's day, and those whom no gate lets in."""
    zone = timezone.get_default_timezone()
    noon = datetime.combine(day, time(12), zone)
    refused = {card.number: card for card in cards if card.standing(at=noon) != OK}
    there = [card for card in cards if not away.is_ill(card.holder, day)]
    admitted = [card for card in there if card.number not in refused]
    people = [_cardholder(card) for card in admitted]
    taps = school_day(people, day, seed=SEED, zone=zone, is_holiday=is_holiday(day))
    if day == away.trip_day:
        taps = _without_trip(taps, {c.number for c in admitted if away.is_on_trip(c)}, day)
    is_school_day = not is_holiday(day) and day.isoweekday() <= FRIDAY
    return sorted([*taps, *(_refused(refused.keys(), noon) if is_school_day else ())])


def _cardholder(card: FoundCard) -> Cardholder:
    return Cardholder(
        card.identifier,
        card.number,
        kind_named(card.card_type).rhythm,
        has_two_sessions=card.class_code == TWO_SESSIONS,
    )


def _without_trip(
    taps: Iterable[PlannedTap], travellers: Collection[str], day: date
) -> list[PlannedTap]:
    """Whoever would have come in the morning comes when the trip is over."""
    back = datetime.combine(day, BACK_AT, timezone.get_default_timezone())
    came, kept = dict[str, PlannedTap](), list[PlannedTap]()
    for tap in taps:
        if tap.card not in travellers or tap.at >= back:
            kept.append(tap)
        elif tap.direction == "in":
            came.setdefault(tap.card, tap)
    for number, tap in enumerate(came.values()):
        kept.append(replace(tap, at=back + timedelta(seconds=20 * number)))
    return kept


def _refused(numbers: Iterable[str], noon: datetime) -> Iterator[PlannedTap]:
    """Cards that are off, lost or of suspended people, strangers' cards, and misread ones."""
    random = Random(f"{SEED} {noon.date()}")
    tried = [number for number in numbers if random.random() < 0.2]
    tried += [f"04{random.getrandbits(48):012X}" for _ in range(random.randrange(4))]
    tried += [f"04{random.getrandbits(28):07X}" for _ in range(random.randrange(2))]
    for number in tried:
        at = noon - timedelta(seconds=random.randrange(3 * 3600, 5 * 3600))
        yield PlannedTap(at, Place.MAIN_IN, number, "in")


# --- what becomes of it -------------------------------------------------------------------------


def _record(
    taps: Iterable[PlannedTap], day: date, readers: Mapping[Place, Source], now: datetime
) -> None:
    """Write a day's taps in the order in which they came in."""
    uploaded_at = datetime.combine(day, UPLOADED_AT, timezone.get_default_timezone())
    is_today = day == timezone.localdate(now)
    is_cut_off = day.toordinal() % 4 == 1 and not is_today
    uploads = {Place.HOSTEL_KITCHEN} if is_cut_off else set()

    def came_in(event: tuple[int, PlannedTap]) -> tuple[datetime, Place]:
        tap = event[1]
        sent_at = uploaded_at if tap.place in uploads else _end_of_step(tap.at, SENT_TOGETHER)
        return min(sent_at, now), tap.place

    events = sorted(enumerate(taps, 1), key=came_in)
    for (received_at, place), together in groupby(events, key=came_in):
        source, is_offline = readers[place], place in uploads
        sent = [_sent(source, f"{day:%Y%m%d}-{n:05}", tap, is_offline) for n, tap in together]
        for first in range(0, len(sent), BATCH):
            batch = sent[first : first + BATCH]
            record_taps(source=source, taps=batch, received_at=received_at)


def _end_of_step(at: datetime, step: timedelta) -> datetime:
    past_the_hour = at - at.replace(minute=0, second=0, microsecond=0)
    return at + (step - past_the_hour % step)


def _sent(source: Source, event_id: str, tap: PlannedTap, is_offline: bool) -> IncomingTap:
    """What the reader would send. At a gate it cannot know which way somebody went."""
    return IncomingTap(
        event_id=event_id,
        card=_spelled(tap.card, source.number_format),
        tapped_at=tap.at,
        food_item=tap.food_item,
        offline=is_offline,
    )


def _spelled(card: str, number_format: NumberFormat) -> str:
    try:
        return spell(card, number_format)
    except ValueError:  # a card that was misread
        return card


def _excuse_some(day: date, by: User) -> None:
    students = Attendance.objects.in_list(DayList.STUDENTS)
    absent = students.filter(date=day, status=Status.ABSENT).order_by("person_id")
    random = Random(f"{SEED} {day}")
    for record in random.sample(list(absent), min(EXCUSED_A_DAY, len(absent))):
        correction = Correction(random.choice(EXCUSES), Status.EXCUSED)
        correct_day(record=record, correction=correction, by=by)


def _serve_by_name(day: date) -> None:
    """A second plate, and one for a guest."""
    cook = User.objects.get(username="kitchen")
    lunch = datetime.combine(day, BY_NAME_AT, timezone.get_default_timezone())
    student = Person.objects.filter(kind="student", status="Active").order_by("pk")[0]
    serve_by_name(
        by=cook,
        person=student,
        food_item=MAIN_FOOD[0],
        extra=True,
        at=lunch,
        reason="Plays for the institute: a second plate after training.",
    )
    serve_by_name(
        by=cook,
        person=None,
        guest_name="Halima Juma",
        food_item=MAIN_FOOD[0],
        extra=True,
        at=lunch + timedelta(minutes=4),
        reason="Inspector of the technical education council.",
    )


def _hold_drill(day: date, officer: User) -> None:
    """Who was on site is looked for; most are found within minutes, some never."""
    random = Random(f"{SEED} drill")
    began = datetime.combine(day, DRILL_AT, timezone.get_default_timezone())
    drill = start_roll_call(
        by=officer,
        is_drill=True,
        name="Fire drill of the semester",
        place="Football field",
        at=began,
    )
    people = list(RollCallEntry.objects.filter(roll_call=drill).values_list("person", flat=True))
    random.shuffle(people)
    for number, person in enumerate(people[NEVER_FOUND:]):
        said_at = began + timedelta(seconds=min(60 + random.expovariate(1 / 180), 800))
        state = RollCallMark.State.AWAY if number < ELSEWHERE else RollCallMark.State.SAFE
        mark(roll_call=drill, person=person, state=state, by=officer, at=said_at)
    end_roll_call(roll_call=drill, by=officer, at=began + DRILL_LASTS)
