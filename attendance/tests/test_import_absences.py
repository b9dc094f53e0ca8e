"""`POST /api/attendance/absences/import/`, and why a day is what it is over REST."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from attendance.models import Absence, Attendance
from attendance.tests.factories import URL, WEDNESDAY, at, close, make_pupil, tap
from cards.tests.factories import make_member, make_student

pytestmark = pytest.mark.django_db

IMPORT = f"{URL}absences/import/"


def sent(client: APIClient, *lines: str, status: int = 200, **fields: Any) -> Any:
    file = SimpleUploadedFile("list.csv", "\n".join(lines).encode(), "text/csv")
    response = client.post(IMPORT, {"file": file, **fields}, format="multipart")
    assert response.status_code == status, response.content
    return response.json()


def test_a_dry_run_says_what_it_would_do_and_does_nothing(clerk: APIClient) -> None:
    asha = make_student()
    lines = ("number,from,to,reason", f"{asha.identifier},18/11/2026,2026-11-20,Ill")
    report = sent(clerk, *lines)
    assert report["dry_run"] is True
    assert report["summary"] == {
        "total": 1,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "failed": 0,
    }
    (row,) = report["rows"]
    assert (row["row"], row["action"], row["identifier"]) == (2, "created", asha.identifier)
    assert row["changes"]["from"] == {"before": None, "after": "2026-11-18"}
    assert row["changes"]["student"]["after"] == str(asha.pk)
    assert not Absence.objects.exists()


def test_a_list_is_taken_once_however_often_it_comes(gate: APIClient, clerk: APIClient) -> None:
    asha, card = make_pupil()
    tap(gate, card, at("08:30"))
    lines = ("registration_number,date,reason", f"{asha.identifier},2026-11-18,Ill")
    assert sent(clerk, *lines, dry_run="false")["summary"]["created"] == 1
    absence = Absence.objects.get()
    assert (absence.person_id, absence.first_day, absence.last_day) == (
        *(asha.pk, WEDNESDAY, WEDNESDAY),
    )
    assert Attendance.objects.get().status == "Excused"
    again = sent(clerk, *lines, dry_run="false")
    assert again["summary"]["unchanged"] == 1
    assert Absence.objects.count() == 1


def test_one_bad_row_stops_everything(clerk: APIClient) -> None:
    asha = make_student()
    lines = (
        "number,from,to,reason,colour",
        f"{asha.identifier},2026-11-18,,Ill,red",
        f"{asha.identifier},2026-11-18,2026-11-01,Ill,red",
        f"{asha.identifier},soon,,Ill,red",
        f"{asha.identifier},2026-11-18,,,red",
        "1.23E+11,2026-11-18,,Ill,red",
        ",2026-11-18,,Ill,red",
    )
    report = sent(clerk, *lines, dry_run="false", status=400)
    assert [row["action"] for row in report["rows"]] == ["created", *["failed"] * 5]
    assert [sorted(row["errors"]) for row in report["rows"]] == [
        *([], ["to"], ["from"], ["reason"], ["number"], ["number"])
    ]
    assert report["ignored_columns"] == ["colour"]
    assert not Absence.objects.exists()


def test_a_number_of_two_kinds_needs_the_kind(clerk: APIClient) -> None:
    make_student(identifier="77")
    member = make_member(identifier="77")
    (row,) = sent(clerk, "number,from,reason", "77,2026-11-18,Ill")["rows"]
    assert "say the kind" in row["errors"]["number"][0]
    assert sent(clerk, "number,from,reason,kind", "77,2026-11-18,Ill,Staff", dry_run="false")
    assert Absence.objects.get().person_id == member.pk
    assert sent(clerk, "staff_number,from,reason", "77,2026-11-18,Ill")["rows"][0]["action"] == (
        "unchanged"
    )


def test_closed_days_are_changed_only_with_a_reason(gate: APIClient, clerk: APIClient) -> None:
    asha, _ = make_pupil()
    close(clerk)
    lines = ("number,from,reason", f"{asha.identifier},2026-11-18,Ill")
    refused = sent(clerk, *lines, dry_run="false", apply_to_closed="true", status=400)
    assert "reason" in refused
    sent(clerk, *lines, dry_run="false", apply_to_closed="true", reason="The note came late")
    assert Attendance.objects.get().status == "Excused"


def test_a_file_that_is_none_is_refused(clerk: APIClient) -> None:
    assert sent(clerk, "colour", "red", status=400)["code"] == "missing_columns"
    assert clerk.get(f"{IMPORT}template/").status_code == 200


def test_why_a_day_is_what_it_is_is_said_over_rest(gate: APIClient, clerk: APIClient) -> None:
    _, card = make_pupil()
    tap(gate, card, at("08:30"))
    record = Attendance.objects.get()
    response = clerk.get(f"{URL}{record.pk}/why/")
    assert response.status_code == 200, response.content
    said = response.json()
    assert said["text"] == "Late. Arrived 08:30, 30 minutes after 08:00."
    assert said["rule"] == "Everybody, Monday to Friday, late after 08:00."
    assert (said["status"], said["is_provisional"], said["rules_version"]) == ("Late", True, None)
    assert [one["at"] for one in said["passes"]] == ["2026-11-18T08:30:00+03:00"]
    assert clerk.get(f"{URL}staff/{record.pk}/why/").status_code == 404
