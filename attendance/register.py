"""The register of a day: who came, who did not, who is expected and not seen yet.

Each kind of people has its own. The office's day view and every dashboard count by these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from attendance.models import (
    EVERYBODY,
    Attendance,
    AttendanceQuerySet,
    ClosedDay,
    Holiday,
    Policy,
    Status,
)
from attendance.services import FURTHEST_BACK, class_levels_expected
from people.kinds import PersonKind
from people.models import Person, PersonQuerySet

# No status: whoever has it has no row.
UNSEEN = "Not yet seen"

# Came, and has not gone since: the last arrival is later than the last departure. At a two-way gate
# without directions one tap is both; then the first tap of the day is an arrival and no departure.
ON_SITE = Q(attendance_time__isnull=False) & (
    Q(last_out_at__isnull=True)
    | Q(last_out_at__lte=F("attendance_time"))
    | Q(last_in_at__gt=F("last_out_at"))
)


def days_on(kind: PersonKind, day: date) -> AttendanceQuerySet:
    return Attendance.objects.of_kind(kind).filter(date=day)


def expected_among(
    kind: PersonKind, day: date, levels: Mapping[str, bool]
) -> PersonQuerySet[Person]:
    """Who of this kind should come on a day of which `class_levels_expected` says this."""
    everybody = levels[EVERYBODY]
    people = Person.objects.of_kind(kind).expected(day)
    if not kind.has_own_policy:
        return people if everybody else people.none()
    others = [level for level, is_expected in levels.items() if is_expected != everybody]
    named = Q(class_level__in=others)
    return people.exclude(named) if everybody else people.filter(named)


def figures_of(
    kind: PersonKind,
    day: date,
    *,
    expected: QuerySet[Person],
    days: QuerySet[Attendance] | None = None,
) -> dict[str, int]:
    """`present, late, absent, excused, on_site_now` and `not_yet_seen` of a kind's day."""
    rows = days_on(kind, day) if days is None else days
    counts = rows.aggregate(
        **{status.lower(): Count("pk", filter=Q(status=status)) for status in Status.values},
        on_site_now=Count("pk", filter=ON_SITE),
    )
    return {**counts, "not_yet_seen": unseen_of(day, expected).count()}


def unseen_of(day: date, expected: QuerySet[Person]) -> QuerySet[Person]:
    rows = Attendance.objects.filter(person=OuterRef("pk"), date=day)
    return expected.filter(~Exists(rows))


@dataclass(frozen=True)
class DayStanding:
    """How a day stands: closed or open, and who is expected on it. Three queries."""

    day: date

    @cached_property
    def closed(self) -> ClosedDay | None:
        return ClosedDay.objects.select_related("closed_by").filter(pk=self.day).first()

    @cached_property
    def holiday(self) -> Holiday | None:
        return Holiday.objects.filter(date=self.day).first()

    @cached_property
    def levels(self) -> dict[str, bool]:
        return class_levels_expected(self.day)

    @property
    def is_future(self) -> bool:
        return self.day > timezone.localdate()

    @property
    def is_settled(self) -> bool:
        """Too long ago to be closed or corrected."""
        return self.day < timezone.localdate() - FURTHEST_BACK

    @property
    def is_nobody_expected(self) -> bool:
        return not any(self.levels.values())

    @property
    def some_expected(self) -> list[str]:
        """The class levels that are expected while others are not."""
        if self.levels[EVERYBODY]:
            return []
        return sorted(level for level, is_expected in self.levels.items() if is_expected)

    @cached_property
    def policy(self) -> Policy:
        return Policy.objects.get(class_level=EVERYBODY)

    def expected(self, kind: PersonKind) -> PersonQuerySet[Person]:
        return expected_among(kind, self.day, self.levels)

    def will_be_absent(self, kind: PersonKind) -> QuerySet[Person]:
        """For whom closing this day now writes Absent; see `attendance.services.close_day`."""
        return unseen_of(self.day, self.expected(kind))


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A person, and what is known of their day."""

    person: Person
    record: Attendance | None

    @property
    def people(self) -> list[Person]:
        return [self.person]

    @property
    def group(self) -> str:
        """The class or department, as the card names it; of whom there is no class, the level."""
        field = self.person.declared.card_group
        return (field and getattr(self.person, field)) or self.person.class_level

    @property
    def status(self) -> str:
        return self.record.status if self.record else UNSEEN


@dataclass(frozen=True)
class DayRegister:
    """One kind's day, as far as `seen_by` may know of them; of all, or of those in `parts` about
    whom `words` are.
    """

    kind: PersonKind
    standing: DayStanding
    seen_by: User
    parts: Mapping[str, str] = field(default_factory=dict)
    words: str = ""

    @cached_property
    def figures(self) -> dict[str, int]:
        """Of all statuses, whichever is looked at."""
        day = self.standing.day
        return figures_of(self.kind, day, expected=self._expected, days=self._days)

    def people(self, status: str = "") -> QuerySet[Person]:
        """Those with this status; without one, everybody who was seen, corrected or expected."""
        if status == UNSEEN:
            return unseen_of(self.standing.day, self._expected)
        days = self._days.filter(status=status) if status else self._days
        seen = Q(pk__in=days.values("person"))
        return self._among.filter(seen if status else seen | Q(pk__in=self._expected.values("pk")))

    def lines(self, people: Iterable[Person]) -> list[RegisterLine]:
        """These people with their days, in one query."""
        people = list(people)
        rows = days_on(self.kind, self.standing.day).filter(person__in=people)
        days = {row.person_id: row for row in rows.select_related("corrected_by")}
        return [RegisterLine(person, days.get(person.pk)) for person in people]

    @property
    def _is_narrowed(self) -> bool:
        return bool(self.words or self.parts or self.seen_by.own_classes is not None)

    @property
    def _among(self) -> QuerySet[Person]:
        return self._narrowed(Person.objects.of_kind(self.kind))

    @property
    def _expected(self) -> QuerySet[Person]:
        """Nobody once the day is closed: whoever was expected has a row."""
        people = self.standing.expected(self.kind)
        return people.none() if self.standing.closed else self._narrowed(people)

    @property
    def _days(self) -> QuerySet[Attendance]:
        days = days_on(self.kind, self.standing.day)
        if not self._is_narrowed:
            return days
        return days.filter(person__in=self._among.values("pk"))

    def _narrowed(self, people: Any) -> QuerySet[Person]:
        found: PersonQuerySet[Person] = people.filter(**self.parts).search(self.words)
        return found.seen_by(self.seen_by)
