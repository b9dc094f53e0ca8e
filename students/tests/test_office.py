"""Many students at once in the office: a selection, a class at year's end, and undo."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from people.deed_models import Deed
from students.models import Student

pytestmark = pytest.mark.django_db

LIST = "/admin/students/student/"
CHANGE = "/admin/students/change/"
YEAR_END = "/admin/students/year-end/"
CHANGES = "/admin/people/deed/"


@pytest.fixture
def office(make_user: Callable[..., User]) -> Client:
    return browser_of(make_user("registration_officer"))


@pytest.fixture
def pupils() -> list[Student]:
    return [make_student(class_level="Form 4", class_code="4A") for _ in range(3)]


def hidden(page: Any) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def text(page: Any) -> str:
    assert page.status_code == 200, page.content[:300]
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def test_a_selection_is_changed_as_previewed_and_taken_back(
    office: Client, pupils: list[Student]
) -> None:
    ids = [str(pupil.pk) for pupil in pupils[:2]]
    asked = office.post(LIST, {"action": "change_many", "_selected_action": ids}, follow=True)
    assert "2 students" in text(asked)
    said = {"ticked": "1", "student": ids, "class_code": "4B", "step": "preview"}
    preview = office.post(CHANGE, said)
    assert "2 would change, 0 stay as they are" in text(preview)
    assert not Deed.objects.exists()
    stale = office.post(CHANGE, {**hidden(preview), "seen": "x", "step": "write"})
    assert "look at the preview again" in text(stale)
    done = office.post(CHANGE, {**hidden(stale), "step": "write"}, follow=True)
    assert "2 students changed. Undo" in text(done)
    assert Student.objects.filter(class_code="4B").count() == 2
    deed = Deed.objects.get()
    assert "Class code: 4B" in text(office.get(CHANGES))
    assert pupils[0].identifier in text(office.get(f"{CHANGES}{deed.pk}/change/"))
    undo = f"/admin/people/changes/{deed.pk}/undo/"
    assert "2 students will be as before" in text(office.get(undo))
    assert "Taken back: 2 changed." in text(office.post(undo, follow=True))
    assert not Student.objects.filter(class_code="4B").exists()
    assert "taken back already" in text(office.post(undo, follow=True))


def test_a_preview_goes_by_class_before_it_goes_by_student(
    office: Client, pupils: list[Student]
) -> None:
    others = [make_student(class_level="Form 3", class_code=code) for code in ("3A", "3B", "3B")]
    ids = " ".join(str(one.pk) for one in [*pupils, *others])
    shown = text(office.post(CHANGE, {"ids": ids, "class_level": "Form 4", "step": "preview"}))
    by_class, _, by_student = shown.partition("What would change Student")
    assert "3A Form 3 1 1 Class level Form 3 → Form 4" in by_class
    assert "3B Form 3 2 2 Class level Form 3 → Form 4" in by_class
    assert "4A Form 4 3 0 nothing" in by_class
    assert "Held back" not in shown
    assert others[0].identifier in by_student


def test_a_class_graduates_and_one_is_held_back(office: Client, pupils: list[Student]) -> None:
    make_student(class_level="Form 4", class_code="4A", is_active=False)
    page = office.get(YEAR_END)
    assert "4A Form 4 3 Promote" in text(page)
    links = re.findall(r'href="([^"]*what=graduate)"', page.content.decode())
    address = links[0].replace("&amp;", "&")
    asked = office.get(address)
    assert "3 students" in text(asked)
    assert "<h1>Graduate: 4A</h1>" in asked.content.decode()
    assert 'value="Graduated" selected' in asked.content.decode()
    ids = [str(pupil.pk) for pupil in pupils[1:]]
    said = {"ticked": "1", "student": ids, "student_status": "Graduated", "left_on": "2026-11-27"}
    preview = office.post(address, {**said, "step": "preview"})
    shown = text(preview)
    assert "<h1>This is what would change: 4A</h1>" in preview.content.decode()
    assert "4A Form 4 2 2 Student status Active → Graduated" in shown
    assert f"Held back: {pupils[0].full_name}" in shown
    done = office.post(address, {**hidden(preview), "step": "write"}, follow=True)
    assert done.redirect_chain == [(YEAR_END, 302)]
    assert Student.objects.filter(status="Graduated").count() == 2
    pupils[0].refresh_from_db()
    assert pupils[0].status == "Active"


def test_a_years_end_without_students_leads_to_the_first(office: Client) -> None:
    page = office.get(YEAR_END)
    assert "Nobody is registered here yet." in text(page)
    assert 'href="/admin/people/import/add/?kind=student"' in page.content.decode()
    make_student(status="Graduated")
    assert "No student is left who could be promoted." in text(office.get(YEAR_END))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"class_code": "4B"}, "Tick at least one student"),
        ({"student": "nobody", "class_code": "4B"}, "Tick at least one student"),
        ({"own": True}, "Say what is to be changed"),
        ({"own": True, "student_status": "Gone"}, "Select a valid choice"),
        ({"own": True, "class_code": "4\u202eB"}, "Invisible characters"),
    ],
)
def test_a_form_that_is_wrong_is_shown_again(
    office: Client, pupils: list[Student], said: dict[str, Any], words: str
) -> None:
    if said.pop("own", False):
        said["student"] = str(pupils[0].pk)
    address = f"{CHANGE}?class_level=Form+4&class_code=4A"
    assert words in text(office.post(address, {"ticked": "1", **said, "step": "preview"}))


def test_a_change_of_many_is_told_in_the_language_of_the_page(
    office: Client, pupils: list[Student]
) -> None:
    """Its names and values are kept as the API calls them."""
    said = {"ids": str(pupils[0].pk), "student_status": "Graduated", "class_code": "4B"}
    preview = office.post(CHANGE, {**said, "step": "preview"})
    office.post(CHANGE, {**hidden(preview), "step": "write"})
    ids = [str(pupils[1].pk)]
    office.post(LIST, {"action": "deactivate", "_selected_action": ids, "confirmed": "yes"})
    given, switched = "Class code: 4B, student status: Graduated", "Switched off"
    assert {deed.about for deed in Deed.objects.all()} == {given, switched}
    assert f"Bulk change: {given}" in text(office.get(CHANGES))
    pk = Deed.objects.get(about=given).pk
    for address in (CHANGES, f"{CHANGES}{pk}/change/", f"/admin/people/changes/{pk}/undo/"):
        shown = text(office.get(address, headers={"accept-language": "sw"}))
        assert "Darasa: 4B, hali ya mwanafunzi: Amehitimu" in shown
        assert "Graduated" not in shown
        assert switched not in shown


def test_without_a_selection_there_is_nothing_to_ask(office: Client) -> None:
    assert "Tick students in the list first" in text(office.get(CHANGE, follow=True))


def test_leadership_reads_changes_and_takes_none_back(
    office: Client, pupils: list[Student], make_user: Callable[..., User]
) -> None:
    said = {"ids": str(pupils[0].pk), "class_code": "4B"}
    preview = office.post(CHANGE, {**said, "step": "preview"})
    office.post(CHANGE, {**hidden(preview), "step": "write"})
    deed = Deed.objects.get()
    head, cook = browser_of(make_user("leadership")), browser_of(make_user("kitchen_admin"))
    page = head.get(f"{CHANGES}{deed.pk}/change/").content.decode()
    assert "It can be taken back" in page
    assert "undo/" not in page
    assert head.get(CHANGES).status_code == 200
    for address in (f"/admin/people/changes/{deed.pk}/undo/", CHANGE, YEAR_END):
        assert head.get(address).status_code == 403
    assert cook.get(CHANGES).status_code == 403
    assert cook.get(f"{CHANGES}{deed.pk}/change/").status_code == 403
    assert office.get(f"{CHANGES}rubbish/change/").status_code == 404
