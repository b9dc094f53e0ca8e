"""Is this card good? Whoever is asked, and however, the answer is the same in every state."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from cards import services
from cards.lookup import find_cards, find_cards_at
from cards.models import Card
from cards.number_formats import NumberFormat, read_number
from cards.office.states import card_state
from cards.standing import RULES
from cards.tests.factories import MAKERS, make_card
from office.tasks import Tone
from people import standing as people_standing
from people.kinds import PersonKind, kinds
from people.models import Person
from people.standing import NOT_EXPECTED, OK
from pos.tests.factories import make_reader

pytestmark = pytest.mark.django_db

CODES = (*(rule.code for rule in RULES), *people_standing.CODES)
GATE = "/api/pos/taps/"


@dataclass(frozen=True)
class State:
    is_retired: bool
    is_switched_on: bool
    expires_in: timedelta | None
    status: str
    is_holder_active: bool
    visit: tuple[timedelta, timedelta] | None
    suspended_for: timedelta | None
    left_days_ago: int | None = None

    def expected(self, kind: PersonKind) -> str:
        """Written anew, from the contract: the first thing that is wrong, the card's before the
        holder's."""
        if self.is_retired:
            return "card_retired"
        if not self.is_switched_on:
            return "card_inactive"
        if self.expires_in is not None and self.expires_in <= timedelta():
            return "card_expired"
        if self.suspended_for is not None and self.suspended_for > timedelta():
            return "card_suspended"
        comes_in = {
            "student": {"Active"},
            "staff": {"Active", "On Leave"},
            "security": {"Active"},
            "visitor": {"Active"},
        }[kind.key]
        has_left = not self.is_holder_active or (self.left_days_ago or 0) > 0
        if has_left or self.status not in comes_in:
            return "holder_inactive"
        is_expected = self.visit is None or self.visit[0] <= timedelta() < self.visit[1]
        return "ok" if is_expected else "not_expected"


def states_of(kind: PersonKind) -> list[State]:
    never, later, past = None, timedelta(days=1), timedelta(days=-1)
    both = (True, False)
    visits = [(past, later), (past * 2, past), (later, later * 2)] if kind.has_visit else [None]
    expiry = (never, later, past)
    states = product(both, both, expiry, kind.statuses, both, visits, [never])
    # While a temporary card lasts, and after it: with the least of the rest that tells all apart.
    lent = product(both, both, (never, past), kind.statuses[:2], both, visits[:2], [later, past])
    # On the last day on the roll, and on the one after it.
    leaving: Any = product(
        [False], both, [never], kind.statuses[:2], [True], visits[:2], [never], [0, 1]
    )
    return [State(*each) for each in (*states, *lent, *leaving)]


def cards_in_every_state(kind: PersonKind) -> dict[Card, State]:
    """One of each; retired ones were switched on or off before."""
    cards = {}
    for state in states_of(kind):
        card = make_card(MAKERS[kind.key]())
        if not state.is_switched_on:
            services.switch_card(card=card, is_active=False)
        if state.expires_in is not None:
            at = timezone.now() + state.expires_in
            services.change_card(card=card, changes={"expiry_date": at})
        if state.suspended_for is not None:
            until = timezone.now() + state.suspended_for
            Card.objects.filter(pk=card.pk).update(suspended_until=until)
        if state.is_retired:
            services.retire_card(card=card, reason="lost")
        holder = Person.objects.filter(pk=card.person_id)
        holder.update(status=state.status, is_active=state.is_holder_active)
        if state.left_days_ago is not None:
            last_day = timezone.localdate() - timedelta(days=state.left_days_ago)
            holder.update(left_on=last_day, enrolled_on=last_day)
        if state.visit:
            begins, ends = (timezone.now() + apart for apart in state.visit)
            holder.update(admitted_from=begins, admitted_until=ends)
        cards[card] = state
    return cards


@pytest.fixture(params=kinds(), ids=lambda kind: kind.key)
def cast(request: pytest.FixtureRequest) -> dict[Any, str]:
    """Every card's id, and what is to be said of it."""
    kind: PersonKind = request.param
    expected = {card.pk: state.expected(kind) for card, state in cards_in_every_state(kind).items()}
    assert set(expected.values()) == set(CODES) - (set() if kind.has_visit else {NOT_EXPECTED})
    return expected


def card_says(cast: dict[Any, str]) -> None:
    """A card."""
    now = timezone.now()
    cards = Card.objects.select_related("person")
    assert {card.pk: card.standing(at=now) for card in cards} == cast


def queries_find(cast: dict[Any, str]) -> None:
    """Queries, by standing."""
    now = timezone.now()
    found = {code: set(_keys(Card.objects.in_standing(code, at=now))) for code in CODES}
    assert found == {code: {pk for pk, said in cast.items() if said == code} for code in CODES}
    with pytest.raises(KeyError):
        Card.objects.in_standing("no_such_code", at=now)


def _keys(cards: Any) -> list[Any]:
    return list(cards.values_list("pk", flat=True))


def gate_finds(cast: dict[Any, str]) -> None:
    """What a gate looks up, now and from history."""
    now = timezone.now()
    numbers = Card.objects.values_list("rfid_number", flat=True)
    readings = [read_number(number, NumberFormat.HEX) for number in numbers]
    found = [card for cards in find_cards(readings).values() for card in cards]
    assert {card.card_uuid: card.standing(at=now) for card in found} == cast
    # Before each row's own time, and after the start of the transaction, by which history is dated.
    then = Card.objects.earliest("created_at").created_at - timedelta(microseconds=1)
    past = find_cards_at([(reading, then) for reading in readings])
    found = [card for cards in past.values() for card in cards]
    assert {card.card_uuid: card.standing(at=then) for card in found} == cast


def tap_is_answered(cast: dict[Any, str]) -> None:
    """A tap."""
    gate = make_reader()[1]
    cards = list(Card.objects.all())
    taps = [{"event_id": str(card.pk), "card": card.rfid_number} for card in cards]
    results = gate.post(f"{GATE}batch/", {"taps": taps}, format="json").json()["results"]
    said = {card.pk: result["code"] for card, result in zip(cards, results, strict=True)}
    assert said == cast


def who_verifies_is_told(cast: dict[Any, str], anybody: APIClient) -> None:
    """Whoever verifies."""
    said: dict[Any, str] = {}
    for card in Card.objects.select_related("person"):
        person = f"/api/cards/verify/{card.card_type}/{card.person_id}/"
        body = anybody.get(f"/v/{card.code}", REMOTE_ADDR=_address(len(said))).json()
        said[card.pk] = OK if body["verified"] else body["reason"]
        is_good = said[card.pk] == OK
        assert body[card.card_type]["card_active"] is is_good
        by_person = anybody.get(person, REMOTE_ADDR=_address(len(said)))
        assert (by_person.status_code == 404) is (card.person.admitted != OK)
        if by_person.status_code == 200:
            assert by_person.json()[card.card_type]["card_active"] is is_good
    assert said == cast


def _address(number: int) -> str:
    """Each its own: an address that asks too often waits."""
    return f"192.0.2.{number}"


def office_shows(cast: dict[Any, str]) -> None:
    """No card is green that a gate would refuse."""
    now = timezone.now()
    for card in Card.objects.select_related("person"):
        _, tone = card_state(card, at=now)
        assert (tone == Tone.GOOD) is (cast[card.pk] == OK)


def test_whoever_is_asked_the_answer_is_the_same(cast: dict[Any, str], anybody: APIClient) -> None:
    """In one test, for there are many cards: those of visitors alone take a second to make."""
    card_says(cast)
    queries_find(cast)
    gate_finds(cast)
    office_shows(cast)
    tap_is_answered(cast)
    who_verifies_is_told(cast, anybody)
