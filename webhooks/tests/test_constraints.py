"""What the database itself refuses, whoever writes."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from webhooks.models import Delivery, Follower, Webhook
from webhooks.tests.factories import make_delivery
from webhooks.tests.receiver import make_webhook

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]
HOOK = "https://hooks.example.org/in"


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"events": []}, "webhooks_webhook_of_something"),
        ({"events": ["tap", "nothing"]}, "webhooks_webhook_known_events"),
        ({"off_because": "gone"}, "webhooks_webhook_off_has_a_reason"),
        ({"off_because": "mood", "is_active": False}, "webhooks_webhook_off_has_a_reason"),
    ],
)
def test_a_webhook_that_cannot_be(values: dict[str, Any], constraint: str) -> None:
    make_webhook(HOOK)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Webhook.objects.update(**values)


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": "lost"}, "webhooks_delivery_known_state"),
        ({"state": "delivered"}, "webhooks_delivery_delivered_has_its_time"),
        ({"delivered_at": timezone.now()}, "webhooks_delivery_delivered_has_its_time"),
    ],
)
def test_a_delivery_that_cannot_be(values: dict[str, Any], constraint: str) -> None:
    make_delivery(make_webhook(HOOK)[0])
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Delivery.objects.update(**values)


def test_an_event_is_delivered_to_a_webhook_once() -> None:
    webhook, other = make_webhook(HOOK)[0], make_webhook(HOOK)[0]
    delivery = make_delivery(webhook)
    make_delivery(other, event_id=delivery.event_id)
    once = "webhooks_delivery_once_for_a_webhook"
    with pytest.raises(IntegrityError, match=once), transaction.atomic():
        make_delivery(webhook, event_id=delivery.event_id)


def test_there_is_one_position() -> None:
    second = Follower(id=2, position="1:1:", moved_at=timezone.now())
    with pytest.raises(IntegrityError, match="webhooks_follower_only"), transaction.atomic():
        second.save(force_insert=True)
