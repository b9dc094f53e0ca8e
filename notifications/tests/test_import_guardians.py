"""Guardians from lists: their own, and beside students."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from cards.tests.factories import make_student
from core.history import logs_of
from notifications.contacts import stop_contact
from notifications.models import Channel, Guardian, GuardianConsent, Notice
from notifications.tests.factories import guardians_of, make_guardian
from people.models import ColumnMapping
from people.tests.kinds import STUDENTS
from people.tests.sheets import csv_file, upload
from people.tests.test_import_jobs import work

pytestmark = pytest.mark.django_db

GUARDIANS = "/api/guardians/"


def report_of(client: APIClient, content: str, status: int = 200, **form: Any) -> Any:
    url = form.pop("url", GUARDIANS)
    response = upload(client, url, content, **form)
    assert response.status_code == status, response.content[:500]
    return response.json()


def actions(report: Any) -> list[str]:
    return [row["action"] for row in report["rows"]]


# --- a list of their own ------------------------------------------------------------------------


def test_guardians_come_by_number_or_uuid_and_a_second_time_change_nothing(
    officer: APIClient,
) -> None:
    one, other = make_student(), make_student()
    content = (
        "Reg No,student_uuid,Parent Name,Simu ya mzazi,Relation,email,language,channels\n"
        f"{one.identifier},,Rehema Khamis,0712 345 678,mother,,Kiswahili,SMS\n"
        f',{other.pk},Juma Said,0713000111,,j@example.org,en,"sms, e-mail"\n'
    )
    rehearsal = report_of(officer, content)
    assert not Guardian.objects.exists()
    performance = report_of(officer, content, dry_run="false")
    assert performance["change_id"]
    assert performance == {**rehearsal, "dry_run": False, "change_id": performance["change_id"]}
    assert actions(performance) == ["created", "created"]
    assert [row["identifier"] for row in performance["rows"]] == [one.identifier, other.identifier]
    rehema = one.guardians.get()
    assert (rehema.phone, rehema.language, rehema.channels) == ("+255712345678", "sw", ["sms"])
    assert other.guardians.get().channels == ["email", "sms"]
    assert actions(report_of(officer, content, dry_run="false")) == ["unchanged", "unchanged"]
    swahili = content.replace("e-mail", "barua pepe")
    assert actions(report_of(officer, swahili)) == ["unchanged", "unchanged"]


def test_whoever_is_known_is_changed_by_number_address_or_name(officer: APIClient) -> None:
    student = make_student()
    by_phone = make_guardian(student, name="A", phone="+255712000001")
    by_email = make_guardian(student, name="B", phone="", email="b@x.org", channels=["email"])
    by_name = make_guardian(student, name="Rehema Khamis", phone="+255712000003")
    number = student.identifier
    content = (
        "registration_number,name,phone,email,relationship\n"
        f"{number},Asha,0712000001,,aunt\n{number},Baraka,0712000002,B@x.org,\n"
        f"{number},REHEMA KHAMIS,0712000004,,\n{number},Rehema Khamis,0712000005,,\n"
    )
    report = report_of(officer, content, dry_run="false")
    assert actions(report) == ["updated", "updated", "updated", "created"]
    for guardian in (by_phone, by_email, by_name):
        guardian.refresh_from_db()
    assert (by_phone.name, by_phone.relationship) == ("Asha", "aunt")
    assert (by_email.phone, by_name.phone) == ("+255712000002", "+255712000004")
    assert set(actions(report_of(officer, content, dry_run="false"))) == {"unchanged"}


def test_bad_rows_stop_a_real_run_and_say_why(officer: APIClient) -> None:
    student = make_student()
    number = student.identifier
    content = (
        "registration_number,name,phone,channels,language\n"
        f"NOBODY/1,A,0712000001,,\n,B,0712000001,,\n{number},C,022 211 1234,sms,\n"
        f"{number},D,0712000001,,fr\n{number},E,,,\n{number},F,0712000002,,\n"
        f"{number},F,+255712000002,,\n{number},G,0712000002,,\n{number},H,022 211 1235,,\n"
    )
    report = report_of(officer, content, 400, dry_run="false")
    found = [[*row["errors"]] for row in report["rows"]]
    assert found == [
        ["registration_number"],
        ["registration_number"],
        ["phone"],
        ["language"],
        ["non_field_errors"],
        [],
        [],
        ["phone"],
        [],
    ]
    assert "landline" in report["rows"][2]["errors"]["phone"][0]
    assert not Guardian.objects.exists()


def test_a_number_that_was_stopped_stays_stopped(officer: APIClient) -> None:
    stopped = make_guardian(make_student())
    officer.post(f"{guardians_of(stopped.student)}{stopped.pk}/stop/")
    student = make_student()
    rows = f"registration_number,name,phone\n{student.identifier},A,{stopped.phone}\n"
    report_of(officer, rows, dry_run="false")
    assert student.guardians.get().stopped


def test_a_mapping_names_the_columns_of_guardians(officer: APIClient) -> None:
    student = make_student()
    content = f"Nr,Wer,Fon\n{student.identifier},Rehema,0712000001\n"
    mapping = '{"Nr": "registration_number", "Wer": "name", "Fon": "phone"}'
    report = report_of(officer, content, mapping=mapping)
    assert {each["how"] for each in report["columns"]} == {"mapping"}


def test_a_long_list_of_guardians_the_worker_does_by_the_mapping_of_then(
    officer: APIClient, settings: Settings
) -> None:
    settings.IMPORT_BACKGROUND_ROWS = 1
    students = [make_student() for _ in range(2)]
    rows = "".join(f"{one.identifier},Rehema,071200000{at}\n" for at, one in enumerate(students))
    mapping = '{"Nr": "registration_number", "Wer": "name", "Fon": "phone"}'
    response = upload(officer, GUARDIANS, f"Nr,Wer,Fon\n{rows}", mapping=mapping, dry_run="false")
    assert response.status_code == 202
    address = response["Location"]
    assert officer.get(address).json()["state"] == "queued"
    assert officer.get(address.replace("guardians", "students")).status_code == 404
    ColumnMapping.objects.all().delete()
    work()
    status = officer.get(address).json()
    assert (status["state"], status["report"]["summary"]["created"]) == ("done", 2)
    assert Guardian.objects.count() == 2
    undone = officer.post(f"/api/changes/{status['report']['change_id']}/undo/")
    assert undone.status_code == 200


def test_the_empty_list_of_guardians_is_read_again(officer: APIClient) -> None:
    header = officer.get(f"{GUARDIANS}import/template/").getvalue().decode("utf-8-sig")
    assert report_of(officer, header)["rows"] == []
    assert {each["how"] for each in report_of(officer, header)["columns"]} == {"exact"}


def test_the_statements_do_not_grow_with_the_rows(officer: APIClient) -> None:
    students = [make_student() for _ in range(12)]

    def statements(some: list[Any]) -> int:
        rows = [
            {"registration_number": one.identifier, "name": "A", "phone": f"07120000{at:02}"}
            for at, one in enumerate(some, 10)
        ]
        with CaptureQueriesContext(connection) as queries:
            report_of(officer, csv_file(rows).decode(), dry_run="false")
        return len(queries)

    assert statements(students[:2]) == statements(students[2:])


# --- beside students ----------------------------------------------------------------------------


BESIDE = (
    "registration_number,first_name,surname,guardian1_name,guardian1_phone,guardian1_relationship,"
    "guardian1_language,guardian2_name,guardian2_phone\n"
)


def test_guardians_come_beside_their_students(officer: APIClient) -> None:
    content = (
        f"{BESIDE}N/1,Amina,Khamis,Rehema,0712345678,mother,sw,Juma,0713000111\n"
        "N/2,Asha,Mfaume,,,,,,\n"
    )
    report = report_of(officer, content, url=STUDENTS.url, dry_run="false")
    assert report["summary"]["created"] == 2
    assert report["rows"][0]["changes"]["guardian1_phone"]["after"] == "+255712345678"
    student = STUDENTS.people.get(identifier="N/1")
    assert {each.name for each in student.guardians.all()} == {"Rehema", "Juma"}
    again = report_of(officer, content, url=STUDENTS.url, dry_run="false")
    assert again["summary"]["unchanged"] == 2
    changed = content.replace("mother", "aunt")
    report = report_of(officer, changed, url=STUDENTS.url, dry_run="false")
    assert report["rows"][0]["changes"] == {
        "guardian1_relationship": {"before": "mother", "after": "aunt"}
    }
    assert Guardian.objects.count() == 2


def test_guardians_are_taken_back_with_their_import(officer: APIClient) -> None:
    content = f"{BESIDE}N/1,Amina,Khamis,Rehema,0712345678,mother,sw,Juma,0713000111\n"
    done = report_of(officer, content, url=STUDENTS.url, dry_run="false")
    changed = "registration_number,name,phone\nN/1,Rehema,0712999999\n"
    again = report_of(officer, changed, dry_run="false")
    assert Guardian.objects.filter(phone="+255712999999").exists()
    for report in (again, done):
        undone = officer.post(f"/api/changes/{report['change_id']}/undo/")
        assert undone.status_code == 200, undone.content
        assert not Guardian.objects.filter(phone="+255712999999").exists()
    assert not Guardian.objects.exists()
    assert not STUDENTS.people.exists()
    (log,) = logs_of(Guardian)
    assert log.objects.filter(pgh_label="delete").count() == 2, "their history says so"


def test_a_guardian_who_was_heard_of_since_stays(officer: APIClient) -> None:
    agreed, told, stopped = (make_student() for _ in range(3))
    rows = "".join(
        f"{student.identifier},G,071200000{place}\n"
        for place, student in enumerate((agreed, told, stopped))
    )
    content = f"registration_number,name,phone\n{rows}"
    change_id = report_of(officer, content, dry_run="false")["change_id"]
    GuardianConsent.objects.create(
        guardian=agreed.guardians.get(), how="paper", recorded_by=User.objects.get()
    )
    Notice.objects.create(
        student=told,
        guardian=told.guardians.get(),
        channel="sms",
        kind="arrival",
        event_id=uuid4(),
        date=timezone.localdate(),
        says="Present",
        expires_at=timezone.now(),
    )
    stop_contact(guardian=stopped.guardians.get())
    undone = officer.post(f"/api/changes/{change_id}/undo/")
    assert undone.status_code == 409
    assert [row["reasons"] for row in undone.json()["rows"]] == [
        ["has since got a guardian consent"],
        ["has since got a notice"],
        ["stopped_at was changed", "stopped_by was changed"],
    ]
    assert Guardian.objects.count() == 3


def test_who_came_with_a_student_does_not_hold_the_student(officer: APIClient) -> None:
    content = f"{BESIDE}N/1,Amina,Khamis,Rehema,0712345678,mother,sw,,\n"
    change_id = report_of(officer, content, url=STUDENTS.url, dry_run="false")["change_id"]
    Guardian.objects.update(name="Mariam")
    undone = officer.post(f"/api/changes/{change_id}/undo/")
    assert [row["reasons"] for row in undone.json()["rows"]] == [["name was changed"]]
    assert STUDENTS.people.exists()


def test_a_wrong_guardian_stops_the_students_too(officer: APIClient) -> None:
    content = (
        f"{BESIDE}N/1,Amina,Khamis,Rehema,banana,,,Juma,\nN/2,A,B,C,0712345678,,,D,0712345678\n"
    )
    report = report_of(officer, content, 400, url=STUDENTS.url, dry_run="false")
    one, other = (set(row["errors"]) for row in report["rows"])
    assert one == {"guardian1_phone", "non_field_errors"}
    assert other == {"guardian2_phone"}
    assert not STUDENTS.people.exists()


def test_a_column_with_the_parents_phone_is_enough(officer: APIClient) -> None:
    content = (
        "Reg No,First name,Surname,Parent phone,Relationship of parent,guardian2_email\n"
        "N/1,Amina,Khamis,0712345678,mother,\nN/2,Asha,Mfaume,0713000111,,baba@example.org\n"
        "N/3,Ali,Said,,,\n"
    )
    report = report_of(officer, content, url=STUDENTS.url, dry_run="false")
    assert report["rows"][0]["changes"]["guardian1_name"] == {"before": None, "after": "Mother"}
    assert set(Guardian.objects.values_list("student__identifier", "name", "phone", "email")) == {
        ("N/1", "Mother", "+255712345678", ""),
        ("N/2", "Parent or guardian", "+255713000111", ""),
        ("N/2", "Parent or guardian", "", "baba@example.org"),
    }
    again = report_of(officer, content, url=STUDENTS.url, dry_run="false")
    assert again["summary"]["unchanged"] == 3
    moved = content.replace("0713000111", "0713000222")
    assert report_of(officer, moved, url=STUDENTS.url)["rows"][1]["changes"].keys() == {
        *("guardian1_name", "guardian1_phone")
    }


def test_a_name_that_comes_later_is_the_name(officer: APIClient) -> None:
    student = make_student()
    nameless = f"student_uuid,guardian1_phone\n{student.pk},0712345678\n"
    report_of(officer, nameless, url=STUDENTS.url, dry_run="false")
    named = f"registration_number,name,phone\n{student.identifier},Rehema,0712345678\n"
    report = report_of(officer, named, dry_run="false")
    assert report["rows"][0]["changes"] == {
        "name": {"before": "Parent or guardian", "after": "Rehema"}
    }
    again = report_of(officer, nameless, url=STUDENTS.url, dry_run="false")
    assert actions(again) == ["unchanged"]
    assert student.guardians.get().name == "Rehema"


def test_who_is_not_named_is_addressed_in_their_language(officer: APIClient) -> None:
    student = make_student()
    content = (
        "registration_number,name,phone,email,language,relationship\n"
        f"{student.identifier},,0712345678,,sw,\n{student.identifier},,,m@example.org,en,\n"
        f"{student.identifier},,,,sw,aunt\n"
    )
    rows = report_of(officer, content)["rows"]
    assert [row["changes"].get("name", {}).get("after") for row in rows[:2]] == [
        *("Mzazi au mlezi", "Parent or guardian")
    ]
    assert [*rows[2]["errors"]] == ["name"]


def test_of_one_number_twice_the_row_with_a_name_says_whose_it_is(officer: APIClient) -> None:
    content = f"{BESIDE}N/1,Amina,Khamis,,0712345678,,,Rehema,0712 345 678\n"
    for action in ("created", "unchanged"):
        report = report_of(officer, content, url=STUDENTS.url, dry_run="false")
        assert actions(report) == [action]
    assert STUDENTS.people.get(identifier="N/1").guardians.get().name == "Rehema"


# --- one student, one number --------------------------------------------------------------------


def test_the_database_holds_one_guardian_for_a_number(officer: APIClient) -> None:
    known = make_guardian(make_student())
    with pytest.raises(IntegrityError, match="notifications_guardian_one_for_number"):
        make_guardian(known.student, phone=known.phone)


def test_the_same_number_again_is_an_error_of_the_phone(officer: APIClient) -> None:
    student = make_student()
    url = guardians_of(student)
    rehema = {"name": "Rehema", "phone": "0712 345 678"}
    assert officer.post(url, rehema).status_code == 201
    again = officer.post(url, {**rehema, "name": "Mama", "phone": "+255712345678"})
    assert (again.status_code, [*again.json()]) == (400, ["phone"])
    other = officer.post(url, {"name": "Juma", "phone": "0713000111"}).json()
    moved = officer.patch(f"{url}{other['guardian_id']}/", {"phone": "0712345678"})
    assert (moved.status_code, [*moved.json()]) == (400, ["phone"])
    assert officer.post(guardians_of(make_student()), rehema).status_code == 201


def test_a_landline_gets_no_sms(officer: APIClient) -> None:
    url = guardians_of(make_student())
    landline = {"name": "Rehema", "phone": "022 211 1234"}
    refused = officer.post(url, {**landline, "channels": [Channel.SMS]})
    assert (refused.status_code, [*refused.json()]) == (400, ["phone"])
    assert "landline" in refused.json()["phone"][0]
    assert officer.post(url, landline).json()["channels"] == []
