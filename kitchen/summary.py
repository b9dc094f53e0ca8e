"""How much was served on a day, by period and food item."""

from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Count

from kitchen.models import KitchenService


def summary_of(day: date) -> dict[str, Any]:
    """The shape of `SummarySerializer`, in two queries."""
    meals = KitchenService.objects.standing().filter(date=day)
    rows = (
        meals.values("period_id", "period__name", "food_item")
        .annotate(served=Count("pk"))
        .order_by("period__starts_at", "period_id", "food_item")
    )
    doubles = _doubles(meals)
    periods = [
        _period(list(items), doubles)
        for _, items in groupby(rows, key=lambda row: row["period_id"])
    ]
    return {
        "date": day,
        "served": sum(period["served"] for period in periods),
        "doubles": sum(period["doubles"] for period in periods),
        "periods": periods,
    }


def _doubles(meals: Any) -> dict[Any, int]:
    """Of each period, the meals beyond one a person: as many as `with_doubles()` marks."""
    rows = (
        meals.filter(period__isnull=False)
        .values("period_id")
        .annotate(served=Count("pk"), people=Count("person_id", distinct=True))
        .order_by()
    )
    return {row["period_id"]: row["served"] - row["people"] for row in rows}


def _period(items: list[Any], doubles: dict[Any, int]) -> dict[str, Any]:
    return {
        "period_id": items[0]["period_id"],
        "name": items[0]["period__name"],
        "served": sum(item["served"] for item in items),
        "doubles": doubles.get(items[0]["period_id"], 0),
        "items": items,
    }
