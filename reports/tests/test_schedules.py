"""Schedules over REST: who may have what sent to whom, and when."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.roles import Role
from accounts.tests.wire import assert_refused
from reports.models import ReportSchedule
from reports.tests.factories import SCHEDULES, at, make_schedule
from reports.tests.test_asking import READERS, WITHOUT_SCHEDULES

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

BODY = {
    "report": "attendance",
    "group_by": "student",
    "period": "weekly",
    "format": "xlsx",
    "recipients": ["head@example.org", "Dean@Example.org"],
}


def create(client: APIClient, **fields: Any) -> Any:
    response = client.post(SCHEDULES, {**BODY, **fields})
    assert response.status_code == 201, response.content
    return response.json()


def one(schedule: Any) -> str:
    return f"{SCHEDULES}{schedule['schedule_id']}/"


def test_a_schedule_says_when_it_is_sent_next(administrator: APIClient) -> None:
    schedule = create(administrator)
    assert {key: schedule[key] for key in BODY} == BODY
    assert schedule["created_by"] == "administrator"
    assert schedule["next_send_at"] == "2026-11-23T06:30:00+03:00"
    assert (schedule["last_sent_for"], schedule["last_sent_at"]) == (None, None)
    assert schedule["last_error"] == ""
    assert schedule["is_active"] is True
    monthly = create(administrator, period="monthly")
    assert monthly["next_send_at"] == "2026-12-01T06:30:00+03:00"


def test_what_is_left_out_has_a_default(administrator: APIClient) -> None:
    body = {"report": "kitchen", "period": "weekly", "recipients": ["a@example.org"]}
    schedule = administrator.post(SCHEDULES, body).json()
    assert (schedule["group_by"], schedule["format"]) == ("class", "pdf")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"report": "library"}, "report"),
        ({"report": None}, "report"),
        ({"period": "daily"}, "period"),
        ({"group_by": "room"}, "group_by"),
        ({"format": "json"}, "format"),
        ({"recipients": []}, "recipients"),
        ({"recipients": "head@example.org"}, "recipients"),
        ({"recipients": ["head"]}, "recipients"),
        ({"recipients": ["head@example.org\nBcc: all@example.org"]}, "recipients"),
        ({"recipients": ["a" * 250 + "@example.org"]}, "recipients"),
        ({"recipients": [f"{n}@example.org" for n in range(21)]}, "recipients"),
        ({"is_active": "perhaps"}, "is_active"),
    ],
)
def test_what_makes_no_sense_is_refused(
    fields: dict[str, Any], field: str, administrator: APIClient
) -> None:
    response = administrator.post(SCHEDULES, {**BODY, **fields})
    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize("method", ["post", "patch"])
def test_reports_go_to_allowed_domains_only(
    method: str, administrator: APIClient, settings: Settings
) -> None:
    settings.REPORT_MAIL_DOMAINS = ["Example.org", "dit.ac.tz"]
    schedule = create(administrator, recipients=["head@EXAMPLE.org", "dean@dit.ac.tz"])
    address = SCHEDULES if method == "post" else one(schedule)
    for outside in ("a@example.com", "a@mail.example.org", "a@notexample.org"):
        recipients = ["head@example.org", outside]
        response = getattr(administrator, method)(address, {**BODY, "recipients": recipients})
        assert response.status_code == 400
        words = f"Reports are not sent to this domain: {outside}."
        assert response.json() == {"recipients": [words]}
    assert ReportSchedule.objects.count() == 1


def test_an_address_is_there_once(administrator: APIClient) -> None:
    schedule = create(administrator, recipients=["a@example.org", "A@example.org", "b@example.org"])
    assert schedule["recipients"] == ["A@example.org", "b@example.org"]


def test_the_client_cannot_say_when_or_that_it_was_sent(administrator: APIClient) -> None:
    schedule = create(administrator, last_sent_for="2026-11-16", created_by="somebody")
    assert (schedule["last_sent_for"], schedule["created_by"]) == (None, "administrator")


@pytest.mark.parametrize("role", sorted(set(Role) - WITHOUT_SCHEDULES))
def test_everybody_schedules_what_they_may_read(
    role: Role, caller: Callable[[str], APIClient]
) -> None:
    client = caller(role)
    made = {subject: make_schedule(report=subject) for subject in READERS}
    for subject, readers in READERS.items():
        response = client.post(SCHEDULES, {**BODY, "report": subject})
        address = f"{SCHEDULES}{made[subject].pk}/"
        if role in readers:
            assert response.status_code == 201
            assert client.get(address).status_code == 200
        else:
            assert_refused(response, 403)
            assert client.get(address).status_code == 404
            assert client.delete(address).status_code == 404
            assert client.patch(address, {"is_active": False}).status_code == 404
    listed = {schedule["report"] for schedule in client.get(SCHEDULES).json()["results"]}
    assert listed == {subject for subject, readers in READERS.items() if role in readers}


def test_leadership_reads_schedules_and_changes_none(caller: Callable[[str], APIClient]) -> None:
    schedule = make_schedule()
    head, address = caller("leadership"), f"{SCHEDULES}{schedule.pk}/"
    assert head.get(SCHEDULES).json()["count"] == 1
    assert head.get(address).status_code == 200
    assert_refused(head.patch(address, {"is_active": False}), 403)
    assert_refused(head.delete(address), 403)
    assert_refused(head.post(SCHEDULES, BODY), 403)
    assert_refused(caller("class_teacher").get(SCHEDULES), 403)


def test_a_schedule_cannot_be_turned_into_one_that_is_not_allowed(
    caller: Callable[[str], APIClient],
) -> None:
    clerk = caller("attendance_admin")
    schedule = create(clerk)
    assert_refused(clerk.patch(one(schedule), {"report": "discipline"}), 403)
    assert clerk.get(one(schedule)).json()["report"] == "attendance"


def test_a_change_of_rhythm_begins_anew(
    administrator: APIClient, clock: time_machine.Traveller
) -> None:
    schedule = create(administrator)
    ReportSchedule.objects.update(next_send_at=at(date(2026, 11, 16), "06:30"))
    changed = administrator.patch(one(schedule), {"recipients": ["new@example.org"]}).json()
    assert changed["next_send_at"] == "2026-11-16T06:30:00+03:00"
    changed = administrator.patch(one(schedule), {"period": "monthly"}).json()
    assert changed["next_send_at"] == "2026-12-01T06:30:00+03:00"
    administrator.patch(one(schedule), {"is_active": False, "period": "weekly"})
    clock.shift(5 * 60)
    ReportSchedule.objects.update(next_send_at=at(date(2026, 11, 16), "06:30"))
    changed = administrator.patch(one(schedule), {"is_active": True}).json()
    assert changed["next_send_at"] == "2026-11-23T06:30:00+03:00"


def test_of_two_who_change_the_same_one_is_told(administrator: APIClient) -> None:
    schedule = create(administrator)
    tag = administrator.get(one(schedule))["ETag"]
    first = administrator.patch(one(schedule), {"format": "csv"}, headers={"If-Match": tag})
    second = administrator.patch(one(schedule), {"format": "pdf"}, headers={"If-Match": tag})
    assert (first.status_code, second.status_code) == (200, 412)


def test_a_schedule_can_be_deleted(administrator: APIClient) -> None:
    schedule = create(administrator)
    assert administrator.delete(one(schedule)).status_code == 204
    assert administrator.get(one(schedule)).status_code == 404


def test_lists_are_filtered(administrator: APIClient) -> None:
    make_schedule(report="kitchen", is_active=False)
    make_schedule(report="attendance")

    def found(**query: str) -> list[str]:
        return [row["report"] for row in administrator.get(SCHEDULES, query).json()["results"]]

    assert found(report="kitchen") == ["kitchen"]
    assert found(is_active="true") == ["attendance"]
    assert administrator.get(SCHEDULES, {"is_active": "perhaps"}).status_code == 400


def test_who_changed_the_recipients_is_remembered_and_sendings_are_not(
    administrator: APIClient,
) -> None:
    schedule = create(administrator)
    administrator.patch(one(schedule), {"recipients": ["other@example.org"]})
    ReportSchedule.objects.update(last_error="No.", last_sent_for=date(2026, 11, 16))
    events: Any = ReportSchedule.objects.get().events  # type: ignore[attr-defined]
    changes = list(events.order_by("pgh_id").values_list("pgh_label", "recipients"))
    assert changes == [("insert", BODY["recipients"]), ("update", ["other@example.org"])]


def test_the_database_refuses_a_schedule_to_nobody() -> None:
    with pytest.raises(IntegrityError, match="has_recipients"), transaction.atomic():
        make_schedule(recipients=[])


@pytest.mark.dialect
@pytest.mark.parametrize("field", ["report", "group_by", "period", "format"])
def test_the_database_refuses_what_no_report_is(field: str) -> None:
    with pytest.raises(IntegrityError, match="known_report"), transaction.atomic():
        make_schedule(**{field: "x"})
