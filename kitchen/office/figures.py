"""What *Today* counts for the kitchen."""

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from kitchen.summary import summary_of
from office.tasks import Figure


def meals_today(user: User) -> list[Figure]:
    summary, url = summary_of(timezone.localdate()), reverse("admin:kitchen_day")
    return [
        Figure(summary["served"], "meals served today", url),
        Figure(summary["still_to_come"], "still to come", url),
    ]
