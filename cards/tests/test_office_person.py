"""The card on a person's page: what it shows, what can be done, for whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards import services
from cards.models import Card, IDCardPrintLog
from cards.office.addresses import person_url
from cards.tests.factories import MAKERS, make_card, make_student
from cards.tests.office import CARDS, MOST_QUERIES, page, queries, told
from cards.tests.test_print import decoded
from conftest import OWN_CLASS

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
DEEDS = ("on", "off", "retire", "replace")


def issue_url(holder: Any) -> str:
    return f"/admin/cards/issue/{holder.kind}/{holder.pk}/"


def do(office: Client, card: Card, deed: str, **form: str) -> Any:
    return office.post(f"{CARDS}{card.pk}/{deed}/", form)


@pytest.mark.parametrize("kind", MAKERS)
def test_a_person_gets_a_card_and_the_page_shows_it(office: Client, kind: str) -> None:
    holder = MAKERS[kind]()
    shown = page(office, person_url(holder))
    assert "No card" in shown
    assert f'"/admin/cards/desk/?person={kind}:{holder.pk}"' in shown
    response = office.post(issue_url(holder))
    assert response["Location"] == person_url(holder)
    card = Card.objects.of(holder).get()
    shown = page(office, person_url(holder))
    assert card.rfid_number in shown
    assert "Issue a card" not in shown
    assert card.created_by is not None
    assert card.created_by.username == "registration_officer"


def test_a_second_card_is_refused_in_words(office: Client) -> None:
    holder = make_card().person
    assert told(office.post(issue_url(holder))) == "Student already has a card."
    left = make_student(is_active=False)
    assert told(office.post(issue_url(left))) == "Student is not active."
    assert Card.objects.count() == 1


def test_who_has_left_is_offered_no_card(office: Client) -> None:
    assert "Issue a card" not in page(office, person_url(make_student(is_active=False)))


def test_a_card_is_switched_off_and_on_again(office: Client) -> None:
    card = make_card()
    for deed, is_active, words in (("off", False, "Switched off"), ("on", True, "Active")):
        assert do(office, card, deed)["Location"] == person_url(card.person)
        card.refresh_from_db()
        assert card.is_active is is_active
        assert words in page(office, person_url(card.person))


@pytest.mark.parametrize("reason", ["lost", "stolen", "damaged", "returned", "expired"])
def test_a_card_is_retired_with_its_reason(office: Client, reason: str) -> None:
    card = make_card()
    response = do(office, card, "retire", reason=reason)
    assert told(response) == f"Card {card} is retired for good: {reason}."
    card.refresh_from_db()
    assert card.retired_reason == reason
    shown = page(office, person_url(card.person))
    assert f"Retired: {reason}" in shown
    assert "Issue a card" in shown


def test_a_card_is_replaced_in_one_step(office: Client) -> None:
    card = make_card(expiry_date=timezone.now() + timedelta(days=30))
    do(office, card, "replace", reason="lost")
    card.refresh_from_db()
    new = Card.objects.of(card.person).current().get()
    assert (card.retired_reason, new.replaces) == ("lost", card)
    assert new.expiry_date == card.expiry_date


@pytest.mark.parametrize("deed", ["retire", "replace"])
@pytest.mark.parametrize("reason", ["", "borrowed", "\x00"])
def test_without_a_good_reason_nothing_happens(office: Client, deed: str, reason: str) -> None:
    card = make_card()
    assert told(do(office, card, deed, reason=reason))
    card.refresh_from_db()
    assert not card.is_retired
    assert Card.objects.count() == 1


@pytest.mark.parametrize("deed", DEEDS)
def test_a_retired_card_stays_retired(office: Client, deed: str) -> None:
    card = services.retire_card(card=make_card(), reason="lost")
    assert "retired for good" in told(do(office, card, deed, reason="lost"))
    assert Card.objects.get().retired_reason == "lost"


def test_a_print_is_shown_and_logged(office: Client) -> None:
    card = make_card()
    response = office.get(f"{CARDS}{card.pk}/print/")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("inline")
    assert {text.rpartition("/")[2] for text in decoded(response.content)} == {card.code}
    log = IDCardPrintLog.objects.get()
    assert (log.success, log.printed_by.username) == (True, "registration_officer")


def test_whoever_prints_one_card_once_more_is_asked_why(office: Client) -> None:
    card = make_card()
    asks = "Why once more?"
    assert asks not in page(office, person_url(card.person))
    office.get(f"{CARDS}{card.pk}/print/")
    assert asks in page(office, person_url(card.person))
    for reason in ("New photo", "\x00", "x" * 201):
        again = office.get(f"{CARDS}{card.pk}/print/", {"reason": reason})
        assert again["Content-Type"] == "application/pdf"
    reasons = IDCardPrintLog.objects.order_by("printed_at").values_list("reason", flat=True)
    assert list(reasons) == ["", "New photo", "", ""]


def test_a_print_that_fails_is_a_message_and_a_row(office: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://" + "x" * 900
    card = make_card()
    response = office.get(f"{CARDS}{card.pk}/print/")
    assert response["Location"] == person_url(card.person)
    assert "could not be drawn" in told(response)
    assert IDCardPrintLog.objects.get().success is False


def test_a_retired_card_is_not_printed(office: Client) -> None:
    card = services.retire_card(card=make_card(), reason="lost")
    assert "not printed" in told(office.get(f"{CARDS}{card.pk}/print/"))
    assert not IDCardPrintLog.objects.exists()


def test_a_name_that_no_card_can_show_is_told_in_no_word_of_the_api(office: Client) -> None:
    card = make_card(make_student(first_name="Juma", surname="李明"))
    said = told(office.get(f"{CARDS}{card.pk}/print/"))
    assert "李, 明. Edit the person and give them a name on the card." in said
    assert "card_name" not in said


def test_many_earlier_cards_cost_no_more_queries(office: Client) -> None:
    card = make_card()
    few = queries(office, person_url(card.person))
    for _ in range(4):
        card = services.replace_card(card=card, reason="lost", rfid_number=None, by=None)
    assert queries(office, person_url(card.person)) == few <= MOST_QUERIES
    assert page(office, person_url(card.person)).count("Retired: lost") == 4


def test_nothing_is_done_by_following_a_link(office: Client) -> None:
    card = make_card()
    for deed in DEEDS:
        assert office.get(f"{CARDS}{card.pk}/{deed}/").status_code == 405
    assert office.get(issue_url(make_student())).status_code == 405


def test_nobody_and_nothing_are_404(office: Client) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    assert office.post(f"/admin/cards/issue/student/{nobody}/").status_code == 404
    assert office.post(f"/admin/cards/issue/dog/{nobody}/").status_code == 404
    for deed in DEEDS:
        assert office.post(f"{CARDS}{nobody}/{deed}/").status_code == 404
    assert office.get(f"{CARDS}{nobody}/print/").status_code == 404


@pytest.mark.parametrize("role", Role.values)
def test_only_who_manages_cards_does_anything_with_them(make_user: MakeUser, role: str) -> None:
    may = role in {"administrator", "registration_officer"}
    holder, other = (make_student(class_code=OWN_CLASS) for _ in range(2))
    browser, card = browser_of(make_user(role)), make_card(other)
    shown = page(browser, person_url(card.person))
    assert (card.rfid_number in shown) is may
    assert "Active" in shown
    for button in ("Switch off", "Replace", "Report lost", "/print/"):
        assert (button in shown) is may, button
    assert ("Issue a card" in page(browser, person_url(holder))) is may
    assert browser.post(issue_url(holder)).status_code == (302 if may else 403)
    for deed in DEEDS:
        status = do(browser, card, deed, reason="lost").status_code
        assert status == (302 if may else 403), deed
    assert browser.get(f"{CARDS}{make_card().pk}/print/").status_code == (200 if may else 403)


def test_an_outsider_is_led_to_the_sign_in(client: Client, make_user: Callable[..., User]) -> None:
    make_user("administrator")
    card = make_card()
    response = do(client, card, "retire", reason="lost")
    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]
    card.refresh_from_db()
    assert not card.is_retired
