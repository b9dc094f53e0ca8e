"""Administrators in the registration office (`/admin/`)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape
from rest_framework.test import APIClient

from accounts.forms import NewPasswordForm, OwnPasswordForm
from accounts.models import User
from accounts.roles import Role
from accounts.tests.doors import HERE, token
from accounts.tests.races import at_once
from accounts.tokens import issue_tokens
from conftest import PASSWORD
from institution.declared import INSTITUTION_NAME
from institution.reading import setting

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
USERS = "/admin/accounts/user/"
NEW_PASSWORD = "another-horse-battery"
ORDINARY = [role for role in Role if role != Role.ADMINISTRATOR]


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss(make_user: MakeUser) -> User:
    return make_user("administrator")


@pytest.fixture
def office(boss: User) -> Client:
    return browser_of(boss)


@pytest.fixture
def cook(make_user: MakeUser) -> User:
    return make_user("kitchen_admin", "mpishi", full_name="Asha Mushi", email="a@dit.ac.tz")


def change_form(user: User, **fields: str) -> dict[str, str]:
    """What a browser sends when the change page of this user is saved."""
    form = {
        "username": user.username,
        "full_name": user.full_name,
        "email": user.email,
        "role": user.role,
    }
    switch = {"is_active": "on"} if user.is_active else {}
    sent = {**form, **switch, **fields}
    return {name: value for name, value in sent.items() if value or name != "is_active"}


def add_form(**fields: str) -> dict[str, str]:
    passwords = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    return {"username": "mpya", "role": "kitchen_admin", **passwords, **fields}


def pages(user: User) -> list[str]:
    one = f"{USERS}{user.pk}/"
    return [USERS, f"{USERS}add/", f"{one}change/", f"{one}password/", f"{one}history/"]


# --- pages ------------------------------------------------------------------------------------


def test_the_login_page_shows_the_institution_and_asks_for_a_name(
    client: Client, cook: User
) -> None:
    response = client.get("/admin/login/")
    assert response.status_code == 200
    assert b'name="username"' in response.content
    assert escape(setting(INSTITUTION_NAME)) in response.content.decode()


def test_who_signs_in_lands_where_they_wanted_to_go(client: Client, cook: User) -> None:
    form = {"username": "mpishi", "password": PASSWORD}
    response = client.post("/admin/login/?next=/admin/students/", {**form, "next": "/admin/x/"})
    assert (response.status_code, response["Location"]) == (302, "/admin/x/")
    elsewhere = client.post("/admin/login/", {**form, "next": "https://example.com/"})
    assert (elsewhere.status_code, elsewhere["Location"]) == (302, "/admin/")


@pytest.mark.parametrize("username", ["a\x00b", "x" * 10_000, "", "\u202e"])
def test_a_strange_name_shows_the_login_form_again(
    client: Client, cook: User, username: str
) -> None:
    response = client.post("/admin/login/", {"username": username, "password": PASSWORD})
    assert response.status_code == 200
    assert b"errornote" in response.content


def test_every_page_loads_for_an_administrator(office: Client, cook: User) -> None:
    for page in ("/admin/", "/admin/password_change/", *pages(cook)):
        assert office.get(page).status_code == 200, page


@pytest.mark.parametrize("role", ORDINARY)
def test_the_others_see_the_office_but_no_administrators(
    make_user: MakeUser, cook: User, role: str
) -> None:
    browser = browser_of(make_user(role))
    index = browser.get("/admin/")
    assert index.status_code == 200
    assert USERS not in index.content.decode()
    assert browser.get("/admin/password_change/").status_code == 200
    for page in pages(cook):
        assert browser.get(page).status_code == 403, page
        assert browser.post(page, change_form(cook, role="administrator")).status_code == 403
    cook.refresh_from_db()
    assert cook.role == Role.KITCHEN_ADMIN


def test_an_outsider_is_sent_to_the_login_page(client: Client, cook: User) -> None:
    for page in ("/admin/", "/admin/password_change/", *pages(cook)):
        response = client.get(page)
        assert response.status_code == 302
        assert response["Location"] == f"/admin/login/?next={page}"


def test_the_list_is_searched_and_filtered(office: Client, cook: User) -> None:
    for query in ("q=asha", "q=MPISHI", "role__exact=kitchen_admin", "is_active__exact=1&q=a@dit"):
        response = office.get(f"{USERS}?{query}")
        assert response.status_code == 200
        assert b"mpishi" in response.content
    assert b"mpishi" not in office.get(f"{USERS}?role__exact=discipline_admin").content


def test_nobody_is_deleted(office: Client, cook: User) -> None:
    assert office.get(f"{USERS}{cook.pk}/delete/").status_code == 403
    assert office.post(f"{USERS}{cook.pk}/delete/", {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": str(cook.pk), "post": "yes"}
    office.post(USERS, bulk)
    assert User.objects.filter(pk=cook.pk).exists()


@pytest.mark.parametrize("unknown", ["17", "00000000-0000-0000-0000-000000000000", "%00"])
def test_a_page_of_nobody_leads_back(office: Client, unknown: str) -> None:
    response = office.get(f"{USERS}{unknown}/change/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert office.get(f"{USERS}{unknown}/password/").status_code == 404


# --- adding -----------------------------------------------------------------------------------


def test_an_administrator_adds_another(office: Client) -> None:
    response = office.post(f"{USERS}add/", add_form(full_name="Juma", email="j@dit.ac.tz"))
    assert response.status_code == 302
    user = User.objects.get(username="mpya")
    assert (user.role, user.full_name, user.email) == ("kitchen_admin", "Juma", "j@dit.ac.tz")
    assert token("mpya", NEW_PASSWORD).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "MPISHI"},
        {"username": "ｍpishi"},
        {"username": "two words"},
        {"username": "a\x00b"},
        {"role": "headmaster"},
        {"role": ""},
        {"password1": "short7", "password2": "short7"},
        {"password2": "another-horse-batterx"},
        {"password1": "", "password2": ""},
        {"password1": "", "password2": "", "usable_password": "false"},
        {"email": "not an address"},
    ],
)
def test_a_bad_form_is_shown_again_with_its_errors(
    office: Client, cook: User, fields: dict[str, str]
) -> None:
    response = office.post(f"{USERS}add/", add_form(**fields))
    assert response.status_code == 200
    assert b"errorlist" in response.content
    assert User.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_add_one_name_at_once_one_does_and_one_is_told(boss: User) -> None:
    def add(username: str) -> bytes:
        form = add_form(username=username)
        content: bytes = browser_of(boss).post(f"{USERS}add/", form, follow=True).content
        return content

    pages = at_once(partial(add, "mpya"), partial(add, "MPYA"))
    told = (b"contradicts this", b"already exists")
    assert sum(any(text in page for text in told) for page in pages) == 1
    assert User.objects.filter(role="kitchen_admin").count() == 1


# --- changing ---------------------------------------------------------------------------------


def test_an_administrator_changes_another(office: Client, cook: User) -> None:
    form = change_form(cook, username="mpishi2", role="discipline_admin", is_active="")
    assert office.post(f"{USERS}{cook.pk}/change/", form).status_code == 302
    cook.refresh_from_db()
    assert (cook.username, cook.role, cook.is_active) == ("mpishi2", "discipline_admin", False)
    assert cook.full_name == "Asha Mushi"


def test_a_name_that_is_taken_shows_the_form_again(office: Client, cook: User) -> None:
    form = change_form(cook, username="ADMINISTRATOR")
    response = office.post(f"{USERS}{cook.pk}/change/", form)
    assert response.status_code == 200
    assert b"An administrator with this username already exists." in response.content


@pytest.mark.parametrize("fields", [{"role": "kitchen_admin"}, {"is_active": ""}])
def test_the_last_administrator_stays_and_is_told_why(
    office: Client, boss: User, fields: dict[str, str]
) -> None:
    address = f"{USERS}{boss.pk}/change/"
    response = office.post(address, change_form(boss, **fields), follow=True)
    assert response.redirect_chain == [(address, 302)]
    assert b"This is the last active administrator: appoint another one first." in response.content
    boss.refresh_from_db()
    assert (boss.role, boss.is_active) == ("administrator", True)


def test_what_a_form_does_not_change_is_not_written(office: Client, cook: User) -> None:
    """The form was read before somebody else changed the role."""
    form = change_form(cook, full_name="Asha Juma")
    User.objects.filter(pk=cook.pk).update(email="new@dit.ac.tz")
    form["email"] = "new@dit.ac.tz"
    office.post(f"{USERS}{cook.pk}/change/", form)
    cook.refresh_from_db()
    assert (cook.full_name, cook.email) == ("Asha Juma", "new@dit.ac.tz")


# --- passwords --------------------------------------------------------------------------------


def test_an_administrator_gives_somebody_a_new_password(office: Client, cook: User) -> None:
    tokens = issue_tokens(user=cook)
    form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert office.post(f"{USERS}{cook.pk}/password/", form).status_code == 302
    assert token("mpishi", NEW_PASSWORD).status_code == 200
    assert token("mpishi", PASSWORD).status_code == 401
    old = APIClient(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    assert old.get(f"/auth/admin/{cook.pk}/").status_code == 401


def test_anybody_changes_their_own_password_and_stays_signed_in(cook: User) -> None:
    browser = browser_of(cook)
    form = {
        "old_password": PASSWORD,
        "new_password1": NEW_PASSWORD,
        "new_password2": NEW_PASSWORD,
    }
    response: Any = browser.post("/admin/password_change/", form, follow=True)
    assert response.redirect_chain == [("/admin/password_change/done/", 302)]
    assert response.status_code == 200
    assert browser.get("/admin/").status_code == 200
    assert token("mpishi", NEW_PASSWORD).status_code == 200


def test_a_wrong_old_password_changes_nothing(cook: User) -> None:
    browser = browser_of(cook)
    form = {"old_password": "?", "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert browser.post("/admin/password_change/", form).status_code == 200
    assert token("mpishi", PASSWORD).status_code == 200


def test_a_weak_password_shows_the_form_again(office: Client, cook: User) -> None:
    form = {"password1": "short7", "password2": "short7"}
    response = office.post(f"{USERS}{cook.pk}/password/", form)
    assert response.status_code == 200
    assert b"This password is too short." in response.content


def test_nobody_is_left_without_a_password(office: Client, boss: User) -> None:
    form = {"usable_password": "false", "unset-password": "yes"}
    office.post(f"{USERS}{boss.pk}/password/", form)
    assert token("administrator", PASSWORD).status_code == 200


@pytest.mark.parametrize(
    ("form_class", "prefix"),
    [(NewPasswordForm, ""), (partial(OwnPasswordForm, address=HERE), "new_")],
)
def test_a_new_password_does_not_bring_back_a_role_that_was_taken_away(
    cook: User, form_class: Any, prefix: str
) -> None:
    passwords = {f"{prefix}password{number}": NEW_PASSWORD for number in (1, 2)}
    form = form_class(cook, {"old_password": PASSWORD, **passwords})
    assert form.is_valid()
    User.objects.filter(pk=cook.pk).update(role="discipline_admin", is_active=False)
    form.save()
    cook = User.objects.get(pk=cook.pk)
    assert (cook.role, cook.is_active) == ("discipline_admin", False)
    assert cook.check_password(NEW_PASSWORD)


# --- what the pages say -------------------------------------------------------------------------


def test_the_list_says_what_everybody_is_and_when_they_came(office: Client, cook: User) -> None:
    User.objects.filter(pk=cook.pk).update(is_active=False)
    page = office.get(USERS).content.decode()
    for words in ("Kitchen administrator", "Switched off", "Never", "just now"):
        assert words in page, words


def test_the_history_is_in_words(office: Client, cook: User) -> None:
    office.post(f"{USERS}{cook.pk}/change/", change_form(cook, role="discipline_admin"))
    page = office.get(f"{USERS}{cook.pk}/history/").content.decode()
    assert "Kitchen administrator" in page
    assert "Discipline administrator" in page
    assert "by administrator" in page


def test_a_new_administrator_is_made_by_the_service_of_the_api(office: Client) -> None:
    response = office.post(f"{USERS}add/", add_form())
    user = User.objects.get(username="mpya")
    assert response["Location"] == f"{USERS}{user.pk}/change/"
    assert user.password_changed_at is not None


@pytest.mark.parametrize("page", ["/admin/password_change/", "/admin/password_change/done/"])
def test_the_pages_of_passwords_are_in_our_frame(office: Client, page: str) -> None:
    content = office.get(page).content.decode()
    assert 'id="menu"' in content
    assert "breadcrumbs" not in content


def test_who_signs_out_is_told_so(office: Client) -> None:
    assert b"You are signed out" in office.post("/admin/logout/").content
    assert office.get("/admin/").status_code == 302
