"""What *Today* counts for the kitchen."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from kitchen.expected import figures_on, periods_on
from kitchen.models import KitchenService
from office.tasks import Figure


def meals_today(user: User) -> list[Figure]:
    """Neither dish by dish nor with doubles, as the summary has them; of all periods of the day."""
    today = timezone.localdate()
    served = KitchenService.objects.standing().filter(date=today).count()
    figures = figures_on(periods_on(today), today).values()
    still_to_come = sum(left for _, left in figures)
    url = reverse("admin:kitchen_day")
    return [
        Figure(served, _("meals served today"), url),
        Figure(still_to_come, _("still to come"), url),
    ]
