"""People in the registration office: lists, a person's page, the photo, who sees what."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.forms import model_to_dict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import MAKERS, make_card, make_member, make_student
from cards.tests.office import page as text
from cards.tests.office import queries
from conftest import OWN_CLASS
from notifications.models import Guardian
from office.long_lists import FoundRows, LongListAdmin
from people.kinds import kind_named
from people.models import Person
from people.office.values import values_in_use
from people.tests.pictures import jpeg
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
STUDENTS = "/admin/students/student/"
MOST_QUERIES = 25


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("registration_officer"))


def page_of(person: Person) -> str:
    meta = person._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[person.pk])


def list_of(kind: str) -> str:
    return reverse(kind_named(kind).list_page)


def form_of(student: Student, **changes: Any) -> dict[str, Any]:
    """What a browser sends when the student's page is saved."""
    names = (
        "identifier",
        "first_name",
        "middle_name",
        "surname",
        "class_level",
        "class_code",
        "program",
        "department",
        "phone_number",
        "email",
        "status",
        "academic_status",
    )
    form = {name: getattr(student, name) for name in names}
    return {**form, "date_of_birth": "", "is_active": "on", **changes}


# --- lists --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MAKERS)
def test_a_list_shows_who_and_how_they_stand_at_one_price(office: Client, kind: str) -> None:
    make, url = MAKERS[kind], list_of(kind)
    make_card(make())
    few = queries(office, url)
    for _ in range(45):
        make_card(make())
    assert queries(office, url) == few <= MOST_QUERIES
    page = text(office, url)
    assert page.count('class="portrait small"') == 46
    assert page.count('<span class="chip good">Active</span>') == 92  # the person, and the card


def test_a_list_is_printed_whole_and_says_what_it_is(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for class_code in ("CS1", "CS1", "CS2"):
        make_student(class_code=class_code)
    monkeypatch.setattr(LongListAdmin, "list_per_page", 1)
    part = text(office, f"{STUDENTS}?class_code=CS1")
    assert "Class code: CS1 (1 of 2)" in part
    assert 'href="?class_code=CS1&amp;whole=1"' in part
    whole = text(office, f"{STUDENTS}?class_code=CS1&whole=1")
    assert "(1 of 2)" not in whole
    assert whole.count('class="action-select"') == 2
    assert office.get(f"{STUDENTS}?whole=2")["Location"] == f"{STUDENTS}?e=1"


@pytest.mark.parametrize(
    ("fields", "words", "tone"),
    [
        ({}, "Active", "good"),
        ({"status": "Suspended"}, "Suspended", "warn"),
        ({"status": "Graduated", "is_active": False}, "Left (Graduated)", "quiet"),
        ({"is_active": False}, "Left", "quiet"),
        ({"left_on": "2026-06-30"}, "Left", "quiet"),
        ({"status": "Graduated", "left_on": "2026-06-30"}, "Left (Graduated)", "quiet"),
        ({"left_on": "2099-06-30"}, "Active", "good"),
    ],
)
def test_standing_and_switch_are_one_word(
    office: Client, fields: dict[str, Any], words: str, tone: str
) -> None:
    make_student(**fields)
    assert f'<span class="chip {tone}">{words}</span>' in text(office, STUDENTS)


def test_who_is_away_but_let_in_is_no_warning(office: Client) -> None:
    make_member(status="On Leave")
    assert '<span class="chip info">On Leave</span>' in text(office, list_of("staff"))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("class_code=CS1", "first"),
        ("class_code=", "second"),
        ("department=Civil", "second"),
        ("status=Suspended", "second"),
        ("status=left", "third fourth"),
        ("status=Active", "first"),
        ("q=first", "first"),
        ("status=nonsense", ""),
        ("class_code=nonsense", ""),
    ],
)
def test_students_are_filtered(office: Client, query: str, shown: str) -> None:
    make_student(first_name="First", class_code="CS1")
    make_student(first_name="Second", department="Civil", status="Suspended")
    make_student(first_name="Third", class_code="CS2", is_active=False)
    make_student(first_name="Fourth", class_code="CS2", left_on="2026-06-30")
    page = text(office, f"{STUDENTS}?{query}")
    names = ("First", "Second", "Third", "Fourth")
    assert [name for name in names if f">{name} " in page] == shown.title().split()


def test_a_filter_offers_each_value_once_in_order(office: Client) -> None:
    for code in ("CS2", "CS1", "CS2", ""):
        make_student(class_code=code)
    assert values_in_use(Student._meta.get_field("class_code")) == ["", "CS1", "CS2"]
    page = text(office, STUDENTS)
    assert page.count("?class_code=CS2") == 1
    assert "Not given" in page


def test_a_filter_offers_the_values_of_its_own_kind(office: Client) -> None:
    make_student(department="Civil")
    make_member(department="Estates")
    for kind, own, others in (("student", "Civil", "Estates"), ("staff", "Estates", "Civil")):
        page = text(office, list_of(kind))
        assert f"?department={own}" in page
        assert others not in page


def test_a_filter_reads_no_table_to_offer_its_values(office: Client) -> None:
    """The plan walks the index; `tools/bench/office.py` has the time on 100,000 rows."""
    with CaptureQueriesContext(connection) as captured:
        office.get(STUDENTS)
    statements = [query["sql"] for query in captured]
    assert not [sql for sql in statements if "DISTINCT" in sql]


def test_a_list_is_counted_no_further_than_anybody_turns_pages(office: Client) -> None:
    with CaptureQueriesContext(connection) as captured:
        office.get(STUDENTS)
    (count,) = [query["sql"] for query in captured if "COUNT(*)" in query["sql"]]
    assert "LIMIT 10000" in count


def test_a_search_looks_once_and_turns_its_pages(office: Client) -> None:
    for number in range(30):
        make_student(first_name="Zawadi", middle_name=f"M{number:02}", surname="Kweka")
    make_student(first_name="Other")
    with CaptureQueriesContext(connection) as captured:
        first = text(office, f"{STUDENTS}?q=zawadi")
    searches = [query["sql"] for query in captured if "LIKE" in query["sql"]]
    assert len([sql for sql in searches if "LIMIT" in sql and "COUNT" not in sql]) == 1
    second = text(office, f"{STUDENTS}?q=zawadi&p=2")
    assert "Zawadi M00 Kweka" in first
    assert "Zawadi M29 Kweka" in second
    assert (first.count("portrait small"), second.count("portrait small")) == (25, 5)
    assert "<p>30 students</p>" in first
    for query in ("p=3", "p=x", "p=-1"):
        assert office.get(f"{STUDENTS}?q=zawadi&{query}").status_code in {200, 302}


@pytest.mark.parametrize("most", [30, 60])
def test_a_common_word_finds_the_first_in_the_order_of_the_list(
    office: Client, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Whether all that were found are shown, or only so many of them."""
    monkeypatch.setattr(FoundRows, "MOST", most)
    for number in reversed(range(40)):
        make_student(first_name="Zawadi", middle_name=f"M{number:02}", surname="Kweka")
    pages = [text(office, f"{STUDENTS}?q=zawadi&p={page}") for page in (1, 2)]
    shown = [re.findall(r"Zawadi (M\d\d) Kweka</a>", page) for page in pages]
    assert shown[0] == [f"M{number:02}" for number in range(25)]
    assert shown[1] == [f"M{number:02}" for number in range(25, min(most, 40))]


@pytest.mark.parametrize(("most", "is_offered"), [(30, False), (60, True)])
def test_no_more_can_be_chosen_than_were_counted(
    office: Client, monkeypatch: pytest.MonkeyPatch, most: int, is_offered: bool
) -> None:
    """ "All" of a list that has stopped counting would be more than it says."""
    monkeypatch.setattr(FoundRows, "MOST", most)
    for number in range(40):
        make_student(first_name="Zawadi", middle_name=f"M{number:02}", surname="Kweka")
    page = text(office, f"{STUDENTS}?q=zawadi")
    assert ("Select all 40 students" in page) is is_offered
    assert "Select all 30 students" not in page


# --- one person ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MAKERS)
def test_a_persons_page_says_who_it_is(office: Client, kind: str) -> None:
    person: Any = MAKERS[kind]()
    page = text(office, page_of(person))
    assert f"<h1>{person.full_name}</h1>" in page
    assert person.identifier in page
    assert "portrait large" in page
    assert queries(office, page_of(person)) <= MOST_QUERIES


def test_a_longer_life_costs_no_more_queries(office: Client) -> None:
    student = make_student()
    Guardian.objects.create(student=student, name="Rehema", phone="+255712345678")
    few = queries(office, page_of(student))
    for n in range(5):
        Guardian.objects.create(student=student, name="Juma", phone=f"+25571234567{n}")
    assert queries(office, page_of(student)) == few


def test_a_photo_is_put_on_seen_and_taken_away(office: Client) -> None:
    student = make_student()
    upload = SimpleUploadedFile("a.jpg", jpeg(), "image/jpeg")
    office.post(page_of(student), form_of(student, new_photo=upload))
    student.refresh_from_db()
    assert student.photo
    page = text(office, page_of(student))
    assert student.photo.url in page
    assert "Remove the photo" in page
    office.post(page_of(student), form_of(student, remove_photo="on"))
    student.refresh_from_db()
    assert not student.photo


def test_a_new_student_can_come_with_a_photo(office: Client) -> None:
    form = form_of(Student(identifier="DIT/9", first_name="Ali", surname="Said"))
    upload = SimpleUploadedFile("a.jpg", jpeg(), "image/jpeg")
    response = office.post(f"{STUDENTS}add/", {**form, "new_photo": upload})
    assert response.status_code == 302
    assert Student.objects.get(identifier="DIT/9").photo


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\xff\xd8\xff half a picture"])
def test_what_is_no_picture_is_said_on_its_field(office: Client, content: bytes) -> None:
    student = make_student()
    upload = SimpleUploadedFile("a.jpg", content, "image/jpeg")
    form = form_of(student, new_photo=upload, class_code="XX")
    response = office.post(page_of(student), form)
    assert response.status_code == 200
    assert b"errorlist" in response.content
    student.refresh_from_db()
    assert (student.class_code, bool(student.photo)) == ("", False)


def test_saving_writes_what_was_changed_and_nothing_else(office: Client) -> None:
    student = make_student()
    form = form_of(student, class_code="CS7")
    Student.objects.filter(pk=student.pk).update(phone_number="+255712345678")
    office.post(page_of(student), {**form, "phone_number": "+255712345678"})
    student.refresh_from_db()
    assert (student.class_code, student.phone_number) == ("CS7", "+255712345678")


NUMBERS = {
    "student": "Registration number",
    "staff": "Staff number",
    "security": "Employee id",
    "visitor": "Visitor number",
}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_number_has_the_name_that_it_has_for_its_kind(
    office: Client, make_user: MakeUser, kind: str
) -> None:
    person: Any = MAKERS[kind]()
    for browser in (office, browser_of(make_user("kitchen_admin"))):
        assert f">{NUMBERS[kind]}</" in text(browser, list_of(kind))
        assert f">{NUMBERS[kind]}:</" in text(browser, page_of(person))


def test_whoever_may_change_a_person_has_the_camera(office: Client, make_user: MakeUser) -> None:
    person = page_of(make_student())
    cook = browser_of(make_user("kitchen_admin"))
    for browser, allowed in ((office, True), (cook, False)):
        page = browser.get(person)
        assert ("camera=(self)" in page["Permissions-Policy"]) is allowed
        assert ("portrait/field.js" in page.content.decode()) is allowed
        assert ('id="portrait-tool"' in page.content.decode()) is allowed


@pytest.mark.parametrize("kind", [key for key in MAKERS if not kind_named(key).is_number_given])
def test_a_number_in_use_is_said_on_its_field(office: Client, kind: str) -> None:
    make: Any = MAKERS[kind]
    one, other = make(), make()
    form = {**model_to_dict(other), "identifier": one.identifier.lower()}
    response = office.post(page_of(other), {k: v for k, v in form.items() if v is not None})
    assert response.status_code == 200
    assert response.context["errors"].data == [[other.declared.number_taken]]
    other.refresh_from_db()
    assert other.identifier != one.identifier.lower()


@pytest.mark.parametrize("kind", MAKERS)
def test_somebody_without_a_name_is_not_saved(office: Client, kind: str) -> None:
    person: Any = MAKERS[kind]()
    names = [person.declared.attribute(key) for key in person.declared.name_keys]
    form = {**model_to_dict(person), **dict.fromkeys(names, "")}
    response = office.post(page_of(person), {k: v for k, v in form.items() if v is not None})
    assert response.status_code == 200
    assert set(response.context["adminform"].form.errors) == set(names)


def test_one_name_is_enough(office: Client) -> None:
    student = make_student()
    office.post(page_of(student), form_of(student, first_name="", middle_name=""))
    student.refresh_from_db()
    assert student.full_name == student.surname


@pytest.mark.django_db(transaction=True)  # entries are dated by their transactions
def test_the_history_is_told_in_words(office: Client) -> None:
    student = make_student(class_code="CS1")
    office.post(page_of(student), form_of(student, class_code="CS2"))
    page = text(office, f"{STUDENTS}{student.pk}/history/")
    assert "Class code: CS1 → CS2" in page
    assert "by registration_officer" in page


@pytest.mark.parametrize("chosen", ["ticked", "all of the list"])
def test_those_who_left_are_named_then_switched_off_and_come_back(
    office: Client, chosen: str
) -> None:
    student, other = make_student(class_code="CS1"), make_student(class_code="CS2")
    address = f"{STUDENTS}?class_code=CS1"
    ticks = {"_selected_action": str(student.pk), "index": "0", "action": "deactivate"}
    if chosen != "ticked":
        ticks["select_across"] = "1"
    asked = office.post(address, ticks)
    page = asked.content.decode()
    assert student.full_name in page
    assert other.full_name not in page
    assert f'<a class="button" href="{address}">Cancel</a>' in page
    student.refresh_from_db()
    assert student.is_active
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    done = office.post(address, fields, follow=True).content.decode()
    student.refresh_from_db()
    other.refresh_from_db()
    assert (student.is_active, other.is_active) == (False, True)
    (undo,) = re.findall(r'href="([^"]*)">Undo<', done)
    office.post(undo)
    student.refresh_from_db()
    assert student.is_active


def test_those_who_are_back_are_switched_on_as_a_selection(office: Client) -> None:
    student = make_student(is_active=False)
    sent = {"action": "activate", "_selected_action": str(student.pk), "confirmed": "yes"}
    office.post(STUDENTS, sent)
    student.refresh_from_db()
    assert student.is_active


def test_whoever_is_back_has_no_last_day_any_more(office: Client) -> None:
    gone = make_student(left_on=date(2026, 6, 30))
    off = make_student(is_active=False, left_on=date(2026, 6, 30))
    stays = make_student(left_on=date(2099, 6, 30))
    ids = [str(each.pk) for each in (gone, off, stays)]
    sent = {"action": "activate", "_selected_action": ids, "confirmed": "yes"}
    done = office.post(STUDENTS, sent, follow=True).content.decode()
    assert "2 changed." in done
    assert [
        (each.is_active, each.left_on)
        for each in (Student.objects.get(pk=each.pk) for each in (gone, off, stays))
    ] == [(True, None), (True, None), (True, date(2099, 6, 30))]
    (undo,) = re.findall(r'href="([^"]*)">Undo<', done)
    office.post(undo)
    off.refresh_from_db()
    gone.refresh_from_db()
    assert (off.is_active, off.left_on) == (False, date(2026, 6, 30))
    assert gone.left_on == date(2026, 6, 30)


# --- who sees what ------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_everybody_looks_and_officers_change(make_user: MakeUser, role: str) -> None:
    may_change = role in {"administrator", "registration_officer"}
    may_know = may_change or role in {"leadership", "class_teacher"}
    browser, student = browser_of(make_user(role)), make_student(class_code=OWN_CLASS)
    Guardian.objects.create(student=student, name="Rehema Secret", phone="+255712345678")
    listed = text(browser, STUDENTS)
    assert student.full_name in listed
    may_record = may_change or role == "discipline_admin"  # an incident of those who are ticked
    assert ('name="action"' in listed) is may_record
    page = text(browser, page_of(student))
    for part in ('name="new_photo"', 'name="_save"', "Add a guardian"):
        assert (part in page) is may_change, part
    for part in ("Rehema Secret", "/history/"):
        assert (part in page) is may_know, part
    history = browser.get(f"{STUDENTS}{student.pk}/history/")
    assert history.status_code == (200 if may_know else 403)
    changed = browser.post(page_of(student), form_of(student, class_code="X"))
    assert changed.status_code == (302 if may_change else 403)
