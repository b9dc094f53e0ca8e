"""Deliveries for the tests of this folder."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from webhooks.models import Delivery, EventName, Follower, Webhook


def make_delivery(webhook: Webhook, **fields: Any) -> Delivery:
    values = {
        "event_id": uuid4(),
        "event": EventName.DAY_CLOSED,
        "occurred_at": timezone.now(),
        "data": {"date": "2026-11-20"},
        **fields,
    }
    return Delivery.objects.create(webhook=webhook, **values)


def told(webhook: Webhook) -> list[str]:
    """What is delivered to this receiver, or will be, in the order of its log."""
    return list(webhook.deliveries.order_by("id").values_list("event", flat=True))


def waits_are_over() -> None:
    """Whatever waits for another try, or rests, is due."""
    before = timezone.now() - timedelta(seconds=1)
    Delivery.objects.filter(state=Delivery.State.PENDING).update(next_attempt_at=before)
    Webhook.objects.update(rests_until=None)


def time_to_look() -> None:
    """The follower has not looked at readers for a while."""
    Follower.objects.update(moved_at=timezone.now() - timedelta(minutes=1))
