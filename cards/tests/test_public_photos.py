"""Photos in public answers: whoever was shown one sees it for ten minutes (contract section 6)."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from cards import services
from cards.models import Card
from cards.tests.factories import make_card, make_student
from people.models import Person
from people.photos import remove_photo, set_photo
from people.tests.pictures import jpeg

pytestmark = pytest.mark.django_db


@pytest.fixture
def card() -> Card:
    student = make_student()
    set_photo(person=student, upload=BytesIO(jpeg()), size=1)
    return make_card(student)


def by_person(card: Card) -> str:
    return f"/api/cards/verify/student/{card.person_id}/"


def shown_to_a_program(client: APIClient, url: str) -> str:
    address: str = client.get(url).json()["student"]["photo_url"]
    return urlsplit(address).path


def shown_on_a_page(client: APIClient, url: str) -> str:
    page = client.get(url, headers={"accept": "text/html"}).content.decode()
    found = re.search(r'<img src="(/media/[^"]+)"', page)
    assert found
    return found[1]


def status_of(client: APIClient, address: str) -> int:
    response: Any = client.get(address)
    response.getvalue()  # to the end, which closes the file
    status: int = response.status_code
    return status


@pytest.mark.parametrize("shown", [shown_to_a_program, shown_on_a_page])
@pytest.mark.parametrize("is_by_person", [False, True])
def test_a_photo_is_seen_for_ten_minutes_and_no_longer(
    anybody: APIClient, card: Card, shown: Callable[..., str], *, is_by_person: bool
) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        address = shown(anybody, by_person(card) if is_by_person else f"/v/{card.code}")
    for after, status in ((0, 200), (599, 200), (602, 404), (86_400, 404)):
        with time_machine.travel(now + timedelta(seconds=after), tick=False):
            assert status_of(anybody, address) == status, after


def test_it_is_a_picture_that_nobody_keeps_beyond_that(anybody: APIClient, card: Card) -> None:
    response: Any = anybody.get(shown_to_a_program(anybody, f"/v/{card.code}"))
    assert response["Content-Type"] == "image/jpeg"
    with Person.objects.get().photo.open() as stored:
        assert response.getvalue() == stored.read()
    scope, age = response["Cache-Control"].split(", ")
    assert scope == "private"
    assert int(age.removeprefix("max-age=")) <= 600


def test_its_address_names_neither_the_person_nor_the_file(anybody: APIClient, card: Card) -> None:
    person = Person.objects.get()
    for url in (by_person(card), f"/v/{card.code}"):
        address = shown_to_a_program(anybody, url)
        answer: Any = anybody.get(address)
        answer.getvalue()
        stem = str(person.photo.name).removeprefix("photos/").removesuffix(".jpg")
        for secret in (str(person.pk), person.pk.hex, stem, card.code, str(card.pk)):
            assert secret not in address
            assert secret not in str(answer.headers)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda card: services.retire_card(card=card, reason="lost"),
        lambda card: services.switch_card(card=card, is_active=False),
        lambda card: Person.objects.update(is_active=False),
        lambda card: remove_photo(person=Person.objects.get()),
        lambda card: card.delete(),
    ],
)
def test_it_ends_with_the_card_the_standing_and_the_photo(
    anybody: APIClient, card: Card, spoil: Callable[[Card], object]
) -> None:
    address = shown_to_a_program(anybody, f"/v/{card.code}")
    spoil(card)
    assert status_of(anybody, address) == 404


def test_by_person_it_ends_when_no_gate_would_let_them_in(anybody: APIClient, card: Card) -> None:
    address = shown_to_a_program(anybody, by_person(card))
    assert status_of(anybody, address) == 200
    Person.objects.update(status="Suspended")
    assert status_of(anybody, address) == 404


def test_an_address_that_nobody_gave_out_shows_nothing(anybody: APIClient, card: Card) -> None:
    address = shown_to_a_program(anybody, f"/v/{card.code}")
    number, _, rest = address.rpartition("/")[2].partition(":")
    other = address.replace(f"/{number}:{rest}", f"/{int(number) + 1}:{rest}")
    for forged in (other, f"{address[:-6]}x.jpg", "/media/shown/1.jpg", "/media/shown/%00.jpg"):
        assert status_of(anybody, forged) == 404, forged


def test_whoever_is_signed_in_is_given_the_lasting_address(
    officer: APIClient, anybody: APIClient, card: Card
) -> None:
    address = officer.get(f"/api/students/{card.person_id}/").json()["photo_url"]
    assert Person.objects.get().photo.name in address
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        assert status_of(anybody, urlsplit(address).path) == 200
