"""Webhooks in the registration office (`/admin/`), for administrators."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from webhooks.models import Delivery, Webhook
from webhooks.signing import secret_of
from webhooks.tests.factories import make_delivery
from webhooks.tests.receiver import Receiver, make_webhook

pytestmark = pytest.mark.django_db
WEBHOOKS, DELIVERIES = "/admin/webhooks/webhook/", "/admin/webhooks/delivery/"
HOOK = "https://8.8.8.8/hook"


@pytest.fixture
def boss(make_user: Callable[..., User]) -> User:
    return make_user("administrator")


@pytest.fixture
def office(boss: User) -> Any:
    return browser_of(boss)


def addresses(webhook: Webhook, delivery: Delivery) -> list[str]:
    one = f"{WEBHOOKS}{webhook.pk}/"
    return [
        *(
            WEBHOOKS,
            f"{WEBHOOKS}?trouble=yes",
            f"{WEBHOOKS}add/",
            f"{one}change/",
            f"{one}history/",
        ),
        *(f"{one}new-secret/", f"{one}send-test/", f"{one}remove/"),
        *(DELIVERIES, f"{DELIVERIES}?state__exact=failed", f"{DELIVERIES}?about=tap"),
        f"{DELIVERIES}?webhook__webhook_id__exact={webhook.pk}",
        f"{DELIVERIES}{delivery.pk}/change/",
    ]


def test_every_page_loads(office: Any) -> None:
    webhook, _ = make_webhook(HOOK, description="Hostel")
    delivery = make_delivery(webhook, last_status=500, last_answer="<b>oops</b>", state="failed")
    for address in addresses(webhook, delivery):
        assert office.get(address).status_code == 200, address
    page = office.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()
    assert "&lt;b&gt;oops" in page
    assert str(delivery.event_id) in page
    assert "Hostel" in office.get(WEBHOOKS).content.decode()
    assert "Webhooks" in office.get("/admin/").content.decode()


@pytest.mark.parametrize("role", [role for role in Role.values if role != "administrator"])
def test_nobody_else_has_them(role: str, make_user: Callable[..., User]) -> None:
    webhook, _ = make_webhook(HOOK)
    delivery = make_delivery(webhook)
    browser = browser_of(make_user(role))
    for address in addresses(webhook, delivery):
        assert browser.get(address).status_code == 403, address
    assert browser.post(f"{DELIVERIES}{delivery.pk}/send-again/").status_code == 403
    assert "webhooks" not in browser.get("/admin/").content.decode()


def test_one_is_registered_and_its_secret_is_on_that_page_only(office: Any, boss: User) -> None:
    form = {
        "url": HOOK,
        "description": "Hostel",
        "events": ["tap", "card.issued"],
        "number": str(uuid4()),
    }
    page = office.post(f"{WEBHOOKS}add/", form).content.decode()
    webhook = Webhook.objects.get()
    secret = secret_of(webhook.salt, webhook.secret_digest)
    assert secret in page
    assert (webhook.events, webhook.created_by) == (["tap", "card.issued"], boss)
    assert secret not in office.get(f"{WEBHOOKS}{webhook.pk}/change/").content.decode()
    again = office.post(f"{WEBHOOKS}add/", form)
    assert "registered already" in again.content.decode()
    assert Webhook.objects.count() == 1


def test_an_address_that_must_not_be_is_said_beside_its_field(
    office: Any, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = settings.WEBHOOK_ALLOW_HTTP = False
    page = office.post(f"{WEBHOOKS}add/", {"url": "https://10.0.0.1/", "events": ["tap"]})
    assert "private or reserved" in page.content.decode()
    assert not Webhook.objects.exists()


def test_one_is_changed_and_switched_on_again(office: Any) -> None:
    webhook, _ = make_webhook(HOOK, "tap")
    Webhook.objects.update(is_active=False, off_because="failing")
    page = office.get(f"{WEBHOOKS}{webhook.pk}/change/").content.decode()
    assert "Nothing could be delivered for too long." in page
    form = {"url": HOOK, "description": "Bus", "events": ["day"], "is_active": "on"}
    assert office.post(f"{WEBHOOKS}{webhook.pk}/change/", form).status_code == 302
    webhook.refresh_from_db()
    assert (webhook.description, webhook.events, webhook.is_active) == ("Bus", ["day"], True)
    assert webhook.off_because == ""


def test_a_new_secret_and_the_end(office: Any) -> None:
    webhook, old = make_webhook(HOOK)
    make_delivery(webhook)
    page = office.post(f"{WEBHOOKS}{webhook.pk}/new-secret/").content.decode()
    webhook.refresh_from_db()
    [shown] = re.findall(r"txw_[\w-]+", page)
    assert shown == secret_of(webhook.salt, webhook.secret_digest) != old
    assert office.post(f"{WEBHOOKS}{webhook.pk}/remove/").status_code == 302
    assert not Webhook.objects.exists()


def test_a_test_says_what_came_back(office: Any, receiver: Receiver) -> None:
    webhook, _ = make_webhook(receiver.url)
    receiver.script = [500]
    address = f"{WEBHOOKS}{webhook.pk}/send-test/"
    assert "It answered 500. thanks" in office.post(address, follow=True).content.decode()
    assert "it works" in office.post(address, follow=True).content.decode()


def test_deliveries_are_sent_again_by_the_button_and_by_the_list(office: Any) -> None:
    webhook, _ = make_webhook(HOOK)
    failed = [make_delivery(webhook, state="failed", attempts=10) for _ in range(2)]
    office.post(f"{DELIVERIES}{failed[0].pk}/send-again/")
    assert Delivery.objects.get(pk=failed[0].pk).state == "pending"
    office.post(DELIVERIES, {"action": "send_again", "_selected_action": [failed[1].pk]})
    assert Delivery.objects.get(pk=failed[1].pk).state == "pending"
    Webhook.objects.update(is_active=False)
    refused = office.post(f"{DELIVERIES}{failed[0].pk}/send-again/", follow=True)
    assert "switched off" in refused.content.decode()


def test_what_fails_waits_on_the_home_page(office: Any) -> None:
    assert "cannot deliver" not in office.get("/admin/").content.decode()
    make_webhook(HOOK)
    Webhook.objects.update(failing_since=timezone.now() - timedelta(minutes=5))
    assert "cannot deliver" not in office.get("/admin/").content.decode()
    Webhook.objects.update(failing_since=timezone.now() - timedelta(hours=2))
    assert "webhook cannot deliver" in office.get("/admin/").content.decode()
    Webhook.objects.update(is_active=False, off_because="gone")
    assert "webhook cannot deliver" in office.get("/admin/").content.decode()
    assert HOOK in office.get(f"{WEBHOOKS}?trouble=yes").content.decode()
    Webhook.objects.update(off_because="")
    assert "cannot deliver" not in office.get("/admin/").content.decode()


def test_the_log_costs_the_same_however_long_it_is(
    office: Any, django_assert_max_num_queries: Any
) -> None:
    webhook, _ = make_webhook(HOOK)
    for _ in range(40):
        make_delivery(webhook)
    with django_assert_max_num_queries(14):
        assert office.get(DELIVERIES).status_code == 200
