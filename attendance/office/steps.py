"""What a new installation is still to be told of its days."""

from functools import partial

from django.urls import reverse

from attendance.models import Holiday, Rulebook
from office.checklist import Step


def _has_rules_of_its_own() -> bool:
    """Somebody has changed those that every installation begins with."""
    return Rulebook.objects.exclude(changed_by=None).exists()


STEPS = (
    Step(
        "schedule",
        "When people are expected",
        "Look at the schedule",
        page=partial(reverse, "admin:attendance_schedule_changelist"),
        is_done=_has_rules_of_its_own,
    ),
    Step(
        "calendar",
        "Holidays of the year",
        "Enter or import them",
        page=partial(reverse, "admin:attendance_holiday_changelist"),
        is_done=Holiday.objects.exists,
    ),
)
