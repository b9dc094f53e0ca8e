"""The card printer in the office: designs, test pages, and how a card will look."""

import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from PIL import Image
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards import jobs
from cards.models import IDCardPrintLog
from cards.office.addresses import person_url
from cards.prints import print_card
from cards.tests.factories import make_card, make_student
from cards.tests.office import page
from cards.tests.test_print import decoded
from institution.tests.factories import decide
from people.models import Look

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
PRINTER = "/admin/cards/printer/"


def picture(response: Any) -> Image.Image:
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    return Image.open(io.BytesIO(response.content))


def test_both_designs_and_the_test_pages_are_there_to_look_at(office: Client) -> None:
    shown = page(office, PRINTER)
    assert "Two designs" in shown
    fronts = [picture(office.get(f"{PRINTER}{each}/staff/front.png")) for each in ("band", "panel")]
    assert fronts[0].size == fronts[1].size == (675, 426)
    assert fronts[0].tobytes() != fronts[1].tobytes()
    for layout in ("cr80", "a4"):
        pdf = office.get(f"{PRINTER}test-{layout}.pdf?flip=short")
        assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    for missing in ("other/staff/front", "band/cook/front", "band/staff/edge"):
        assert office.get(f"{PRINTER}{missing}.png").status_code == 404
    assert office.get(f"{PRINTER}test-letter.pdf").status_code == 404


def test_how_a_card_looks_is_shown_and_no_print(office: Client, settings: Settings) -> None:
    card = make_card()
    address = f"/admin/cards/card/{card.pk}/front.png"
    assert address in page(office, person_url(card.person))
    picture(office.get(address))
    assert Look.objects.filter(person=card.person_id, what=Look.What.CARD).exists()
    assert not IDCardPrintLog.objects.exists()
    odd = make_card(make_student(surname="\N{GOTHIC LETTER AHSA}"))
    assert office.get(f"/admin/cards/card/{odd.pk}/front.png").status_code == 409
    assert office.get(f"/admin/cards/card/{uuid4()}/front.png").status_code == 404
    settings.PUBLIC_URL = f"https://example.org/{'x' * 600}"
    refused = office.get(address)
    assert (refused.status_code, b"its place has" in refused.content) == (409, True)


def test_cards_are_printed_as_the_settings_say(user: User) -> None:
    card = make_card()
    before = print_card(card=card, by=user).pdf
    decide(CARD_DESIGN="panel", CARD_BACK_TURNED="true", CARD_SHIFT_RIGHT="7", SHEET_BACK_DOWN="-3")
    after = print_card(card=card, by=user).pdf
    assert after != before
    assert decoded(after) == decoded(before) != set()
    for layout in ("cr80", "a4"):
        job = jobs.print_cards(card_uuids=[card.pk], layout=layout, by=user)
        jobs.run(str(job.pk))
        job.refresh_from_db()
        assert (job.state, job.error) == ("done", "")


@pytest.mark.parametrize("role", Role.values)
def test_only_who_manages_cards_sees_how_they_look(make_user: MakeUser, role: str) -> None:
    may = role in {"administrator", "registration_officer"}
    browser, card = browser_of(make_user(role)), make_card()
    for address in (
        PRINTER,
        f"{PRINTER}band/student/back.png",
        f"/admin/cards/card/{card.pk}/back.png",
        f"{PRINTER}test-a4.pdf",
    ):
        assert browser.get(address).status_code == (200 if may else 403)
