"""The enrolment desk: what a tap says, and that two taps of one card link it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards import services
from cards.desk.queue import Queue, key_of
from cards.desk.spellings import SPELLINGS, WARNINGS
from cards.desk.taps import _checked, _whole_number
from cards.faces import verify_address
from cards.models import Card
from cards.number_formats import BadNumber, NumberFormat, read_number, spell
from cards.tests.factories import (
    MAKERS,
    make_card,
    make_guard,
    make_member,
    make_overdue_card,
    make_student,
    make_temporary_card,
)
from people.models import Person
from pos.models import FORMAT_LABELS
from staff.kind import STAFF

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
DESK = "/admin/cards/desk/"
CHIP, OTHER_CHIP = "04A32B1C", "E43AC9D2"
MAY = [Role.ADMINISTRATOR, Role.REGISTRATION_OFFICER]
FINDS_ONLY = [
    NumberFormat.EM_6H8D,
    NumberFormat.EM_3_5,
    NumberFormat.W26,
    NumberFormat.W26_DEC,
]
REGISTERS = [each for each in NumberFormat if each not in FINDS_ONLY]


def at(person: Person | None = None, queue: str = "") -> str:
    parts = [f"queue={queue}" if queue else "", f"person={key_of(person)}" if person else ""]
    return f"{DESK}?{'&'.join(part for part in parts if part)}"


def tap(client: Client, address: str, text: str, first: str = "", **form: str) -> dict[str, Any]:
    """As the script sends it."""
    response = client.post(
        address,
        {"text": text, "first": first, "number_format": "hex", **form},
        headers={"accept": "application/json"},
    )
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


def tap_twice(client: Client, address: str, text: str, **form: str) -> dict[str, Any]:
    first = tap(client, address, text, **form)
    return tap(client, address, text, first["number"], **form)


# --- with a person ---------------------------------------------------------------------------


def test_the_first_tap_shows_the_number_and_writes_nothing(office: Client) -> None:
    asha = make_student()
    answer = tap(office, at(asha), "04:a3:2b:1c")
    assert (answer["state"], answer["number"]) == ("first", CHIP)
    assert f'name="first" value="{CHIP}"' in answer["html"]
    assert Card.objects.count() == 0


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_the_second_tap_of_the_same_card_links_it(
    office: Client, user: User, make: Callable[[], Person]
) -> None:
    person = make()
    answer = tap_twice(office, at(person), "04:a3:2b:1c\r")
    assert answer["state"] == "linked"
    card = Card.objects.get()
    assert (card.rfid_number, card.person_id, card.created_by) == (CHIP, person.pk, user)
    assert f"/{card.pk}/print/" in answer["html"]


def test_another_card_at_the_second_tap_starts_over(office: Client) -> None:
    asha = make_student()
    answer = tap(office, at(asha), OTHER_CHIP, first=CHIP)
    assert (answer["state"], answer["number"]) == ("first", OTHER_CHIP)
    assert "another card" in answer["says"]
    assert Card.objects.count() == 0
    assert tap(office, at(asha), OTHER_CHIP, first=OTHER_CHIP)["state"] == "linked"


def test_nothing_typed_confirms_what_was_shown_whatever_the_spelling(office: Client) -> None:
    asha = make_student()
    first = tap(office, at(asha), "3536403172", number_format="dec_lsb")
    assert first["number"] == OTHER_CHIP
    answer = tap(office, at(asha), "", first=first["number"], number_format="dec_lsb")
    assert answer["state"] == "linked"
    assert Card.objects.get().rfid_number == OTHER_CHIP


def test_somebody_else_s_card_is_not_taken(office: Client) -> None:
    theirs = make_card(make_student(first_name="Juma"), CHIP)
    answer = tap_twice(office, at(make_student()), CHIP)
    assert answer["state"] == "taken"
    assert str(theirs.person.full_name) in answer["says"]
    assert Card.objects.count() == 1


def test_the_chip_of_a_retired_card_is_given_to_another(office: Client) -> None:
    old = services.retire_card(card=make_card(rfid_number=CHIP), reason="returned")
    next_one = make_student()
    first = tap(office, at(next_one), CHIP)
    assert first["state"] == "first"
    assert f"It was the card of {old.person.full_name}." in first["says"]
    assert tap(office, at(next_one), CHIP, CHIP)["state"] == "linked"
    assert Card.objects.current().get().person_id == next_one.pk


def test_a_chip_that_was_not_brought_back_is_given_to_another(office: Client) -> None:
    make_temporary_card(rfid_number=CHIP)
    assert tap_twice(office, at(make_student()), CHIP)["state"] == "taken"
    over = make_overdue_card(rfid_number=OTHER_CHIP)
    assert tap_twice(office, at(make_student()), OTHER_CHIP)["state"] == "linked"
    over.refresh_from_db()
    assert over.retired_reason == "expired"


def test_what_is_printed_on_a_retired_card_is_nobody_s_any_more(office: Client) -> None:
    old = services.retire_card(card=make_card(rfid_number=CHIP), reason="returned")
    answer = tap_twice(office, at(make_student()), verify_address(old))
    assert answer["state"] == "retired"
    assert Card.objects.count() == 1


def test_one_s_own_card_is_recognised(office: Client) -> None:
    card = make_card(rfid_number=CHIP)
    assert "already" in tap(office, at(card.person), CHIP)["says"]


def test_who_has_a_card_gets_another_only_with_a_reason(office: Client) -> None:
    old = make_card(rfid_number=CHIP)
    page = tap(office, at(old.person), OTHER_CHIP)
    assert "has a card already" in page["html"]
    refused = tap(office, at(old.person), OTHER_CHIP, OTHER_CHIP)
    assert refused["state"] == "refused"
    assert f'value="{OTHER_CHIP}"' in refused["html"]  # the tap need not be repeated twice
    for reason, replaces in (("eaten", str(old.pk)), ("lost", "another"), ("lost", "")):
        form = {"reason": reason, "replaces": replaces}
        assert tap(office, at(old.person), OTHER_CHIP, OTHER_CHIP, **form)["state"] == "refused"
    form = {"reason": "lost", "replaces": str(old.pk)}
    answer = tap(office, at(old.person), OTHER_CHIP, OTHER_CHIP, **form)
    assert answer["state"] == "linked"
    old.refresh_from_db()
    assert old.retired_reason == "lost"
    assert Card.objects.current().get().replaces == old


def test_nobody_inactive_gets_a_card(office: Client) -> None:
    gone = make_student(is_active=False)
    answer = tap_twice(office, at(gone), CHIP)
    assert answer["state"] == "refused"
    assert "not active" in answer["says"]
    assert Card.objects.count() == 0


# --- without a person ------------------------------------------------------------------------


def test_without_a_person_a_tap_says_whose_card_it_is(office: Client) -> None:
    card = make_card(rfid_number=CHIP)
    answer = tap(office, DESK, CHIP)
    assert answer["state"] == "taken"
    assert str(card.person.full_name) in answer["says"]
    assert f"/admin/students/student/{card.person.pk}/change/" in answer["html"]


def test_a_card_of_nobody_is_said_and_never_linked(office: Client) -> None:
    assert tap_twice(office, DESK, CHIP)["state"] == "free"
    assert Card.objects.count() == 0


def test_the_printed_code_finds_its_card(office: Client) -> None:
    card = make_card(rfid_number=CHIP)
    address = f"https://cards.example.org/v/{card.code}"
    assert str(card.person.full_name) in tap(office, DESK, address)["says"]
    another = address[:-1] + ("3" if address.endswith("2") else "2")
    assert tap(office, DESK, another)["state"] == "refused"


# --- the reader's spelling -------------------------------------------------------------------


def test_every_format_of_readers_can_be_chosen() -> None:
    formats = [spelling.number_format for spelling in SPELLINGS]
    assert sorted(formats) == sorted(NumberFormat) == sorted(FORMAT_LABELS)


def test_formats_that_lose_digits_warn() -> None:
    lossy = {each for each in NumberFormat if read_number(spell("00D507D0", each), each).is_lossy}
    assert {each for each in NumberFormat if WARNINGS[each]} == lossy


@pytest.mark.parametrize("number_format", FINDS_ONLY)
def test_a_part_of_a_number_finds_a_card_and_registers_none(
    office: Client, number_format: NumberFormat
) -> None:
    asha = make_student()
    text = spell("00D507D0", number_format)
    answer = tap_twice(office, at(asha), text, number_format=number_format)
    assert answer["state"] == "refused"
    assert Card.objects.count() == 0
    make_card(rfid_number="00D507D0")
    assert tap(office, DESK, text, number_format=number_format)["state"] == "taken"


def test_a_part_of_a_number_that_fits_several_names_them_all(office: Client) -> None:
    cards = [make_card(rfid_number=number) for number in ("01D507D0", "02D507D0")]
    answer = tap(office, DESK, spell("00D507D0", NumberFormat.EM_6H8D), number_format="6h8d")
    assert answer["state"] == "several"
    assert all(str(card.person.full_name) in answer["html"] for card in cards)


@pytest.mark.parametrize("number_format", REGISTERS)
@given(chip=st.binary(min_size=4, max_size=4))
def test_a_gate_finds_what_the_desk_registers(number_format: NumberFormat, chip: bytes) -> None:
    """For whatever chip: the same text at a gate of the same spelling is the same card."""
    try:
        reading = read_number(spell(chip.hex().upper(), number_format), number_format)
    except BadNumber:
        return
    enrolled = _checked(_whole_number(reading), ())
    assert enrolled.problem or reading.matches(enrolled.number)


@pytest.mark.parametrize("text", ["08A1B2C3", "88A1B2C3", "00000000", "EDBA996", "１２", "x" * 65])
def test_what_can_be_no_card_is_refused_with_the_reason(office: Client, text: str) -> None:
    answer = tap_twice(office, at(make_student()), text)
    assert answer["state"] == "refused"
    assert Card.objects.count() == 0


def test_a_number_that_was_registered_as_text_is_found(office: Client) -> None:
    card = make_card(rfid_number="1234567")
    assert str(card.person.full_name) in tap(office, DESK, "1234567")["says"]


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\ud83d", "'; DROP TABLE", "<b>", "9" * 5000, "é", "\n", "%%", "٣٤٥٦"]
)
def test_no_text_breaks_the_desk(office: Client, text: str) -> None:
    sent = text.encode(errors="surrogatepass").decode(errors="replace")
    for number_format in (*NumberFormat, "nonsense", "\x00"):
        form = {"text": sent, "first": sent, "number_format": number_format, "reason": sent}
        for address in (DESK, at(make_student())):
            assert office.post(address, form).status_code in (200, 302)


@pytest.mark.parametrize(
    "value", ["", "student:", "student:x", "cat:1", "\x00", ":", "student:\x00"]
)
def test_no_address_breaks_the_desk(office: Client, value: str) -> None:
    for name in ("person", "queue", "done", "q"):
        assert office.get(DESK, {name: value}).status_code == 200


# --- without the script ----------------------------------------------------------------------


def test_the_form_alone_does_the_same(office: Client) -> None:
    asha = make_student()
    page = office.post(at(asha), {"text": "04 A3 2B 1C", "number_format": "hex"})
    assert "Tap the same card again" in page.content.decode()
    response = office.post(at(asha), {"text": "", "first": CHIP, "number_format": "hex"})
    card = Card.objects.get()
    assert response["Location"] == f"{DESK}?done={card.pk}"
    assert f"has card {CHIP}" in office.get(response["Location"]).content.decode()


# --- the queue and the search ----------------------------------------------------------------


def test_a_class_is_worked_through_in_the_order_of_its_list(office: Client) -> None:
    names = ["Mushi", "Abdallah", "Zuberi"]
    people = {name: make_student(surname=name, class_code="IT2026A") for name in names}
    make_student(surname="Baraka", class_code="CS21")
    make_card(make_student(surname="Chande", class_code="IT2026A"))
    make_student(surname="Daudi", class_code="IT2026A", is_active=False)
    page = office.get(f"{DESK}?queue=student:IT2026A").content.decode()
    assert "IT2026A: 3 without a card" in page
    served = []
    person: Person | None = people["Abdallah"]
    for number in (1, 2, 3):
        assert person is not None
        served.append(person)
        answer = tap_twice(office, at(person, "student:IT2026A"), f"04A32B{number}0")
        shown = [
            each for each in people.values() if key_of(each) in answer["url"].replace("%3A", ":")
        ]
        person = shown[0] if shown else None
    assert [str(each.surname) for each in served] == sorted(names)
    assert "Everybody in IT2026A has a card" in answer["html"]


def test_whoever_is_skipped_comes_again_at_the_end() -> None:
    first, second = (make_member(surname=name, department="Estates") for name in ("A", "B"))
    queue = Queue(STAFF, "Estates")
    assert queue.after(None) == [first, second]
    assert queue.after(first) == [second]
    assert queue.after(second) == [first]


def test_guards_are_one_queue(office: Client) -> None:
    make_guard()
    page = office.get(f"{DESK}?queue=security:").content.decode()
    assert "Security personnel: 1 without a card" in page


def test_a_search_offers_people_and_takes_a_single_one_at_once(office: Client) -> None:
    asha, other = make_student(surname="Wanjikũ"), make_member(surname="Wanjiku")
    page = office.get(DESK, {"q": "wanjiku", "queue": "security:"}).content.decode()
    assert all(key_of(person).replace(":", "%3A") in page for person in (asha, other))
    response = office.get(DESK, {"q": asha.identifier})
    assert response["Location"] == f"{DESK}?person={key_of(asha).replace(':', '%3A')}"
    assert "Nobody is found" in office.get(DESK, {"q": "nobody"}).content.decode()


# --- who, and what it costs ------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_only_who_manages_cards_finds_the_desk(make_user: MakeUser, role: str) -> None:
    client = browser_of(make_user(role))
    expected = 200 if role in MAY else 403
    assert client.get(DESK).status_code == expected
    assert client.post(DESK, {"text": CHIP}).status_code == expected
    assert (DESK in client.get("/admin/").content.decode()) == (role in MAY)


def test_nobody_is_led_to_the_login_page(user: User) -> None:
    assert Client().post(DESK)["Location"].startswith("/admin/login/")


def test_a_tap_without_the_form_s_token_is_refused(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(DESK, {"text": CHIP}).status_code == 403


def test_pages_take_as_many_queries_for_few_people_as_for_many(office: Client) -> None:
    counts = set()
    for number in (2, 40):
        for at_all in range(number):
            make_student(class_code="IT2026A")
            make_card(make_member(surname=f"Wanjiku{at_all}"))
        card = make_card()
        with CaptureQueriesContext(connection) as queries:
            office.get(f"{DESK}?queue=student:IT2026A")
            office.get(f"{DESK}?queue=student:IT2026A&q=wanjiku")
            tap(office, f"{DESK}?queue=student:IT2026A", card.rfid_number)
        counts.add(len(queries))
    (count,) = counts
    assert count <= 3 * 25
