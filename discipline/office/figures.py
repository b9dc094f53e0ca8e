"""What *Today* counts of discipline."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from discipline.models import Incident
from office.tasks import Figure

A_WEEK = timedelta(days=7)


def incidents_lately(user: User) -> list[Figure]:
    """Of today, and of seven days with it."""
    today, url = timezone.localdate(), reverse("admin:discipline_incident_changelist")
    standing = Incident.objects.seen_by(user).standing()
    days = (
        (_("incidents today"), standing.filter(date_of_incident=today)),
        (_("incidents in 7 days"), standing.filter(date_of_incident__gt=today - A_WEEK)),
    )
    return [Figure(incidents.count(), what, url) for what, incidents in days]
