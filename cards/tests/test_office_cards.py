"""The list of cards, a card's page, and the logs of printing and verifying."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from cards import services
from cards.models import Card, IDCardPrintLog
from cards.office.addresses import person_url
from cards.office.states import OLD_NAME
from cards.prints import print_card
from cards.tests.factories import MAKERS, make_card, make_student
from cards.tests.office import CARDS, MOST_QUERIES, STUDENTS, page, queries, told

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
ALL = {"active", "off", "lost", "replaced", "returned", "expired", "new", "suspended"}
PRINTS, VERIFICATIONS = "/admin/cards/idcardprintlog/", "/admin/cards/idcardverificationlog/"


@pytest.fixture
def user(make_user: MakeUser) -> User:
    return make_user("administrator")


@pytest.fixture
def cast(user: User) -> dict[str, Card]:
    """A card in each state."""
    cards = {name: make_card() for name in ("active", "off", "lost", "replaced", "returned")}
    services.switch_card(card=cards["off"], is_active=False)
    services.retire_card(card=cards["lost"], reason="lost")
    services.replace_card(card=cards["replaced"], reason="stolen", rfid_number="AAAA1", by=user)
    services.retire_card(card=cards["returned"], reason="returned")
    cards["expired"] = make_card(expiry_date=timezone.now() - timedelta(days=1))
    cards["suspended"] = make_card(make_student(status="Suspended"))
    cards["new"] = Card.objects.get(rfid_number="AAAA1")
    print_card(card=cards["active"], by=user)
    return cards


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=active", {"active", "new"}),
        ("state=off", {"off"}),
        ("state=expired", {"expired"}),
        ("state=refused", {"suspended"}),
        ("state=retired", {"lost", "replaced", "returned"}),
        ("state=lost", {"lost"}),
        ("printed=once", {"active"}),
        ("printed=never", {"off", "expired", "new", "suspended"}),
        ("printed=new", {"off", "expired", "new", "suspended"}),
        ("retired_reason__exact=stolen", {"replaced"}),
        ("state=nonsense", ALL),
    ],
)
def test_cards_are_filtered(
    office: Client, cast: dict[str, Card], query: str, names: set[str]
) -> None:
    shown = page(office, f"{CARDS}?{query}")
    assert {name for name, card in cast.items() if str(card.pk) in shown} == names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("card=none", {"lost", "returned"}),
        ("card=any", {"active", "off", "expired", "new", "suspended"}),
        ("card=active", {"active", "new"}),
        ("card=off", {"off"}),
        ("card=expired", {"expired"}),
        ("card=refused", {"suspended"}),
    ],
)
def test_people_are_filtered_by_their_card(
    office: Client, cast: dict[str, Card], query: str, names: set[str]
) -> None:
    make_student(is_active=False)  # who has left needs none
    shown = page(office, f"{STUDENTS}?{query}")
    holders = {card.person.identifier for name, card in cast.items() if name in names}
    others = {card.person.identifier for card in cast.values()} - holders
    assert all(number in shown for number in holders)
    assert not any(number in shown for number in others)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("active", '<span class="chip good">Active</span>'),
        ("off", '<span class="chip warn">Switched off</span>'),
        ("expired", '<span class="chip bad">Expired</span>'),
        ("suspended", '<span class="chip warn">Holder not admitted</span>'),
        ("lost", '<span class="chip bad">Retired: lost</span>'),
        ("returned", '<span class="chip quiet">Retired: returned</span>'),
    ],
)
def test_a_cards_page_says_how_it_stands(
    office: Client, cast: dict[str, Card], name: str, words: str
) -> None:
    card = cast[name]
    shown = page(office, f"{CARDS}{card.pk}/change/")
    assert words in shown
    assert card.rfid_number in shown
    assert person_url(card.person) in shown
    assert ("Switch off" in shown or "Activate" in shown) is not card.is_retired
    assert 'name="_save"' not in shown
    assert words in page(office, CARDS)


@pytest.mark.django_db(transaction=True)  # entries are dated by their transactions
def test_a_cards_page_tells_its_life(office: Client) -> None:
    card = make_card()
    office.get(f"{CARDS}{card.pk}/print/")
    office.post(f"{CARDS}{card.pk}/retire/", {"reason": "lost"})
    shown = page(office, f"{CARDS}{card.pk}/change/")
    for action in ("Created", "Printed", "Retired"):
        assert f"<strong>{action}</strong>" in shown
    assert queries(office, f"{CARDS}{card.pk}/change/") <= MOST_QUERIES


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_longer_list_costs_no_more_queries(office: Client, make: Callable[[], object]) -> None:
    make_card(make())
    few = queries(office, CARDS)
    for _ in range(10):
        make_card(make())
    assert queries(office, CARDS) == few <= MOST_QUERIES


def test_the_print_log_is_found_by_holder_and_number(office: Client, user: User) -> None:
    cards = [make_card(make_student(surname=name)) for name in ("Kweka", "Lema")]
    for card in cards:
        print_card(card=card, by=user)
    IDCardPrintLog.objects.filter(card_uuid=cards[1].pk).update(success=False)
    for query, is_first in (
        ("q=kweka", True),
        ("q=lema+asha", False),
        (f"q={cards[1].rfid_number.lower()}", False),
        ("result=printed", True),
        ("result=failed", False),
    ):
        shown = page(office, f"{PRINTS}?{query}")
        assert (cards[0].rfid_number in shown, cards[1].rfid_number in shown) == (
            is_first,
            not is_first,
        ), query
    few = queries(office, PRINTS)
    for _ in range(5):
        print_card(card=cards[0], by=user)
    assert queries(office, PRINTS) == few <= MOST_QUERIES


def test_the_verification_log_is_looked_at(office: Client, client: Client) -> None:
    card = make_card()
    client.get(f"/api/cards/verify/student/{card.person.pk}/")
    few = queries(office, VERIFICATIONS)
    for _ in range(5):
        client.get(f"/api/cards/verify/student/{card.person.pk}/")
    client.get("/api/cards/verify/student/nonsense/")
    assert queries(office, VERIFICATIONS) == few <= MOST_QUERIES
    shown = page(office, f"{VERIFICATIONS}?result__exact=verified&q=asha")
    assert '<span class="chip good">Verified</span>' in shown
    assert ">Not Found</span>" not in shown


@pytest.mark.parametrize("url", [CARDS, PRINTS, VERIFICATIONS, STUDENTS])
@pytest.mark.parametrize("query", ["q=%00", "state=%00", "card=%00", "printed=x&result=%ff", "p=x"])
def test_bad_questions_are_no_crash(office: Client, url: str, query: str) -> None:
    assert office.get(f"{url}?{query}").status_code in {200, 302}


def test_cards_that_end_soon_are_found_told_of_and_prolonged(office: Client) -> None:
    soon = make_card(expiry_date=timezone.now() + timedelta(days=20))
    make_card(expiry_date=timezone.now() + timedelta(days=40))
    make_card(make_student(status="Suspended"), expiry_date=soon.expiry_date)
    shown = page(office, f"{CARDS}?state=ending")
    assert [str(card.pk) in shown for card in Card.objects.order_by("created_at")] == [
        True,
        False,
        False,
    ]
    assert "card expires within 30 days" in page(office, "/admin/")
    asked = {"cards": str(soon.pk)}
    assert "Prolong 1 card" in office.post("/admin/cards/prolong/", asked).content.decode()
    refused: Any = office.post("/admin/cards/prolong/", {**asked, "until": ""})
    assert "no validity is set" in told(refused)
    assert "Prolong 1 card" in refused.content.decode()  # asked once more, with the same cards
    over: Any = office.post("/admin/cards/prolong/", {**asked, "until": "2020-01-01"})
    assert "This day is over." in over.content.decode()
    office.post("/admin/cards/prolong/", {**asked, "until": "2099-12-31"})
    soon.refresh_from_db()
    assert soon.expiry_date is not None
    assert timezone.localtime(soon.expiry_date).isoformat() == "2099-12-31T23:59:59+03:00"


def test_cards_that_show_an_old_name_are_a_list(office: Client, user: User) -> None:
    old, other = make_card(), make_card()
    for card in (old, other):
        print_card(card=card, by=user)
    few = queries(office, CARDS)
    assert str(OLD_NAME) not in page(office, CARDS)
    old.person.surname = "Kweka"
    old.person.save(update_fields=["surname"])
    shown = page(office, f"{CARDS}?printed=old")
    assert str(old.pk) in shown
    assert str(other.pk) not in shown
    assert str(OLD_NAME) in page(office, CARDS)
    assert queries(office, CARDS) == few
    print_card(card=Card.objects.with_holders().get(pk=old.pk), by=user)
    assert str(OLD_NAME) not in page(office, CARDS)
