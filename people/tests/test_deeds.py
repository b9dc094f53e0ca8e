"""What was done to many people at once: read, and taken back exactly or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from cards.tests.factories import make_card
from core.history import logs_of
from notifications.models import Guardian
from people.deed_models import UNDOABLE_FOR, Deed, DeedRow
from people.models import Look, Person
from people.tests.kinds import KINDS, STAFF, STUDENTS, Kind, staff_row, student_row
from people.tests.sheets import csv_file, real, upload
from privacy.erasure import erase_person
from students.kind import STUDENT
from students.models import Student

pytestmark = pytest.mark.django_db

CHANGES = "/api/changes/"
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def imported(client: APIClient, *rows: Any, kind: Kind = STUDENTS) -> str:
    """The id of what this import has done."""
    response = real(client, kind.url, csv_file(list(rows)))
    assert response.status_code == 200, response.content
    change_id = response.json()["change_id"]
    assert change_id
    return str(change_id)


def undo(client: APIClient, change_id: str, status: int = 200) -> Any:
    response = client.post(f"{CHANGES}{change_id}/undo/")
    assert response.status_code == status, response.content
    return response.json()


def people(kind: Kind) -> Any:
    """All that is stored of them, but when it was last written."""
    rows = kind.people.order_by("pk").values()
    return [{name: row[name] for name in row if name != "updated_at"} for row in rows]


# --- reading ------------------------------------------------------------------------------------


def test_only_an_import_that_has_changed_something_is_a_change(officer: APIClient) -> None:
    content = csv_file([student_row()])
    assert upload(officer, STUDENTS.url, content).json()["change_id"] is None
    assert real(officer, STUDENTS.url, content).json()["change_id"]
    assert real(officer, STUDENTS.url, content).json()["change_id"] is None
    wrong = real(officer, STUDENTS.url, csv_file([student_row(2, email="x")]))
    assert (wrong.status_code, wrong.json()["change_id"]) == (400, None)
    assert Deed.objects.count() == 1


def test_a_change_tells_what_was_done_to_each_person(
    officer: APIClient, caller: Callable[[str], APIClient]
) -> None:
    head = caller("leadership")
    STUDENTS.add(1)
    change_id = imported(officer, student_row(1, class_code="CS22"), student_row(2))
    listed = head.get(CHANGES).json()["results"]
    assert [(each["change_id"], each["what"], each["kind"]) for each in listed] == [
        (change_id, "import", "student")
    ]
    change = head.get(f"{CHANGES}{change_id}/").json()
    assert (change["about"], change["made_by"]) == ("people.csv", "registration_officer")
    assert (change["is_undoable"], change["undone_at"]) == (True, None)
    assert change["summary"] == {
        "total": 2,
        "created": 1,
        "updated": 1,
        "unchanged": 0,
        "failed": 0,
    }
    updated, created = change["rows"]
    assert updated["changes"] == {"class_code": {"before": "CS21", "after": "CS22"}}
    assert (created["row"], created["action"]) == (3, "created")
    assert created["changes"]["registration_number"]["after"] == "DIT/2024/00002"


def test_a_change_has_an_entity_tag(officer: APIClient) -> None:
    change_id = imported(officer, student_row())
    address = f"{CHANGES}{change_id}/"
    etag = officer.get(address)["ETag"]
    assert officer.get(address, headers={"If-None-Match": etag}).status_code == 304
    undo(officer, change_id)
    assert officer.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_changes_are_found_by_what_they_are(officer: APIClient) -> None:
    of_students = imported(officer, student_row())
    of_staff = imported(officer, staff_row(), kind=STAFF)
    undo(officer, of_staff)

    def found(query: str) -> list[str]:
        return [each["change_id"] for each in officer.get(CHANGES + query).json()["results"]]

    assert found("") == [of_staff, of_students]
    assert found("?kind=student") == [of_students]
    assert found("?is_undone=true&what=import&made_by=registration_officer") == [of_staff]
    assert found("?what=photos") == []
    assert found(f"?from={timezone.localdate() + timedelta(days=1)}") == []
    assert officer.get(f"{CHANGES}?what=party").status_code == 400


# --- taking back --------------------------------------------------------------------------------


@every_kind
def test_undo_takes_an_import_back_exactly(officer: APIClient, kind: Kind) -> None:
    kind.add(1)
    kind.add(2)
    before = people(kind)
    change_id = imported(
        officer,
        kind.row(1, email="new@example.ac.tz", left_on="2026-12-19"),
        kind.row(2),
        kind.row(3),
        kind=kind,
    )
    assert people(kind) != before
    change = undo(officer, change_id)
    assert (change["undone_by"], change["is_undoable"]) == ("registration_officer", False)
    assert people(kind) == before
    # As if they had never been: the same file makes them anew.
    assert imported(officer, kind.row(3), kind=kind) != change_id


def test_who_was_looked_at_goes_all_the_same(officer: APIClient) -> None:
    change_id = imported(officer, student_row())
    student = Student.objects.get()
    assert officer.get(f"{STUDENTS.url}{student.pk}/").status_code == 200
    assert officer.get(f"{CHANGES}{change_id}/").status_code == 200
    undo(officer, change_id)
    assert officer.get(f"{STUDENTS.url}{student.pk}/").status_code == 404
    assert not Person.objects.exists()
    assert not Look.objects.filter(person=student.pk).exists()
    last = logs_of(Person)[0].objects.order_by("-pgh_id")[0]
    assert last.pgh_label == "delete"
    assert last.pgh_context.metadata["user"] == str(Deed.objects.get().made_by_id)


def test_a_second_undo_is_refused(officer: APIClient) -> None:
    change_id = imported(officer, student_row())
    undo(officer, change_id)
    assert undo(officer, change_id, 409)["code"] == "already_undone"


def test_after_a_day_it_is_too_late(officer: APIClient) -> None:
    change_id = imported(officer, student_row())
    Deed.objects.update(made_at=timezone.now() - UNDOABLE_FOR)
    assert undo(officer, change_id, 409)["code"] == "too_late"
    assert officer.get(f"{CHANGES}{change_id}/").json()["is_undoable"] is False
    Deed.objects.update(made_at=timezone.now() - UNDOABLE_FOR + timedelta(minutes=1))
    undo(officer, change_id)


def test_rows_that_have_moved_on_are_named_and_nothing_is_touched(officer: APIClient) -> None:
    STUDENTS.add(1)
    STUDENTS.add(2)
    change_id = imported(
        officer,
        student_row(1, class_code="CS22"),
        student_row(2, class_code="CS22"),
        *(student_row(number) for number in (3, 4, 5, 6)),
    )
    edited, _, carded, guarded, corrected, _ = Student.objects.order_by("identifier")
    address = f"{STUDENTS.url}{edited.pk}/"
    assert officer.patch(address, {"class_code": "CS23"}).status_code == 200
    make_card(carded)
    Guardian.objects.create(student=guarded, name="Mama", phone="+255712345679")
    officer.patch(f"{STUDENTS.url}{corrected.pk}/", {"surname": "Otieno"})
    before = people(STUDENTS)
    refusal = undo(officer, change_id, 409)
    assert refusal["code"] == "moved_on"
    assert refusal["rows"] == [
        {
            "row": row,
            "identifier": student.identifier,
            "person": str(student.pk),
            "fields": fields,
            "reasons": reasons,
        }
        for row, student, fields, reasons in (
            (2, edited, ["class_code"], ["class_code was changed"]),
            (4, carded, [], ["has since got a card"]),
            (5, guarded, [], ["has since got a guardian"]),
            (6, corrected, ["surname"], ["surname was changed"]),
        )
    ]
    assert edited.identifier in refusal["detail"]
    assert people(STUDENTS) == before
    assert Deed.objects.get().undone_at is None


def test_what_was_edited_beside_it_stays(officer: APIClient) -> None:
    student = STUDENTS.add(1)
    change_id = imported(officer, student_row(1, class_code="CS22"))
    officer.patch(f"{STUDENTS.url}{student.pk}/", {"email": "x@example.ac.tz"})
    undo(officer, change_id)
    student.refresh_from_db()
    assert (student.class_code, student.email) == ("CS21", "x@example.ac.tz")


def test_a_number_that_somebody_else_has_by_now_is_not_given_back(officer: APIClient) -> None:
    STUDENTS.add(1)
    change_id = imported(officer, student_row(1, terminal_pin="777"))
    STUDENTS.add(2, terminal_pin="100001")
    refusal = undo(officer, change_id, 409)
    assert [row["reasons"] for row in refusal["rows"]] == [
        ["terminal_pin 100001 is somebody else's now"]
    ]


def test_an_old_value_that_no_longer_goes_with_the_others_is_told(officer: APIClient) -> None:
    student, _ = STUDENTS.add(1, left_on="2026-01-10"), STUDENTS.add(2, left_on="2026-01-10")
    change_id = imported(officer, student_row(1), student_row(2))
    address = f"{STUDENTS.url}{student.pk}/"
    assert officer.patch(address, {"enrolled_on": "2026-03-01"}).status_code == 200
    before = people(STUDENTS)
    refusal = undo(officer, change_id, 409)
    assert [(row["row"], row["reasons"]) for row in refusal["rows"]] == [
        (2, ["Nobody leaves before the first day on the roll"])
    ]
    assert people(STUDENTS) == before


def test_one_change_after_the_other_is_taken_back_in_turn(officer: APIClient) -> None:
    first = imported(officer, student_row())
    second = imported(officer, student_row(class_code="CS22"))
    assert undo(officer, first, 409)["rows"][0]["fields"] == ["class_code"]
    undo(officer, second)
    undo(officer, first)
    assert not Student.objects.exists()


def test_who_undid_it_stands_beside_when(officer: APIClient) -> None:
    imported(officer, student_row())
    with (
        pytest.raises(IntegrityError, match="people_deed_undone_by_somebody"),
        transaction.atomic(),
    ):
        Deed.objects.update(undone_at=timezone.now())


def test_an_erasure_takes_a_person_out_of_changes(officer: APIClient) -> None:
    imported(officer, student_row(1), student_row(2, first_name="Juma", surname="Otieno"))
    student = Student.objects.get(surname="Otieno")
    Student.objects.filter(pk=student.pk).update(is_active=False)
    erased = erase_person(kind=STUDENT, number=student.identifier, really=True)
    assert erased.done["changes of many people"] == 1
    assert not DeedRow.objects.filter(person=student.pk).exists()
