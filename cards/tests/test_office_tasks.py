"""What waits for an officer on the home page, and the box that finds everybody."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards import jobs, services
from cards.office.addresses import person_url
from cards.office.find import MOST
from cards.prints import print_card
from cards.tests.factories import make_card, make_guard, make_member, make_student
from cards.tests.office import MOST_QUERIES, page, queries
from cards.tests.test_office_prints import fetch
from conftest import OWN_CLASS
from office.tasks import tasks_of

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]


def waiting(user: User) -> list[tuple[int, str]]:
    return [(task.number, task.text) for task in tasks_of(user)]


def test_nothing_waits_in_an_empty_office(user: User) -> None:
    assert waiting(user) == []


def test_people_without_cards_wait(user: User, office: Client) -> None:
    for _ in range(2):
        make_student()
    make_student(is_active=False)
    make_member()
    make_guard()
    services.retire_card(card=make_card(), reason="returned")
    assert waiting(user) == [
        (3, "students have no card"),
        (1, "member of staff has no card"),
        (1, "guard has no card"),
    ]
    for task in tasks_of(user):
        assert f"<p>{task.number} " in page(office, task.url)


def test_losses_wait_until_they_are_replaced(user: User, office: Client) -> None:
    lost, replaced, returned = make_card(), make_card(), make_card()
    for card, reason in ((lost, "stolen"), (replaced, "lost"), (returned, "returned")):
        services.retire_card(card=card, reason=reason)
    services.issue_card(holder=replaced.person, rfid_number=None, by=user)
    (task,) = [task for task in tasks_of(user) if "stolen" in task.text]
    assert task.number == 1
    assert lost.rfid_number in page(office, task.url)
    assert returned.rfid_number not in page(office, task.url)
    assert replaced.rfid_number not in page(office, task.url)


def test_new_cards_wait_for_their_print(user: User, office: Client) -> None:
    cards = [make_card() for _ in range(2)]
    print_card(card=cards[0], by=user)
    (task,) = tasks_of(user)
    assert (task.number, task.text) == (1, "new card is not printed yet")
    shown = page(office, task.url)
    assert cards[1].rfid_number in shown
    assert cards[0].rfid_number not in shown


def test_own_prints_wait_to_be_fetched(
    user: User, office: Client, make_user: MakeUser, settings: Settings
) -> None:
    card = make_card()
    job = jobs.print_cards(card_uuids=[card.pk], layout="cr80", by=user)
    assert (1, "print is under way") in waiting(user)
    jobs.run(str(job.pk))
    assert waiting(user) == [(1, "print file is ready")]
    assert waiting(make_user("administrator")) == []
    fetch(office, job)
    assert waiting(user) == []
    settings.PUBLIC_URL = "https://" + "x" * 900
    job = jobs.print_cards(card_uuids=[card.pk], layout="cr80", by=user)
    jobs.run(str(job.pk))
    assert waiting(user) == [(1, "print has failed")]
    type(job).objects.update(created_at=timezone.now() - timedelta(days=8))
    assert waiting(user) == []


@pytest.mark.parametrize("role", Role.values)
def test_tasks_about_cards_are_for_who_manages_them(make_user: MakeUser, role: str) -> None:
    make_student()
    shown = page(browser_of(make_user(role)), "/admin/")
    assert ("has no card" in shown) is (role in {"administrator", "registration_officer"})
    assert 'role="search"' in shown


def test_the_home_page_costs_what_it_costs(office: Client) -> None:
    make_card()
    few = queries(office, "/admin/")
    for _ in range(5):
        services.retire_card(card=make_card(), reason="lost")
    assert queries(office, "/admin/") == few <= MOST_QUERIES


# --- finding ------------------------------------------------------------------------------------


def found(office: Client, q: str) -> str:
    return page(office, f"/admin/find/?q={q}")


def test_one_hit_is_opened_at_once(office: Client) -> None:
    card = make_card(make_student(surname="Kweka"), rfid_number="04A32B1C")
    make_member()
    for q in ("kweka+asha", card.person.identifier, "04a32b1c", "04:A3:2B:1C", "a32b"):
        response = office.get(f"/admin/find/?q={q}")
        assert response["Location"] == person_url(card.person), q


def test_people_of_all_kinds_and_cards_are_found_together(office: Client) -> None:
    people = [
        make_student(surname="Baraka"),
        make_member(surname="Baraka"),
        make_guard(whole_name="Baraka M"),
    ]
    make_card(people[0])
    make_card(rfid_number="BARAKA1")
    shown = found(office, "baraka")
    for words in ("Students", "Staff", "Security personnel", "Cards", "BARAKA1", "No card"):
        assert words in shown
    for person in people:
        assert person_url(person) in shown


def test_the_first_twenty_are_shown_and_the_rest_is_a_list_away(office: Client) -> None:
    for _ in range(MOST + 1):
        make_student(surname="Mushi & Sons")
    few = queries(office, "/admin/find/?q=mushi")
    shown = found(office, "mushi+%26")
    assert shown.count("portrait small") == MOST
    assert "/admin/students/student/?q=mushi+%26" in shown
    for _ in range(5):
        make_student(surname="Mushi")
    assert queries(office, "/admin/find/?q=mushi") == few <= MOST_QUERIES


@pytest.mark.parametrize("q", ["", "%00", "+", "'", "nobody", "x" * 1000, "%25_%5C"])
def test_nothing_found_is_said(office: Client, q: str) -> None:
    make_card()
    assert "Any part of a name" in found(office, q)


@pytest.mark.parametrize("role", Role.values)
def test_everybody_finds_people_and_officers_find_cards(make_user: MakeUser, role: str) -> None:
    holder = make_student(class_code=OWN_CLASS)
    browser, card = browser_of(make_user(role)), make_card(holder, rfid_number="04A32B1C")
    assert browser.get("/admin/find/?q=asha").status_code == 302
    response = browser.get("/admin/find/?q=04A32B1C")
    may = role in {"administrator", "registration_officer"}
    assert response.status_code == (302 if may else 200), card
