"""What proves that we sent it, and what a dump of the database tells of it."""

import hashlib
import hmac

import pytest
from django.core import serializers
from django.utils import timezone
from pytest_django.fixtures import Settings

from webhooks.models import Webhook
from webhooks.services import ROLL_OVER, roll_secret
from webhooks.signing import SecretLost, secret_of, signature, signature_headers
from webhooks.tests.receiver import make_webhook

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.org/in"


def test_a_signature_is_the_hmac_of_timestamp_and_body() -> None:
    expected = hmac.new(b"txw_key", b"1795677781.{}", hashlib.sha256).hexdigest()
    assert signature("txw_key", "1795677781", b"{}") == f"sha256={expected}"


def test_a_secret_is_made_again_from_what_is_stored() -> None:
    webhook, secret = make_webhook(URL)
    webhook.refresh_from_db()
    assert secret_of(webhook.salt, webhook.secret_digest) == secret
    assert secret.startswith("txw_")
    assert len(secret) > 40


def test_a_dump_without_the_key_of_the_installation_does_not_hold_it(settings: Settings) -> None:
    webhook, secret = make_webhook(URL)
    history = Webhook.pgh_event_model.objects.all()  # type: ignore[attr-defined]
    dump = serializers.serialize("json", [*Webhook.objects.all(), *history])
    assert secret not in dump
    assert webhook.salt not in serializers.serialize("json", history)
    settings.SECRET_KEY = "of somebody who has the dump"
    with pytest.raises(SecretLost):
        secret_of(webhook.salt, webhook.secret_digest)


def test_an_older_key_of_the_installation_still_makes_it(settings: Settings) -> None:
    webhook, secret = make_webhook(URL)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert secret_of(webhook.salt, webhook.secret_digest) == secret


def test_two_webhooks_have_two_secrets() -> None:
    assert make_webhook(URL)[1] != make_webhook(URL)[1]


def test_after_a_roll_both_sign_for_a_day() -> None:
    webhook, old = make_webhook(URL)
    new = roll_secret(webhook=webhook)
    now = timezone.now()
    stamp = str(int(now.timestamp()))
    headers = signature_headers(webhook, b"{}", at=now)
    assert headers["X-TrackXpert-Signature"] == signature(new, stamp, b"{}")
    assert headers["X-TrackXpert-Signature-Previous"] == signature(old, stamp, b"{}")
    later = signature_headers(webhook, b"{}", at=now + ROLL_OVER)
    assert "X-TrackXpert-Signature-Previous" not in later


def test_an_old_secret_that_nobody_can_make_any_more_stops_nothing(settings: Settings) -> None:
    webhook, _ = make_webhook(URL)
    settings.SECRET_KEY = "a new one"
    new = roll_secret(webhook=webhook)
    headers = signature_headers(webhook, b"{}", at=timezone.now())
    assert headers["X-TrackXpert-Signature"] == signature(
        new, headers["X-TrackXpert-Timestamp"], b"{}"
    )
    assert "X-TrackXpert-Signature-Previous" not in headers
