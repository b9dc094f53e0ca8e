"""What was committed becomes deliveries: each fact once, none lost, and no tap the slower for it.

Taps and events are read by the transactions that became visible since a position
(`outbox.positions`), as the live feed does; the deliveries and the new position are one
transaction, so a follower that is killed has done nothing.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from outbox.models import KEPT, Event
from outbox.positions import committed_between, current_position, is_of_another_database
from pos.models import Tap
from pos.readers import silent_readers
from webhooks.events import HookFact, facts_of_events, facts_of_taps, news_of_readers
from webhooks.models import Delivery, EventName, Follower, Webhook

logger = logging.getLogger(__name__)

CHUNK = 500
# A position stands still no longer: the older it is, the more transactions lie between. And as
# often readers are looked at.
LOOK_AFTER = timedelta(seconds=5)
OF_TAPS = (EventName.TAP_ACCEPTED, EventName.TAP_DENIED, EventName.ALERT_LOST_CARD)
OF_READERS = (EventName.ALERT_READER_SILENT, EventName.ALERT_READER_HEARD)


def follow() -> int:
    """Write what is to be delivered of what was committed since the last time; how many that is.

    Any number of processes may do so: they take turns.
    """
    follower = Follower.objects.first()
    if follower is None or not _is_news(follower):
        return 0
    with transaction.atomic():
        # The race of two followers for the same facts: whoever comes second leaves them.
        held = Follower.objects.select_for_update(skip_locked=True, no_key=True).first()
        return _go_on(held) if held else 0


def _is_news(follower: Follower) -> bool:
    """Asked without a lock and without a write, most seconds of a night with the answer no."""
    if follower.moved_at <= timezone.now() - LOOK_AFTER:
        return True
    since = committed_between(follower.position, current_position())
    return any(model.objects.filter(since).exists() for model in _SOURCES)


_SOURCES: tuple[type[Tap] | type[Event], ...] = (Tap, Event)


def _go_on(follower: Follower) -> int:
    now, until = timezone.now(), current_position()
    after = follower.position
    if is_of_another_database(after):
        logger.warning("The position of webhooks is of another database: they go on from here.")
        after = until
    webhooks = list(Webhook.objects.active())
    written = sum(_deliver(chunk, webhooks) for chunk in _facts(after, until, webhooks))
    news, silent = news_of_readers(follower.silent_readers, silent_readers(at=now), at=now)
    written += _deliver(news, webhooks)
    follower.position, follower.silent_readers, follower.moved_at = until, silent, now
    follower.save(update_fields=["position", "silent_readers", "moved_at"])
    return written


def _facts(after: str, until: str, webhooks: list[Webhook]) -> Iterator[list[HookFact]]:
    """In chunks, and only of what somebody wants."""
    if not webhooks:
        return
    since = committed_between(after, until)
    # Older ones can only become visible by a database that was loaded from a dump.
    oldest = max(min(each.heeds_since for each in webhooks), timezone.now() - KEPT)
    if _is_wanted(OF_TAPS, webhooks):
        taps = Tap.objects.filter(since, received_at__gte=oldest).with_names().order_by("tap_id")
        yield from map(facts_of_taps, _in_chunks(taps))
    if _is_wanted(set(EventName) - {*OF_TAPS, *OF_READERS}, webhooks):
        events = Event.objects.filter(since, happened_at__gte=oldest).order_by("event_id")
        yield from map(facts_of_events, _in_chunks(events))


def _is_wanted(names: Iterable[str], webhooks: list[Webhook]) -> bool:
    return any(webhook.wants(name) for name in names for webhook in webhooks)


def _in_chunks(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    chunk = []
    for row in rows.iterator(chunk_size=CHUNK):
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _deliver(facts: list[HookFact], webhooks: list[Webhook]) -> int:
    now = timezone.now()
    deliveries = [
        _delivery(fact, webhook, now)
        for fact in facts
        for webhook in webhooks
        if webhook.wants(fact.name) and fact.recorded_at >= webhook.heeds_since
    ]
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    return len(deliveries)


def _delivery(fact: HookFact, webhook: Webhook, now: datetime) -> Delivery:
    return Delivery(
        webhook=webhook,
        event_id=fact.id,
        event=fact.name,
        occurred_at=fact.occurred_at,
        data=fact.data,
        person_id=fact.person_id,
        next_attempt_at=now,
        created_at=now,
    )
