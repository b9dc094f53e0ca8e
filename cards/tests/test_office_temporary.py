"""Temporary cards in the office: a person's page, the list, and what waits."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards import services
from cards.models import Card
from cards.office.addresses import person_url
from cards.tests.factories import (
    MAKERS,
    make_card,
    make_overdue_card,
    make_student,
    make_temporary_card,
    make_visitor,
)
from cards.tests.office import CARDS, MOST_QUERIES, page, queries, select, told

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
LIST = "/admin/cards/temporary/"
CHIP = "04AA0001"
MAY = [Role.ADMINISTRATOR, Role.REGISTRATION_OFFICER]


def lend(office: Client, holder: Any, text: str = CHIP, **more: str) -> Any:
    url = f"/admin/cards/temporary/lend/{holder.kind}/{holder.pk}/"
    return office.post(url, {"text": text, "number_format": "hex", **more})


def take_back(office: Client, card: Card, **form: str) -> Any:
    return office.post(f"{CARDS}{card.pk}/return/", form)


@pytest.mark.parametrize("kind", MAKERS)
def test_a_temporary_card_is_given_and_taken_back(office: Client, kind: str) -> None:
    holder = MAKERS[kind]()
    assert "Give a temporary card" in page(office, person_url(holder))
    response = lend(office, holder, "04:aa:00:01")
    assert response["Location"] == person_url(holder)
    lent = Card.objects.temporary().get()
    assert (lent.rfid_number, lent.person_id) == (CHIP, holder.pk)
    assert f"{holder.full_name} has temporary card {CHIP} until" in told(response)
    shown = page(office, person_url(holder))
    assert CHIP in shown
    assert "Temporary card returned" in shown
    assert "Give a temporary card" not in shown
    back = take_back(office, lent)
    assert (back["Location"], told(back)) == (person_url(holder), f"Temporary card {CHIP} is back.")
    assert "Retired: returned" in page(office, person_url(holder))


def test_the_own_card_is_shown_as_standing_back(office: Client) -> None:
    own = make_card()
    lend(office, own.person)
    assert "Temporary card in use" in page(office, person_url(own.person))
    assert "Temporary card until" in page(office, f"{CARDS}{own.pk}/change/")
    back = take_back(office, Card.objects.temporary().get())
    assert told(back) == f"Temporary card {CHIP} is back. Card {own} is good again."
    assert "Temporary card in use" not in page(office, person_url(own.person))


def test_it_is_given_for_as_long_as_was_said(office: Client) -> None:
    until = timezone.localtime().replace(second=0, microsecond=0) + timedelta(days=2)
    lend(office, make_student(), valid_until=f"{until:%Y-%m-%dT%H:%M}")
    assert Card.objects.get().expiry_date == until


def test_the_reader_s_spelling_is_that_of_the_desk(office: Client) -> None:
    lend(office, make_student(), "3829058002", number_format="dec_msb")
    assert Card.objects.get().rfid_number == "E43AC9D2"


@pytest.mark.parametrize(
    ("text", "number_format", "words"),
    [
        ("", "hex", "Tap the card, or type its number."),
        ("08112233", "hex", "This number is random"),
        ("13961168", "6h8d", "This spelling tells only a part of the number"),
        ("https://x/v/23456789ABCDEFGH", "hex", "This is the code of a card"),
    ],
)
def test_what_is_no_chip_is_refused_in_words(
    office: Client, text: str, number_format: str, words: str
) -> None:
    assert words in told(lend(office, make_student(), text, number_format=number_format))
    assert not Card.objects.exists()


def test_what_is_printed_on_a_card_is_not_its_chip(office: Client) -> None:
    old = services.retire_card(card=make_card(rfid_number=CHIP), reason="lost")
    response = lend(office, make_student(), f"https://x/v/{old.code}")
    assert told(response) == "This is what is printed on a card. Tap its chip."


def test_a_refusal_is_told(office: Client) -> None:
    holder = make_card(rfid_number=CHIP).person
    assert f"It is the card of {holder.full_name}" in told(lend(office, make_student()))
    visitor = make_visitor()
    long = timezone.localtime() + timedelta(days=2)
    response = lend(office, visitor, "04AA0002", valid_until=f"{long:%Y-%m-%dT%H:%M}")
    assert told(response).startswith("The visit is over on")
    assert told(lend(office, make_student(), valid_until="soon")) == "Enter a valid date/time."
    own = make_card()
    assert told(take_back(office, own)).startswith("This is no temporary card")


def test_who_has_an_overdue_one_is_offered_another(office: Client) -> None:
    shown = page(office, person_url(make_overdue_card().person))
    assert "Temporary card returned" in shown
    assert "Give a temporary card" in shown


def test_who_has_left_is_offered_none(office: Client) -> None:
    shown = page(office, person_url(make_student(is_active=False)))
    assert "Give a temporary card" not in shown


def test_the_page_of_a_temporary_card_prints_and_replaces_nothing(office: Client) -> None:
    lent = make_temporary_card()
    shown = page(office, f"{CARDS}{lent.pk}/change/")
    assert "Temporary card returned" in shown
    assert "Replace the card" not in shown
    assert f"{CARDS}{lent.pk}/print/" not in shown
    response = office.get(f"{CARDS}{lent.pk}/print/")
    assert told(response).startswith("A temporary card goes from hand to hand")


@pytest.mark.parametrize("action", ["print_cards", "replace", "retire"])
def test_a_selection_passes_over_temporary_cards(office: Client, action: str) -> None:
    lent = make_temporary_card()
    assert "temporary" in told(select(office, CARDS, action, [lent]))
    lent.refresh_from_db()
    assert not lent.is_retired


def test_the_list_shows_what_is_out_and_overdue(office: Client) -> None:
    over, out = make_overdue_card(rfid_number="04AA0001"), make_temporary_card()
    back = services.return_card(card=make_temporary_card(rfid_number="04AA0009"))
    everything = page(office, LIST)
    assert everything.index(over.rfid_number) < everything.index(out.rfid_number)
    assert back.rfid_number not in everything
    for query, card in (("overdue", over), ("out", out), ("returned", back)):
        shown = page(office, f"{LIST}?state={query}")
        assert [each.rfid_number in shown for each in (over, out, back)] == [
            each is card for each in (over, out, back)
        ]
    assert out.rfid_number not in page(office, f"{LIST}?q={over.rfid_number}")
    assert "Nothing found" in page(office, f"{LIST}?q=nobody")
    response = take_back(office, over, back="list")
    assert response["Location"] == LIST
    assert over.person.identifier not in page(office, LIST)


def test_the_list_costs_the_same_however_many_are_out(office: Client) -> None:
    make_temporary_card()
    page(office, LIST)
    one = queries(office, LIST)
    for maker in MAKERS.values():
        make_temporary_card(maker())
    assert queries(office, LIST) == one <= MOST_QUERIES


def test_an_empty_list_says_that_all_are_here(office: Client) -> None:
    assert "All temporary cards are here." in page(office, LIST)


def test_what_is_overdue_waits_on_the_home_page(office: Client) -> None:
    make_temporary_card()
    assert "overdue" not in page(office, "/admin/")
    make_overdue_card()
    assert "temporary card is overdue" in page(office, "/admin/")
    make_overdue_card()
    shown = page(office, "/admin/")
    assert "temporary cards are overdue" in shown
    assert f"{LIST}?state=overdue" in shown


def test_whoever_takes_overdue_cards_back_goes_on_with_the_others(office: Client) -> None:
    overdue = make_overdue_card()
    shown = page(office, f"{LIST}?state=overdue&q=a")
    fields = dict(re.findall(r'<input type="hidden" name="(back|state|q)" value="([^"]*)"', shown))
    assert take_back(office, overdue, **fields)["Location"] == f"{LIST}?state=overdue&q=a"


def test_people_and_cards_are_found_by_it(office: Client) -> None:
    own, other = make_card(), make_card()
    make_temporary_card(own.person, CHIP)
    shown = page(office, "/admin/students/student/?card=suspended")
    assert own.person.identifier in shown
    assert other.person.identifier not in shown
    assert CHIP in page(office, f"{CARDS}?state=temporary")
    shown = page(office, f"{CARDS}?state=suspended")
    assert own.rfid_number in shown
    assert CHIP not in shown


@pytest.mark.parametrize("role", [role for role in Role if role not in MAY])
def test_others_lend_nothing_and_have_no_list(make_user: MakeUser, role: str) -> None:
    somebody, student = browser_of(make_user(role)), make_student()
    lent = make_temporary_card()
    assert lend(somebody, student).status_code == 403
    assert somebody.get(LIST).status_code == 403
    assert take_back(somebody, lent).status_code == 403
    shown = somebody.get(person_url(lent.person), follow=True).content.decode()
    assert "Give a temporary card" not in shown
    assert "Temporary card returned" not in shown


def test_until_is_said_in_campus_time(office: Client) -> None:
    student = make_student()
    lend(office, student)
    ends = timezone.localtime(Card.objects.get().expiry_date)
    assert (ends.hour, ends.minute) == (0, 0)
    tomorrow = datetime.now(ends.tzinfo).date() + timedelta(days=1)
    assert f"{tomorrow.day} {tomorrow:%b %Y}, 00:00" in page(office, person_url(student))
