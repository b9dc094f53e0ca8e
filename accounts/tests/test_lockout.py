"""Five wrong passwords lock a user name from an address for 15 minutes (contract section 3)."""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import LoginAttempt, User
from accounts.tests.doors import (
    DOORS,
    ELSEWHERE,
    HERE,
    WRONG,
    Door,
    browser,
    knock,
    monitor,
    monitor_basic,
    token,
    verdict,
)
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

FIFTEEN_MINUTES = 15 * 60
every_door = pytest.mark.parametrize("door", DOORS)


@pytest.fixture(autouse=True)
def cook(make_user: Callable[..., User]) -> User:
    return make_user("kitchen_admin")


@pytest.fixture
def five_wrong() -> None:
    assert knock(*[token] * 5) == ["wrong"] * 5


@pytest.mark.parametrize("door", [token, monitor, monitor_basic])
def test_a_wrong_password_is_a_401_with_a_challenge(door: Door) -> None:
    response = door("kitchen_admin", WRONG)
    assert response.status_code == 401
    assert response.json() == {
        "detail": "No active account has this username and password.",
        "code": "wrong_credentials",
    }
    assert response["WWW-Authenticate"].split()[0] in {"Bearer", "Basic"}


def test_a_wrong_password_in_the_browser_shows_the_form_again() -> None:
    response = browser("kitchen_admin", WRONG)
    assert response.status_code == 200
    assert b"No active account has this username and password." in response.content


@every_door
def test_the_sixth_try_is_refused_even_with_the_right_password(door: Door) -> None:
    assert knock(*[door] * 5) == ["wrong"] * 5
    response = door("kitchen_admin", PASSWORD)
    assert response.status_code == 429
    assert FIFTEEN_MINUTES - 60 < int(response["Retry-After"]) <= FIFTEEN_MINUTES


@pytest.mark.usefixtures("five_wrong")
@pytest.mark.parametrize("door", [token, monitor, monitor_basic])
def test_a_locked_door_answers_in_the_contracts_shape(door: Door) -> None:
    assert door("kitchen_admin", PASSWORD).json() == {
        "detail": "Too many wrong passwords. Wait a while, then try again.",
        "code": "locked_out",
    }


@pytest.mark.usefixtures("five_wrong")
def test_a_locked_browser_sees_why() -> None:
    response = browser("kitchen_admin", PASSWORD)
    assert b"Too many wrong passwords." in response.content
    assert not response.wsgi_request.user.is_authenticated


@every_door
def test_wrong_passwords_at_different_doors_are_counted_together(door: Door) -> None:
    assert knock(token, browser, monitor_basic, monitor, browser) == ["wrong"] * 5
    assert verdict(door("kitchen_admin", PASSWORD)) == "locked"


@every_door
@pytest.mark.usefixtures("five_wrong")
def test_the_same_user_gets_in_from_another_address(door: Door) -> None:
    assert verdict(door("kitchen_admin", PASSWORD, ELSEWHERE)) == "in"
    assert verdict(door("kitchen_admin", PASSWORD, HERE)) == "locked"


@every_door
@pytest.mark.usefixtures("five_wrong")
def test_another_user_gets_in_from_the_same_address(
    door: Door, make_user: Callable[..., User]
) -> None:
    make_user("attendance_admin")
    assert verdict(door("attendance_admin", PASSWORD)) == "in"


@every_door
def test_a_success_before_the_fifth_wrong_password_starts_again(door: Door) -> None:
    assert knock(*[door] * 4) == ["wrong"] * 4
    assert verdict(door("kitchen_admin", PASSWORD)) == "in"
    assert knock(*[door] * 5) == ["wrong"] * 5
    assert knock(door) == ["locked"]


@pytest.mark.usefixtures("five_wrong")
def test_a_success_from_elsewhere_opens_nothing_here() -> None:
    assert verdict(token("kitchen_admin", PASSWORD, ELSEWHERE)) == "in"
    assert verdict(token("kitchen_admin", PASSWORD, HERE)) == "locked"


@every_door
def test_after_fifteen_minutes_the_door_is_open_again(door: Door) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        knock(*[door] * 5)
        clock.move_to(start + timedelta(minutes=14, seconds=59))
        response = door("kitchen_admin", PASSWORD)
        assert (response.status_code, response["Retry-After"]) == (429, "1")
        clock.move_to(start + timedelta(minutes=15))
        assert verdict(door("kitchen_admin", PASSWORD)) == "in"


def test_knocking_at_a_locked_door_keeps_it_locked_no_longer() -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        knock(*[token] * 5)
        clock.move_to(start + timedelta(minutes=14))
        assert knock(*[token] * 3) == ["locked"] * 3
        clock.move_to(start + timedelta(minutes=15))
        assert verdict(token("kitchen_admin", PASSWORD)) == "in"


def test_after_a_lock_there_are_five_tries_again() -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        knock(*[token] * 5)
        clock.move_to(start + timedelta(minutes=15))
        assert knock(*[token] * 6) == ["wrong"] * 5 + ["locked"]


def test_four_old_wrong_passwords_are_forgotten() -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        knock(*[token] * 4)
        clock.move_to(start + timedelta(minutes=15))
        assert knock(*[token] * 6) == ["wrong"] * 5 + ["locked"]


@every_door
def test_a_name_that_does_not_exist_is_counted_and_locked_alike(door: Door) -> None:
    verdicts = [verdict(door("nobody", WRONG)) for _ in range(6)]
    assert verdicts == ["wrong"] * 5 + ["locked"]


@every_door
def test_a_disabled_user_is_refused_and_counted_as_a_wrong_password(door: Door, cook: User) -> None:
    User.objects.filter(pk=cook.pk).update(is_active=False)
    verdicts = [verdict(door("kitchen_admin", PASSWORD)) for _ in range(6)]
    assert verdicts == ["wrong"] * 5 + ["locked"]


@every_door
@pytest.mark.parametrize(
    "typed", ["KITCHEN_ADMIN", "Kitchen_Admin", " kitchen_admin ", "ｋitchen_admin"]
)
def test_the_spelling_of_the_name_makes_no_difference_to_who_gets_in(
    door: Door, typed: str
) -> None:
    assert verdict(door(typed, PASSWORD)) == "in"


def spellings() -> Iterator[str]:
    """Ever other ways to type `kitchen_admin`, all of which sign in."""
    letters = ("kKｋＫ\u212a", "iIｉＩ", "tTｔＴ")
    return ("".join(start) + "chen_admin" for start in itertools.product(*letters))


@every_door
def test_no_spelling_of_the_name_gives_a_sixth_try(door: Door) -> None:
    typed = list(itertools.islice(spellings(), 0, 80, 13))
    assert len(set(typed)) > 5
    verdicts = [verdict(door(name, WRONG)) for name in typed]
    assert verdicts == ["wrong"] * 5 + ["locked"] * (len(typed) - 5)
    assert verdict(door("kitchen_admin", PASSWORD)) == "locked"


def test_every_spelling_that_signs_in_shares_one_count() -> None:
    """Also ı, which some databases' locales take for I."""
    candidates = ["kıtchen_admin", "\u212aitchen_admin", "KITCHEN_ADMIN", "kitchen_ａdmin"]
    same = [name for name in candidates if verdict(token(name, PASSWORD, ELSEWHERE)) == "in"]
    for name in same:
        token(name, WRONG)
    counts = LoginAttempt.objects.filter(address=HERE).values_list("failures", flat=True)
    assert list(counts) == [len(same)]


def test_a_very_long_name_is_refused_like_any_other() -> None:
    """Its canonical form outgrows the column: ﷺ is one character in and eighteen out."""
    assert verdict(token("ﷺ" * 150, WRONG)) == "wrong"


# --- whose address ----------------------------------------------------------------------------


def test_a_client_cannot_choose_its_address() -> None:
    for number in range(5):
        response = token("kitchen_admin", WRONG, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
        assert verdict(response) == "wrong"
    fresh = token("kitchen_admin", PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.99")
    assert verdict(fresh) == "locked"


@every_door
def test_a_trusted_proxy_tells_the_address(door: Door, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [f"{HERE}/32"]
    for _ in range(5):
        door("kitchen_admin", WRONG, HTTP_X_FORWARDED_FOR="198.51.100.1")
    there = door("kitchen_admin", PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.2")
    assert verdict(there) == "in"
    here = door("kitchen_admin", PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert verdict(here) == "locked"


def test_what_a_client_writes_before_the_proxys_entry_is_not_believed(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [HERE]
    for number in range(5):
        token("kitchen_admin", WRONG, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 198.51.100.1")
    again = token("kitchen_admin", PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.1")
    assert verdict(again) == "locked"


def test_one_client_over_ipv4_and_mapped_ipv6_is_one_client() -> None:
    for address in (HERE, f"::ffff:{HERE}", HERE, f"::ffff:{HERE}", HERE):
        token("kitchen_admin", WRONG, address)
    assert verdict(token("kitchen_admin", PASSWORD, f"::ffff:{HERE}")) == "locked"


def test_the_number_of_tries_and_the_time_are_settings(settings: Settings) -> None:
    settings.LOCKOUT_FAILURES = 2
    settings.LOCKOUT_PERIOD = timedelta(minutes=1)
    assert knock(token, token) == ["wrong", "wrong"]
    response = token("kitchen_admin", PASSWORD)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60


# --- guesses from many addresses, and at many names --------------------------------------------


@pytest.fixture
def slow_after_ten(settings: Settings) -> None:
    settings.SLOWDOWN_FAILURES = 10


@every_door
@pytest.mark.usefixtures("slow_after_ten")
def test_many_wrong_passwords_from_anywhere_slow_the_name_down(door: Door) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        for number in range(10):
            assert knock(door, address=f"198.51.100.{number}") == ["wrong"]
        response = door("kitchen_admin", PASSWORD, "198.51.100.99")
        assert (response.status_code, response["Retry-After"]) == (429, "10")
        clock.move_to(start + timedelta(seconds=10))
        assert verdict(door("kitchen_admin", PASSWORD, "198.51.100.99")) == "in"


@pytest.mark.usefixtures("slow_after_ten")
def test_a_name_that_is_slow_has_a_try_every_ten_seconds() -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        verdicts = []
        for second in range(31):
            clock.move_to(start + timedelta(seconds=second))
            verdicts += knock(token, address=f"198.51.100.{second}")
    assert verdicts[:10] == ["wrong"] * 10
    assert verdicts[10:].count("wrong") == 2


@pytest.mark.usefixtures("slow_after_ten")
def test_one_address_that_tries_many_names_is_slowed_down_for_all(
    make_user: Callable[..., User],
) -> None:
    make_user("attendance_admin")
    for number in range(10):
        assert knock(token, username=f"guess{number}") == ["wrong"]
    assert verdict(token("attendance_admin", PASSWORD)) == "locked"
    assert verdict(token("attendance_admin", PASSWORD, ELSEWHERE)) == "in"


@every_door
def test_every_address_of_one_ipv6_network_is_one_client(door: Door) -> None:
    for number in range(5):
        assert knock(door, address=f"2001:db8:1:2:{number:x}::{number}") == ["wrong"]
    assert knock(door, address="2001:db8:1:2:ffff::1") == ["locked"]
    assert knock(door, address="2001:db8:1:3::1") == ["wrong"]


@pytest.mark.parametrize("entry", ["203.0.113.9:51022", "unknown", "[2001:db8::1]:443", "_hidden"])
def test_a_proxy_that_names_no_address_is_misconfigured_and_pools_nobody(
    settings: Settings, entry: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TRUSTED_PROXIES = [HERE]
    response = token(
        "kitchen_admin", PASSWORD, HTTP_X_FORWARDED_FOR=entry, raise_request_exception=False
    )
    assert (response.status_code, response.json()["code"]) == (500, "server_error")
    assert "trackxpert.E015" in caplog.text
    assert not LoginAttempt.objects.exists()


def test_the_old_password_cannot_be_guessed_in_the_change_form(cook: User) -> None:
    office = Client()
    office.force_login(cook)
    new = "another-horse-battery"
    form = {"old_password": WRONG, "new_password1": new, "new_password2": new}
    told = [office.post("/admin/password_change/", form).content.decode() for _ in range(6)]
    assert ["incorrectly" in page for page in told] == [True] * 5 + [False]
    assert "Too many wrong passwords." in told[5]
    right = office.post("/admin/password_change/", {**form, "old_password": PASSWORD})
    assert "Too many wrong passwords." in right.content.decode()
