"""What *Today* counts for the kitchen."""

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from kitchen.expected import figures_on, periods_on
from kitchen.models import KitchenService
from office.tasks import Figure


def meals_today(user: User) -> list[Figure]:
    """Neither dish by dish nor with doubles, as the summary has them. Who is still to come leads to
    the meal that is on."""
    today = timezone.localdate()
    served = KitchenService.objects.standing().filter(date=today).count()
    figures = figures_on(periods_on(today), today).values()
    still_to_come = sum(left for _, left in figures)
    return [
        Figure(served, "meals served today", reverse("admin:kitchen_day")),
        Figure(still_to_come, "still to come", reverse("admin:kitchen_now")),
    ]
