"""Which cards a reader would admit, for when there is no line (contract section 8)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from cards.models import Card
from cards.services import issue_temporary_card, replace_card, retire_card, switch_card
from cards.tests.factories import make_card, make_guard, make_student, make_visitor
from people.models import Person
from pos.models import Device
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL = "/api/pos/admission/"


def asked(client: APIClient, **query: str) -> tuple[bool, list[str], list[str]]:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert set(said) == {"as_of", "complete", "cards", "withdrawn"}
    return said["complete"], said["cards"], said["withdrawn"]


def old_reader() -> APIClient:
    """One whose settings have not changed lately."""
    device, client = make_reader()
    Device.objects.filter(pk=device.pk).update(updated_at=timezone.now() - timedelta(days=1))
    return client


def test_good_cards_are_admitted_and_others_that_are_known_withdrawn() -> None:
    good = make_card(make_student(), "04000001")
    stolen = make_card(make_guard(), "04000002")
    retire_card(card=stolen, reason=Card.Reason.STOLEN)
    off = make_card(make_student(), "04000003")
    switch_card(card=off, is_active=False)
    gone = make_card(make_student(), "04000004")
    Person.objects.filter(pk=gone.person_id).update(is_active=False)
    assert good.rfid_number == "04000001"
    _, gate = make_reader()
    complete, cards, withdrawn = asked(gate)
    assert complete
    assert cards == ["04000001"]
    assert withdrawn == ["04000002", "04000003", "04000004"]


def test_every_card_is_judged_as_a_tap_is() -> None:
    for each in range(1, 6):
        make_card(make_student(), f"0400000{each}")
    replace_card(
        card=Card.objects.get(rfid_number="04000002"),
        reason=Card.Reason.LOST,
        rfid_number="0400000A",
        by=None,
    )
    switch_card(card=Card.objects.get(rfid_number="04000003"), is_active=False)
    Card.objects.filter(rfid_number="04000004").update(expiry_date=timezone.now())
    visitor = make_card(make_visitor(), "04000006")
    Card.objects.filter(pk=visitor.pk).update(expiry_date=timezone.now() + timedelta(days=1))
    _, gate = make_reader()
    _, cards, withdrawn = asked(gate)
    for number in (*cards, *withdrawn):
        tap = {"event_id": number, "card": number}
        decision = gate.post("/api/pos/taps/", tap).json()["decision"]
        assert decision == ("accepted" if number in cards else "denied"), number
    assert {*cards, *withdrawn} == set(Card.objects.values_list("rfid_number", flat=True))


def test_a_chip_that_was_issued_again_is_admitted() -> None:
    first = make_card(make_student(), "04000001")
    retire_card(card=first, reason=Card.Reason.RETURNED)
    make_card(make_student(), "04000001")
    assert asked(make_reader()[1])[1:] == (["04000001"], [])


def test_the_numbers_are_as_the_reader_spells_them() -> None:
    make_card(make_student(), "E43AC9D2")
    make_card(make_student(), "RF123456789")
    _, gate = make_reader(number_format="dec_lsb")
    assert asked(gate)[1] == ["3536403172", "RF123456789"]
    for card in asked(gate)[1]:
        assert gate.post("/api/pos/taps/", {"card": card}).json()["code"] == "ok"


def test_cards_that_the_reader_cannot_tell_apart_are_not_admitted() -> None:
    make_card(make_student(), "01AABBCC")
    make_card(make_student(), "02AABBCC")
    make_card(make_student(), "0300DDEE")
    _, gate = make_reader(number_format="6h8d")
    _, cards, withdrawn = asked(gate)
    assert (cards, withdrawn) == (["00056814"], ["11189196"])


def test_at_a_hatch_they_are_of_those_who_are_entitled() -> None:
    make_card(make_student(), "04000001")
    make_card(make_guard(), "04000002")
    _, hatch = make_hatch()
    assert asked(hatch)[1] == []
    all_day_period(who="students")
    assert asked(hatch)[1] == ["04000001"]


def test_at_a_muster_point_every_card_is_known() -> None:
    retire_card(card=make_card(make_student(), "04000001"), reason=Card.Reason.LOST)
    assert asked(make_reader(is_muster=True)[1])[1] == ["04000001"]


def test_unchanged_is_told_in_a_word() -> None:
    card = make_card(make_student(), "04000001")
    _, gate = make_reader()
    first = gate.get(URL)
    tag = first.headers["ETag"]
    again = gate.get(URL, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    switch_card(card=card, is_active=False)
    changed = gate.get(URL, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["withdrawn"]) == (200, ["04000001"])


def _stolen(card: Card) -> None:
    retire_card(card=card, reason=Card.Reason.STOLEN)


def _left(card: Card) -> None:
    Person.objects.filter(pk=card.person_id).update(is_active=False, updated_at=timezone.now())


def _renumbered(card: Card) -> None:
    Card.objects.filter(pk=card.pk).update(rfid_number="04000099", updated_at=timezone.now())


def _lent(card: Card) -> None:
    until = timezone.now() + timedelta(hours=8)
    issue_temporary_card(holder=card.person, rfid_number="04000099", by=None, valid_until=until)


@pytest.mark.dialect
@pytest.mark.parametrize("deed", [_stolen, _left, _renumbered, _lent, Card.delete])
def test_since_then_tells_what_was_withdrawn(deed: Callable[[Card], Any]) -> None:
    make_card(make_student(), "04000001")
    card = make_card(make_student(), "04000002")
    gate = old_reader()
    since = gate.get(URL).json()["as_of"]
    deed(card)
    complete, cards, withdrawn = asked(gate, since=since)
    assert (complete, withdrawn) == (False, ["04000002"])
    assert {*cards} <= {"04000001", "04000099"}


def test_what_has_not_changed_since_is_not_said_again() -> None:
    make_card(make_student(), "04000001")
    gate = old_reader()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        since = gate.get(URL).json()["as_of"]
        assert asked(gate, since=since) == (False, [], [])


def test_what_ends_by_itself_is_withdrawn_then() -> None:
    now = timezone.now()
    card = make_card(make_student(), "04000001")
    Card.objects.filter(pk=card.pk).update(expiry_date=now + timedelta(hours=2))
    gate = old_reader()
    with time_machine.travel(now + timedelta(hours=1)):
        since = gate.get(URL).json()["as_of"]
        assert asked(gate, since=since) == (False, [], [])
    with time_machine.travel(now + timedelta(hours=3)):
        assert asked(gate, since=since) == (False, [], ["04000001"])


def test_who_leaves_is_withdrawn_after_the_last_day() -> None:
    noon = timezone.localtime().replace(hour=12)
    with time_machine.travel(noon):
        make_card(make_student(left_on=noon.date()), "04000001")
        gate = old_reader()
    with time_machine.travel(noon + timedelta(hours=11)):
        since = gate.get(URL).json()["as_of"]
        assert asked(gate, since=since) == (False, [], [])
        assert asked(gate)[1:] == (["04000001"], [])
    with time_machine.travel(noon + timedelta(hours=13)):
        assert asked(gate, since=since) == (False, [], ["04000001"])
        since = gate.get(URL).json()["as_of"]
    with time_machine.travel(noon + timedelta(hours=15)):
        assert asked(gate, since=since) == (False, [], [])


def test_of_other_settings_all_is_told_and_of_a_new_reader_what_changed() -> None:
    make_card(make_student(), "04000001")
    before = timezone.now().isoformat()
    device, gate = make_reader()
    assert asked(gate, since=before)[0] is True
    since = timezone.now().isoformat()
    assert asked(gate, since=since)[0] is False
    changed_at = device.created_at + timedelta(seconds=1)
    Device.objects.filter(pk=device.pk).update(updated_at=changed_at)
    assert asked(gate, since=since)[0] is True


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01T00:00:00Z", "1"])
def test_since_is_an_instant(since: str) -> None:
    answer = make_reader()[1].get(URL, {"since": since})
    assert (answer.status_code, [*answer.json()][:1]) == (400, ["since"])


def test_it_names_nobody() -> None:
    make_card(make_student(first_name="Nasra"), "04000001")
    assert b"Nasra" not in make_reader()[1].get(URL).content


def test_many_people_cost_no_query_more() -> None:
    _, gate = make_reader()
    with CaptureQueriesContext(connection) as few:
        gate.get(URL)
    student = make_student()
    Person.objects.bulk_create(
        Person(kind=student.kind, surname="Mushi", first_name="Asha", identifier=f"S{number:05}")
        for number in range(200)
    )
    people = Person.objects.filter(identifier__startswith="S0")
    Card.objects.bulk_create(
        Card(
            person=person, card_type=person.kind, rfid_number=f"04{number:06X}", code=_code(number)
        )
        for number, person in enumerate(people)
    )
    with CaptureQueriesContext(connection) as many:
        answer = gate.get(URL)
    assert len(answer.json()["cards"]) == 200
    assert len(many) == len(few) == 2


def _code(number: int) -> str:
    letters = "23456789ABCDEFGH"
    return "".join(letters[int(digit, 16)] for digit in uuid4().hex[:16])
