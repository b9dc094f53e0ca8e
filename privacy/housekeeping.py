"""What can no longer matter, and goes each hour whatever the institution's periods are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import LoginAttempt, TokenFamily
from cards.jobs import delete_old_files, old_files
from core.models import ThrottleWindow
from core.throttling import PERIODS
from doors.commands import old_commands
from doors.knocking import old_knocks
from doors.messages import old_messages
from files.away import delete_unwanted
from institution.declared import RETAIN_WEBHOOK_DELIVERY_DAYS
from institution.reading import setting
from live.leases import lapsed
from outbox.models import Event
from people.deeds import forget_pictures, old_pictures
from people.import_jobs import end_stuck_jobs, old_jobs
from people.previews import discard_old_imports, old_imports
from webhooks.models import Delivery


@dataclass(frozen=True)
class Outdated:
    """Rows that nobody asks for any more: what they are, and for how long they were kept."""

    what: str
    kept_for: str
    label: str
    rows: QuerySet[Any]


def outdated(*, at: datetime) -> Iterator[Outdated]:
    longest_window = max(PERIODS.values())
    attempts = max(settings.LOCKOUT_PERIOD, timedelta(days=1))
    days = setting(RETAIN_WEBHOOK_DELIVERY_DAYS)
    yield Outdated(
        *(_("throttle windows"), _("until they are over"), "core.ThrottleWindow"),
        ThrottleWindow.objects.filter(opened_at__lt=at - longest_window),
    )
    yield Outdated(
        *(_("wrong passwords"), _("a day, or as long as a lockout"), "accounts.LoginAttempt"),
        LoginAttempt.objects.filter(last_failed_at__lt=at - attempts),
    )
    yield Outdated(
        *(_("events"), _("a week after they were acted upon"), "outbox.Event"),
        Event.objects.outdated(at=at),
    )
    yield Outdated(
        *(_("tokens"), _("until they expire"), "accounts.TokenFamily"),
        TokenFamily.objects.filter(expires_at__lt=at),
    )
    yield Outdated(
        *(_("sessions"), _("until they expire"), "sessions.Session"),
        Session.objects.filter(expire_date__lt=at),
    )
    yield Outdated(
        *(_("messages of terminals"), _("a day"), "doors.Message"),
        old_messages(at=at),
    )
    yield Outdated(
        *(_("commands to terminals"), _("a week after they were made"), "doors.Command"),
        old_commands(at=at),
    )
    yield Outdated(
        *(_("terminals that knock"), _("a week after they last did"), "doors.Knock"),
        old_knocks(at=at),
    )
    yield Outdated(
        *(_("imports in the background"), _("a week after they were done"), "people.ImportJob"),
        old_jobs(at=at),
    )
    yield Outdated(
        *(_("places in the live feed"), _("until they lapse"), "live.StreamLease"),
        lapsed(),
    )
    yield Outdated(
        *(_("deliveries"), RETAIN_WEBHOOK_DELIVERY_DAYS.kind.words(days), "webhooks.Delivery"),
        Delivery.objects.outdated(at=at),
    )


def keep_house(*, at: datetime) -> dict[str, int]:
    """Delete it all; how many of each."""
    deleted = {each.what: each.rows.delete()[0] for each in outdated(at=at)}
    deleted["print files"] = delete_old_files(at=at)
    end_stuck_jobs(at=at)
    deleted["imports"] = discard_old_imports(at=at)
    deleted["photos that were replaced"] = forget_pictures(at=at)
    deleted["files that were to be deleted"] = delete_unwanted()
    return deleted


def files_that_would_go(*, at: datetime) -> Iterator[tuple[str, str, int]]:
    """What, how long it was kept, and how many."""
    hours = settings.PRINT_FILE_KEPT // timedelta(hours=1)
    kept_for = _("{hours} hours after they were fetched, else a week").format(hours=hours)
    yield _("print files"), kept_for, old_files(at=at).count()
    yield _("imports that wait"), _("a week"), old_imports(at=at).count()
    yield _("photos that were replaced"), _("a day"), old_pictures(at=at).count()
