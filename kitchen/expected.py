"""Who is expected at a meal, and who of them has not come yet.

Of a period that changes in the course of a day it is the last rule of that day, of today the one
that holds now.
"""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from kitchen.models import KitchenService, PeriodVersion
from people.models import Person, PersonQuerySet
from people.standing import OK, is_expected_q, standing_q


def periods_on(day: date) -> list[PeriodVersion]:
    """What is served on that day, in its order."""
    now = timezone.now()
    first = timezone.make_aware(datetime.combine(day, time.min))
    last = timezone.make_aware(datetime.combine(day, time.max))
    held = PeriodVersion.objects.at(min(max(now, first), last))
    served = held.filter(is_active=True, days__contains=[day.isoweekday()])
    return list(served.order_by("starts_at", "name", "period_id"))


def expected_on(day: date) -> PersonQuerySet[Person]:
    """Whom a kitchen cooks for on that day, before any period narrows it."""
    return Person.objects.filter(is_expected_q(day), standing_q(OK, timezone.now()))


def whom_it_is_for(period: PeriodVersion, day: date) -> PersonQuerySet[Person]:
    """Who is expected in this period."""
    return expected_on(day).filter(period.people_q())


def still_to_come(period: PeriodVersion, day: date) -> PersonQuerySet[Person]:
    """Who of them has had no meal in it."""
    had = KitchenService.objects.standing().filter(
        person=OuterRef("pk"), period=period.period_id, date=day
    )
    return whom_it_is_for(period, day).filter(~Exists(had))


def figures_on(periods: Collection[PeriodVersion], day: date) -> dict[UUID, tuple[int, int]]:
    """Of each period how many are expected, and how many of them are still to come; two queries."""
    if not periods:
        return {}
    people = expected_on(day).aggregate(
        **{f"of_{n}": Count("pk", filter=period.people_q()) for n, period in enumerate(periods)}
    )
    meals = KitchenService.objects.standing().filter(
        is_expected_q(day, "person__"), standing_q(OK, timezone.now(), "person__"), date=day
    )
    came: dict[str, Any] = meals.aggregate(
        **{
            f"of_{n}": Count(
                "person",
                distinct=True,
                filter=Q(period=period.period_id) & period.people_q("person__"),
            )
            for n, period in enumerate(periods)
        }
    )
    return {
        period.period_id: (people[key], people[key] - came[key])
        for n, period in enumerate(periods)
        if (key := f"of_{n}")
    }
