"""The state of notices over REST (contract section 10)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Status
from discipline.services import record_incident
from notifications.models import Notice
from notifications.serializers import masked
from notifications.tests.factories import URL, as_if_sent, make_day, make_pupil
from outbox.dispatch import dispatch_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def arrival() -> Notice:
    make_day(make_pupil()[0], Status.PRESENT)
    dispatch_events()
    return Notice.objects.get(kind="arrival")


@pytest.fixture
def incident(caller: Callable[[str], APIClient]) -> Notice:
    caller("discipline_admin")
    by = User.objects.get(username="discipline_admin")
    student, _ = make_pupil()
    record_incident(student=student, incident_description="Noise.", points_deducted=1, by=by)
    dispatch_events()
    return Notice.objects.get(kind="incident")


def one(notice: Notice) -> str:
    return f"{URL}{notice.pk}/"


def fail(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(
        state="failed", attempts=6, reason="The gateway answered 503.", expires_at=timezone.now()
    )


def kinds_seen(client: APIClient, **filters: Any) -> list[str]:
    response = client.get(URL, filters)
    assert response.status_code == 200, response.content
    return sorted(row["kind"] for row in response.json()["results"])


def test_each_sees_the_notices_that_they_answer_for(
    caller: Callable[[str], APIClient], arrival: Notice, incident: Notice
) -> None:
    assert kinds_seen(caller("administrator")) == ["arrival", "incident"]
    assert kinds_seen(caller("attendance_admin")) == ["arrival"]
    assert kinds_seen(caller("discipline_admin")) == ["incident"]
    assert caller("discipline_admin").get(one(arrival)).status_code == 404
    assert caller("attendance_admin").post(f"{one(incident)}retry/").status_code == 404
    assert kinds_seen(caller("leadership")) == ["arrival", "incident"]
    assert caller("leadership").post(f"{one(incident)}retry/").status_code == 403
    for role in ("registration_officer", "kitchen_admin", "class_teacher"):
        assert caller(role).get(URL).status_code == 403


def test_a_notice_tells_its_whole_story(
    clerk: APIClient, caller: Callable[[str], APIClient], arrival: Notice
) -> None:
    as_if_sent()
    Notice.objects.update(recipient="+255712345678", attempts=1)
    guardian = arrival.guardian
    assert guardian
    response = clerk.get(one(arrival))
    body = response.json()
    assert clerk.get(URL).json()["results"] == [body]
    assert clerk.get(one(arrival), HTTP_IF_NONE_MATCH=response["ETag"]).status_code == 304
    assert {name: body[name] for name in ("kind", "channel", "state", "says", "date")} == {
        "kind": "arrival",
        "channel": "sms",
        "state": "sent",
        "says": "Present",
        "date": str(arrival.date),
    }
    assert body["student_name"] == arrival.student.full_name
    assert (body["event"], body["corrects"]) == (str(arrival.event_id), None)
    assert body["waits_for"] is None
    assert body["sent_at"]
    assert not body.keys() & {"guardian", "guardian_name", "recipient", "body"}
    told = caller("administrator").get(one(arrival)).json()
    assert (told["guardian"], told["guardian_name"]) == (str(guardian.pk), guardian.name)
    assert told["recipient"] == "+255…678"


@pytest.mark.parametrize(
    ("recipient", "shown"),
    [("", ""), ("+255712345678", "+255…678"), ("mama@example.org", "m…@example.org")],
)
def test_a_recipient_is_shown_by_its_ends(recipient: str, shown: str) -> None:
    assert masked(recipient) == shown


def test_a_pending_notice_says_what_it_waits_for(
    clerk: APIClient, arrival: Notice, settings: Settings
) -> None:
    def waits_for() -> str:
        return str(clerk.get(one(arrival)).json()["waits_for"])

    assert waits_for() == "channel_off"
    settings.SMS_GATEWAY_URL = "http://gateway.example/"
    Notice.objects.update(next_attempt_at=timezone.now())
    assert waits_for() == "worker"
    Notice.objects.update(next_attempt_at=timezone.now() + timedelta(minutes=5))
    assert waits_for() == "hold_back"
    Notice.objects.update(attempts=1)
    assert waits_for() == "retry"
    now = timezone.localtime()
    settings.NOTICE_QUIET_HOURS = f"{now:%H:%M}-{now + timedelta(hours=2):%H:%M}"
    assert waits_for() == "quiet_hours"


def test_the_list_is_filtered(
    clerk: APIClient, caller: Callable[[str], APIClient], arrival: Notice
) -> None:
    make_day(make_pupil()[0], Status.LATE)
    dispatch_events()
    right: dict[str, Any] = {
        "student": arrival.student_id,
        "event": arrival.event_id,
        "kind": "arrival",
    }
    for name, value in right.items():
        assert kinds_seen(clerk, **{name: value}) == ["arrival"], name
    assert kinds_seen(caller("administrator"), guardian=arrival.guardian_id) == ["arrival"]
    day = str(arrival.date)
    for both in ({"channel": "sms"}, {"state": "pending"}, {"date": day}, {"from": day, "to": day}):
        assert kinds_seen(clerk, **both) == ["arrival", "late"], both
    for neither in ({"channel": "email"}, {"state": "failed"}, {"to": "2020-01-01"}):
        assert kinds_seen(clerk, **neither) == [], neither
    for bad in ({"state": "lost"}, {"kind": "x"}, {"student": "x"}, {"ordering": "body"}):
        assert clerk.get(URL, bad).status_code == 400, bad


def test_a_failed_notice_gets_all_its_tries_again(clerk: APIClient, arrival: Notice) -> None:
    fail(arrival)
    response = clerk.post(f"{one(arrival)}retry/")
    assert response.status_code == 200
    assert (response.json()["state"], response.json()["attempts"]) == ("pending", 0)
    arrival.refresh_from_db()
    assert arrival.next_attempt_at <= timezone.now() < arrival.expires_at
    again = clerk.post(f"{one(arrival)}retry/")
    assert (again.status_code, again.json()["code"]) == (409, "not_failed")


def test_a_retry_that_saw_another_state_is_refused(clerk: APIClient, arrival: Notice) -> None:
    etag = clerk.get(one(arrival))["ETag"]
    fail(arrival)
    assert clerk.post(f"{one(arrival)}retry/", HTTP_IF_MATCH=etag).status_code == 412


def test_the_list_takes_as_many_queries_for_many(
    clerk: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(10):
        make_day(make_pupil()[0], Status.PRESENT)
    dispatch_events()
    with django_assert_max_num_queries(6):
        assert len(clerk.get(URL).json()["results"]) == 10
