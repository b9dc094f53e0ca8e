"""One incident of several students, and the points that a category suggests."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from core.errors import InvalidFields
from discipline.models import Category, Incident, SuggestedPoints
from discipline.office.several import MOST_STUDENTS
from discipline.services import (
    AlreadyVoided,
    record_incidents,
    record_merit,
    void_incident,
    void_incidents,
)
from discipline.suggesting import SUGGESTED, suggest_points, suggested_points
from discipline.tests.factories import make_incident, make_officer, points_of
from files.moving import names_in
from people.tests.pictures import jpeg
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
SEVERAL = "/admin/discipline/incident/several/"
SUGGESTIONS = "/admin/discipline/suggested-points/"
# What gunicorn takes of a request (`limit_request_line`).
REQUEST_LINE = 4094


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("discipline_admin"))


@pytest.fixture
def three(db: None) -> list[Student]:
    return [make_student(first_name=name) for name in ("Asha", "Juma", "Neema")]


def said(students: Sequence[Student], **fields: Any) -> dict[str, Any]:
    values = {
        "people": [str(student.pk) for student in students],
        "category": "disruption",
        "date_of_incident": str(timezone.localdate()),
        "points_deducted": 10,
        "incident_description": "Threw chalk.",
    }
    return {**values, **fields}


def void_of(incident: Incident) -> str:
    return f"{SEVERAL}{incident.group}/void/"


def of_all(students: Sequence[Student], **fields: Any) -> dict[str, Any]:
    facts = {"incident_description": "Threw chalk.", "points_deducted": 10, "by": make_officer()}
    return {"students": students, "group": uuid4(), **facts, **fields}


# --- the service ------------------------------------------------------------------------------


def test_each_has_an_incident_of_their_own_and_they_are_taken_back_as_one(
    three: list[Student],
) -> None:
    incidents = record_incidents(**of_all(three))
    assert [points_of(student) for student in three] == [10, 10, 10]
    group = incidents[0].group
    assert group
    void_incident(incident=incidents[0], reason="Was at home", by=make_officer())
    assert void_incidents(group=group, reason="Another class", by=make_officer()) == 2
    assert [points_of(student) for student in three] == [0, 0, 0]
    assert Incident.objects.filter(void_reason="Was at home").count() == 1
    with pytest.raises(AlreadyVoided):
        void_incidents(group=group, reason="Again", by=make_officer())


def test_it_is_recorded_of_all_or_of_none_and_once(three: list[Student]) -> None:
    with pytest.raises(InvalidFields):
        record_incidents(**of_all([*three, three[0]]))
    assert not Incident.objects.exists()
    asked = of_all(three)
    record_incidents(**asked)
    with pytest.raises(InvalidFields, match="recorded already"):
        record_incidents(**asked)
    assert Incident.objects.count() == 3


def test_the_database_keeps_one_of_each_in_a_group() -> None:
    student, group = make_student(), uuid4()
    row = {"student": student, "recorded_by": make_officer(), "points_deducted": 1}
    write = partial(Incident.objects.create, incident_description="Noise", group=group, **row)
    write()
    with pytest.raises(IntegrityError, match="once_in_a_group"), transaction.atomic():
        write()


# --- the page ---------------------------------------------------------------------------------


def test_names_and_numbers_are_asked_before_and_undone_after(
    office: Client, three: list[Student]
) -> None:
    make_incident(three[0], 30)
    asked = said(three)
    shown = office.post(SEVERAL, {**asked, "step": "preview"})
    page = shown.content.decode()
    assert "Record this of 3 students?" in page
    assert all(str(student.full_name) in page for student in three)
    assert {cost.after for cost in shown.context["costs"]} == {60, 90}
    assert Incident.objects.count() == 1
    write = {**asked, "step": "write", "seen": str(shown.context["seen"])}
    done = office.post(SEVERAL, write, follow=True).content.decode()
    assert "The incident is recorded of 3 students." in done
    assert "recorded already" in office.post(SEVERAL, write, follow=True).content.decode()
    group = Incident.objects.filter(group__isnull=False).first().group  # type: ignore[union-attr]
    undo = f"{SEVERAL}{group}/void/"
    assert undo in done
    assert "Void of 3 students" in office.get(undo).content.decode()
    assert b"errorlist" in office.post(undo, {"reason": " "}).content
    taken = office.post(undo, {"reason": "Another class"}, follow=True).content.decode()
    assert "voided of 3 students" in taken
    assert [points_of(student) for student in three] == [30, 0, 0]
    again = office.post(undo, {"reason": "Again"}, follow=True).content.decode()
    assert "has been voided already" in again


@pytest.mark.parametrize(
    "fields",
    [
        {"people": []},
        {"people": ["rubbish"]},
        {"people": [str(uuid4())]},
        {"points_deducted": 0},
        {"points_deducted": "", "category": ""},
        {"incident_description": ""},
        {"seen": "rubbish", "people": []},
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    office: Client, three: list[Student], fields: dict[str, Any]
) -> None:
    for step in ("preview", "write"):
        page = office.post(SEVERAL, {**said(three), **fields, "step": step})
        assert b"errorlist" in page.content, step
    assert not Incident.objects.exists()


def test_students_are_found_by_name_and_come_from_the_list(
    office: Client, three: list[Student]
) -> None:
    found = office.post(SEVERAL, {"find": "asha", "step": "find"}).content.decode()
    assert f'value="{three[0].pk}"' in found
    assert f'value="{three[1].pk}"' not in found
    chosen = {"action": "record_incident", "_selected_action": [str(s.pk) for s in three[:2]]}
    page = office.post("/admin/students/student/", chosen, follow=True)
    assert {person.pk for person in page.context["form"].chosen_people} == {
        student.pk for student in three[:2]
    }
    staff = office.get("/admin/staff/staffmember/").content.decode()
    assert "record_incident" not in staff


def test_what_merits_make_good_for_is_no_higher_before_nor_after(
    office: Client, three: list[Student]
) -> None:
    asha, *_ = three
    record_merit(student=asha, description="Led the choir", points=30, by=make_officer())
    shown = office.post(SEVERAL, {**said([asha]), "step": "preview"})
    assert [cost.after for cost in shown.context["costs"]] == [100]
    incident, *_ = record_incidents(**of_all([asha]))
    assert [cost.after for cost in office.get(void_of(incident)).context["standing"]] == [100]
    page = office.get(f"/admin/discipline/incident/{incident.pk}/void/").content.decode()
    assert "then has 100." in page
    merit = f"/admin/discipline/merit/{asha.merits.get().pk}/void/"
    assert "then has 90." in office.get(merit).content.decode()


def test_what_was_previewed_is_written_should_the_category_suggest_other_points(
    office: Client, three: list[Student]
) -> None:
    asked = said(three, points_deducted="")
    shown = office.post(SEVERAL, {**asked, "step": "preview"})
    suggest_points({"disruption": 50})
    kept: dict[str, Any] = {}
    for name, value in shown.context["hidden"]:
        kept.setdefault(name, []).append(value)
    office.post(SEVERAL, {**kept, "step": "write", "seen": str(shown.context["seen"])})
    assert {each.points_deducted for each in Incident.objects.all()} == {SUGGESTED["disruption"]}


def test_as_many_as_may_be_are_chosen_in_the_list_at_once(office: Client) -> None:
    students = [make_student() for _ in range(MOST_STUDENTS)]
    chosen = {"action": "record_incident", "_selected_action": [str(s.pk) for s in students]}
    sent = office.post("/admin/students/student/", chosen)
    assert len(f"GET {sent['Location']} HTTP/1.1\r\n") < REQUEST_LINE
    form = office.get(sent["Location"]).context["form"]
    assert {person.pk for person in form.chosen_people} == {student.pk for student in students}
    assert office.get(f"{SEVERAL}?chosen=rubbish").context["form"].chosen_people == []


@pytest.mark.parametrize("role", Role.values)
def test_it_is_for_whoever_records_incidents(
    make_user: MakeUser, three: list[Student], role: str
) -> None:
    (incident, *_) = record_incidents(**of_all(three))
    browser = browser_of(make_user(role))
    status = 200 if role in {"administrator", "discipline_admin"} else 403
    for address in (SEVERAL, f"{SEVERAL}{incident.group}/void/", SUGGESTIONS):
        assert browser.get(address).status_code == status, address


# --- evidence ---------------------------------------------------------------------------------


def kept() -> list[str]:
    return list(names_in(default_storage))


def test_one_file_is_kept_for_all_and_goes_if_nothing_is_written(three: list[Student]) -> None:
    asked = of_all(three)
    record_incidents(**asked, evidence=SimpleUploadedFile("window.jpg", jpeg()))
    (name,) = kept()
    assert {str(each.evidence) for each in Incident.objects.all()} == {name}
    with pytest.raises(InvalidFields, match="recorded already"):
        record_incidents(**asked, evidence=SimpleUploadedFile("window.jpg", jpeg()))
    assert kept() == [name]


def test_the_file_is_added_to_what_was_previewed(office: Client, three: list[Student]) -> None:
    asked = said(three)
    shown = office.post(SEVERAL, {**asked, "step": "preview"})
    assert b'enctype="multipart/form-data"' in shown.content
    write = {**asked, "step": "write", "seen": str(shown.context["seen"])}
    bad = office.post(SEVERAL, {**write, "evidence": SimpleUploadedFile("a.jpg", b"rubbish")})
    assert "Evidence is a readable JPEG, PNG or PDF file." in bad.content.decode()
    assert "Record this of 3 students?" in bad.content.decode()
    assert not Incident.objects.exists()
    good = {**write, "evidence": SimpleUploadedFile("a.jpg", jpeg())}
    assert "recorded of 3 students" in office.post(SEVERAL, good, follow=True).content.decode()
    assert len(kept()) == 1
    incidents = Incident.objects.all()
    assert all(each.evidence for each in incidents)
    file: Any = office.get(f"/api/discipline/incidents/{incidents[2].pk}/evidence/")
    assert file.status_code == 200


# --- what a category suggests -----------------------------------------------------------------


def test_a_category_suggests_points_that_the_institution_says(office: Client) -> None:
    assert suggested_points() == SUGGESTED
    assert set(SUGGESTED) == set(Category)
    wanted = {**SUGGESTED, "dress": 7, "theft": 40}
    page = office.post(SUGGESTIONS, wanted, follow=True).content.decode()
    assert "2 categories suggest other points now." in page
    assert "discipline_admin" in page  # in the history
    assert suggested_points() == wanted
    assert suggest_points(wanted) == 0
    assert SuggestedPoints.objects.count() == 2
    add = "/admin/discipline/incident/add/"
    assert "&quot;dress&quot;: 7" in office.get(add).content.decode()
    student = make_student()
    office.post(
        add, {**said([]), "student": student.pk, "category": "dress", "points_deducted": ""}
    )
    assert Incident.objects.get().points_deducted == 7
    assert b"errorlist" in office.post(SUGGESTIONS, {**wanted, "dress": 0}).content


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"category": "gossip", "points": 5}, "known_category"),
        ({"category": "dress", "points": 0}, "in_range"),
        ({"category": "dress", "points": 101}, "in_range"),
    ],
)
def test_the_database_keeps_suggestions_in_range(fields: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        SuggestedPoints.objects.create(**fields)
