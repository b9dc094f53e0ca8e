"""Two steps: a code of the telephone beside the password (contract section 3)."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pyotp
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import LoginAttempt, RecoveryCode, SecondFactor, User
from accounts.one_time_codes import new_recovery_codes, new_salt, secret_of, uses_up
from accounts.services import (
    OtpInvalid,
    SecondFactorIsOff,
    SecondFactorIsOn,
    begin_second_factor,
    confirm_second_factor,
    renew_recovery_codes,
    reset_second_factor,
    switch_off_second_factor,
)
from accounts.tests.doors import ELSEWHERE, HERE, WRONG, basic, token
from accounts.tests.wire import assert_refused
from accounts.tokens import issue_tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

Caller = Callable[[str], APIClient]
API_DOORS = pytest.mark.parametrize("address", ["/api/token/", "/auth/admin/login"])
NAME = "registration_officer"


def with_two_steps(user: User) -> User:
    SecondFactor.objects.create(user=user, salt=new_salt())
    user.second_factor_since = timezone.now()
    user.save()
    return user


@pytest.fixture
def officer(make_user: Callable[..., User]) -> User:
    return with_two_steps(make_user(NAME))


def code_of(user: User, *, steps: int = 0) -> str:
    """What the telephone shows now, or so many half minutes later."""
    at = timezone.now() + timedelta(seconds=30 * steps)
    return pyotp.TOTP(secret_of(SecondFactor.objects.get(user=user))).at(at)


def wrong_code_of(user: User) -> str:
    taken = {code_of(user, steps=steps) for steps in range(-3, 4)}
    return next(code for code in map("{:06}".format, range(10)) if code not in taken)


def try_at(address: str, otp: str | None = None, password: str = PASSWORD, here: str = HERE) -> Any:
    body = {"username": NAME, "password": password}
    client = APIClient(REMOTE_ADDR=here)
    return client.post(address, body if otp is None else {**body, "otp": otp})


# --- signing in ---------------------------------------------------------------------------------


@API_DOORS
def test_password_and_code_open_the_account(address: str, officer: User) -> None:
    assert try_at(address, code_of(officer)).status_code == 200


@API_DOORS
@pytest.mark.parametrize("otp", [None, ""])
def test_the_password_alone_is_told_what_is_missing(
    address: str, otp: str | None, officer: User
) -> None:
    response = try_at(address, otp)
    assert_refused(response, 401)
    assert response.json()["code"] == "otp_required"


@API_DOORS
def test_a_wrong_code_is_refused(address: str, officer: User) -> None:
    response = try_at(address, wrong_code_of(officer))
    assert_refused(response, 401)
    assert response.json()["code"] == "otp_invalid"


def test_after_a_wrong_password_nobody_learns_that_there_is_a_second_step(officer: User) -> None:
    for otp in (None, code_of(officer), wrong_code_of(officer)):
        assert try_at("/api/token/", otp, WRONG).json()["code"] == "wrong_credentials"
    assert try_at("/api/token/", code_of(officer)).status_code == 200  # the code was not used up


def test_http_basic_has_no_place_for_a_code(officer: User) -> None:
    client = APIClient(HTTP_AUTHORIZATION=basic(NAME, PASSWORD))
    assert client.get("/auth/admin/login").json()["code"] == "otp_required"


def test_whoever_has_no_second_factor_signs_in_as_before(make_user: Callable[..., User]) -> None:
    make_user(NAME)
    assert try_at("/api/token/").status_code == 200
    assert try_at("/api/token/", "").status_code == 200


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(steps: int, officer: User) -> None:
    now = timezone.now()
    totp = pyotp.TOTP(secret_of(SecondFactor.objects.get(user=officer)))
    assert uses_up(officer, totp.at(now, counter_offset=steps), at=now)


@pytest.mark.parametrize("steps", [-2, 2])
def test_and_no_more_than_that(steps: int, officer: User) -> None:
    now = timezone.now()
    totp = pyotp.TOTP(secret_of(SecondFactor.objects.get(user=officer)))
    assert not uses_up(officer, totp.at(now, counter_offset=steps), at=now)


def test_a_code_works_once_whatever_door_it_comes_to(officer: User) -> None:
    code = code_of(officer)
    assert try_at("/api/token/", code).status_code == 200
    assert try_at("/api/token/", code).json()["code"] == "otp_invalid"
    assert try_at("/auth/admin/login", code, here=ELSEWHERE).json()["code"] == "otp_invalid"


def test_a_code_from_before_the_latest_is_used_up_with_it(officer: User) -> None:
    now = timezone.now()
    totp = pyotp.TOTP(secret_of(SecondFactor.objects.get(user=officer)))
    assert uses_up(officer, totp.at(now), at=now)
    assert not uses_up(officer, totp.at(now, counter_offset=-1), at=now)


@pytest.mark.parametrize("otp", ["12345", "1234567", "abcdef", "١٢٣٤٥٦", "\u00b2" * 6, "=" * 64])
def test_what_is_no_code_is_a_wrong_one(otp: str, officer: User) -> None:
    assert try_at("/api/token/", otp).json()["code"] == "otp_invalid"


# --- guessing -----------------------------------------------------------------------------------


def test_wrong_codes_lock_as_wrong_passwords_do(officer: User) -> None:
    for _ in range(5):
        assert try_at("/api/token/", wrong_code_of(officer)).status_code == 401
    assert try_at("/auth/admin/login", code_of(officer)).status_code == 429
    assert token(NAME, PASSWORD).status_code == 429


def test_the_right_password_alone_forgives_no_wrong_code(officer: User) -> None:
    for _ in range(4):
        try_at("/api/token/", wrong_code_of(officer))
        assert try_at("/api/token/").json()["code"] == "otp_required"
    assert LoginAttempt.objects.get().failures == 4
    assert try_at("/api/token/", code_of(officer)).status_code == 200
    assert not LoginAttempt.objects.exists()


# --- recovery codes -----------------------------------------------------------------------------


def test_each_of_ten_recovery_codes_opens_the_account_once(officer: User) -> None:
    codes = new_recovery_codes(officer)
    assert len(set(codes)) == 10
    typed = codes[0].lower().replace("-", " ")
    assert try_at("/api/token/", typed).status_code == 200
    assert try_at("/api/token/", codes[0]).json()["code"] == "otp_invalid"
    assert try_at("/api/token/", codes[1]).status_code == 200
    assert officer.recovery_codes.count() == 8


def test_new_recovery_codes_end_the_old_ones(officer: User) -> None:
    old = new_recovery_codes(officer)
    renewed = renew_recovery_codes(
        user=officer, password=PASSWORD, otp=code_of(officer), address=HERE
    )
    assert try_at("/api/token/", old[0]).json()["code"] == "otp_invalid"
    assert try_at("/api/token/", renewed[0]).status_code == 200


def test_a_recovery_code_is_its_owners(officer: User, make_user: Callable[..., User]) -> None:
    others = new_recovery_codes(with_two_steps(make_user("kitchen_admin")))
    assert try_at("/api/token/", others[0]).json()["code"] == "otp_invalid"


def test_the_database_holds_neither_secrets_nor_codes(officer: User) -> None:
    codes = new_recovery_codes(officer)
    stored = str([*SecondFactor.objects.values(), *RecoveryCode.objects.values()])
    assert secret_of(SecondFactor.objects.get()) not in stored
    assert not [code for code in codes if code in stored or code.replace("-", "") in stored]


def test_a_former_secret_key_goes_on_until_it_is_taken_out(
    officer: User, settings: Settings
) -> None:
    former, code = settings.SECRET_KEY, code_of(officer)
    settings.SECRET_KEY = "another" * 10
    assert not uses_up(officer, code, at=timezone.now())
    settings.SECRET_KEY_FALLBACKS = [former]
    assert uses_up(officer, code, at=timezone.now())


# --- on and off ---------------------------------------------------------------------------------


def test_two_steps_are_on_with_the_first_code(make_user: Callable[..., User]) -> None:
    user = make_user(NAME)
    begin_second_factor(user=user)
    assert try_at("/api/token/").status_code == 200  # not yet
    with pytest.raises(OtpInvalid):
        confirm_second_factor(user=user, password=PASSWORD, otp=wrong_code_of(user), address=HERE)
    code = code_of(user)
    assert len(confirm_second_factor(user=user, password=PASSWORD, otp=code, address=HERE)) == 10
    assert try_at("/api/token/", code).json()["code"] == "otp_invalid"  # it has been used
    assert try_at("/api/token/", code_of(user, steps=1)).status_code == 200


def test_what_is_on_is_not_begun_again(officer: User) -> None:
    salt = SecondFactor.objects.get().salt
    with pytest.raises(SecondFactorIsOn):
        begin_second_factor(user=officer)
    with pytest.raises(SecondFactorIsOn):
        confirm_second_factor(user=officer, password=PASSWORD, otp=code_of(officer), address=HERE)
    assert SecondFactor.objects.get().salt == salt


def test_switching_off_takes_a_code_and_leaves_nothing(officer: User) -> None:
    mine: Any = {"user": officer, "password": PASSWORD, "address": HERE}
    new_recovery_codes(officer)
    with pytest.raises(OtpInvalid):
        switch_off_second_factor(otp=wrong_code_of(officer), **mine)
    switch_off_second_factor(otp=code_of(officer), **mine)
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert try_at("/api/token/").status_code == 200
    for act in (switch_off_second_factor, renew_recovery_codes):
        with pytest.raises(SecondFactorIsOff):
            act(user=officer, password=PASSWORD, otp="123456", address=HERE)


def test_an_administrator_resets_anothers_over_the_api_and_history_says_who(
    officer: User, caller: Caller
) -> None:
    administrator, url = caller("administrator"), f"/auth/admin/{officer.pk}/"
    new_recovery_codes(officer)
    assert caller("leadership").post(f"{url}reset-second-factor/").status_code == 403
    assert administrator.post(f"{url}reset-second-factor/").status_code == 204
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert try_at("/api/token/").status_code == 200
    latest = administrator.get(f"{url}history/").json()[0]
    assert latest["by"] == "administrator"
    assert latest["path"] == f"{url}reset-second-factor/"
    assert latest["changes"]["second_factor_since"]["after"] is None
    again = administrator.post(f"{url}reset-second-factor/")
    assert (again.status_code, again.json()["code"]) == (409, "second_factor_is_off")


def test_ones_own_is_not_reset_over_the_api(caller: Caller) -> None:
    administrator = caller("administrator")
    me = with_two_steps(User.objects.get(username="administrator"))
    refused = administrator.post(f"/auth/admin/{me.pk}/reset-second-factor/")
    assert (refused.status_code, refused.json()["code"]) == (409, "own_second_factor")
    me.refresh_from_db()
    assert me.has_second_factor


def test_the_history_says_when_it_was_switched_off(officer: User, caller: Caller) -> None:
    reset_second_factor(user=officer)
    history = caller("administrator").get(f"/auth/admin/{officer.pk}/history/").json()
    assert history[0]["changes"]["second_factor_since"]["after"] is None
    assert "salt" not in str(history)


def test_the_command_is_the_way_out_of_the_last_administrator(officer: User) -> None:
    out = StringIO()
    call_command("reset_second_factor", NAME.upper(), stdout=out)
    assert out.getvalue() == f"{NAME}: two steps are off.\n"
    assert try_at("/api/token/").status_code == 200
    with pytest.raises(CommandError):
        call_command("reset_second_factor", "nobody")


# --- who must -----------------------------------------------------------------------------------


def test_administrators_are_told_who_has_it(officer: User, caller: Caller) -> None:
    administrator = caller("administrator")
    assert administrator.get(f"/auth/admin/{officer.pk}/").json()["second_factor"] is True
    reset_second_factor(user=officer)
    assert administrator.get(f"/auth/admin/{officer.pk}/").json()["second_factor"] is False


def test_nobody_switches_it_by_a_patch(officer: User, caller: Caller) -> None:
    administrator = caller("administrator")
    administrator.patch(f"/auth/admin/{officer.pk}/", {"second_factor": False})
    officer.refresh_from_db()
    assert officer.has_second_factor


@pytest.mark.parametrize("is_required", [True, False])
def test_where_it_is_required_an_administrators_token_opens_nothing_without_it(
    is_required: bool, settings: Settings, make_user: Callable[..., User]
) -> None:
    settings.REQUIRE_SECOND_FACTOR = is_required
    boss = make_user("administrator")
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {issue_tokens(user=boss)['access']}")
    response = client.get("/api/students/")
    if not is_required:
        assert response.status_code == 200
        return
    assert_refused(response, 403)
    assert response.json()["code"] == "second_factor_required"
    with_two_steps(boss)
    assert client.get("/api/students/").status_code == 200


def test_it_is_required_of_administrators_only(settings: Settings, caller: Caller) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    assert caller(NAME).get("/api/students/").status_code == 200


def test_where_it_is_required_a_browser_is_led_to_the_page(
    settings: Settings, make_user: Callable[..., User]
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    boss = make_user("administrator")
    browser = Client()
    browser.force_login(boss)
    for address in ("/", "/admin/", "/admin/accounts/user/", "/admin/password_change/"):
        response = browser.get(address)
        assert (response.status_code, response["Location"]) == (302, "/admin/two-steps/")
    response = browser.get("/api/students/")
    assert_refused(response, 403)
    assert response.json()["code"] == "second_factor_required"
    assert browser.get("/admin/two-steps/").status_code == 200
    with_two_steps(boss)
    assert browser.get("/admin/").status_code == 200
