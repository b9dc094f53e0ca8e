"""The demo's last two weeks: readers, rules, taps, closed days; the same for a given date.

Taps go the way that a reader's do, through the ledger, as `tools.simulator.school_day` plans them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import groupby
from random import Random

from django.utils import timezone

from accounts.models import User
from attendance.changes import Scope, change_rules, set_policy
from attendance.closing import close_day
from attendance.corrections import Correction, correct_day
from attendance.day import Direction
from attendance.models import Attendance, Holiday, Status
from cards.lookup import FoundCard, find_cards
from cards.models import Card
from cards.number_formats import NumberFormat, Reading, spell
from kitchen.models import MealPeriod
from people.kinds import DayList, kind_named
from people.standing import OK
from pos.ledger import Source, record_taps
from pos.models import Activity, Device
from pos.protocol import IncomingTap
from pos.services import register_device
from tools.simulator.school_day import FRIDAY, Cardholder, Place, PlannedTap, school_day

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
PERIODS = (
    ("Breakfast", time(7), time(9)),
    ("Lunch", time(12), time(14)),
    ("Dinner", time(18, 30), time(20, 30)),
)
# Final-year students begin with their projects.
LATER_CLASS, LATER = "NTA Level 8", time(8, 30)
# Tanzania's public holidays with a date of their own.
HOLIDAYS = {
    (1, 1): "New Year's Day",
    (1, 12): "Zanzibar Revolution Day",
    (4, 7): "Karume Day",
    (4, 26): "Union Day",
    (5, 1): "Workers' Day",
    (7, 7): "Saba Saba",
    (8, 8): "Nane Nane",
    (10, 14): "Nyerere Day",
    (12, 9): "Independence Day",
    (12, 25): "Christmas Day",
    (12, 26): "Boxing Day",
}
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
    _set_rules(days)
    readers = {place: _register(place, administrator) for place in READERS}
    cards = all_cards()
    count = 0
    for day in days:
        taps = [tap for tap in planned_taps(cards, day) if tap.at <= now]
        _record(taps, day, readers, now)
        count += len(taps)
        if day < today:
            close_day(day=day, by=officer)
            _excuse_some(day, officer)
    return count


def _set_rules(days: Iterable[date]) -> None:
    MealPeriod.objects.bulk_create(
        MealPeriod(name=name, starts_at=starts_at, ends_at=ends_at)
        for name, starts_at, ends_at in PERIODS
    )
    holidays = [
        Holiday(first_day=date(year, month, day), last_day=date(year, month, day), name=name)
        for year in sorted({day.year for day in days})
        for (month, day), name in HOLIDAYS.items()
    ]
    change_rules(
        lambda _: Holiday.objects.bulk_create(holidays), what="Holidays", scope=Scope(), by=None
    )
    set_policy(class_level=LATER_CLASS, changes={"late_after": LATER})


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


def planned_taps(cards: Collection[FoundCard], day: date) -> list[PlannedTap]:
    """Everybody's day, and those whom no gate lets in."""
    zone = timezone.get_default_timezone()
    noon = datetime.combine(day, time(12), zone)
    refused = {card.number: card for card in cards if card.standing(at=noon) != OK}
    admitted = [_cardholder(card) for card in cards if card.number not in refused]
    is_holiday = (day.month, day.day) in HOLIDAYS
    taps = school_day(admitted, day, seed=SEED, zone=zone, is_holiday=is_holiday)
    is_school_day = not is_holiday and day.isoweekday() <= FRIDAY
    return sorted([*taps, *(_refused(refused.keys(), noon) if is_school_day else ())])


def _cardholder(card: FoundCard) -> Cardholder:
    return Cardholder(card.identifier, card.number, kind_named(card.card_type).rhythm)


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
