"""Webhooks made, changed and given new secrets; deliveries sent again (contract section 10)."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import DomainError, InvalidFields
from webhooks.addresses import BadUrl, check_url
from webhooks.models import Delivery, Follower, Webhook
from webhooks.signing import new_secret

# How long after a roll the old secret's signature is sent as well.
ROLL_OVER = timedelta(hours=24)


def create_webhook(*, by: User | None, **fields: Any) -> tuple[Webhook, str]:
    """A new webhook and its secret, which cannot be shown again. Raises InvalidFields."""
    _check(fields)
    made = new_secret()
    # First: what is committed after the webhook is after the position.
    Follower.begin()
    webhook = Webhook.objects.create(
        created_by=by, salt=made.salt, secret_digest=made.digest, **fields
    )
    return webhook, made.secret


def change_webhook(*, webhook: Webhook, **fields: Any) -> Webhook:
    """Write what really changes. Raises InvalidFields. The caller holds the row.

    Switched on, or led to another address, a receiver begins with a clean slate: what waits for it
    is sent. What happened while it was off, is not.
    """
    changed = {name: value for name, value in fields.items() if getattr(webhook, name) != value}
    if not changed:
        return webhook
    _check({"url": changed["url"]} if "url" in changed else {})
    if "is_active" in changed or "url" in changed:
        changed |= {"failures": 0, "failing_since": None, "rests_until": None}
    if "is_active" in changed:
        changed["off_because"] = ""
    if changed.get("is_active"):
        changed["heeds_since"] = timezone.now()
    for name, value in changed.items():
        setattr(webhook, name, value)
    webhook.save(update_fields=[*changed, "updated_at"])
    return webhook


def _check(fields: dict[str, Any]) -> None:
    if "url" in fields:
        try:
            check_url(fields["url"])
        except BadUrl as error:
            raise InvalidFields({"url": [str(error)]}) from error


@transaction.atomic
def delete_webhook(*, webhook: Webhook) -> None:
    """With its log."""
    # The race with a follower who is writing deliveries for it: it ends first.
    list(Follower.objects.select_for_update(no_key=True))
    webhook.delete()


@transaction.atomic
def roll_secret(*, webhook: Webhook) -> str:
    """A new secret, shown this once. For a day the old one signs as well, in a header beside it."""
    held = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    made, now = new_secret(), timezone.now()
    webhook.previous_salt, webhook.previous_digest = held.salt, held.secret_digest
    webhook.previous_until = now + ROLL_OVER
    webhook.salt, webhook.secret_digest, webhook.secret_made_at = made.salt, made.digest, now
    webhook.save(
        update_fields=[
            *("salt", "secret_digest", "secret_made_at"),
            *("previous_salt", "previous_digest", "previous_until", "updated_at"),
        ]
    )
    return made.secret


class BeingSent(DomainError):
    code = "being_sent"
    message = _("It is being sent at this moment.")


class IsOff(DomainError):
    code = "webhook_off"
    message = _("This webhook is switched off: switch it on first.")


def resend(*, delivery: Delivery) -> Delivery:
    """Send it again, with all its tries and the same event id. The caller holds its row.

    Raises BeingSent or IsOff.
    """
    if delivery.state == Delivery.State.SENDING:
        raise BeingSent
    if not Webhook.objects.active().filter(pk=delivery.webhook_id).exists():
        raise IsOff
    delivery.state = Delivery.State.PENDING
    delivery.attempts = 0
    delivery.delivered_at = None
    delivery.reason = ""
    delivery.next_attempt_at = timezone.now()
    delivery.save(update_fields=["state", "attempts", "delivered_at", "reason", "next_attempt_at"])
    return delivery
