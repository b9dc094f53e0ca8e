"""Card numbers from a list: read, looked at, and assigned to those whose rows are good."""

import io
from collections.abc import Callable
from contextlib import closing
from datetime import date, time
from typing import Any

import psycopg2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards import services
from cards.models import Card
from cards.number_formats import NumberFormat
from cards.number_lists import CHANGED_SINCE, read_number_list, write_number_list
from cards.tests.factories import make_card, make_guard, make_student
from people.cells import SORT_MESSAGE

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
URL = "/admin/cards/numbers/"


def upload(office: Client, content: bytes, **more: str) -> Any:
    return office.post(URL, {"file": SimpleUploadedFile("n.csv", content), **more})


def as_csv(*rows: tuple[str, ...], header: str = "Reg. No.,Card UID") -> bytes:
    return "\n".join([header, *map(",".join, rows)]).encode()


def test_a_list_is_looked_at_and_then_assigned(office: Client) -> None:
    new, held, same, other = (make_student() for _ in range(4))
    card, kept = make_card(held), make_card(same, "04A1B2C3")
    make_card(other, "04FF0001")
    content = as_csv(
        (new.identifier.lower(), "04:aa:bb:01"),
        (held.identifier, "04AABB02"),
        (same.identifier, "04 A1 B2 C3"),
        (make_student().identifier, "04FF0001"),
        ("DIT/0000/0", "04AABB03"),
    )
    shown = upload(office, content)
    assert shown.context["counts"] == (
        "2 refused, 1 would be issued a card, 1 would have another number on their card, "
        "1 have this number already"
    )
    for words in (f"card of {other.full_name}", "nobody with this number", f"Instead of {card}"):
        assert words in shown.content.decode()
    assert Card.objects.count() == 3
    done = office.post(URL, {"rows": shown.context["kept"]})
    assert "1 were issued a card, 1 have this number on their card" in done.context["counts"]
    assert Card.objects.get(person=new).rfid_number == "04AABB01"
    card.refresh_from_db()
    kept.refresh_from_db()
    assert (card.rfid_number, kept.rfid_number) == ("04AABB02", "04A1B2C3")
    assert done.context["written"].count(",") == 1
    again = upload(office, content)
    assert "3 have this number already" in again.context["counts"]


def test_a_number_that_our_own_export_marked_is_read_as_it_was(office: Client) -> None:
    person = make_student(identifier="-77/A")
    kept = upload(office, as_csv(("'-77/A", "04AABB01"))).context["kept"]
    done = office.post(URL, {"rows": kept})
    assert done.context["counts"] == "1 were issued a card"
    assert Card.objects.get().person_id == person.pk


def test_what_is_true_by_now_counts(office: Client) -> None:
    mine, other = make_student(), make_student()
    kept = upload(office, as_csv((mine.identifier, "04AABB01"))).context["kept"]
    make_card(other, "04AABB01")
    assert office.post(URL, {"rows": kept}).context["counts"] == "1 refused"
    assert not Card.objects.filter(person=mine).exists()


def test_whose_card_changed_since_somebody_looked_keeps_it(office: Client) -> None:
    issued, changed, replaced, done = (make_student() for _ in range(4))
    cards = [make_card(person) for person in (changed, replaced, done)]
    people = (issued, changed, replaced, done)
    rows = [(person.identifier, f"04AABB0{place}") for place, person in enumerate(people)]
    kept = upload(office, as_csv(*rows)).context["kept"]
    make_card(issued, "04FF0000")
    for card, number in ((cards[0], "04FF0001"), (cards[2], "04AABB03")):
        services.change_card(card=card, changes={"rfid_number": number})
    services.retire_card(card=cards[1], reason="lost")
    told = office.post(URL, {"rows": kept})
    assert told.context["counts"] == "3 refused, 1 have this number already"
    assert told.content.decode().count("card has changed since you looked.") == 3
    numbers = Card.objects.filter(retired_at=None).values_list("rfid_number", flat=True)
    assert set(numbers) == {"04FF0000", "04FF0001", "04AABB03"}


def test_a_card_that_changes_before_it_is_locked_keeps_its_number(user: User) -> None:
    person = make_student()
    card = make_card(person)
    content = as_csv((person.identifier, "04AABB01"))
    numbers = read_number_list(content, number_format=NumberFormat.HEX)
    services.change_card(card=card, changes={"rfid_number": "04FF0001"})
    (row,) = write_number_list(numbers, by=user).rows
    assert row.refusal == str(CHANGED_SINCE)
    assert Card.objects.get().rfid_number == "04FF0001"


@pytest.mark.django_db(transaction=True)
def test_a_card_that_somebody_else_holds_is_a_refusal_of_its_row(user: User) -> None:
    people = [make_student() for _ in range(2)]
    cards = [make_card(person) for person in people]
    rows = [(person.identifier, f"04AABB0{place}") for place, person in enumerate(people)]
    numbers = read_number_list(as_csv(*rows), number_format=NumberFormat.HEX)
    other = psycopg2.connect(**connection.get_connection_params())
    with closing(other), other.cursor() as cursor:
        cursor.execute("SELECT FROM cards_card WHERE card_uuid = %s FOR UPDATE", [str(cards[0].pk)])
        held, free = write_number_list(numbers, by=user).rows
    assert "Somebody else is changing this card" in held.refusal
    assert free.written


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("{}", ""), "no card number in this row"),
        (("", "04AABB01"), "whose card"),
        (("{}", "1.23E+11"), "shortened this number"),
        (("{}", "0413"), "number"),
        (("{}", "08A1B2C3"), "number"),
        (("{}", "=A1"), "formula"),
    ],
)
def test_a_row_that_says_nothing_is_refused(cells: tuple[str, str], words: str) -> None:
    row = tuple(cell.format(make_student().identifier) for cell in cells)
    (read,) = read_number_list(as_csv(row), number_format=NumberFormat.HEX).rows
    assert words in read.refusal


def test_rows_that_contradict_each_other_are_refused_both_and_a_repeat_once() -> None:
    one, two, three = (make_student().identifier for _ in range(3))
    rows = (
        (one, "04AABB01"),
        (two, "04AABB01"),
        (one, "04AABB02"),
        (three, "04AABB03"),
        (three, "04:aa:bb:03"),
    )
    read = read_number_list(as_csv(*rows), number_format=NumberFormat.HEX).rows
    assert [row.refusal for row in read] == [
        "Row 3 says otherwise of this number.",
        "Row 2 says otherwise of this number.",
        "Row 2 says otherwise of this person.",
        "",
        "Row 5 says the same.",
    ]


def test_two_kinds_with_one_number_are_told_apart_by_the_kind() -> None:
    student, guard = make_student(identifier="77"), make_guard(identifier="77")
    content = as_csv(
        ("77", "04AABB01", ""),
        ("77", "04AABB02", "Security"),
        ("77", "04AABB03", "cook"),
        header="number,rfid_number,kind",
    )
    first, second, third = read_number_list(content, number_format=NumberFormat.HEX).rows
    assert "several kinds" in first.refusal
    assert (second.refusal, second.person and second.person.pk) == ("", guard.pk)
    assert "The kind is one of" in third.refusal
    assert student.pk != guard.pk


def test_a_workbook_of_another_spelling_is_read_as_its_readers_will() -> None:
    person, book, file = make_student(), Workbook(), io.BytesIO()
    sheet: Any = book.active
    sheet.append(["Cards of the factory"])
    sheet.append(["Registration number", "RFID number"])
    sheet.append([person.identifier, 3536403172])
    book.save(file)
    (row,) = read_number_list(file.getvalue(), number_format=NumberFormat.DEC_LSB).rows
    assert (row.refusal, row.number) == ("", "E43AC9D2")


def test_what_a_spreadsheet_made_of_a_number_is_refused() -> None:
    person, book, file = make_student(), Workbook(), io.BytesIO()
    sheet: Any = book.active
    sheet.append(["Registration number", "RFID number"])
    for made in (True, date(2027, 3, 1), time(4, 13), 0x04AABB01):
        sheet.append([person.identifier, made])
    book.save(file)
    rows = read_number_list(file.getvalue(), number_format=NumberFormat.DEC_MSB).rows
    made_of_it = ["true or false", "a date", "a time of day"]
    assert [row.refusal for row in rows] == [
        *(SORT_MESSAGE.format(sort=sort) for sort in made_of_it),
        "",
    ]


def test_what_is_no_list_is_said(office: Client) -> None:
    assert b"Choose a file first." in office.post(URL, {}).content
    refused = upload(office, b"name,colour\nA,red\n")
    assert refused.status_code == 400
    assert b"lacks these columns: the identification number, rfid_number" in refused.content
    template: Any = office.get(f"{URL}?template=1")
    assert b"".join(template.streaming_content).strip().endswith(b"number,rfid_number,kind")


def test_a_long_list_takes_as_many_queries_as_a_short_one() -> None:
    rows = [(make_student().identifier, f"04AABB{place:02X}") for place in range(12)]
    taken = []
    for part in (rows[:2], rows):
        with CaptureQueriesContext(connection) as captured:
            assert len(read_number_list(as_csv(*part), number_format=NumberFormat.HEX).new)
        taken.append(len(captured))
    assert taken == [3, 3]


@pytest.mark.parametrize("role", Role.values)
def test_only_who_manages_cards_brings_numbers(make_user: MakeUser, role: str) -> None:
    may = role in {"administrator", "registration_officer"}
    assert browser_of(make_user(role)).get(URL).status_code == (200 if may else 403)
