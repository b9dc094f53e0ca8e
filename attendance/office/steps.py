"""What a new installation is still to be told of its days."""

from functools import partial

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from attendance.models import Holiday, Rulebook
from office.checklist import Step


def _has_rules_of_its_own() -> bool:
    """Somebody has changed those that every installation begins with."""
    return Rulebook.objects.exclude(changed_by=None).exists()


STEPS = (
    Step(
        "schedule",
        _("When people are expected"),
        _("Look at the schedule"),
        page=partial(reverse, "admin:attendance_schedule_changelist"),
        is_done=_has_rules_of_its_own,
    ),
    Step(
        "calendar",
        _("Holidays of the year"),
        _("Enter or import them"),
        page=partial(reverse, "admin:attendance_holiday_changelist"),
        is_done=Holiday.objects.exists,
    ),
)
