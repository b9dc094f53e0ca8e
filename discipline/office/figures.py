"""What *Today* counts of discipline."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from discipline.models import Incident
from office.tasks import Figure

A_DAY, SIX_DAYS = timedelta(days=1), timedelta(days=6)


def incidents_lately(user: User) -> list[Figure]:
    """Of today, and of seven days with it."""
    today, url = timezone.localdate(), reverse("admin:discipline_incident_changelist")
    standing = Incident.objects.seen_by(user).standing()
    first_days = (
        (_("incidents today"), today),
        (_("incidents in 7 days"), today - SIX_DAYS),
    )
    return [
        Figure(
            standing.filter(date_of_incident__range=(first, today)).count(),
            what,
            f"{url}?{_since(first, today)}",
        )
        for what, first in first_days
    ]


def _since(first: date, today: date) -> str:
    """As the list's own filter of days and of what stands puts it."""
    days = {"date_of_incident__gte": first, "date_of_incident__lt": today + A_DAY}
    return urlencode({**days, "voided": "no"})
