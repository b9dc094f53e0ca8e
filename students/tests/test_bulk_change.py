"""Many students at once: promotion, graduation, leaving, and taking it back."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from cards.tests.factories import make_member, make_student
from core.history import logs_of
from people.deed_models import Deed
from people.models import Person
from students.models import Student

pytestmark = pytest.mark.django_db

URL = "/api/students/bulk-change/"
PROMOTION = {"class_level": "NTA 6", "class_code": "CS22"}


def change(client: APIClient, status: int = 200, **body: Any) -> Any:
    response = client.post(URL, body)
    assert response.status_code == status, response.content
    return response.json()


@pytest.fixture
def class_of_three() -> list[Student]:
    return [make_student(class_level="NTA 5", class_code="CS21") for _ in range(3)]


def codes() -> list[str]:
    return list(Student.objects.order_by("identifier").values_list("class_code", flat=True))


def test_a_class_is_promoted_as_previewed_and_brought_back(
    officer: APIClient, class_of_three: list[Student]
) -> None:
    make_student(class_code="CS20")
    asked: Any = {"filter": {"class_code": "CS21", "is_active": True}, "changes": PROMOTION}
    preview = change(officer, **asked)
    assert (preview["dry_run"], preview["change_id"]) == (True, None)
    assert codes() == ["CS21"] * 3 + ["CS20"]
    done = change(officer, **asked, dry_run=False)
    assert done == {**preview, "dry_run": False, "change_id": str(Deed.objects.get().pk)}
    assert done["summary"] == {"total": 3, "created": 0, "updated": 3, "unchanged": 0, "failed": 0}
    assert done["rows"][0] == {
        "row": 1,
        "action": "updated",
        "identifier": min(class_of_three, key=lambda each: each.surname).identifier,
        "changes": {
            "class_level": {"before": "NTA 5", "after": "NTA 6"},
            "class_code": {"before": "CS21", "after": "CS22"},
        },
        "errors": {},
    }
    assert codes() == ["CS22"] * 3 + ["CS20"]
    event = logs_of(Person)[0].objects.filter(class_code="CS22").select_related("pgh_context")[0]
    assert event.pgh_context.metadata["url"] == URL
    shown = officer.get(f"/api/changes/{done['change_id']}/").json()
    assert shown["about"] == "Class level: NTA 6, class code: CS22"
    assert officer.post(f"/api/changes/{done['change_id']}/undo/").status_code == 200
    assert codes() == ["CS21"] * 3 + ["CS20"]


def test_whoever_graduates_opens_no_gate_until_it_is_undone(
    officer: APIClient, class_of_three: list[Student]
) -> None:
    student = class_of_three[0]
    done = change(
        officer,
        student_uuids=[str(student.pk)],
        changes={
            "student_status": "Graduated",
            "academic_status": "Completed",
            "program": "Diploma",
            "department": "",
            "left_on": "2026-11-20",
        },
        dry_run=False,
    )

    def admitted() -> str:
        return str(officer.get(f"/api/students/{student.pk}/").json()["admitted"])

    assert admitted() == "holder_inactive"
    assert officer.post(f"/api/changes/{done['change_id']}/undo/").status_code == 200
    assert admitted() == "ok"
    student.refresh_from_db()
    assert (student.left_on, student.department, student.program) == (None, "Computer Studies", "")


def test_one_bad_row_stops_nothing_dry_and_everything_real(
    officer: APIClient, class_of_three: list[Student]
) -> None:
    nobody, other = uuid4(), make_member()
    late = make_student(enrolled_on="2026-11-01", class_code="CS21")
    ids = [str(pk) for pk in (class_of_three[0].pk, nobody, other.pk, late.pk)]
    asked: Any = {"student_uuids": [*ids, ids[0]], "changes": {"left_on": "2026-10-01"}}
    preview = change(officer, **asked)
    assert [row["action"] for row in preview["rows"]] == ["updated", "failed", "failed", "failed"]
    assert [list(row["errors"]) for row in preview["rows"][1:]] == [
        ["student_uuid"],
        ["student_uuid"],
        ["left_on"],
    ]
    assert change(officer, 400, **asked, dry_run=False) == {**preview, "dry_run": False}
    assert not Student.objects.exclude(left_on=None).exists()
    assert not Deed.objects.exists()


def test_what_changes_nobody_is_no_change(
    officer: APIClient, class_of_three: list[Student]
) -> None:
    again = change(
        officer, filter={"search": "mushi"}, changes={"class_code": "CS21"}, dry_run=False
    )
    assert again["summary"]["unchanged"] == 3
    assert again["change_id"] is None


@pytest.mark.parametrize(
    ("name", "blank"),
    [("class_code", ""), ("class_code", "  "), ("search", ""), ("search", "'"), ("is_active", "")],
)
def test_a_blank_filter_is_not_everybody(
    officer: APIClient, class_of_three: list[Student], name: str, blank: str
) -> None:
    asked: Any = {"filter": {name: blank, "class_level": "NTA 5"}, "changes": PROMOTION}
    refusal = change(officer, 400, **asked, dry_run=False)
    assert refusal == {"filter": {name: ["Enter a value."]}}
    assert codes() == ["CS21"] * 3


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"changes": PROMOTION}, {"non_field_errors"}),
        (
            {"student_uuids": [str(uuid4())], "filter": {"search": "a"}, "changes": PROMOTION},
            {"non_field_errors"},
        ),
        ({"filter": {}, "changes": PROMOTION}, {"filter"}),
        ({"filter": {"clas_code": "CS21"}, "changes": PROMOTION}, {"filter"}),
        ({"filter": {"student_status": "Gone"}, "changes": PROMOTION}, {"filter"}),
        ({"filter": {"search": ["a"]}, "changes": PROMOTION}, {"filter"}),
        ({"filter": {"search": "a\x00"}, "changes": PROMOTION}, {"filter"}),
        ({"student_uuids": ["x"], "changes": PROMOTION}, {"student_uuids"}),
        ({"student_uuids": [str(uuid4())], "changes": {}}, {"changes"}),
        ({"student_uuids": [str(uuid4())], "changes": {"surname": "X"}}, {"changes"}),
        ({"student_uuids": [str(uuid4())], "changes": {"student_status": "Gone"}}, {"changes"}),
        ({"student_uuids": [str(uuid4())], "changes": PROMOTION, "dryrun": 1}, {"dryrun"}),
    ],
)
def test_a_request_that_is_wrong_is_refused(
    officer: APIClient, body: dict[str, Any], wrong: set[str]
) -> None:
    assert change(officer, 400, **body).keys() == wrong


def test_many_at_once_are_throttled(officer: APIClient, settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "bulk": "1/min"}
    student = make_student()
    asked: Any = {"student_uuids": [str(student.pk)], "changes": PROMOTION}
    change(officer, **asked)
    assert officer.post(URL, asked).status_code == 429
