import re
import unicodedata
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from people.fields import clean_line, clean_phone
from people.tests.kinds import STUDENTS, student_row
from students.models import Student


def cleaned(clean: Callable[[str], str], text: str) -> str | None:
    try:
        return clean(text)
    except ValidationError:
        return None


@given(st.text())
def test_a_line_once_clean_stays_as_it_is(text: str) -> None:
    line = cleaned(clean_line, text)
    assert line is None or clean_line(line) == line


@given(st.text())
def test_a_clean_line_is_nfc_with_single_spaces_and_shows_all_it_holds(text: str) -> None:
    line = cleaned(clean_line, text)
    if line is not None:
        assert unicodedata.is_normalized("NFC", line)
        assert line == " ".join(line.split())
        assert all(char.isprintable() or char in "\u200c\u200d" for char in line)


@given(st.text(st.characters(categories=("Lu", "Ll", "Lo"), max_codepoint=0x2FFF)))
def test_letters_of_any_script_are_kept(text: str) -> None:
    assert clean_line(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "hidden",
    [
        *("\x00", "\x07", "\x1b", "\x7f", "\x9f", "\ud800"),
        *("\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069", "\u061c"),
        *("\u200b", "\u2060", "\ufeff", "\u00ad", "\U000e0041", "\ue000"),
    ],
)
def test_characters_that_nobody_sees_are_refused(hidden: str) -> None:
    with pytest.raises(ValidationError):
        clean_line(f"Ami{hidden}na")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Amina   Juma\t", "Amina Juma"),
        ("Amina\nJuma", "Amina Juma"),
        ("Amina\u00a0Juma", "Amina Juma"),
        ("Wanjiku\u0303", "Wanjikũ"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("", ""),
    ],
)
def test_a_line_is_stored_in_its_one_clean_form(typed: str, stored: str) -> None:
    assert clean_line(typed) == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("+255123456789", "+255123456789"),  # the seed's example, though not an assigned number
        ("0712 345 678", "+255712345678"),
        ("0712-345-678", "+255712345678"),
        ("(0712) 345.678", "+255712345678"),
        ("712345678", "+255712345678"),
        ("255712345678", "+255712345678"),
        ("+254 722 000 000", "+254722000000"),
        ("+39 06 6982 0000", "+390669820000"),
        ("  ", ""),
    ],
)
def test_phone_numbers_are_stored_in_e164(typed: str, stored: str) -> None:
    assert clean_phone(typed) == stored


@pytest.mark.parametrize(
    "rubbish",
    [
        *(
            "banana",
            "12",
            "+",
            "0",
            "-",
            "071 234 567",
            "07123456789012",
            "0712345678x5",
            "1" * 400,
        ),
        *("0712345678 / 0755123456", "tel:0712345678", "+255\u202e712345678", "=0712345678"),
    ],
)
def test_rubbish_is_no_phone_number(rubbish: str) -> None:
    with pytest.raises(ValidationError):
        clean_phone(rubbish)


@given(st.text("+0123456789 -()./", max_size=20))
def test_a_phone_number_once_clean_stays_as_it_is(text: str) -> None:
    number = cleaned(clean_phone, text)
    if number:
        assert re.fullmatch(r"\+[1-9]\d{2,18}", number)
        assert clean_phone(number) == number


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone_number", "banana"),
        ("first_name", "Ami\u202ena"),
        ("registration_number", "DIT\u200b/1"),
        ("surname", "x" * 101),
        ("email", "nobody"),
        ("date_of_birth", "31/12/2001"),
    ],
)
def test_the_api_refuses_it_on_its_field(officer: APIClient, name: str, value: str) -> None:
    response = officer.post(STUDENTS.url, {**student_row(), name: value})
    assert response.status_code == 400
    assert list(response.json()) == [name]


@pytest.mark.django_db
def test_the_api_stores_and_answers_the_clean_form(officer: APIClient) -> None:
    row = student_row(
        first_name=" Ami\u00a0 na ", surname="Wanjiku\u0303", phone_number="0712345678"
    )
    body = officer.post(STUDENTS.url, row).json()
    assert (body["first_name"], body["surname"]) == ("Ami na", "Wanjikũ")
    assert body["phone_number"] == "+255712345678"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["class_code", "department", "program", "class_level"])
def test_a_filter_may_ask_for_anything(officer: APIClient, name: str) -> None:
    STUDENTS.add(1, **{name: "Café 1"})
    for asked, count in (("Cafe\u0301\u00a0 1", 1), ("Café\u202e 1", 0), ("\u200b", 0)):
        response = officer.get(STUDENTS.url, {name: asked})
        assert response.status_code == 200
        assert response.json()["count"] == count
    assert not Student.objects.filter(phone_number="banana").exists()
    assert Student.objects.filter(phone_number="0712 345 678").exists()
