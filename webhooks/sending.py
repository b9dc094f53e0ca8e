"""Post what is due: at least once, in order, each receiver by itself.

A sender takes one receiver for a few seconds and posts what is due for it, one after the other;
nobody else serves it meanwhile, so a receiver that is slow or dead holds one thread of all, and
after its failures none. A delivery is claimed in a transaction of its own, posted with no
transaction open, and marked in another. A process that dies leaves leases that run out: the
delivery is posted again, under the same event id.
"""

import json
import logging
import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from webhooks.events import body_of, event_of_a_test
from webhooks.models import Delivery, Webhook
from webhooks.posting import Answer, Unanswered, post
from webhooks.signing import SecretLost, signature_headers

logger = logging.getLogger(__name__)

# What has not ended by then belongs to a process that is dead. Longer than a turn with its last
# try, for which DNS may take its time too.
LEASE = timedelta(minutes=3)
# A sender leaves a receiver after so long, also with more to do, and turns to the next.
TURN_SECONDS = 15.0
# After the first try, the second ...: ten tries in about a day.
BACK_OFF = [
    *(timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 6, 10)),
]
# A receiver that failed this often in a row is left alone, each time for longer.
MOST_FAILURES = 3
REST, LONGEST_REST = timedelta(seconds=10), timedelta(minutes=5)
JITTER = 0.2


class Delivering:
    """The senders of one process; as a context manager, it waits for them at its end."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()
        self.pool = ThreadPoolExecutor(settings.WEBHOOK_SENDERS, thread_name_prefix="webhooks")
        self.turns: set[Future[None]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.pool.shutdown()

    def start_due(self) -> int:
        """Begin a turn with each receiver that something is due for, and wait for none; how many.

        Raises what ended an earlier turn.
        """
        ended = {turn for turn in self.turns if turn.done()}
        self.turns -= ended
        for turn in ended:
            turn.result()
        started = 0
        while len(self.turns) < settings.WEBHOOK_SENDERS and not self.stop.is_set():
            webhook = take_webhook(at=timezone.now())
            if webhook is None:
                break
            self.turns.add(self.pool.submit(_serve, webhook, self.stop))
            started += 1
        return started


def deliver_due() -> None:
    """Until nothing is due, or whoever it is due for rests."""
    with Delivering() as delivering:
        while delivering.start_due() or delivering.turns:
            wait(delivering.turns)


# --- one receiver -----------------------------------------------------------------------------


def take_webhook(*, at: datetime) -> Webhook | None:
    """The receiver that is to be served next, and nobody else's for as long as the lease holds."""
    with transaction.atomic():
        rows = Webhook.objects.to_be_served(at=at)
        # The race of two senders for one receiver: whoever comes second passes on to the next.
        webhook = rows.select_for_update(skip_locked=True, of=("self",), no_key=True).first()
        if webhook:
            webhook.leased_until = at + LEASE
            webhook.save(update_fields=["leased_until"])
    return webhook


def _serve(webhook: Webhook, stop: threading.Event) -> None:
    """A turn: until nothing is due, the time is over, or it fails."""
    ends_at = time.monotonic() + TURN_SECONDS
    try:
        while not stop.is_set() and time.monotonic() < ends_at:
            delivery = claim(webhook, at=timezone.now())
            if delivery is None or not _try(delivery):
                break
        # Not if the lease ran out, and another sender has it.
        held = Webhook.objects.filter(pk=webhook.pk, leased_until=webhook.leased_until)
        held.update(leased_until=timezone.now())
    finally:
        connection.close()


# --- one delivery -----------------------------------------------------------------------------


def claim(webhook: Webhook, *, at: datetime) -> Delivery | None:
    """What is due next for this receiver, being sent from now on; its webhook as it is now."""
    with transaction.atomic():
        rows = Delivery.objects.due(at=at).filter(webhook=webhook.pk, webhook__is_active=True)
        # Not while housekeeping or an erasure has it.
        held = rows.select_related("webhook").select_for_update(
            skip_locked=True, of=("self",), no_key=True
        )
        while delivery := held.first():
            if delivery.attempts < settings.WEBHOOK_MAX_ATTEMPTS:
                break
            delivery.state = Delivery.State.FAILED
            delivery.reason = gettext_noop("The process was stopped in the middle of the last try.")
            delivery.save(update_fields=["state", "reason"])
        if delivery is None:
            return None
        delivery.state = Delivery.State.SENDING
        delivery.attempts += 1
        delivery.last_attempt_at = at
        delivery.next_attempt_at = at + LEASE
        delivery.save(update_fields=["state", "attempts", "last_attempt_at", "next_attempt_at"])
    return delivery


@dataclass(frozen=True, slots=True)
class Attempt:
    """`status` is None, and `reason` says why, if nobody answered."""

    status: int | None
    answer: str
    reason: str
    retry_after: int = 0

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == HTTPStatus.GONE


def post_event(webhook: Webhook, event: dict[str, object]) -> Attempt:
    """Post one event as it would go to its receiver, and say what came of it."""
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        headers = {
            "X-TrackXpert-Event": str(event["type"]),
            "X-TrackXpert-Delivery": str(event["id"]),
            **signature_headers(webhook, body, at=timezone.now()),
        }
        answer = post(webhook.url, body, headers)
    except SecretLost:
        reason = gettext("Its secret was made with a SECRET_KEY that is gone: roll it.")
        return Attempt(None, "", reason)
    except Unanswered as error:
        return Attempt(None, "", str(error)[:200])
    return Attempt(answer.status, answer.text, _reason(answer), answer.retry_after)


def _reason(answer: Answer) -> str:
    if 200 <= answer.status < 300:
        return ""
    if 300 <= answer.status < 400:
        said = gettext("It answered {status}; redirects are not followed.")
    else:
        said = gettext("It answered {status}.")
    return said.format(status=answer.status)


def send_test(webhook: Webhook) -> Attempt:
    """An event of type `test`, now and once; it is no delivery, and changes nothing."""
    return post_event(webhook, event_of_a_test())


def _try(delivery: Delivery) -> bool:
    """Whether the receiver has it."""
    webhook = delivery.webhook
    outcome = post_event(
        webhook,
        body_of(
            event_id=delivery.event_id,
            name=delivery.event,
            occurred_at=delivery.occurred_at,
            data=delivery.data,
        ),
    )
    if outcome.is_delivered:
        _delivered(delivery, outcome)
        _works(webhook)
    else:
        _failed(delivery, outcome)
        _fails(webhook, outcome)
    return outcome.is_delivered


def _delivered(delivery: Delivery, outcome: Attempt) -> None:
    """Whoever else has it by now: the receiver has it."""
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.DELIVERED,
        delivered_at=timezone.now(),
        last_status=outcome.status,
        last_answer=outcome.answer,
        reason="",
    )


def _failed(delivery: Delivery, outcome: Attempt) -> None:
    """Try again later, or give up where everybody can see it."""
    now, tried = timezone.now(), delivery.attempts
    is_over = outcome.is_gone or tried >= settings.WEBHOOK_MAX_ATTEMPTS
    pause = _jittered(BACK_OFF[min(tried, len(BACK_OFF)) - 1])
    # Not if the lease ran out and another sender has it: its outcome counts.
    mine = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.SENDING, attempts=tried)
    mine.update(
        state=Delivery.State.FAILED if is_over else Delivery.State.PENDING,
        next_attempt_at=now + max(pause, timedelta(seconds=outcome.retry_after)),
        last_status=outcome.status,
        last_answer=outcome.answer,
        reason=outcome.reason,
    )


def _works(webhook: Webhook) -> None:
    if webhook.failures:
        Webhook.objects.filter(pk=webhook.pk).update(
            failures=0, failing_since=None, rests_until=None
        )


def _fails(webhook: Webhook, outcome: Attempt) -> None:
    """A receiver that fails rests; one that is gone, or fails for days, is switched off."""
    now, failures = timezone.now(), webhook.failures + 1
    since = webhook.failing_since or now
    changed: dict[str, object] = {"failures": failures, "failing_since": since}
    if failures >= MOST_FAILURES:
        doubled = REST * 2 ** min(failures - MOST_FAILURES, 10)
        changed["rests_until"] = now + _jittered(min(doubled, LONGEST_REST))
    off = ""
    if outcome.is_gone:
        off = Webhook.Off.GONE
    elif since <= now - timedelta(hours=settings.WEBHOOK_OFF_AFTER_HOURS):
        off = Webhook.Off.FAILING
    if off:
        changed |= {"is_active": False, "off_because": off, "updated_at": now}
        logger.warning("Webhook %s was switched off: %s", webhook.pk, outcome.reason)
    # Not if somebody has led it to another address meanwhile: that has a clean slate.
    Webhook.objects.filter(pk=webhook.pk, url=webhook.url, is_active=True).update(**changed)


def _jittered(pause: timedelta) -> timedelta:
    """So that what failed together does not come back together."""
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
