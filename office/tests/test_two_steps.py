"""Two steps in the office: signing in with a code, and the page that switches them on and off."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.core import signing
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import RecoveryCode, SecondFactor, User
from accounts.one_time_codes import new_recovery_codes, secret_of
from accounts.tests.test_second_factor import NAME, code_of, with_two_steps, wrong_code_of
from conftest import PASSWORD
from core.history import history_of
from office import sign_in

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/?next=/admin/people/import/"
PAGE = "/admin/two-steps/"


@pytest.fixture
def officer(make_user: Callable[..., User]) -> User:
    return make_user(NAME)


@pytest.fixture
def browser(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def first_step(browser: Client, password: str = PASSWORD) -> Any:
    return browser.post(LOGIN, {"username": NAME, "password": password})


def shown(browser: Client, do: str, otp: str = "", password: str = PASSWORD) -> str:
    """The page of one's own two steps, after this button."""
    page: Any = browser.post(PAGE, {"do": do, "otp": otp, "password": password})
    text: str = page.content.decode()
    return text


def passed_of(response: Any) -> str:
    found = re.search(r'name="passed" value="([^"]+)"', response.content.decode())
    assert found
    return found[1]


def second_step(browser: Client, passed: str, otp: str) -> Any:
    return browser.post(LOGIN, {"passed": passed, "otp": otp})


# --- signing in ---------------------------------------------------------------------------------


def test_the_form_asks_for_a_code_on_a_second_page(officer: User) -> None:
    with_two_steps(officer)
    browser = Client()
    page = first_step(browser)
    assert page.status_code == 200
    assert 'name="otp"' in page.content.decode()
    assert 'name="password"' not in page.content.decode()
    assert PASSWORD not in page.content.decode()
    assert browser.get("/admin/").status_code == 302  # nobody is signed in yet
    done = second_step(browser, passed_of(page), code_of(officer))
    assert (done.status_code, done["Location"]) == (302, "/admin/people/import/")
    assert browser.get("/admin/").status_code == 200


def test_a_wrong_code_may_be_given_again_and_is_counted(officer: User) -> None:
    with_two_steps(officer)
    browser = Client()
    page = first_step(browser)
    for _ in range(5):
        page = second_step(browser, passed_of(page), wrong_code_of(officer))
        assert "wrong, or was used before" in page.content.decode()
    assert second_step(browser, passed_of(page), code_of(officer)).status_code == 429


def test_whoever_has_none_signs_in_in_one_step(officer: User) -> None:
    assert first_step(Client()).status_code == 302


def test_a_wrong_password_does_not_come_to_the_second_page(officer: User) -> None:
    with_two_steps(officer)
    assert 'name="otp"' not in first_step(Client(), "wrong-horse-battery").content.decode()


@pytest.mark.parametrize("what", ["old", "forged", "of another password", "switched off"])
def test_what_proves_the_first_step_ends(
    what: str, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_two_steps(officer)
    browser = Client()
    passed = passed_of(first_step(browser))
    code = code_of(officer)
    if what == "old":
        monkeypatch.setattr(sign_in, "PATIENCE", timedelta(seconds=-1))
    elif what == "forged":
        passed = signing.dumps([str(officer.pk), officer.get_session_auth_hash()], salt="other")
    elif what == "of another password":
        officer.set_password("another-horse-battery")
        officer.save()
    else:
        officer.is_active = False
        officer.save()
    page = second_step(browser, passed, code)
    assert page.status_code == 200
    assert "Give your password again" in page.content.decode()
    assert browser.get("/admin/").status_code == 302


# --- the page -----------------------------------------------------------------------------------


def test_two_steps_are_switched_on_in_the_office(browser: Client, officer: User) -> None:
    assert "Two steps are off" in browser.get(PAGE).content.decode()
    page = shown(browser, "begin")
    secret = secret_of(SecondFactor.objects.get())
    assert "data:image/png;base64," in page
    assert secret in page.replace(" ", "")
    again = shown(browser, "confirm", wrong_code_of(officer))
    assert secret in again.replace(" ", "")
    page = shown(browser, "confirm", pyotp.TOTP(secret).now())
    codes = re.findall(r"<code>((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})</code>", page)
    assert len(codes) == 10
    officer.refresh_from_db()
    assert officer.has_second_factor
    page = browser.get(PAGE).content.decode()
    assert "10 recovery codes left" in page
    assert codes[0] not in page
    assert secret not in page.replace(" ", "")


def test_the_page_is_kept_by_no_browser(browser: Client) -> None:
    assert browser.post(PAGE, {"do": "begin"})["Cache-Control"] == "no-store"


def test_new_codes_and_switching_off_take_a_code(browser: Client, officer: User) -> None:
    with_two_steps(officer)
    old = new_recovery_codes(officer)
    for do in ("renew", "off"):
        assert "wrong, or was used before" in shown(browser, do, wrong_code_of(officer))
    assert RecoveryCode.objects.count() == 10
    page = shown(browser, "renew", code_of(officer))
    assert len(re.findall(r"<code>", page)) == 10
    assert old[0] not in page
    shown(browser, "off", code_of(officer, steps=1))
    officer.refresh_from_db()
    assert not officer.has_second_factor


def test_switching_on_or_off_asks_for_the_password_again(browser: Client, officer: User) -> None:
    """A browser that was left signed in is not enough to lock its owner out, nor to let one in."""
    shown(browser, "begin")
    code = pyotp.TOTP(secret_of(SecondFactor.objects.get())).now()
    for wrong in ("", "wrong-horse-battery"):
        assert "This is not your password" in shown(browser, "confirm", code, wrong)
    assert not User.objects.exclude(second_factor_since=None).exists()
    assert "recovery codes" in shown(browser, "confirm", code)
    code = code_of(officer, steps=1)
    for do in ("off", "renew"):
        assert "This is not your password" in shown(browser, do, code, "wrong-horse-battery")
    officer.refresh_from_db()
    assert officer.has_second_factor
    assert "Two steps are off" in shown(browser, "off", code)


def test_guessing_the_password_there_is_limited_as_at_the_door(
    browser: Client, officer: User
) -> None:
    with_two_steps(officer)
    for _ in range(5):
        shown(browser, "off", code_of(officer), "wrong-horse-battery")
    assert "Too many wrong passwords" in shown(browser, "off", code_of(officer))
    officer.refresh_from_db()
    assert officer.has_second_factor


def test_beginning_anew_changes_nothing_for_whoever_has_it(browser: Client, officer: User) -> None:
    with_two_steps(officer)
    page = shown(browser, "begin")
    assert "data:image/png" not in page
    assert "on already" in page


@pytest.mark.parametrize("form", [{}, {"do": "nonsense"}, {"do": "confirm"}, {"do": "off"}])
def test_a_form_that_makes_no_sense_does_nothing(form: dict[str, str], browser: Client) -> None:
    assert browser.post(PAGE, form).status_code == 200
    assert not User.objects.exclude(second_factor_since=None).exists()


def test_the_page_says_that_it_is_required(
    make_user: Callable[..., User], settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    browser = Client()
    browser.force_login(make_user("administrator"))
    assert "Switch them on to go on" in browser.get(PAGE).content.decode()
    assert browser.post("/admin/logout/").status_code in {200, 302}


# --- an administrator's help --------------------------------------------------------------------


def test_an_administrator_switches_it_off_for_somebody(
    make_user: Callable[..., User], officer: User
) -> None:
    with_two_steps(officer)
    browser = Client()
    boss = make_user("administrator")
    browser.force_login(boss)
    form = {"action": "reset_two_steps", "_selected_action": [str(officer.pk)]}
    page: Any = browser.post("/admin/accounts/user/", form, follow=True)
    assert f"Two steps are off for {NAME}" in page.content.decode()
    officer.refresh_from_db()
    assert not officer.has_second_factor
    latest = history_of(officer)[0]
    assert latest.by == "administrator"
    assert latest.changes["second_factor_since"]["after"] is None


def test_ones_own_is_not_switched_off_without_password_and_code(
    make_user: Callable[..., User],
) -> None:
    boss = make_user("administrator")
    with_two_steps(boss)
    browser = Client()
    browser.force_login(boss)
    form = {"action": "reset_two_steps", "_selected_action": [str(boss.pk)]}
    page: Any = browser.post("/admin/accounts/user/", form, follow=True)
    assert "with your password and a code" in page.content.decode()
    boss.refresh_from_db()
    assert boss.has_second_factor


def test_nobody_else_does(make_user: Callable[..., User], officer: User) -> None:
    with_two_steps(officer)
    browser = Client()
    browser.force_login(make_user("kitchen_admin"))
    form = {"action": "reset_two_steps", "_selected_action": [str(officer.pk)]}
    assert browser.post("/admin/accounts/user/", form).status_code == 403
    officer.refresh_from_db()
    assert officer.has_second_factor
