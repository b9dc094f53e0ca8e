"""The first administrator of an empty installation (contract section 2)."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.models import SetupCode, User
from accounts.setup import new_setup_code
from accounts.tests.doors import HERE
from accounts.tests.races import at_once
from conftest import PASSWORD
from core.history import history_of

pytestmark = pytest.mark.django_db
PAGE = "/setup/"


def said(code: str, **changes: str) -> dict[str, str]:
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    named = {"username": "asha", "full_name": "Asha Mushi", "email": "asha@example.org"}
    return {"code": code, **named, **passwords, **changes}


@pytest.mark.parametrize("path", ["/", "/admin/", "/admin/login/", "/admin/students/student/"])
def test_the_first_visit_leads_to_the_page(path: str) -> None:
    browser = Client()
    answer: Any = browser.get(path, follow=True)
    assert answer.redirect_chain[-1][0] == PAGE
    assert "Nobody has an account here yet" in answer.content.decode()


def test_with_the_code_that_was_printed_it_makes_an_administrator_who_is_signed_in() -> None:
    browser = Client()
    done = browser.post(PAGE, said(new_setup_code().lower()))
    assert (done.status_code, done["Location"]) == (302, "/admin/")
    assert 'aria-labelledby="set-up"' in browser.get("/admin/").content.decode()
    user = User.objects.get()
    assert (user.username, user.role, user.full_name) == ("asha", "administrator", "Asha Mushi")
    assert user.check_password(PASSWORD)
    assert history_of(user)[0].path == PAGE
    assert not SetupCode.objects.exists()


def test_afterwards_the_page_is_gone(make_user: Callable[..., User]) -> None:
    code = new_setup_code()
    make_user("kitchen_admin")
    assert Client().get(PAGE).status_code == 404
    assert Client().post(PAGE, said(code)).status_code == 404
    assert User.objects.count() == 1
    assert Client().get("/")["Location"] == "/admin/login/?next=/"
    with pytest.raises(CommandError, match="administrator already"):
        call_command("setup_code")


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA-AAAA"])
def test_without_the_code_nobody_is_made(code: str) -> None:
    new_setup_code()
    assert Client().post(PAGE, said(code)).status_code == 200
    assert not User.objects.exists()


def test_a_new_code_ends_the_one_before() -> None:
    first = new_setup_code()
    out = StringIO()
    call_command("setup_code", stdout=out)
    assert "is not the code" in Client().post(PAGE, said(first)).content.decode()
    assert Client().post(PAGE, said(out.getvalue())).status_code == 302


def test_guesses_are_limited() -> None:
    code = new_setup_code()
    for _ in range(5):
        Client().post(PAGE, said("AAAA-AAAA-AAAA-AAAA"), REMOTE_ADDR=HERE)
    locked = Client().post(PAGE, said(code), REMOTE_ADDR=HERE)
    assert (locked.status_code, "Retry-After" in locked.headers) == (429, True)
    assert not User.objects.exists()


@pytest.mark.parametrize("changes", [{"password1": "short"}, {"username": "a b"}])
def test_what_is_wrong_is_marked_and_the_code_stays_good(changes: dict[str, str]) -> None:
    code = new_setup_code()
    if password := changes.get("password1"):
        changes = {**changes, "password2": password}
    assert "Correct what is marked" in Client().post(PAGE, said(code, **changes)).content.decode()
    assert Client().post(PAGE, said(code)).status_code == 302


def test_the_database_holds_no_code_that_works() -> None:
    code = new_setup_code().replace("-", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT setup::text FROM accounts_setupcode AS setup")
        (row,) = cursor.fetchall()
    assert code not in str(row)


@pytest.mark.django_db(transaction=True)
def test_of_two_with_the_code_one_is_the_first() -> None:
    code = new_setup_code()

    def make(name: str) -> int:
        return Client().post(PAGE, said(code, username=name)).status_code

    assert sorted(at_once(lambda: make("asha"), lambda: make("juma"))) in ([200, 302], [302, 404])
    assert User.objects.count() == 1
