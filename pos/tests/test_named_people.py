"""Taps that name a person instead of a card, as terminals do."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendance.models import Attendance
from cards.models import Card
from cards.services import retire_card
from cards.tests.factories import (
    make_card,
    make_member,
    make_student,
    make_temporary_card,
)
from pos.authentication import reader_known_as
from pos.ledger import record_taps
from pos.models import Code, Decision, Tap
from pos.protocol import IncomingTap, ItemStatus, TapAnswer
from pos.tests.factories import all_day_period, make_hatch, make_reader
from students.models import Student

pytestmark = pytest.mark.django_db


def name(
    number: str, *, at: datetime | None = None, offline: bool = False, event: str = "1"
) -> TapAnswer:
    """Tapped at a gate, by somebody of this number."""
    reader = reader_known_as(make_reader()[0].pk)
    assert reader
    tap = IncomingTap(event, number, tapped_at=at, offline=offline, names_person=True)
    (result,) = record_taps(source=reader.source, taps=[tap], received_at=timezone.now())
    return result.answered()


def with_card(**fields: object) -> tuple[Student, Card]:
    student = make_student(identifier="REG/17", **fields)
    return student, make_card(student)


def test_a_person_is_known_by_the_identification_number_in_any_case() -> None:
    student, card = with_card()
    answer = name("reg/17")
    assert (answer.decision, answer.code) == (Decision.ACCEPTED, Code.OK)
    row = Tap.objects.get()
    assert (row.person_id, row.card_uuid, row.card_text) == (student.pk, card.pk, "reg/17")
    assert Attendance.objects.get().person_id == student.pk


def test_a_person_is_known_by_the_pin_at_terminals() -> None:
    student, _ = with_card(terminal_pin="4711")
    assert name("4711").holder
    assert Tap.objects.get().person_id == student.pk


def test_a_number_that_is_nobodys_is_an_unknown_card() -> None:
    with_card()
    assert name("18").code == Code.UNKNOWN_CARD
    assert Tap.objects.get().card_text == "18"


def test_whoever_never_had_a_card_is_an_unknown_card() -> None:
    make_student(identifier="REG/17")
    assert name("REG/17").code == Code.UNKNOWN_CARD


def test_a_card_number_that_looks_like_it_is_not_meant() -> None:
    make_card(make_student(identifier="REG/18"), "04A32B1C")
    assert name("04A32B1C").code == Code.UNKNOWN_CARD


def test_the_number_of_one_and_the_pin_of_another_is_nobody() -> None:
    make_card(make_student(identifier="12"))
    make_card(make_member(terminal_pin="12"))
    assert name("12").code == Code.AMBIGUOUS_CARD


def test_the_number_of_two_kinds_is_nobody() -> None:
    make_card(make_student(identifier="12"))
    make_card(make_member(identifier="12"))
    assert name("12").code == Code.AMBIGUOUS_CARD


def test_who_is_not_admitted_is_refused() -> None:
    with_card(status="Suspended")
    answer = name("REG/17")
    assert (answer.decision, answer.code) == (Decision.DENIED, Code.HOLDER_INACTIVE)


def test_a_card_that_is_switched_off_is_refused() -> None:
    _, card = with_card()
    Card.objects.filter(pk=card.pk).update(is_active=False)
    assert name("REG/17").code == Code.CARD_INACTIVE


def test_of_a_lost_card_the_last_word_is_told() -> None:
    _, card = with_card()
    retire_card(card=card, reason="lost")
    assert name("REG/17").code == Code.CARD_RETIRED


def test_a_temporary_card_lets_its_holder_in_by_number() -> None:
    student, _ = with_card()
    temporary = make_temporary_card(student)
    assert name("REG/17").code == Code.OK
    assert Tap.objects.get().card_uuid == temporary.pk


def test_a_chip_that_is_anothers_by_now_is_not_theirs() -> None:
    _, card = with_card()
    number = card.rfid_number
    retire_card(card=card, reason="lost")
    make_card(make_student(identifier="REG/18"), number)
    answer = name("REG/17")
    assert answer.code == Code.UNKNOWN_CARD
    assert Tap.objects.get().person_id is None


@pytest.mark.django_db(transaction=True)  # the history dates its entries by transaction
def test_an_uploaded_one_is_judged_as_of_its_moment() -> None:
    _, card = with_card()
    before = timezone.now()
    retire_card(card=card, reason="lost")
    answer = name("REG/17", at=before, offline=True)
    assert (answer.code, answer.would_deny) == (Code.OK, False)
    later = name("REG/17", at=timezone.now(), offline=True)
    assert (later.decision, later.code) == (Decision.ACCEPTED, Code.CARD_RETIRED)
    assert later.would_deny


def test_a_meal_is_served_by_number() -> None:
    all_day_period()
    with_card()
    reader = reader_known_as(make_hatch()[0].pk)
    assert reader
    taps = [IncomingTap(str(n), "REG/17", names_person=True) for n in range(2)]
    first, second = record_taps(source=reader.source, taps=taps, received_at=timezone.now())
    assert first.answered().meal
    assert first.answered().meal == second.answered().meal  # read twice


def test_of_two_reads_at_one_moment_either_may_be_the_one_that_is_served() -> None:
    """Which of them the database takes is chance; so here are many."""
    all_day_period()
    reader = reader_known_as(make_hatch()[0].pk)
    assert reader
    numbers = [f"N{each}" for each in range(16)]
    for number in numbers:
        make_card(make_student(identifier=number))
    taps = [
        IncomingTap(f"{number}-{read}", number, names_person=True)
        for number in numbers
        for read in range(2)
    ]
    answers = [
        recorded.answered().meal
        for recorded in record_taps(source=reader.source, taps=taps, received_at=timezone.now())
    ]
    assert all(answers)
    assert answers[::2] == answers[1::2]


def test_the_same_number_as_a_card_and_as_a_person_are_two_taps() -> None:
    as_card, as_person = (IncomingTap("1", "12", names_person=is_it) for is_it in (False, True))
    assert as_card.content != as_person.content


def test_many_are_found_in_as_many_statements_as_a_few() -> None:
    reader = reader_known_as(make_reader()[0].pk)
    assert reader

    def cost(first: int, number: int) -> int:
        for each in range(first, first + number):
            make_card(make_student(identifier=f"N{each}"))
        at = timezone.now()
        taps = [
            IncomingTap(str(n), f"N{n}", at, offline=bool(n % 2), names_person=True)
            for n in range(first, first + number)
        ]
        with CaptureQueriesContext(connection) as context:
            results = record_taps(source=reader.source, taps=taps, received_at=at)
        assert {result.status for result in results} == {ItemStatus.CREATED}
        assert {result.answered().code for result in results} == {Code.OK}
        return len(context)

    cost(0, 4)
    assert cost(10, 4) == cost(100, 30)
