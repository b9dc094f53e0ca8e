"""Card numbers from a list: read, looked at, and assigned to those whose rows are good."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.models import Card
from cards.number_formats import NumberFormat
from cards.number_lists import read_number_list
from cards.tests.factories import make_card, make_guard, make_student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
URL = "/admin/cards/numbers/"


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("registration_officer"))


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


def test_what_is_true_by_now_counts(office: Client) -> None:
    mine, other = make_student(), make_student()
    kept = upload(office, as_csv((mine.identifier, "04AABB01"))).context["kept"]
    make_card(other, "04AABB01")
    assert office.post(URL, {"rows": kept}).context["counts"] == "1 refused"
    assert not Card.objects.filter(person=mine).exists()


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


def test_a_number_or_a_person_twice_is_refused_the_second_time() -> None:
    one, two = make_student().identifier, make_student().identifier
    rows = ((one, "04AABB01"), (two, "04AABB01"), (one, "04AABB02"))
    read = read_number_list(as_csv(*rows), number_format=NumberFormat.HEX).rows
    assert [row.refusal for row in read] == [
        "",
        "Row 2 is about the same number.",
        "Row 2 is about the same person.",
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
