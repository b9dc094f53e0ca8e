"""What notices leave for somebody to do."""

from django.urls import reverse

from accounts.models import User
from accounts.roles import Capability
from notifications.models import Notice
from notifications.permissions import kinds_for
from office.tasks import Task, Tone


def _failed(user: User) -> Task | None:
    failed = Notice.objects.filter(state=Notice.State.FAILED, kind__in=kinds_for(user))
    number = failed.count()
    if not number:
        return None
    text = "notice failed" if number == 1 else "notices failed"
    url = reverse("admin:notifications_notice_changelist") + "?state=failed"
    return Task(number, text, "Send again", url, Tone.BAD)


def failed_notices_of_attendance(user: User) -> Task | None:
    return _failed(user)


def failed_notices_of_discipline(user: User) -> Task | None:
    """Not told twice to whoever answers for both."""
    return None if user.may(Capability.MANAGE_ATTENDANCE) else _failed(user)
