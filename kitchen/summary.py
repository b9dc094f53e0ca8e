"""How much was served on a day, by period and food item, and who is still to come."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Final

from django.db.models import Count, Q

from kitchen.expected import figures_on, periods_on
from kitchen.models import KitchenService, PeriodVersion

MOST: Final = 20


def summary_of(day: date, planned: Sequence[PeriodVersion] | None = None) -> dict[str, Any]:
    """The shape of `SummarySerializer`, in five queries; one less for whoever has the periods."""
    meals = KitchenService.objects.standing().filter(date=day)
    rows = (
        meals.values("period_id", "period__name", "food_item")
        .annotate(served=Count("pk"), extra=Count("pk", filter=Q(is_extra=True)))
        .order_by("period__starts_at", "period_id", "food_item")
    )
    served = {key: list(items) for key, items in groupby(rows, key=lambda row: row["period_id"])}
    planned = periods_on(day) if planned is None else planned
    figures, doubles = figures_on(planned, day), _doubles(meals)
    names = {period.period_id: period.name for period in planned}
    # In the order of the day; what was served besides comes where the database puts it.
    keys = [*names, *(key for key in served if key not in names)]
    periods = [_period(key, names, served.get(key, []), figures, doubles) for key in keys]
    return {
        "date": day,
        "served": sum(period["served"] for period in periods),
        "doubles": sum(period["doubles"] for period in periods),
        "extra": sum(period["extra"] for period in periods),
        "expected": sum(period["expected"] or 0 for period in periods),
        "still_to_come": sum(period["still_to_come"] or 0 for period in periods),
        "periods": periods,
    }


def dishes_of(day: date) -> list[str]:
    """What was served on that day, the most frequent first."""
    named = KitchenService.objects.standing().filter(date=day).exclude(food_item="")
    counted = named.order_by().values("food_item").annotate(served=Count("pk"))
    return list(counted.order_by("-served", "food_item").values_list("food_item", flat=True)[:MOST])


def _doubles(meals: Any) -> dict[Any, int]:
    rows = meals.with_doubles().filter(is_double=True).order_by()
    counted = rows.values("period_id").annotate(doubles=Count("pk"))
    return {row["period_id"]: row["doubles"] for row in counted}


def _period(
    key: Any,
    names: Mapping[Any, str],
    items: list[Any],
    figures: Mapping[Any, tuple[int, int]],
    doubles: Mapping[Any, int],
) -> dict[str, Any]:
    expected, still_to_come = figures.get(key, (None, None))
    return {
        "period_id": key,
        "name": names.get(key) or items[0]["period__name"],
        "served": sum(item["served"] for item in items),
        "doubles": doubles.get(key, 0),
        "extra": sum(item["extra"] for item in items),
        "expected": expected,
        "still_to_come": still_to_come,
        "items": items,
    }
