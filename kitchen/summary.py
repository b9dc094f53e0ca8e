"""How much was served on a day, by period and food item."""

from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Count, Q

from kitchen.models import KitchenService


def summary_of(day: date) -> dict[str, Any]:
    """The shape of `SummarySerializer`, in one query."""
    rows = (
        KitchenService.objects.filter(date=day)
        .with_doubles()
        .values("period_id", "period__name", "food_item")
        .annotate(served=Count("pk"), doubles=Count("pk", filter=Q(is_double=True)))
        .order_by("period__starts_at", "period_id", "food_item")
    )
    periods = [_period(list(items)) for _, items in groupby(rows, key=lambda row: row["period_id"])]
    return {
        "date": day,
        "served": sum(period["served"] for period in periods),
        "doubles": sum(period["doubles"] for period in periods),
        "periods": periods,
    }


def _period(items: list[Any]) -> dict[str, Any]:
    return {
        "period_id": items[0]["period_id"],
        "name": items[0]["period__name"],
        "served": sum(item["served"] for item in items),
        "doubles": sum(item["doubles"] for item in items),
        "items": items,
    }
