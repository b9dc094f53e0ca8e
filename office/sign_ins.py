"""What somebody should know of their own sign-ins."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import TokenFamily, User
from office.tasks import Task, Tone

A_WEEK = timedelta(days=7)


def tokens_used_twice(user: User) -> Task | None:
    """Copied keys since a week, and since the password was changed."""
    since = max(timezone.now() - A_WEEK, user.password_changed_at or user.created_at)
    copied = TokenFamily.objects.filter(user=user, was_copied=True, ended_at__gte=since)
    if not (number := copied.count()):
        return None
    text = ngettext(
        "key of your account was used twice: somebody may have copied it",
        "keys were used twice: somebody may have copied it",
        number,
    )
    return Task(number, text, _("Change the password"), reverse("admin:password_change"), Tone.BAD)
