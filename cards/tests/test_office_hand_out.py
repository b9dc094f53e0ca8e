"""The hand-out list: ticked, tapped, taken along by somebody else, and taken back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards import services
from cards.handing_out import hand_out
from cards.history import history_of_card
from cards.models import Card, HandOut
from cards.office.addresses import person_url
from cards.tests.factories import make_card, make_student, make_temporary_card, make_visitor
from cards.tests.office import MOST_QUERIES, page, queries, told
from people.models import Person
from visitors.models import Visitor

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
LISTS = "/admin/cards/hand-out/"


@pytest.fixture
def cards() -> list[Card]:
    return [make_card(make_student(class_code="F1 A&B")) for _ in range(3)]


CLASS = f"{LISTS}?group=student%3AF1+A%26B"


def test_a_class_is_ticked_off_and_a_slip_is_taken_back(
    office: Client, user: User, cards: list[Card]
) -> None:
    assert "3 cards waiting" in page(office, LISTS)
    assert all(str(card.pk) in page(office, CLASS) for card in cards)
    ticked = [str(card.pk) for card in cards[:2]]
    answer = office.post(CLASS, {"cards": ticked, "received_by": " Mwalimu  Neema "})
    assert answer["Location"] == CLASS
    assert told(answer) == "2 cards are received by Mwalimu  Neema."
    assert "1 card waiting" in page(office, LISTS)
    shown = page(office, f"{CLASS}&show=received")
    assert f"from {user}, taken along by Mwalimu Neema" in shown
    assert str(cards[2].pk) not in shown
    told_of, _, story = page(office, person_url(cards[0].person)).partition('id="story"')
    assert "taken along by Mwalimu Neema" in told_of
    assert "taken along by Mwalimu Neema" in story
    assert history_of_card(cards[0].pk)[0].action == "handed out"
    office.post(CLASS, {"back": ticked[0]})
    assert "2 cards waiting" in page(office, LISTS)


def test_a_class_is_handed_out_in_the_order_of_names(office: Client) -> None:
    for number, name in enumerate(("Chuma", "Abdi", "Baya")):
        make_card(make_student(class_code="F1 A&B", surname=name), rfid_number=f"04AABBCC0{number}")
    shown = page(office, CLASS)
    assert shown.index("Asha Abdi") < shown.index("Asha Baya") < shown.index("Asha Chuma")


def test_that_it_was_not_received_after_all_is_told_with_what_was_said_before(
    office: Client, user: User, cards: list[Card]
) -> None:
    card = cards[0]
    for whom in ("Mwalimu Neema", ""):
        office.post(CLASS, {"cards": [str(card.pk)], "received_by": whom})
        assert "waits to be handed out again" in told(office.post(CLASS, {"back": str(card.pk)}))
        office.post(CLASS, {"back": str(card.pk)})  # it is none by now
    history = history_of_card(card.pk)
    assert [change.action for change in history[:4]] == ["not handed out", "handed out"] * 2
    assert {change.by for change in history[:4]} == {user.username}
    _, _, story = page(office, person_url(card.person)).partition('id="story"')
    assert story.count("Not received") == 2
    assert story.count("taken along by Mwalimu Neema") == 1
    assert not HandOut.objects.exists()


def test_a_tap_or_a_scan_says_who_has_received_it(office: Client, cards: list[Card]) -> None:
    holder = cards[0].person
    assert f"{holder.full_name}, {holder.identifier} has received" in told(
        office.post(CLASS, {"text": f"{cards[0].rfid_number}\r"})
    )
    assert "had received this card before" in told(
        office.post(LISTS, {"text": f"HTTPS://X.ORG/V/{cards[0].code}"})
    )
    row = HandOut.objects.get()
    assert (row.card, row.how, row.received_by) == (cards[0], "tap", "")


def test_the_next_number_is_read_as_the_one_before(office: Client) -> None:
    holders = [make_student(class_code="F1 A&B") for _ in range(2)]
    url = CLASS
    for holder, number in zip(holders, ("E43AC9D2", "E43AC9D3"), strict=True):
        make_card(holder, number)
        text = str(int.from_bytes(bytes.fromhex(number), "little"))
        chosen = {"number_format": "dec_lsb"} if url == CLASS else _chosen_on(page(office, url))
        answer = office.post(url, {"text": text, **chosen})
        assert f"{holder.full_name}, {holder.identifier} has received" in told(answer)
        url = answer["Location"]
    assert url == f"{CLASS}&number_format=dec_lsb"
    assert f"{CLASS}&amp;number_format=dec_lsb&amp;show=received".removeprefix(LISTS) in page(
        office, url
    )


def _chosen_on(shown: str) -> dict[str, str]:
    (chosen,) = re.findall(r'<option value="(\w+)" selected>', shown)
    return {"number_format": chosen}


def test_of_two_desks_the_first_has_done_it(
    make_user: MakeUser, user: User, cards: list[Card]
) -> None:
    first = make_user("administrator")

    def while_the_other_writes(execute: Any, sql: str, *more: Any) -> Any:
        if sql.startswith('INSERT INTO "cards_handout"') and not first_row:
            first_row.append(cards[0].pk)
            HandOut.objects.create(card=cards[0], handed_out_by=first)
        return execute(sql, *more)

    first_row: list[Any] = []
    pks = [card.pk for card in cards[:2]]
    with connection.execute_wrapper(while_the_other_writes):
        assert hand_out(card_uuids=pks, by=user, how=HandOut.How.TICK) == [cards[1]]


def test_what_is_no_card_to_hand_out_is_refused(
    office: Client, user: User, cards: list[Card]
) -> None:
    lent = make_temporary_card(rfid_number="04AABB01")
    services.retire_card(card=cards[1], reason="lost")
    for text, words in [
        ("04AABB01", "none to hand out"),
        (cards[1].rfid_number, "none to hand out"),
        ("04AABB99", "Nobody has this card."),
        ("?", "The reader sent no number."),
    ]:
        assert words in told(office.post(LISTS, {"text": text})), text
    for data in ({}, {"cards": "nonsense"}, {"back": "nonsense"}):
        assert office.post(CLASS, data).status_code == 302
    pks = [cards[1].pk, lent.pk]
    assert hand_out(card_uuids=pks, by=user, how=HandOut.How.TICK) == []
    assert not HandOut.objects.exists()


def test_a_visitor_waits_for_a_card_until_the_visit_is_over(office: Client) -> None:
    visitor = make_card(make_visitor()).person
    assert "1 card waiting" in page(office, LISTS)
    Visitor.objects.filter(pk=visitor.pk).update(admitted_until=timezone.now())
    assert "card waiting" not in page(office, LISTS)


def test_nobody_who_is_gone_is_handed_a_card(office: Client, user: User) -> None:
    graduate, visitor = make_card(make_student()), make_card(make_visitor())
    Person.objects.filter(pk=graduate.person.pk).update(is_active=False)
    Visitor.objects.filter(pk=visitor.person.pk).update(admitted_until=timezone.now())
    for card in (graduate, visitor):
        assert "none to hand out" in told(office.post(LISTS, {"text": card.rfid_number}))
    pks = [graduate.pk, visitor.pk]
    assert hand_out(card_uuids=pks, by=user, how=HandOut.How.TICK) == []
    assert not HandOut.objects.exists()


def test_a_card_is_handed_out_once(user: User, cards: list[Card]) -> None:
    HandOut.objects.create(card=cards[0], handed_out_by=user)
    with pytest.raises(IntegrityError), transaction.atomic():
        HandOut.objects.create(card=cards[0], handed_out_by=user)


def test_a_longer_list_costs_no_more(office: Client, user: User, cards: list[Card]) -> None:
    hand_out(card_uuids=[cards[0].pk], by=user, how=HandOut.How.TICK)
    received = f"{CLASS}&show=received"
    few = [queries(office, url) for url in (LISTS, CLASS, received)]
    more = [make_card(make_student(class_code="F1 A&B")).pk for _ in range(4)]
    hand_out(card_uuids=more[:2], by=user, how=HandOut.How.TICK)
    assert [queries(office, url) for url in (LISTS, CLASS, received)] == few
    assert max(few) <= MOST_QUERIES


@pytest.mark.parametrize("role", Role.values)
def test_only_who_manages_cards_hands_them_out(
    make_user: MakeUser, role: str, cards: list[Card]
) -> None:
    may = role in {"administrator", "registration_officer"}
    browser: Any = browser_of(make_user(role))
    assert browser.get(CLASS).status_code == (200 if may else 403)
    ticked = {"cards": str(cards[0].pk)}
    assert browser.post(CLASS, ticked).status_code == (302 if may else 403)
    assert HandOut.objects.exists() is may
