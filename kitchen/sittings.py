"""How the meal goes that is on, or the next one: who has come, class by class, and who has not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from kitchen.expected import periods_on, still_to_come, whom_it_is_for
from kitchen.models import KitchenService, PeriodVersion
from kitchen.serving import periods_held
from people.kinds import PersonKind, is_kind, kind_named, kinds
from people.models import Person, PersonQuerySet

DAYS_AHEAD: Final = 7


@dataclass(frozen=True, slots=True)
class Sitting:
    """A meal period on one day."""

    period: PeriodVersion
    day: date

    @property
    def begins_at(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.day, self.period.starts_at))

    @property
    def ends_at(self) -> datetime:
        last = self.day + timedelta(days=self.period.is_overnight)
        end = datetime.combine(last, self.period.ends_at)
        return timezone.make_aware(end)

    @property
    def meals(self) -> Any:
        """Those that stand."""
        meals = KitchenService.objects.standing()
        return meals.filter(period=self.period.period_id, date=self.day)


def sittings_at(moment: datetime) -> list[Sitting]:
    """What is served at that instant; there may be several, for different people."""
    local = timezone.localtime(moment)
    periods = periods_held([moment])
    return [Sitting(period, day) for period in periods if (day := period.day_at(local))]


def periods_over(planned: Iterable[PeriodVersion], day: date, moment: datetime) -> set[UUID]:
    """Those of the day that have ended by then: who has not come does not come any more."""
    return {each.period_id for each in planned if Sitting(each, day).ends_at <= moment}


def next_sittings(moment: datetime) -> list[Sitting]:
    """Those that begin next after that instant, at the same time, within a week."""
    local = timezone.localtime(moment)
    for number in range(DAYS_AHEAD + 1):
        day = local.date() + timedelta(days=number)
        coming = [each for each in periods_on(day) if number or each.starts_at > local.time()]
        if coming:
            begin = min(period.starts_at for period in coming)
            return [Sitting(period, day) for period in coming if period.starts_at == begin]
    return []


@dataclass(frozen=True, slots=True)
class DinerGroup:
    """People of one class or department; `name` is empty for those who have none."""

    kind: PersonKind
    name: str
    expected: int
    still_to_come: int

    @property
    def title(self) -> str:
        return self.kind.group_name(self.name)

    @property
    def came(self) -> int:
        return self.expected - self.still_to_come

    @property
    def key(self) -> str:
        """As an address calls it."""
        return f"{self.kind.key}:{self.name}"


def groups_of(sitting: Sitting) -> list[DinerGroup]:
    """Of each class and department how many are expected, and still to come; one query."""
    had = sitting.meals.filter(person=OuterRef("pk"))
    fields = sorted({kind.card_group for kind in kinds() if kind.card_group})
    rows = (
        whom_it_is_for(sitting.period, sitting.day)
        .order_by()
        .values("kind", *fields)
        .annotate(expected=Count("pk"), to_come=Count("pk", filter=~Exists(had)))
    )
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        key = (row["kind"], row.get(kind_named(row["kind"]).card_group, ""))
        expected, to_come = counts.get(key, (0, 0))
        counts[key] = (expected + row["expected"], to_come + row["to_come"])
    return [DinerGroup(kind_named(key), name, *counts[key, name]) for key, name in sorted(counts)]


def kind_and_name(group: str) -> tuple[PersonKind | None, str]:
    """Of a group by its `key`; no kind: there is no such one."""
    key, _, name = group.partition(":")
    return (kind_named(key) if is_kind(key) else None), name


def still_to_come_of(sitting: Sitting, group: str) -> PersonQuerySet[Person]:
    """Those of one group, by its `key`; of everybody if that is empty. Of no such kind: nobody."""
    people = still_to_come(sitting.period, sitting.day)
    if not group:
        return people
    kind, name = kind_and_name(group)
    if kind is None:
        return people.none()
    of_group = Q(**{kind.card_group: name}) if kind.card_group else Q()
    return people.filter(of_group, kind=kind.key)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sitting is; `extra` were given beyond the portions, to guests too."""

    sitting: Sitting
    is_on: bool
    portions: int
    extra: int
    groups: list[DinerGroup]

    @property
    def expected(self) -> int:
        return sum(group.expected for group in self.groups)

    @property
    def still_to_come(self) -> int:
        return sum(group.still_to_come for group in self.groups)


def progress_at(moment: datetime) -> Iterator[Progress]:
    """Of what is on, or of what comes next; two queries each."""
    on = sittings_at(moment)
    for sitting in on or next_sittings(moment):
        counts = sitting.meals.aggregate(
            portions=Count("pk", filter=Q(is_extra=False)),
            extra=Count("pk", filter=Q(is_extra=True)),
        )
        yield Progress(sitting, bool(on), counts["portions"], counts["extra"], groups_of(sitting))
