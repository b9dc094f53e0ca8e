"""A list as somebody wants it: which columns, and views that are kept."""

import re
from collections.abc import Callable

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from cards.tests.office import page
from conftest import OWN_CLASS
from office.models import SavedView

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
STUDENTS = "/admin/students/student/"
VIEWS = "/admin/list/students/student/views/"


def heads(browser: Client, query: str) -> list[str]:
    """Of the file, which has what the list shows."""
    response = browser.get(f"/admin/list/students/student.csv?{query}")
    assert response.status_code == 200
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return content.decode("utf-8-sig").splitlines()[0].split(",")


@pytest.fixture
def boss(make_user: MakeUser) -> User:
    make_student(surname="Kweka", class_code=OWN_CLASS, phone_number="+255712345678")
    return make_user("administrator")


def test_columns_are_chosen_and_the_name_stays(boss: User) -> None:
    browser = browser_of(boss)
    assert "Phone number" not in heads(browser, "")
    query = "column=phone_number&column=number"
    assert heads(browser, query) == ["Full name", "Registration number", "Phone number"]
    shown = page(browser, f"{STUDENTS}?{query}&q=kweka")
    assert "+255712345678" in shown
    assert 'name="column" value="phone_number" checked' in shown
    assert 'name="column" value="department" checked' not in shown
    assert browser.get(f"{STUDENTS}?column=password")["Location"].endswith("?e=1")


def test_a_search_keeps_all_that_the_list_shows_by(boss: User) -> None:
    asked = f"column=number&column=phone_number&class_code={OWN_CLASS}&o=2&q=kweka&p=1"
    shown = page(browser_of(boss), f"{STUDENTS}?{asked}")
    form = shown.partition('id="changelist-search"')[2].partition("</form>")[0]
    kept = re.findall(r'type="hidden" name="(\w+)" value="(\w*)"', form)
    columns = [("column", "number"), ("column", "phone_number")]
    assert kept == [*columns, ("class_code", OWN_CLASS), ("o", "2")]


@pytest.mark.parametrize("role", Role.values)
def test_nobody_chooses_a_column_that_their_role_does_not_see(
    boss: User, make_user: MakeUser, role: str
) -> None:
    browser = browser_of(boss if role == "administrator" else make_user(role))
    response = browser.get(f"{STUDENTS}?column=phone_number")
    is_seen = role in {"administrator", "registration_officer", "leadership"}
    assert response.status_code == (200 if is_seen else 302)


def test_a_view_is_kept_for_oneself_and_let_go(boss: User, make_user: MakeUser) -> None:
    browser = browser_of(boss)
    kept = {"name": "Mine", "query": f"?q=kweka&class_code={OWN_CLASS}&p=3"}
    answer = browser.post(VIEWS, kept)
    assert answer["Location"] == f"{STUDENTS}?class_code={OWN_CLASS}&q=kweka"
    shown = page(browser, answer["Location"])
    assert f'href="?class_code={OWN_CLASS}&amp;q=kweka" aria-current="true"' in shown
    other = browser_of(make_user("leadership"))
    assert "Mine" not in page(other, STUDENTS)
    view = SavedView.objects.get()
    other.post(VIEWS, {"forget": view.pk})
    browser.post(VIEWS, {**kept, "query": ""})
    assert SavedView.objects.get().query == ""
    browser.post(VIEWS, {"forget": view.pk})
    assert not SavedView.objects.exists()


def test_what_is_no_view_is_refused_in_words(boss: User, make_user: MakeUser) -> None:
    browser = browser_of(boss)
    for wrong in (
        {},
        {"name": "x" * 61},
        {"name": "x", "query": "q=" + "é" * 900},
        {"name": "\x00"},
    ):
        assert "The view was not kept." in str(
            browser.post(VIEWS, wrong, follow=True).content.decode()
        )
    assert browser.get(VIEWS).status_code == 405
    assert browser.post("/admin/list/x/y/views/", {"name": "x"}).status_code == 404
    cook = browser_of(make_user("kitchen_admin"))
    assert cook.post("/admin/list/cards/card/views/", {"name": "x"}).status_code == 404
    assert not SavedView.objects.exists()


def test_the_database_keeps_one_of_a_name(boss: User) -> None:
    SavedView.objects.create(user=boss, list_name="students_student", name="Mine")
    with pytest.raises(IntegrityError):
        SavedView.objects.create(user=boss, list_name="students_student", name="Mine")
