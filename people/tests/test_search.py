from typing import Any

import pgtrigger
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from people.fields import one_line
from people.search import fold
from people.tests.kinds import GUARDS, KINDS, STAFF, STUDENTS, Kind
from students.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

# Letters and marks that have been in Unicode for long: Python and PostgreSQL may be of different
# editions of it. With apostrophes, which are folded away, and Greek, which has two small sigmas.
TEXT = st.text(
    st.one_of(
        st.characters(categories=("L", "M", "Nd"), max_codepoint=0xA6FF),
        st.sampled_from("'’`´ʼΑΣσςŊƐƆƁĩũŵ "),
    ),
    max_size=30,
)


def found(client: APIClient, kind: Kind, text: str) -> set[str]:
    response = client.get(kind.url, {"search": text})
    assert response.status_code == 200, response.json()
    return {person[kind.identifier] for person in response.json()["results"]}


def add(number: str, first_name: str, surname: str, middle_name: str = "") -> None:
    STUDENTS.people.create(
        identifier=number,
        first_name=first_name,
        middle_name=middle_name,
        surname=surname,
    )


@pytest.mark.parametrize(
    "text",
    [
        "wanjik",
        "anji",
        "amina wanj",
        "wanj amina",
        "2024/00001 AMINA",
        "  neema   amina  ",
        "a w n",
    ],
)
def test_any_part_of_any_word_finds_in_any_order(officer: APIClient, text: str) -> None:
    add("DIT/2024/00001", "Amina", "Wanjikũ", "Neema")
    add("DIT/2024/00002", "Juma", "Otieno")
    assert found(officer, STUDENTS, text) == {"DIT/2024/00001"}


def test_every_word_must_appear(officer: APIClient) -> None:
    add("1", "Amina", "Wanjikũ")
    assert found(officer, STUDENTS, "amina otieno") == set()


@pytest.mark.parametrize("text", ["wanjiku", "WANJIKŨ", "Wanjiku\u0303", "wánjíkû"])
def test_accents_do_not_matter(officer: APIClient, text: str) -> None:
    add("1", "Amina", "Wanjikũ")
    add("2", "Amina", "Wanjiku")
    assert found(officer, STUDENTS, text) == {"1", "2"}


@pytest.mark.parametrize("text", ["ng'ang'a", "Ng’ang‘a", "ng`ang´a", "ngʼangʻa", "nganga"])
def test_apostrophes_do_not_matter(officer: APIClient, text: str) -> None:
    for number, surname in enumerate(["Ng'ang'a", "Ng’ang’a", "Ngʼang`a", "Nganga"]):
        add(str(number), "Njeri", surname)
    assert found(officer, STUDENTS, text) == {"0", "1", "2", "3"}


@pytest.mark.parametrize("text", ["%", "_", "\\", "100%", "a_b", "c\\d"])
def test_what_like_would_expand_is_taken_literally(officer: APIClient, text: str) -> None:
    add(f"X{text}X", "Amina", "Wanjikũ")
    add("XabcdX", "Amina", "Wanjikũ")
    assert found(officer, STUDENTS, text) == {f"X{text}X"}


@pytest.mark.parametrize("text", ["q", "qz", "Ũ"])
def test_one_or_two_letters_find_as_well(officer: APIClient, text: str) -> None:
    add("1", "Qzũ", "X")
    add("2", "Amina", "Y")
    assert found(officer, STUDENTS, text) == {"1"}


@pytest.mark.parametrize("text", ["", "   ", "'", "’ ´"])
def test_nothing_to_search_for_is_no_filter(officer: APIClient, text: str) -> None:
    add("1", "Amina", "Wanjikũ")
    assert found(officer, STUDENTS, text) == {"1"}


@pytest.mark.parametrize("text", ["a" * 201, "a\x00b"])
def test_what_cannot_be_searched_for_is_refused(officer: APIClient, text: str) -> None:
    response = officer.get(STUDENTS.url, {"search": text})
    assert response.status_code == 400
    assert list(response.json()) == ["search"]


def test_two_hundred_characters_are_searched_for(officer: APIClient) -> None:
    assert found(officer, STUDENTS, "a " * 100) == set()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (STAFF, "nganga staff/00001"),
        (GUARDS, "mushi badge00001"),
        (GUARDS, "sec/00001 baraka"),
    ],
    ids=["staff", "security by badge", "security by employee"],
)
def test_every_kind_is_found_by_its_numbers(officer: APIClient, kind: Kind, text: str) -> None:
    kind.add(1)
    kind.add(2)
    assert found(officer, kind, text) == {kind.row(1)[kind.identifier]}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_search_and_filters_narrow_together(officer: APIClient, kind: Kind) -> None:
    kind.add(1)
    kind.add(2, is_active=False)
    response = officer.get(kind.url, {"search": "a", "is_active": "false"})
    assert [row[kind.identifier] for row in response.json()["results"]] == [
        kind.row(2)[kind.identifier]
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(first_name=TEXT, surname=TEXT)
def test_the_database_folds_as_python_does(db: Any, first_name: str, surname: str) -> None:
    student = Student(identifier="N", first_name=f"f{first_name}", surname=f"s{surname}")
    Student.objects.all().delete()
    student.save()
    student.refresh_from_db(fields=["search_text"])
    stored = f"{one_line(f'f{first_name}')}  {one_line(f's{surname}')}  N "
    assert student.search_text == fold(stored)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=TEXT, data=st.data())
def test_every_part_of_a_name_finds_it(db: Any, name: str, data: st.DataObject) -> None:
    whole = f"f{name}"
    start = data.draw(st.integers(0, len(whole)))
    part = whole[start : data.draw(st.integers(start, len(whole)))]
    Student.objects.all().delete()
    Student.objects.create(identifier="N", first_name=whole, surname="S")
    assert Student.objects.search(part).exists()


def many_students(count: int) -> None:
    """As many students as asked for, in one statement, and as if the autovacuum had been there."""
    triggers = ("people.Person:insert_insert", "students.Student:insert_insert")
    with pgtrigger.ignore(*triggers), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO people_person (
                person_uuid, kind, identifier, first_name, middle_name, surname, whole_name,
                class_level, class_code, department, status, phone_number, email, is_active, photo,
                more_words, enrolled_on, created_at, updated_at)
            SELECT gen_random_uuid(), 'student', 'DIT/2024/' || n, 'Name' || n %% 997, '',
                'Family' || n, '', '', '', 'Department ' || n %% 30, 'Active', '', '', true, '',
                '', now(), now(), now()
            FROM generate_series(1, %s) AS n
            """,
            [count],
        )
        cursor.execute(
            """
            INSERT INTO students_student (person_id, program, academic_status, points_deducted)
            SELECT person_uuid, '', 'Current', 0 FROM people_person
            """
        )
        cursor.execute("ANALYZE people_person, students_student")


def test_a_search_among_many_uses_the_trigram_index() -> None:
    many_students(20_000)
    for text in ("mily19999", "2024/777", "FAMILY123 name12"):
        people = Student.objects.search(text).order_by("surname", "first_name", "pk")
        plan = people.explain()
        assert "people_person_search" in plan, plan
        assert "Seq Scan" not in plan, plan
        assert people.exists()
