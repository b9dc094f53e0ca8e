"""How many points are suggested for an incident of a category, until the institution says."""

from collections.abc import Mapping
from typing import Final

from django.db import transaction

from discipline.models import Category, SuggestedPoints

SUGGESTED: Final[Mapping[str, int]] = {
    Category.LATENESS: 2,
    Category.TRUANCY: 5,
    Category.DRESS: 2,
    Category.DISRUPTION: 5,
    Category.DISRESPECT: 5,
    Category.DISHONESTY: 15,
    Category.CARD_MISUSE: 10,
    Category.DAMAGE: 10,
    Category.THEFT: 25,
    Category.BULLYING: 20,
    Category.VIOLENCE: 25,
    Category.SUBSTANCES: 30,
    Category.OTHER: 5,
}


def suggested_points() -> dict[str, int]:
    """By category."""
    return {**SUGGESTED, **dict(SuggestedPoints.objects.values_list("category", "points"))}


@transaction.atomic
def suggest_points(points: Mapping[str, int]) -> int:
    """Suggest these from now on; of how many categories that is something else than before."""
    before = suggested_points()
    changed = {name: number for name, number in points.items() if before[name] != number}
    for category, number in changed.items():
        SuggestedPoints.objects.update_or_create(category=category, defaults={"points": number})
    return len(changed)
