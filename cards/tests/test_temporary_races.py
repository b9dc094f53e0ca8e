"""Two desks that lend at the same moment, on real connections.

Each race has a control: the same race without its guard, which must go wrong.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.tests.races import at_once, meeting
from cards import services
from cards.models import Card
from cards.tests.factories import make_card, make_overdue_card, make_student, make_temporary_card
from cards.tests.guards import without_constraint
from core.errors import InvalidFields

pytestmark = pytest.mark.django_db(transaction=True)

CHIP = "04AA0001"


def outcome(lend: Callable[[], Card]) -> str:
    try:
        lend()
    except InvalidFields as error:
        return ", ".join(error.fields)
    return "lent"


def lend_at_once(holders: list[Any], chips: list[str]) -> list[str]:
    return sorted(
        at_once(
            *(
                partial(outcome, partial(make_temporary_card, holder, chip))
                for holder, chip in zip(holders, chips, strict=True)
            )
        )
    )


def test_an_overdue_chip_at_two_desks_is_lent_once() -> None:
    old = make_overdue_card(rfid_number=CHIP)
    assert lend_at_once([make_student(), make_student()], [CHIP, CHIP]) == ["lent", "rfid_number"]
    old.refresh_from_db()
    assert old.retired_reason == "expired"
    assert Card.objects.filter(rfid_number=CHIP, retired_at=None).count() == 1


def test_control_without_the_constraint_a_chip_is_lent_twice() -> None:
    with without_constraint("cards_card_unique_rfid_number"):
        assert lend_at_once([make_student(), make_student()], [CHIP, CHIP]) == ["lent", "lent"]


def test_one_person_at_two_desks_has_one_temporary_card() -> None:
    asha = make_card().person
    assert lend_at_once([asha, asha], [CHIP, "04AA0002"]) == ["lent", "non_field_errors"]
    assert Card.objects.out(at=timezone.now()).count() == 1


def test_control_without_the_constraint_one_person_has_two() -> None:
    asha = make_student()
    with without_constraint("cards_card_one_temporary_for_a_person"):
        assert lend_at_once([asha, asha], [CHIP, "04AA0002"]) == ["lent", "lent"]


def issue_and_lend(monkeypatch: pytest.MonkeyPatch) -> Card:
    """An own and a temporary card at once, neither committed before both are there; the own."""
    asha = make_student()
    create = services._create

    def create_and_wait(fields: Any) -> Card:
        with transaction.atomic():
            card = create(fields)
            waiting()
        return card

    waiting = meeting(lambda: None, 2)
    monkeypatch.setattr(services, "_create", create_and_wait)
    at_once(partial(make_card, asha), partial(make_temporary_card, asha, CHIP))
    return Card.objects.current().get()


def test_an_own_card_that_is_issued_while_one_is_lent_stands_back() -> None:
    for _ in range(5):
        asha = make_student()
        at_once(partial(make_card, asha), partial(make_temporary_card, asha))
        own = Card.objects.current().of(asha).get()
        assert own.suspended_until is not None


def test_control_without_the_lock_on_the_person_the_own_card_stays_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _without_lock():
        assert issue_and_lend(monkeypatch).suspended_until is None


@contextmanager
def _without_lock() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('cards_describe_holder'::regproc)")
        (definition,) = cursor.fetchone()
        loose = definition.replace("FOR NO KEY UPDATE;", "FOR SHARE;")
        assert loose != definition
        cursor.execute(loose)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(definition)


def test_a_number_that_is_changed_while_a_card_is_lent_waits_and_does_not_deadlock() -> None:
    def renumber(card: Card) -> None:
        with transaction.atomic():
            locked = Card.objects.select_for_update(no_key=True).get(pk=card.pk)
            services.change_card(card=locked, changes={"rfid_number": f"04BB{card.pk.hex[:4]}"})

    for _ in range(5):
        own = make_card()
        at_once(partial(renumber, own), partial(make_temporary_card, own.person))
        own.refresh_from_db()
        assert own.rfid_number.startswith("04BB")
        assert own.suspended_until is not None
