"""What *Today* counts for the kitchen."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.models import User
from kitchen.expected import figures_on, periods_on
from kitchen.models import KitchenService
from kitchen.sittings import Sitting
from office.tasks import Figure


def meals_today(user: User) -> list[Figure]:
    """Neither dish by dish nor with doubles, as the summary has them; of the periods that are on
    or to come.
    """
    now = timezone.now()
    today = timezone.localdate(now)
    served = KitchenService.objects.standing().filter(date=today).count()
    left = [each for each in periods_on(today) if Sitting(each, today).ends_at > now]
    figures = figures_on(left, today).values()
    still_to_come = sum(number for expected, number in figures)
    url = reverse("admin:kitchen_day")
    return [
        Figure(served, ngettext("meal served today", "meals served today", served), url),
        Figure(still_to_come, ngettext("still to come", "still to come", still_to_come), url),
    ]
