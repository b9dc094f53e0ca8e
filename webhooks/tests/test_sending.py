"""Deliveries go out at least once, signed, in order, and no receiver holds up another."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.tests.races import PATIENCE, at_once, meeting
from notifications.tests.factories import tap
from webhooks import sending
from webhooks.following import follow
from webhooks.models import Delivery, Webhook
from webhooks.sending import BACK_OFF, LEASE, Delivering, deliver_due
from webhooks.services import resend, roll_secret
from webhooks.signing import signature
from webhooks.tests.factories import make_delivery, waits_are_over
from webhooks.tests.receiver import DROP, HANG, Receiver, make_webhook, running_receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def webhook(receiver: Receiver) -> Webhook:
    return make_webhook(receiver.url)[0]


def send(times: int = 1) -> None:
    for _ in range(times):
        waits_are_over()
        deliver_due()


def test_a_tap_comes_to_the_receiver_as_the_documents_say(
    gate: APIClient, receiver: Receiver
) -> None:
    webhook, secret = make_webhook(receiver.url, "tap")
    follow()
    answer = tap(gate, "04DEAD00")
    follow()
    deliver_due()
    [request], delivery = receiver.requests, webhook.deliveries.get()
    headers, body = request["headers"], json.loads(request["body"])
    assert set(body) == {"id", "type", "occurred_at", "data"}
    assert body["id"] == headers["x-trackxpert-delivery"] == str(delivery.event_id)
    assert body["type"] == headers["x-trackxpert-event"] == "tap.denied"
    assert body["data"]["event_id"] == answer["event_id"]
    stamp = headers["x-trackxpert-timestamp"]
    assert abs(int(stamp) - timezone.now().timestamp()) < PATIENCE
    assert headers["x-trackxpert-signature"] == signature(secret, stamp, request["body"])
    assert delivery.state == Delivery.State.DELIVERED
    assert (delivery.attempts, delivery.last_status, delivery.last_answer) == (1, 200, "thanks")


def test_a_second_signature_goes_beside_the_first_after_a_roll(receiver: Receiver) -> None:
    webhook, old = make_webhook(receiver.url)
    new = roll_secret(webhook=webhook)
    make_delivery(webhook)
    deliver_due()
    [request] = receiver.requests
    headers = request["headers"]
    stamp = headers["x-trackxpert-timestamp"]
    assert headers["x-trackxpert-signature"] == signature(new, stamp, request["body"])
    assert headers["x-trackxpert-signature-previous"] == signature(old, stamp, request["body"])


def test_a_secret_that_cannot_be_made_any_more_is_said_so(
    webhook: Webhook, receiver: Receiver, settings: Settings
) -> None:
    settings.SECRET_KEY = "another"
    make_delivery(webhook)
    deliver_due()
    assert receiver.requests == []
    assert "roll it" in webhook.deliveries.get().reason


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_2xx_is_done(status: int, webhook: Webhook, receiver: Receiver) -> None:
    receiver.script, receiver.answer = [status], b""
    make_delivery(webhook)
    send(2)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [DROP, 301, 307, 400, 401, 404, 409, 429, 500, 503])
def test_anything_else_is_tried_again_under_the_same_id(
    status: int, webhook: Webhook, receiver: Receiver
) -> None:
    receiver.script = [status, status]
    delivery = make_delivery(webhook)
    deliver_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (Delivery.State.PENDING, 1)
    assert delivery.reason
    assert delivery.last_status == (status if status > 0 else None)
    pause = delivery.next_attempt_at - timezone.now()
    assert BACK_OFF[0] * 0.8 - timedelta(seconds=PATIENCE) < pause <= BACK_OFF[0] * 1.2
    send(2)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == (Delivery.State.DELIVERED, "")
    assert receiver.ids == [str(delivery.event_id)] * 3


def test_ten_tries_take_about_a_day_and_then_it_has_failed(
    webhook: Webhook, receiver: Receiver, settings: Settings
) -> None:
    receiver.script = [500] * 20
    delivery = make_delivery(webhook)
    send(12)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (Delivery.State.FAILED, 10)
    assert len(receiver.requests) == settings.WEBHOOK_MAX_ATTEMPTS == len(BACK_OFF) + 1
    assert timedelta(hours=20) < sum(BACK_OFF, timedelta()) < timedelta(hours=28)


def test_a_receiver_that_asks_for_time_gets_it(webhook: Webhook, receiver: Receiver) -> None:
    receiver.script, receiver.headers = [503], {"Retry-After": "1800"}
    delivery = make_delivery(webhook)
    deliver_due()
    delivery.refresh_from_db()
    assert delivery.next_attempt_at > timezone.now() + timedelta(minutes=29)


def test_410_switches_it_off(webhook: Webhook, receiver: Receiver) -> None:
    receiver.script = [410]
    first, second = make_delivery(webhook), make_delivery(webhook)
    send(3)
    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.off_because) == (False, Webhook.Off.GONE)
    assert len(receiver.requests) == 1
    states = [Delivery.objects.get(pk=each.pk).state for each in (first, second)]
    assert states == [Delivery.State.FAILED, Delivery.State.PENDING]


def test_one_that_fails_for_days_is_switched_off(
    webhook: Webhook, receiver: Receiver, settings: Settings
) -> None:
    receiver.script = [500] * 3
    make_delivery(webhook)
    send(2)
    webhook.refresh_from_db()
    assert webhook.is_active
    since = timezone.now() - timedelta(hours=settings.WEBHOOK_OFF_AFTER_HOURS)
    Webhook.objects.update(failing_since=since)
    send()
    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.off_because) == (False, Webhook.Off.FAILING)


def test_a_success_begins_the_count_anew(webhook: Webhook, receiver: Receiver) -> None:
    receiver.script = [500, 500]
    make_delivery(webhook)
    send(2)
    webhook.refresh_from_db()
    assert webhook.failures == 2
    assert webhook.failing_since
    send()
    webhook.refresh_from_db()
    assert webhook.failures == 0
    assert not webhook.failing_since


def test_one_that_fails_three_times_rests_and_what_waits_loses_no_try(
    webhook: Webhook, receiver: Receiver
) -> None:
    receiver.script = [500] * 5
    for _ in range(5):
        make_delivery(webhook)
    deliver_due()
    assert len(receiver.requests) == 3
    webhook.refresh_from_db()
    assert webhook.rests_until
    assert webhook.rests_until > timezone.now()
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 0, 1, 1, 1]


def test_in_the_order_in_which_it_happened(webhook: Webhook, receiver: Receiver) -> None:
    deliveries = [make_delivery(webhook) for _ in range(20)]
    deliver_due()
    assert receiver.ids == [str(each.event_id) for each in deliveries]


def test_a_receiver_that_hangs_holds_up_no_other(
    webhook: Webhook, receiver: Receiver, settings: Settings
) -> None:
    receiver.script = [HANG]
    make_delivery(webhook)
    with running_receiver() as other, Delivering() as delivering:
        delivering.start_due()
        assert receiver.came.acquire(timeout=PATIENCE)
        quick, _ = make_webhook(other.url)
        for _ in range(3):
            make_delivery(quick)
        delivering.start_due()
        for _ in range(3):
            assert other.came.acquire(timeout=PATIENCE)
        assert webhook.deliveries.get().state == Delivery.State.SENDING
        receiver.over.set()


def test_more_that_hang_than_there_are_senders_are_left_alone_soon(
    settings: Settings, receiver: Receiver
) -> None:
    """Each costs its time-out a few times; then it rests, and the others have the threads."""
    settings.WEBHOOK_TIMEOUT, settings.WEBHOOK_SENDERS = 1, 1
    with running_receiver() as dead:
        dead.script = [HANG] * 50
        for _ in range(2):
            bad, _ = make_webhook(dead.url)
            for _ in range(10):
                make_delivery(bad)
        good, _ = make_webhook(receiver.url)
        make_delivery(good)
        deliver_due()
        assert len(dead.requests) == 6
    assert good.deliveries.get().state == Delivery.State.DELIVERED


def test_two_senders_post_everything_once_and_each_receiver_is_ones_only(
    receiver: Receiver,
) -> None:
    for _ in range(4):
        webhook, _ = make_webhook(receiver.url)
        for _ in range(10):
            make_delivery(webhook)
    at_once(deliver_due, deliver_due)
    assert len(receiver.requests) == len(set(receiver.ids)) == 40


def test_without_the_lock_two_senders_take_the_same_receiver(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both look before either has marked it."""
    make_delivery(webhook)
    now = timezone.now()

    def take() -> Webhook | None:
        return sending.take_webhook(at=now)

    assert [bool(each) for each in at_once(take, take)].count(True) == 1
    Webhook.objects.update(leased_until=None)
    monkeypatch.setattr(Webhook, "save", meeting(Webhook.save, 2))
    queryset = type(Webhook.objects.all())
    monkeypatch.setattr(queryset, "select_for_update", lambda rows, **_: rows)
    assert [bool(each) for each in at_once(take, take)].count(True) == 2


# Posts what is due and is killed as soon as the receiver has answered, before anything is marked.
SEND_AND_DIE = """
    import os, signal
    import django
    django.setup()
    from django.conf import settings
    from webhooks import sending

    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = settings.WEBHOOK_ALLOW_HTTP = True
    sending._delivered = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    sending.deliver_due()
"""
DATABASE = ("USER", "PASSWORD", "HOST", "PORT", "NAME")


def run(program: str) -> "subprocess.CompletedProcess[str]":
    at = {name: quote(str(connection.settings_dict[name]), safe="") for name in DATABASE}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=django_settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "trackxpert.settings",
            "SECRET_KEY": django_settings.SECRET_KEY,
            "DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_a_killed_process_was_sending_is_sent_again_under_the_same_id(
    webhook: Webhook, receiver: Receiver
) -> None:
    delivery = make_delivery(webhook)
    died = run(SEND_AND_DIE)
    assert died.returncode == -signal.SIGKILL, died.stderr
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.SENDING
    deliver_due()
    assert len(receiver.requests) == 1  # the leases hold
    over = timezone.now() - LEASE
    Webhook.objects.update(leased_until=over)
    Delivery.objects.update(next_attempt_at=over)
    deliver_due()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (Delivery.State.DELIVERED, 2)
    assert receiver.ids == [str(delivery.event_id)] * 2


def test_a_process_that_dies_in_each_last_try_ends_it(webhook: Webhook, receiver: Receiver) -> None:
    delivery = make_delivery(webhook, state=Delivery.State.SENDING, attempts=10)
    deliver_due()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.FAILED
    assert "last try" in delivery.reason
    assert receiver.requests == []


def test_a_delivery_is_sent_again_when_somebody_asks(webhook: Webhook, receiver: Receiver) -> None:
    delivery = make_delivery(webhook)
    deliver_due()
    delivery.refresh_from_db()
    resend(delivery=delivery)
    deliver_due()
    assert receiver.ids == [str(delivery.event_id)] * 2


def test_what_is_erased_or_deleted_while_it_is_sent_stays_gone(
    webhook: Webhook, receiver: Receiver
) -> None:
    delivery = make_delivery(webhook)

    def erase() -> None:
        Delivery.objects.filter(pk=delivery.pk).delete()
        connection.close()

    receiver.before_answer = erase
    deliver_due()
    assert not Delivery.objects.exists()


def test_a_receiver_that_is_switched_off_gets_nothing_more_in_this_turn(
    webhook: Webhook, receiver: Receiver
) -> None:
    for _ in range(3):
        make_delivery(webhook)

    def switch_off() -> None:
        Webhook.objects.update(is_active=False)
        connection.close()

    receiver.before_answer = switch_off
    deliver_due()
    assert len(receiver.requests) == 1


def test_stopping_ends_the_turn_after_the_delivery_that_is_on_its_way(
    webhook: Webhook, receiver: Receiver
) -> None:
    stop = threading.Event()
    for _ in range(3):
        make_delivery(webhook)
    receiver.before_answer = stop.set
    with Delivering(stop) as delivering:
        delivering.start_due()
    assert len(receiver.requests) == 1
    assert Delivery.objects.filter(state=Delivery.State.DELIVERED).count() == 1
