"""Two desks at the same moment, on real connections."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.races import at_once
from accounts.tests.test_office import browser_of
from cards.models import Card
from cards.tests.factories import make_card, make_student
from cards.tests.test_desk import CHIP, OTHER_CHIP, at, tap

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desks(make_user: Callable[..., User]) -> list[Client]:
    return [browser_of(make_user("registration_officer", name)) for name in ("asha", "juma")]


def test_one_card_at_two_desks_is_one_person_s(desks: list[Client]) -> None:
    people = [make_student(), make_student()]
    answers: list[Any] = at_once(
        *(
            partial(tap, desk, at(person), CHIP, CHIP)
            for desk, person in zip(desks, people, strict=True)
        )
    )
    assert sorted(answer["state"] for answer in answers) == ["linked", "taken"]
    late = next(answer for answer in answers if answer["state"] == "taken")
    assert str(Card.objects.get().person.full_name) in late["says"]


def test_one_person_at_two_desks_has_one_card(desks: list[Client]) -> None:
    asha = make_student()
    chips = (CHIP, OTHER_CHIP)
    answers: list[Any] = at_once(
        *(partial(tap, desk, at(asha), chip, chip) for desk, chip in zip(desks, chips, strict=True))
    )
    assert sorted(answer["state"] for answer in answers) == ["linked", "refused"]
    assert Card.objects.count() == 1


def test_a_card_is_replaced_once(desks: list[Client]) -> None:
    old = make_card()
    chips = (CHIP, OTHER_CHIP)
    answers: list[Any] = at_once(
        *(
            partial(tap, desk, at(old.person), chip, chip, reason="lost", replaces=str(old.pk))
            for desk, chip in zip(desks, chips, strict=True)
        )
    )
    assert sorted(answer["state"] for answer in answers) == ["linked", "refused"]
    assert Card.objects.current().of(old.person).count() == 1
