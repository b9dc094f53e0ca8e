"""The register of a day: who came, who did not, who is expected and not seen yet.

Each kind of people has its own. The office's day view and every dashboard count by these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from attendance.closing import FURTHEST_BACK
from attendance.expectation import Expectation
from attendance.models import (
    Attendance,
    AttendanceQuerySet,
    ClosedDay,
    NoCardDay,
    Status,
)
from attendance.rules import HolidayRule
from attendance.schedules import Policy, everybodys_policy
from people.kinds import PersonKind, kinds_with_days
from people.models import Person, PersonQuerySet

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# No status: whoever has it has no row.
UNSEEN = "Not yet seen"
# Nor has whoever could not have tapped.
NO_CARD = "No card"
# What people read instead of these and of a status.
LABELS: "Final[Mapping[str, StrOrPromise]]" = {
    **{status.value: status.label for status in Status},
    UNSEEN: _("Not yet seen"),
    NO_CARD: _("No card"),
}


def days_on(kind: PersonKind, day: date) -> AttendanceQuerySet:
    return Attendance.objects.of_kind(kind).filter(date=day)


def figures_of(
    day: date,
    *,
    expectation: Expectation,
    people: QuerySet[Person],
    days: QuerySet[Attendance],
) -> dict[str, dict[str, int]]:
    """By kind: `present, late, absent, excused`, `not_yet_seen` and `no_card` of a day.

    `people`: those who may be counted, `days` theirs. Three queries, for one kind as for all.
    """
    names = [*(status.lower() for status in Status.values), "not_yet_seen", "no_card"]
    figures = {key: dict.fromkeys(names, 0) for key in kinds_with_days()}
    by_status = days.order_by().values_list("person__kind", "status").annotate(Count("pk"))
    for kind, status, number in by_status:
        figures[kind][status.lower()] = number
    found = {
        "not_yet_seen": unseen_of(day, people.filter(expectation.expected)),
        "no_card": without_card(day, people, expectation),
    }
    for name, those in found.items():
        for kind, number in those.order_by().values_list("kind").annotate(Count("pk")):
            if kind in figures:
                figures[kind][name] = number
    return figures


def unseen_of(day: date, expected: QuerySet[Person]) -> QuerySet[Person]:
    rows = Attendance.objects.filter(person=OuterRef("pk"), date=day)
    return expected.filter(~Exists(rows))


def without_card(day: date, people: QuerySet[Person], expectation: Expectation) -> QuerySet[Person]:
    """Who could not have tapped, and of whom nothing was heard: neither seen nor Absent."""
    closed = NoCardDay.objects.filter(date=day).standing()
    return unseen_of(
        day, people.filter(expectation.without_card | Q(pk__in=closed.values("person")))
    )


@dataclass(frozen=True)
class DayStanding:
    """How a day stands: closed or open, and who is expected on it."""

    day: date

    @cached_property
    def expectation(self) -> Expectation:
        return Expectation(self.day)

    @cached_property
    def closed(self) -> ClosedDay | None:
        """The last closing, once every schedule's day is closed."""
        if not self.expectation.is_closed:
            return None
        closed = ClosedDay.objects.select_related("closed_by").filter(date=self.day)
        return closed.order_by("closed_at").last()

    @cached_property
    def holiday(self) -> HolidayRule | None:
        """By the rules that hold on this day: one that was declared when it was closed is none."""
        return next(iter(self.expectation.rules.holidays_on(self.day)), None)

    @property
    def is_future(self) -> bool:
        return self.day > timezone.localdate()

    @property
    def is_settled(self) -> bool:
        """Too long ago to be closed or corrected."""
        return self.day < timezone.localdate() - FURTHEST_BACK

    @cached_property
    def is_nobody_expected(self) -> bool:
        """By any schedule: it is no working day, or a holiday for all."""
        return not self.expectation.is_anybody_due

    @cached_property
    def policy(self) -> Policy:
        return Policy.of(everybodys_policy())

    def expected(self, kind: PersonKind) -> PersonQuerySet[Person]:
        people: PersonQuerySet[Person] = Person.objects.of_kind(kind)
        return people.filter(self.expectation.expected)

    def will_be_absent(self, kind: PersonKind) -> QuerySet[Person]:
        """For whom closing this day now writes Absent; see `attendance.closing`."""
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
        figures = figures_of(
            self.standing.day,
            expectation=self.standing.expectation,
            people=self._among,
            days=self._days,
        )
        return figures[self.kind.key]

    def people(self, status: str = "") -> QuerySet[Person]:
        """Those with this status; without one, everybody who was seen, corrected or expected."""
        if status == UNSEEN:
            return unseen_of(self.standing.day, self._expected)
        if status == NO_CARD:
            return without_card(self.standing.day, self._among, self.standing.expectation)
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
        """Of whom the day is open."""
        return self._narrowed(self.standing.expected(self.kind))

    @property
    def _days(self) -> QuerySet[Attendance]:
        days = days_on(self.kind, self.standing.day)
        if not self._is_narrowed:
            return days
        return days.filter(person__in=self._among.values("pk"))

    def _narrowed(self, people: Any) -> QuerySet[Person]:
        found: PersonQuerySet[Person] = people.filter(**self.parts).search(self.words)
        return found.seen_by(self.seen_by)
