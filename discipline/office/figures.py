"""What *Today* counts of discipline."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.models import User
from discipline.models import Incident
from office.tasks import Figure

A_DAY, SIX_DAYS = timedelta(days=1), timedelta(days=6)


def incidents_lately(user: User) -> list[Figure]:
    """Of today, and of seven days with it."""
    today, url = timezone.localdate(), reverse("admin:discipline_incident_changelist")
    standing = Incident.objects.seen_by(user).standing()
    first = today - SIX_DAYS
    of_today = standing.filter(date_of_incident=today).count()
    of_a_week = standing.filter(date_of_incident__range=(first, today)).count()
    return [
        Figure(
            of_today,
            ngettext("incident today", "incidents today", of_today),
            f"{url}?{_since(today, today)}",
        ),
        Figure(
            of_a_week,
            ngettext("incident in 7 days", "incidents in 7 days", of_a_week),
            f"{url}?{_since(first, today)}",
        ),
    ]


def _since(first: date, today: date) -> str:
    """As the list's own filter of days and of what stands puts it."""
    days = {"date_of_incident__gte": first, "date_of_incident__lt": today + A_DAY}
    return urlencode({**days, "voided": "no"})
