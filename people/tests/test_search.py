from collections.abc import Callable
from typing import Any

import pgtrigger
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import User
from notifications.models import Guardian
from people.fields import one_line
from people.search import fold, near
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


@pytest.mark.dialect
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
        "Wanjikũ, Amina",
    ],
)
def test_any_part_of_any_word_finds_in_any_order(officer: APIClient, text: str) -> None:
    add("DIT/2024/00001", "Amina", "Wanjikũ", "Neema")
    add("DIT/2024/00002", "Juma", "Otieno")
    assert found(officer, STUDENTS, text) == {"DIT/2024/00001"}


def test_every_word_must_appear(officer: APIClient) -> None:
    add("1", "Amina", "Wanjikũ")
    assert found(officer, STUDENTS, "amina otieno") == set()


@pytest.mark.dialect
@pytest.mark.parametrize("text", ["wanjiku", "WANJIKŨ", "Wanjiku\u0303", "wánjíkû"])
def test_accents_do_not_matter(officer: APIClient, text: str) -> None:
    add("1", "Amina", "Wanjikũ")
    add("2", "Amina", "Wanjiku")
    assert found(officer, STUDENTS, text) == {"1", "2"}


@pytest.mark.dialect
@pytest.mark.parametrize("text", ["ng'ang'a", "Ng’ang‘a", "ng`ang´a", "ngʼangʻa", "nganga"])
def test_apostrophes_do_not_matter(officer: APIClient, text: str) -> None:
    for number, surname in enumerate(["Ng'ang'a", "Ng’ang’a", "Ngʼang`a", "Nganga"]):
        add(str(number), "Njeri", surname)
    assert found(officer, STUDENTS, text) == {"0", "1", "2", "3"}


@pytest.mark.dialect
@pytest.mark.parametrize("text", ["%", "_", "\\", "100%", "a_b", "c\\d"])
def test_what_like_would_expand_is_taken_literally(officer: APIClient, text: str) -> None:
    add(f"X{text}X", "Amina", "Wanjikũ")
    add("XabcdX", "Amina", "Wanjikũ")
    assert found(officer, STUDENTS, text) == {f"X{text}X"}


@pytest.mark.dialect
@pytest.mark.parametrize("text", ["q", "qz", "Ũ"])
def test_one_or_two_letters_find_as_well(officer: APIClient, text: str) -> None:
    add("1", "Qzũ", "X")
    add("2", "Amina", "Y")
    assert found(officer, STUDENTS, text) == {"1"}


@pytest.mark.dialect
def test_one_or_two_letters_find_what_begins_with_them_if_anything_does(
    officer: APIClient,
) -> None:
    """No index finds less than three in the middle of a word."""
    add("DIT/1", "Zubeda", "Mwita")
    add("DIT/2", "Asha", "Mazuri")
    assert found(officer, STUDENTS, "zu") == {"DIT/1"}
    assert found(officer, STUDENTS, "zu mwi") == {"DIT/1"}
    assert found(officer, STUDENTS, "ri") == {"DIT/2"}
    assert found(officer, STUDENTS, "zu asha") == {"DIT/2"}


@pytest.mark.dialect
@pytest.mark.parametrize("text", ["", "   ", "'", "’ ´"])
def test_nothing_to_search_for_is_no_filter(officer: APIClient, text: str) -> None:
    add("1", "Amina", "Wanjikũ")
    assert found(officer, STUDENTS, text) == {"1"}


@pytest.mark.dialect
@pytest.mark.parametrize("text", ["a" * 201, "a\x00b"])
def test_what_cannot_be_searched_for_is_refused(officer: APIClient, text: str) -> None:
    response = officer.get(STUDENTS.url, {"search": text})
    assert response.status_code == 400
    assert list(response.json()) == ["search"]


def test_two_hundred_characters_are_searched_for(officer: APIClient) -> None:
    assert found(officer, STUDENTS, "a " * 100) == set()


@pytest.mark.dialect
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


@pytest.mark.dialect
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_search_and_filters_narrow_together(officer: APIClient, kind: Kind) -> None:
    kind.add(1)
    kind.add(2, is_active=False)
    response = officer.get(kind.url, {"search": "a", "is_active": "false"})
    assert [row[kind.identifier] for row in response.json()["results"]] == [
        kind.row(2)[kind.identifier]
    ]


# --- letters that no keyboard here has, and slips ------------------------------------------------


@pytest.mark.dialect
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Weiß", "weiss"),
        ("Weiss", "weiß"),
        ("Łukasiewicz", "lukasiewicz"),
        ("Søren", "soren"),
        ("Ægir", "aegir"),
        ("Ɗanladi", "danladi"),
        ("Ŋɔɔŋ", "ngoong"),
        ("Đặng", "dang"),
        ("Þórr", "thorr"),
        ("Yıldız", "yildiz"),
    ],
)
def test_letters_are_found_as_people_type_them(officer: APIClient, name: str, text: str) -> None:
    add("1", "Amina", name)
    add("2", "Amina", "Otieno")
    assert found(officer, STUDENTS, text) == {"1"}


@pytest.mark.dialect
@pytest.mark.parametrize(
    "text",
    ["kipanga", "kipamga", "kipnga", "kippanga", "kipnaga", "ipanga", "kipang", "kipangaa"],
)
def test_one_slip_in_a_word_of_five_letters_finds(officer: APIClient, text: str) -> None:
    add("1", "Amina", "Kipanga")
    add("2", "Amina", "Otieno")
    assert found(officer, STUDENTS, text) == {"1"}
    assert found(officer, STUDENTS, f"amina {text}") == {"1"}


@pytest.mark.dialect
@pytest.mark.parametrize("text", ["kiqamga", "kpnga", "xyzzy", "amona kiqamga", "jma", "juna"])
def test_two_slips_or_one_in_a_short_word_do_not(officer: APIClient, text: str) -> None:
    add("1", "Amina", "Kipanga")
    add("2", "Juma", "Otieno")
    assert found(officer, STUDENTS, text) == set()


def test_a_name_as_it_was_typed_goes_before_slips(officer: APIClient) -> None:
    add("1", "Amina", "Kipanga")
    add("2", "Amena", "Kipanga")
    assert found(officer, STUDENTS, "amena") == {"2"}
    assert found(officer, STUDENTS, "amona") == {"1", "2"}


def test_numbers_are_right_or_wrong(officer: APIClient) -> None:
    add("DIT/2024/00001", "Amina", "Kipanga")
    assert found(officer, STUDENTS, "DIT/2024/00002") == set()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(word=st.text(st.sampled_from("abcdeñßŋ"), min_size=4, max_size=9))
def test_the_database_knows_the_same_slips_as_python(db: Any, word: str) -> None:
    Student.objects.all().delete()
    student = Student.objects.create(identifier="N", first_name=word)
    student.refresh_from_db(fields=["near_words"])
    assert sorted(student.near_words) == near(fold(word))


# --- what not every role may find by ------------------------------------------------------------


def add_with_contacts() -> None:
    student = STUDENTS.people.create(
        identifier="1",
        first_name="Amina",
        surname="Kipanga",
        class_code="CS2024A",
        class_level="NTA Level 7",
        phone_number="+255712345678",
        email="amina.k@example.org",
    )
    Guardian.objects.create(student=student, name="Mzee Wanjikũ", phone="+255754000111")
    add("2", "Juma", "Otieno")


BY_CONTACTS = {
    "phone": ("phone", "0712345678"),
    "phone in groups": ("phone", "0712 345 678"),
    "phone from abroad": ("phone", "+255 712-345-678"),
    "e-mail": ("email", "Amina.K@example.org"),
    "guardian": ("guardian", "wanjiku"),
    "guardian and name": ("guardian", "amina mzee"),
    "guardian's phone": ("guardian", "0754 000 111"),
    "class": ("class", "cs2024a"),
    "class and name": ("class", "amina level 7"),
}
ROLES_THAT_SEE = {
    "phone": {"administrator", "registration_officer", "leadership"},
    "email": {"administrator", "registration_officer", "leadership"},
    "guardian": {"administrator", "registration_officer", "leadership"},
    "class": {
        "administrator",
        "registration_officer",
        "leadership",
        "attendance_admin",
        "kitchen_admin",
        "discipline_admin",
    },
}


@pytest.mark.parametrize(("what", "text"), BY_CONTACTS.values(), ids=BY_CONTACTS)
@pytest.mark.parametrize("role", sorted(ROLES_THAT_SEE["class"]))
def test_each_role_finds_by_what_it_sees(
    caller: Callable[[str], APIClient], role: str, what: str, text: str
) -> None:
    add_with_contacts()
    assert found(caller(role), STUDENTS, text) == ({"1"} if role in ROLES_THAT_SEE[what] else set())


# --- the database and Python ---------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first_name=TEXT, surname=TEXT)
def test_the_database_folds_as_python_does(db: Any, first_name: str, surname: str) -> None:
    student = Student(identifier="N", first_name=f"f{first_name}", surname=f"s{surname}")
    Student.objects.all().delete()
    student.save()
    student.refresh_from_db(fields=["search_text"])
    stored = f"{one_line(f'f{first_name}')}  {one_line(f's{surname}')}  N   "
    assert student.search_text == fold(stored)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
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


def test_whatever_it_is_found_by_an_index_leads_there(make_user: Callable[..., User]) -> None:
    many_students(20_000)
    user = make_user("administrator")
    for text in ("mily19999", "2024/777", "FAMILY123 name12"):
        people = Student.objects.search(text).order_by("surname", "first_name", "pk")
        plan = people.explain()
        assert "people_person_search" in plan, plan
        assert "Seq Scan" not in plan, plan
        assert people.exists()
    for text in ("mily19999", "familt123", "family123 name99x", "0712 345 678"):
        plan = Student.objects.search_as(user, text).order_by("pk").explain()
        assert "Seq Scan on people_person" not in plan, plan
