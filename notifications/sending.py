"""Send what the outbox holds: the background worker's part, each minute.

A notice is claimed in a transaction of its own, handed over with no transaction open, and marked
in another. Two workers never claim the same row. A worker that dies in between leaves a lease that
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

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from notifications.channels import Sender, Undelivered, channels_on
from notifications.mail import Mail
from notifications.models import Channel, Notice
from notifications.quiet import is_quiet
from notifications.sms import Sms
from notifications.texts import write

logger = logging.getLogger(__name__)

# A try that has not ended by then belongs to a worker that is dead. Longer than any try can take.
LEASE = timedelta(minutes=3)
BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]
# A run ends before the next begins, and leaves the worker to others.
RUN_SECONDS = 45.0
# A gateway that failed this often in a row is left alone until the next run.
MOST_FAILURES = 3

SENDERS: dict[str, type[Sender]] = {Channel.EMAIL: Mail, Channel.SMS: Sms}


@dataclass
class Run:
    """What the threads of one run share: what they did, and which channel does not work."""

    channels: frozenset[Channel]
    ends_at: float
    done: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def open_channels(self) -> list[Channel]:
        """Those that are to be tried, while there is time."""
        if time.monotonic() >= self.ends_at:
            return []
        return [c for c in self.channels if self.failures[c] < MOST_FAILURES]

    def count(self, notice: Notice) -> None:
        with self.lock:
            self.done[notice.state] += 1

    def note(self, channel: str, *, works: bool) -> None:
        with self.lock:
            self.failures[channel] = 0 if works else self.failures[channel] + 1


def send_due() -> Counter[str]:
    """Send what is due, for at most RUN_SECONDS; how many notices came to which state."""
    now = timezone.now()
    run = Run(channels_on(), time.monotonic() + RUN_SECONDS)
    _put_away_old_news(run, at=now)
    if run.channels and not is_quiet(now):
        with ThreadPoolExecutor(settings.NOTICE_SENDERS) as pool:
            for future in [pool.submit(_send_all, run) for _ in range(settings.NOTICE_SENDERS)]:
                future.result()
    return +run.done


def _put_away_old_news(run: Run, *, at: datetime) -> None:
    """What was tried in vain has failed; what was never tried, is cancelled.

    What somebody else holds is left for the next run: two who lock many rows, each in an order of
    their own, could wait for each other, and the other may be a tap.
    """
    with transaction.atomic():
        expired = Notice.objects.expired(at=at).select_for_update(skip_locked=True, no_key=True)
        rows = Notice.objects.filter(pk__in=[notice.pk for notice in expired.only("pk")])
        run.done[Notice.State.FAILED] = rows.filter(attempts__gt=0).update(
            state=Notice.State.FAILED
        )
        run.done[Notice.State.CANCELLED] = rows.filter(attempts=0).update(
            state=Notice.State.CANCELLED, reason="It could not be sent in time."
        )


def _send_all(run: Run) -> None:
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
        if obstacle := _obstacle(notice):
            notice.state, notice.reason = obstacle
            notice.save(update_fields=["state", "reason"])
        else:
            _begin(notice, at=at)
    return claimed


def _obstacle(notice: Notice) -> tuple[str, str] | None:
    """Why it must not be sent after all: the state that it ends in, and the reason."""
    cancelled = Notice.State.CANCELLED
    if notice.guardian is None or not notice.guardian.address(notice.channel):
        return cancelled, "The guardian is not to be told by this channel any more."
    if notice.is_outdated:
        return cancelled, "It was not true any more."
    if notice.corrects and not notice.corrects.may_have_arrived:
        return cancelled, "What it corrects was never sent."
    if notice.attempts >= settings.NOTICE_MAX_ATTEMPTS:
        return Notice.State.FAILED, "The worker was stopped in the middle of the last try."
    return None


def _begin(notice: Notice, *, at: datetime) -> None:
    assert notice.guardian is not None
    text = write(notice, notice.guardian)
    notice.state = Notice.State.SENDING
    notice.attempts += 1
    notice.next_attempt_at = at + LEASE
    notice.may_have_arrived = True
    notice.recipient = notice.guardian.address(notice.channel)
    notice.subject, notice.body = text.subject, text.body
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


def _try(claimed: Claim, sender: Sender, run: Run) -> None:
    notice = claimed.notice
    try:
        sender.send(
            notice_id=str(notice.pk),
            recipient=notice.recipient,
            subject=notice.subject,
            body=notice.body,
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
