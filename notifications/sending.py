"""Send what guardians are told: in the background, beside the dispatcher.

A notice is claimed in a transaction of its own, handed over with no transaction open, and marked
in another. Two senders never claim the same row. A process that dies in between leaves a lease that
runs out: the notice is sent again, with the same idempotency key (`notice_id`), so that a gateway
that knows such keys delivers it once. No tap ever waits for any of this.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import TextChoices
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from core.hours import parse_hours
from discipline.models import Incident
from institution.declared import INSTITUTION_NAME, INSTITUTION_SHORT_NAME, NOTICES_NEED_CONFIRMATION
from institution.reading import setting
from notifications.channels import Mail, Sender, Sms, Undelivered, channels_on
from notifications.consents import may_tell
from notifications.contacts import stop_token
from notifications.models import Channel, Guardian, Notice
from notifications.policy import is_quiet, is_true, truth_of

logger = logging.getLogger(__name__)

SENDERS: dict[str, type[Sender]] = {Channel.EMAIL: Mail, Channel.SMS: Sms}
# A try that has not ended by then belongs to a process that is dead. Longer than any try can take.
LEASE = timedelta(minutes=3)
BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]
# A run leaves what is not sent by then to the next.
RUN_SECONDS = 45.0
# A channel that failed this often in a row is left alone for a while.
MOST_FAILURES = 3
REST_SECONDS = 60.0


# --- a run ------------------------------------------------------------------------------------


@dataclass
class SendingRun:
    """What the threads of one run share: what they did, and which channel does not work."""

    channels: Collection[Channel]
    ends_at: float
    stop: threading.Event
    done: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def open_channels(self) -> list[Channel]:
        """Those that are to be tried, while there is time."""
        if self.stop.is_set() or time.monotonic() >= self.ends_at:
            return []
        return [channel for channel in self.channels if channel not in self.broken_channels()]

    def broken_channels(self) -> list[Channel]:
        return [channel for channel in self.channels if self.failures[channel] >= MOST_FAILURES]

    def count(self, notice: Notice) -> None:
        with self.lock:
            self.done[notice.state] += 1

    def note(self, channel: str, *, works: bool) -> None:
        with self.lock:
            self.failures[channel] = 0 if works else self.failures[channel] + 1


@dataclass
class Sending:
    """Runs, one after the other, of one process. Until `stop` is set."""

    stop: threading.Event = field(default_factory=threading.Event)
    rests_until: dict[Channel, float] = field(default_factory=dict)

    def send_due(self) -> Counter[str]:
        """Send what is due, for at most RUN_SECONDS; how many notices came to which state."""
        now, clock = timezone.now(), time.monotonic()
        channels = [each for each in channels_on() if self.rests_until.get(each, 0) <= clock]
        run = SendingRun(channels, clock + RUN_SECONDS, self.stop)
        _put_away_old_news(run, at=now)
        due = Notice.objects.due(at=now).filter(channel__in=channels)
        if channels and not is_quiet(now) and due.exists():
            _send_in_threads(run)
        for channel in run.broken_channels():
            self.rests_until[channel] = time.monotonic() + REST_SECONDS
        return +run.done


def send_due() -> Counter[str]:
    """One run."""
    return Sending().send_due()


def _put_away_old_news(run: SendingRun, *, at: datetime) -> None:
    """What was tried in vain has failed; what was never tried, is cancelled.

    What somebody else holds is left for the next run: two who lock many rows, each in an order of
    their own, could wait for each other.
    """
    with transaction.atomic():
        expired = Notice.objects.expired(at=at).select_for_update(skip_locked=True, no_key=True)
        rows = Notice.objects.filter(pk__in=[notice.pk for notice in expired.only("pk")])
        run.done[Notice.State.FAILED] = rows.filter(attempts__gt=0).update(
            state=Notice.State.FAILED
        )
        run.done[Notice.State.CANCELLED] = rows.filter(attempts=0).update(
            state=Notice.State.CANCELLED, reason=gettext_noop("It could not be sent in time.")
        )


def _send_in_threads(run: SendingRun) -> None:
    with ThreadPoolExecutor(settings.NOTICE_SENDERS) as pool:
        for future in [pool.submit(_send_all, run) for _ in range(settings.NOTICE_SENDERS)]:
            future.result()


def _send_all(run: SendingRun) -> None:
    """What one thread does until nothing is due."""
    try:
        with ExitStack() as stack:
            senders = {c: stack.enter_context(SENDERS[c]()) for c in run.channels}
            while claimed := claim(run.open_channels(), at=timezone.now()):
                notice = claimed.notice
                if notice.state == Notice.State.SENDING:
                    _try(claimed, senders[Channel(notice.channel)], run)
                run.count(notice)
    finally:
        connection.close()


# --- one notice -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """A notice that is being sent from now on; or not, having met an obstacle."""

    notice: Notice
    had_perhaps_arrived: bool


def claim(channels: Collection[str], *, at: datetime) -> Claim | None:
    """The next notice that is due, or None."""
    if not channels:
        return None
    with transaction.atomic():
        notice = (
            Notice.objects.due(at=at)
            .filter(channel__in=channels)
            .select_related("guardian", "student")
            # The race of two workers for one row: whoever comes second passes on to the next.
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .first()
        )
        if notice is None:
            return None
        claimed = Claim(notice, notice.may_have_arrived)
        if quiet_until := _quiet_until(notice, at=at):
            notice.next_attempt_at = quiet_until
            notice.save(update_fields=["next_attempt_at"])
        elif obstacle := _obstacle(notice):
            notice.state, notice.reason = obstacle
            notice.save(update_fields=["state", "reason"])
        else:
            _begin(notice, at=at)
    return claimed


def _quiet_until(notice: Notice, *, at: datetime) -> datetime | None:
    """When the guardian's own quiet hours are over; None: they do not hold."""
    hours = parse_hours(notice.guardian.quiet_hours) if notice.guardian else None
    return hours.over_at(at) if hours and hours.hold(at) else None


def _obstacle(notice: Notice) -> tuple[str, str] | None:
    """Why it must not be sent after all: the state that it ends in, and the reason."""
    cancelled = Notice.State.CANCELLED
    if notice.guardian is None or not notice.guardian.address(notice.channel):
        return cancelled, gettext_noop("The guardian is not to be told by this channel any more.")
    if refusal := _not_wanted(notice.guardian):
        return cancelled, refusal
    if not is_true(notice, truth_of(notice.event)):
        return cancelled, gettext_noop("It was not true any more.")
    if notice.corrects and not notice.corrects.may_have_arrived:
        return cancelled, gettext_noop("What it corrects was never sent.")
    if notice.attempts >= settings.NOTICE_MAX_ATTEMPTS:
        return Notice.State.FAILED, gettext_noop(
            "The worker was stopped in the middle of the last try."
        )
    return None


def _not_wanted(guardian: Guardian) -> str:
    """Why this contact gets nothing at all; empty: it does."""
    if guardian.stopped_at:
        day = date_format(timezone.localtime(guardian.stopped_at), "j M Y")
        by = guardian.get_stopped_by_display().lower()
        return gettext("This contact was stopped on {day}, by {who}.").format(day=day, who=by)
    if setting(NOTICES_NEED_CONFIRMATION) and not guardian.confirmed:
        return gettext_noop("This contact is not confirmed yet.")
    if not may_tell(guardian):
        return gettext_noop("Neither this guardian nor anybody else has agreed to notices.")
    return ""


def _begin(notice: Notice, *, at: datetime) -> None:
    assert notice.guardian is not None
    notice.subject, notice.body = write_text(notice, notice.guardian)
    notice.state = Notice.State.SENDING
    notice.attempts += 1
    notice.next_attempt_at = at + LEASE
    notice.may_have_arrived = True
    notice.recipient = notice.guardian.address(notice.channel)
    notice.save(
        update_fields=[
            "state",
            "attempts",
            "next_attempt_at",
            "may_have_arrived",
            "recipient",
            "subject",
            "body",
        ]
    )


def _try(claimed: Claim, sender: Sender, run: SendingRun) -> None:
    notice = claimed.notice
    assert notice.guardian is not None
    stop_url = f"{settings.PUBLIC_URL}{reverse('stop', args=[stop_token(notice.guardian)])}"
    context = {"stop_url": stop_url}
    how_to_stop = _render(notice.guardian, f"stop_{notice.channel}", context)
    # Not kept with the notice: whoever reads what was sent could stop it for them.
    between = " " if notice.channel == Channel.SMS else "\n\n"
    try:
        sender.send(
            notice_id=str(notice.pk),
            recipient=notice.recipient,
            subject=notice.subject,
            body=f"{notice.body}{between}{how_to_stop}",
            stop_url=stop_url,
        )
    except Undelivered as error:
        _failed(claimed, error)
        run.note(notice.channel, works=error.is_final)
    else:
        _sent(notice)
        run.note(notice.channel, works=True)


def _sent(notice: Notice) -> None:
    """Whoever else has it by now: it is sent. Nothing is left to mark if its student was erased."""
    notice.state, notice.sent_at, notice.reason = Notice.State.SENT, timezone.now(), ""
    Notice.objects.filter(pk=notice.pk).update(
        state=notice.state, sent_at=notice.sent_at, reason=notice.reason
    )


def _failed(claimed: Claim, error: Undelivered) -> None:
    """Try again later, or give up where everybody can see it."""
    notice = claimed.notice
    tried = notice.attempts
    notice.reason = error.reason
    notice.may_have_arrived = claimed.had_perhaps_arrived or error.may_have_arrived
    if error.is_final or tried >= settings.NOTICE_MAX_ATTEMPTS:
        notice.state = Notice.State.FAILED
        logger.warning("Notice %s failed: %s", notice.pk, error.reason)
    else:
        wait = BACK_OFF[min(tried, len(BACK_OFF)) - 1]
        notice.state = Notice.State.PENDING
        notice.next_attempt_at = timezone.now() + max(wait, timedelta(seconds=error.retry_after))
    # Not if the lease ran out and another worker has it: its outcome counts.
    Notice.objects.filter(pk=notice.pk, state=Notice.State.SENDING, attempts=tried).update(
        state=notice.state,
        reason=notice.reason,
        may_have_arrived=notice.may_have_arrived,
        next_attempt_at=notice.next_attempt_at,
    )


# --- the words --------------------------------------------------------------------------------


def write_text(notice: Notice, guardian: Guardian) -> tuple[str, str]:
    """Subject and body, in the guardian's language, about the event as it stands now.

    An SMS has no subject, and few letters.
    """
    event = notice.event
    context: dict[str, Any] = {
        "notice": notice,
        "name": notice.student.full_name,
        "guardian": guardian,
        "institution": setting(INSTITUTION_NAME),
        "short_name": setting(INSTITUTION_SHORT_NAME),
    }
    if isinstance(event, Incident):
        context["incident"] = event
    elif event is not None:
        came_at = event.attendance_time
        context["status"] = event.status
        context["time"] = came_at and f"{timezone.localtime(came_at):%H:%M}"
    message = _render(guardian, notice.kind, context)
    if notice.channel == Channel.SMS:
        return "", message
    subject = " ".join(_render(guardian, "subject", context).split())
    return subject, _render(guardian, "email", {**context, "message": message})


def _render(guardian: Guardian, name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"notifications/{guardian.language}/{name}.txt", context).strip()


# --- what is not sent yet ---------------------------------------------------------------------


class WaitsFor(TextChoices):
    CHANNEL_OFF = "channel_off", _("This way of sending is not set up here.")
    QUIET_HOURS = "quiet_hours", _("It is sent when the quiet hours are over.")
    HOLD_BACK = "hold_back", _("It is held back for a while, should it turn out to be wrong.")
    RETRY = "retry", _("It is tried again a little later.")
    WORKER = "worker", _("It is sent within a minute.")


def why_it_waits(notice: Notice, *, at: datetime) -> str:
    """In words, of a pending notice: `SMS is not set up.`; empty for any other."""
    waits = waits_for(notice, at=at)
    if waits == WaitsFor.CHANNEL_OFF:
        return gettext("{way} is not set up.").format(way=notice.get_channel_display())
    return str(waits.label) if waits else ""


def waits_for(notice: Notice, *, at: datetime) -> WaitsFor | None:
    """What a pending notice waits for; None for any other."""
    if notice.state != Notice.State.PENDING:
        return None
    if notice.channel not in channels_on():
        return WaitsFor.CHANNEL_OFF
    if is_quiet(at) or _quiet_until(notice, at=at):
        return WaitsFor.QUIET_HOURS
    if notice.next_attempt_at <= at:
        return WaitsFor.WORKER
    return WaitsFor.RETRY if notice.attempts else WaitsFor.HOLD_BACK
