"""Webhooks over REST, for administrators (contract section 10)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.roles import Role
from webhooks.models import Delivery, Webhook
from webhooks.signing import secret_of, signature
from webhooks.tests.factories import make_delivery
from webhooks.tests.receiver import HANG, Receiver, make_webhook

pytestmark = pytest.mark.django_db
URL = "/api/webhooks/"
HOOK = "https://8.8.8.8/hook"


def body(**fields: Any) -> dict[str, Any]:
    return {"url": HOOK, "description": "Hostel", "events": ["tap", "day.closed"], **fields}


def one(webhook: Webhook, suffix: str = "") -> str:
    return f"{URL}{webhook.pk}/{suffix}"


def test_it_is_registered_and_its_secret_shown_once(administrator: APIClient) -> None:
    response = administrator.post(URL, body())
    assert response.status_code == 201
    made = response.json()
    webhook = Webhook.objects.get()
    assert made["secret"] == secret_of(webhook.salt, webhook.secret_digest)
    assert response.headers["Cache-Control"].startswith("no-store")
    assert webhook.created_by
    assert webhook.created_by.role == "administrator"
    shown = administrator.get(one(webhook))
    assert shown.headers["ETag"] == response.headers["ETag"]
    assert shown.json() == {name: value for name, value in made.items() if name != "secret"}
    assert shown.json()["events"] == ["tap", "day.closed"]
    assert administrator.get(URL).json()["results"] == [shown.json()]


@pytest.mark.parametrize("role", [role for role in Role.values if role != "administrator"])
def test_nobody_else_sees_or_does_anything(role: str, caller: Any) -> None:
    webhook, _ = make_webhook(HOOK)
    delivery = make_delivery(webhook)
    client = caller(role)
    for method, address in (
        ("get", URL),
        ("post", URL),
        ("get", one(webhook)),
        ("patch", one(webhook)),
        ("delete", one(webhook)),
        ("post", one(webhook, "roll-secret/")),
        ("post", one(webhook, "test/")),
        ("get", one(webhook, "deliveries/")),
        ("post", one(webhook, f"deliveries/{delivery.event_id}/resend/")),
    ):
        assert getattr(client, method)(address).status_code == 403, address


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://8.8.8.8/hook"),
        ("url", "https://127.0.0.1/hook"),
        ("url", "https://localhost/hook"),
        ("url", "https://[::ffff:10.0.0.1]/"),
        ("url", "https://user:word@8.8.8.8/"),
        ("url", "https://8.8.8.8:25/"),
        ("url", "https://8.8.8.8/" + "x" * 500),
        ("url", "nonsense"),
        ("url", ""),
        ("url", None),
        ("events", []),
        ("events", ["nothing"]),
        ("events", "tap"),
        ("events", None),
        ("is_active", "perhaps"),
        ("description", "a\u202eb"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(
    field: str, value: Any, administrator: APIClient, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = settings.WEBHOOK_ALLOW_HTTP = False
    created = administrator.post(URL, body(**{field: value}))
    assert (created.status_code, list(created.json())) == (400, [field])
    webhook, _ = make_webhook(HOOK)
    changed = administrator.patch(one(webhook), {field: value})
    assert (changed.status_code, list(changed.json())) == (400, [field])
    webhook.refresh_from_db()
    assert webhook.url == HOOK


def test_each_event_once_in_one_order(administrator: APIClient) -> None:
    made = administrator.post(URL, body(events=["tap.denied", "alert", "tap.denied"])).json()
    assert made["events"] == ["alert", "tap.denied"]


def test_it_is_changed_and_a_stale_tag_is_refused(administrator: APIClient) -> None:
    webhook, _ = make_webhook(HOOK)
    tag = administrator.get(one(webhook)).headers["ETag"]
    changed = administrator.patch(one(webhook), {"events": ["card"]}, HTTP_IF_MATCH=tag)
    assert (changed.status_code, changed.json()["events"]) == (200, ["card"])
    stale = administrator.put(one(webhook), body(), HTTP_IF_MATCH=tag)
    assert stale.status_code == 412
    assert administrator.put(one(webhook), body()).json()["description"] == "Hostel"


def test_what_was_switched_off_by_itself_begins_anew_when_it_is_switched_on(
    administrator: APIClient,
) -> None:
    webhook, _ = make_webhook(HOOK)
    Webhook.objects.update(is_active=False, off_because="failing", failures=9)
    assert administrator.get(one(webhook)).json()["off_because"] == "failing"
    on = administrator.patch(one(webhook), {"is_active": True}).json()
    assert (on["is_active"], on["off_because"], on["failing_since"]) == (True, "", None)
    webhook.refresh_from_db()
    assert webhook.failures == 0


def test_it_is_deleted_with_its_log(administrator: APIClient) -> None:
    webhook, _ = make_webhook(HOOK)
    make_delivery(webhook)
    assert administrator.delete(one(webhook)).status_code == 204
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()


def test_a_new_secret_is_shown_once(administrator: APIClient) -> None:
    webhook, old = make_webhook(HOOK)
    response = administrator.post(one(webhook, "roll-secret/"))
    assert response.status_code == 200
    new = response.json()["secret"]
    assert new != old
    webhook.refresh_from_db()
    assert secret_of(webhook.salt, webhook.secret_digest) == new
    assert secret_of(webhook.previous_salt, webhook.previous_digest) == old
    shown = administrator.get(one(webhook))
    assert shown.json()["previous_secret_until"] == response.json()["previous_secret_until"]
    assert new not in shown.content.decode()


def test_a_test_goes_out_at_once_and_says_what_came_back(
    administrator: APIClient, receiver: Receiver
) -> None:
    webhook, secret = make_webhook(receiver.url, "card")
    receiver.script, receiver.answer = [418], b"I am a teapot"
    response = administrator.post(one(webhook, "test/"))
    assert response.status_code == 200
    assert response.json() == {
        "delivered": False,
        "status": 418,
        "answer": "I am a teapot",
        "reason": "It answered 418.",
    }
    [request] = receiver.requests
    stamp = request["headers"]["x-trackxpert-timestamp"]
    assert request["headers"]["x-trackxpert-signature"] == signature(secret, stamp, request["body"])
    assert receiver.types == ["test"]
    assert not Delivery.objects.exists()
    assert administrator.post(one(webhook, "test/")).json()["delivered"] is True


def test_a_test_that_nobody_answers(
    administrator: APIClient, receiver: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_TIMEOUT = 1
    webhook, _ = make_webhook(receiver.url)
    receiver.script = [HANG]
    said = administrator.post(one(webhook, "test/")).json()
    assert (said["delivered"], said["status"]) == (False, None)
    assert "No answer" in said["reason"]


def test_the_log_is_filtered_by_state_and_event(administrator: APIClient) -> None:
    webhook, _ = make_webhook(HOOK)
    other, _ = make_webhook(HOOK)
    make_delivery(other)
    failed = make_delivery(webhook, state="failed", event="tap.denied", last_status=500)
    waiting = make_delivery(webhook, event="tap.accepted")

    def found(query: str = "") -> list[str]:
        answer = administrator.get(one(webhook, f"deliveries/{query}"))
        assert answer.status_code == 200, answer.content
        return [row["delivery_id"] for row in answer.json()["results"]]

    assert found() == [str(waiting.event_id), str(failed.event_id)]
    assert found("?state=failed") == [str(failed.event_id)]
    assert found("?event=tap.accepted") == [str(waiting.event_id)]
    assert len(found("?event=tap")) == 2
    assert found("?event=day") == []
    assert administrator.get(one(webhook, "deliveries/?state=lost")).status_code == 400
    assert administrator.get(f"{URL}{failed.event_id}/deliveries/").status_code == 404


def test_the_log_costs_the_same_however_long_it_is(administrator: APIClient) -> None:
    webhook, _ = make_webhook(HOOK)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert administrator.get(one(webhook, "deliveries/")).status_code == 200
        return len(queries)

    make_delivery(webhook)
    few = statements()
    for _ in range(30):
        make_delivery(webhook)
    assert statements() == few


def test_a_row_of_the_log_says_what_became_of_it(administrator: APIClient) -> None:
    webhook, _ = make_webhook(HOOK)
    delivery = make_delivery(webhook)
    [row] = administrator.get(one(webhook, "deliveries/")).json()["results"]
    assert set(row) == {
        *("delivery_id", "event", "occurred_at", "data", "state", "attempts", "last_attempt_at"),
        *("last_status", "last_answer", "reason", "next_attempt_at", "delivered_at"),
        "created_at",
    }
    assert row["next_attempt_at"]
    Delivery.objects.update(state="failed")
    [row] = administrator.get(one(webhook, "deliveries/")).json()["results"]
    assert row["next_attempt_at"] is None
    assert row["delivery_id"] == str(delivery.event_id)


def test_one_is_sent_again(administrator: APIClient) -> None:
    webhook, _ = make_webhook(HOOK)
    delivery = make_delivery(webhook, state="failed", attempts=10, reason="It answered 500.")
    address = one(webhook, f"deliveries/{delivery.event_id}/resend/")
    response = administrator.post(address)
    assert response.status_code == 200
    assert (response.json()["state"], response.json()["attempts"]) == ("pending", 0)
    Delivery.objects.update(state="sending")
    assert administrator.post(address).json()["code"] == "being_sent"
    Delivery.objects.update(state="failed")
    Webhook.objects.update(is_active=False)
    refused = administrator.post(address)
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_off")
    other, _ = make_webhook(HOOK)
    assert (
        administrator.post(one(other, f"deliveries/{delivery.event_id}/resend/")).status_code == 404
    )


def test_history_holds_who_changed_what_and_no_secret(administrator: APIClient) -> None:
    webhook, _ = make_webhook(HOOK)
    administrator.patch(one(webhook), {"description": "Bus"})
    Webhook.objects.filter(pk=webhook.pk).update(failures=3)
    log = Webhook.pgh_event_model.objects.all()  # type: ignore[attr-defined]
    assert [each.pgh_label for each in log.order_by("pgh_id")] == ["insert", "update"]
    fields = {field.name for field in log.model._meta.fields}
    assert not fields & {"salt", "secret_digest", "previous_salt", "previous_digest"}
