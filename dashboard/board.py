"""What the page of the dashboard shows, part by part."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from attendance.models import Status
from attendance.register import LABELS, NO_CARD, UNSEEN, DayStanding
from attendance.rules import HolidayRule
from dashboard import figures as dashboard
from dashboard.charts import Chart, DayLayer, chart_of
from dashboard.marks import MARKS
from kitchen.expected import periods_on
from kitchen.models import PeriodVersion
from kitchen.sittings import periods_over
from kitchen.summary import summary_of
from office.tasks import Tone
from people.kinds import PersonKind, kinds
from people.scope import kinds_with_days_for
from pos.models import MESSAGES, Device
from pos.readers import reader_states
from pos.words import in_language
from students.kind import STUDENT

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TAPS: Final = 30
READERS: Final = 8
EXPECTED: Final = {
    "present": Status.PRESENT.value,
    "late": Status.LATE.value,
    "not_yet_seen": UNSEEN,
    "absent": Status.ABSENT.value,
    "excused": Status.EXCUSED.value,
}
FIGURES: Final = {**EXPECTED, "no_card": NO_CARD}
# From the bottom of a bar to its top.
ATTENDANCE: Final = tuple(
    DayLayer(name, LABELS[FIGURES[name]]) for name in ("present", "late", "excused", "absent")
)
MEALS: Final = (DayLayer("served", _("Meals served")),)
# What somebody must look at stands first.
STATES: Final = {
    Device.State.SILENT: Tone.BAD,
    Device.State.NEVER: Tone.WARN,
    Device.State.LIVE: Tone.GOOD,
    Device.State.OFF: Tone.QUIET,
}


@dataclass(frozen=True, slots=True)
class BoardPart:
    """A section of the page: whoever holds one of the capabilities sees it.

    `follows`: the live events after which it is out of date; taps go by their activity.
    """

    name: str
    capabilities: frozenset[Capability]
    follows: str = ""

    @property
    def template(self) -> str:
        return f"dashboard/{self.name}.html"

    def is_for(self, user: User) -> bool:
        return any(user.may(capability) for capability in self.capabilities)


_attendance = frozenset({Capability.READ_ATTENDANCE})
_meals = frozenset({Capability.READ_MEALS})
_days = "attendance day_corrected day_closed"
PARTS: Final = (
    BoardPart("figures", _attendance, _days),
    BoardPart("feed", _attendance | _meals),
    BoardPart("attendance_days", _attendance, _days),
    BoardPart("meal_days", _meals, "food_service"),
    BoardPart("groups", _attendance, _days),
    BoardPart("meals", _meals, "food_service"),
    BoardPart("incidents", frozenset({Capability.READ_DISCIPLINE}), "incident"),
    BoardPart("readers", frozenset({Capability.ADMINISTER}), "reader_silent reader_heard"),
)


def parts_of(user: User) -> dict[str, BoardPart]:
    """The parts that this user's role sees, by name."""
    return {part.name: part for part in PARTS if part.is_for(user)}


@dataclass(frozen=True, slots=True)
class BoardFigure:
    """`status`: as the day view is filtered by. `share`: of all who are expected, in percent."""

    name: str
    status: str
    number: int
    share: int | None

    @property
    def label(self) -> "StrOrPromise":
        return LABELS[self.status]


class Board:
    """Today, as far as somebody looks: each attribute is counted when it is asked for, and once.

    So the page costs what its parts cost, and a part alone no more than itself.
    """

    def __init__(self, user: User, *, now: datetime) -> None:
        self.user = user
        self.now = timezone.localtime(now)
        self.today = self.now.date()

    @cached_property
    def attendance(self) -> dict[str, Any]:
        return dashboard.attendance_on(self.today, seen_by=self.user, now=self.now)

    @cached_property
    def figures(self) -> list[BoardFigure]:
        students = self.attendance["attendance"][STUDENT.plural_key]
        whole = self.students if self.attendance["is_working_day"] else 0
        return [
            BoardFigure(name, status, students[name], share_of(students[name], whole))
            for name, status in EXPECTED.items()
        ] + [BoardFigure("no_card", NO_CARD, students["no_card"], None)]

    @property
    def holiday(self) -> HolidayRule | None:
        return DayStanding(self.today).holiday

    @cached_property
    def students(self) -> int:
        """How many are expected today, or came all the same."""
        students = self.attendance["attendance"][STUDENT.plural_key]
        return sum(students[name] for name in EXPECTED)

    @property
    def is_anybody_seen(self) -> bool:
        groups = self.attendance["attendance"].values()
        return any(group[name] for group in groups for name in EXPECTED if name != "not_yet_seen")

    @property
    def kinds(self) -> Iterable[PersonKind]:
        return kinds_with_days_for(self.user).values()

    @property
    def on_site(self) -> str:
        """`2 students, 1 staff, 0 security, 3 visitors`."""
        known = self.attendance["on_site_now"]
        counts = [(kind, known[kind.plural_key]) for kind in kinds() if kind.plural_key in known]
        return ", ".join(_counted(number, kind) for kind, number in counts)

    @property
    def group_rows(self) -> "list[tuple[StrOrPromise, list[int]]]":
        """`Present`, and how many of each of the kinds; the last row is who is on site."""
        groups = self.attendance["attendance"].values()
        names = {name: LABELS[status] for name, status in FIGURES.items()}
        names["on_site_now"] = gettext("On site now")
        return [(label, [group[name] for group in groups]) for name, label in names.items()]

    @property
    def attendance_chart(self) -> Chart:
        return chart_of(dashboard.attendance_by_day(self.today, seen_by=self.user), ATTENDANCE)

    @property
    def meal_chart(self) -> Chart:
        return chart_of(dashboard.meals_by_day(self.today), MEALS)

    @cached_property
    def meals(self) -> dict[str, Any]:
        return summary_of(self.today, self.meal_periods)

    @cached_property
    def meal_periods(self) -> list[PeriodVersion]:
        return periods_on(self.today)

    @property
    def meals_over(self) -> set[UUID]:
        return periods_over(self.meal_periods, self.today, self.now)

    @cached_property
    def incidents(self) -> dict[str, int]:
        return dashboard.incidents_on(self.today, seen_by=self.user)

    @cached_property
    def readers(self) -> list[dict[str, Any]]:
        """All of them, those that need somebody first."""
        return sorted(map(_reader_row, reader_states(at=self.now)), key=_urgency)

    @property
    def readers_shown(self) -> list[dict[str, Any]]:
        return self.readers[:READERS]

    @property
    def working_readers(self) -> int:
        return sum(reader["state"] == Device.State.LIVE for reader in self.readers)

    @property
    def readers_in_use(self) -> int:
        return sum(reader["state"] != Device.State.OFF for reader in self.readers)

    @property
    def may_read_ledger(self) -> bool:
        return self.user.may(Capability.READ_TAPS)

    @property
    def taps(self) -> list[dict[str, Any]]:
        taps = dashboard.latest_taps(self.user, TAPS)
        return [
            {
                **tap,
                "marks": [mark for mark in MARKS if mark.is_on(tap)],
                "said": self.messages[tap["code"]],
            }
            for tap in taps
        ]

    @cached_property
    def messages(self) -> dict[str, str]:
        """By code, what a tap is answered with, in the language of whoever looks."""
        language = get_language() or "en"
        return {code.value: in_language(words, language) for code, words in MESSAGES.items()}

    @property
    def all_marks(self) -> Iterable[Any]:
        return MARKS


def _counted(number: int, kind: PersonKind) -> str:
    people = str(kind.noun if number == 1 else kind.short_title).lower()
    return gettext("{number} {people}").format(number=f"{number:,}", people=people)


def share_of(part: int, whole: int) -> int | None:
    """In percent, where 0 and 100 mean nobody and everybody."""
    if not whole:
        return None
    percent = round(100 * part / whole)
    return percent if part in {0, whole} else min(max(percent, 1), 99)


def _reader_row(reader: Mapping[str, Any]) -> dict[str, Any]:
    state = Device.State(reader["state"])
    seen = reader["last_seen_at"]
    return {
        **reader,
        "tone": STATES[state],
        "label": state.label,
        "seen": seen and datetime.fromisoformat(seen),
    }


def _urgency(reader: Mapping[str, Any]) -> tuple[int, bool, str]:
    is_well = not (reader["is_clock_off"] or reader["missing"])
    return list(STATES).index(reader["state"]), is_well, reader["name"]
