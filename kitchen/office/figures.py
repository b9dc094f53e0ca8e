"""What *Today* counts for the kitchen."""

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from kitchen.expected import figures_on, periods_on
from kitchen.models import KitchenService
from office.tasks import Figure


def meals_today(user: User) -> list[Figure]:
    """Neither dish by dish nor with doubles, as the summary has them."""
    today, url = timezone.localdate(), reverse("admin:kitchen_day")
    served = KitchenService.objects.standing().filter(date=today).count()
    figures = figures_on(periods_on(today), today).values()
    return [
        Figure(served, "meals served today", url),
        Figure(sum(left for _, left in figures), "still to come", url),
    ]
