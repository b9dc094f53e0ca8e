"""The box that answers while one types: what it finds, for whom, and that it looks at few rows."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.office.addresses import person_url
from cards.tests.factories import make_card, make_member, make_student
from cards.tests.office import MOST_QUERIES, page, queries
from conftest import OWN_CLASS
from notifications.models import Guardian
from people.finding import found_people
from people.kinds import kinds

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
PEOPLE = 4_000
# Far more than that of each kind, whatever the kind of search; by an index it is about as many as
# there are hits.
MOST_ROWS = 900
FILL = """
    WITH person AS (
        INSERT INTO people_person (person_uuid, kind, identifier, first_name, surname, middle_name,
            whole_name, class_level, class_code, department, status, phone_number, email,
            is_active, photo, more_words, enrolled_on, created_at, updated_at)
        SELECT gen_random_uuid(), 'student', 'DIT/' || lpad(n::text, 6, '0'), 'Asha',
            initcap(translate(md5(n::text), '0123456789', 'ghijklmnop')), '', '', '',
            'CS' || n %% 40, '', 'Active', '+2557' || lpad(n::text, 8, '0'), n || '@school.tz',
            true, '', '', now(), now(), now()
        FROM generate_series(1, %s) AS n
        RETURNING person_uuid, identifier
    ), student AS (
        INSERT INTO students_student (person_id, program, academic_status, points_deducted)
        SELECT person_uuid, '', 'Current', 0 FROM person
    )
    INSERT INTO notifications_guardian (guardian_id, student_id, name, relationship, phone, email,
        channels, news, language, is_active, quiet_hours, confirmed_by, stopped_by, created_at,
        updated_at)
    SELECT gen_random_uuid(), person_uuid, 'Mama ' || identifier, 'parent',
        '+2556' || lpad(row_number() OVER () || '', 8, '0'), '', '{sms}', '{}', 'en', true, '', '',
        '', now(), now()
    FROM person
"""
TIDY = """
    SELECT gin_clean_pending_list(indexrelid) FROM pg_index
    JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
    WHERE amname = 'gin' AND indrelid IN
        ('people_person'::regclass, 'notifications_guardian'::regclass)
"""
SEARCHES = {
    "a number": ("000777", 1),
    "a whole number": ("dit/000777", 1),
    "a common name": ("asha", 6),
    "one letter": ("a", 6),
    "two letters that nobody has": ("qz", 0),
    "a phone": ("+255700000777", 1),
    "a phone with blanks": ("0700 000 777", 1),
    "a guardian": ("dit/000123", 1),
    "a guardian's phone": ("0600000042", 1),
    "a guardian's whole name": ("mama dit/000123", 1),
    "an e-mail": ("777@school.tz", 4),
    "a class": ("cs7", 6),
    "nobody": ("nobodyatall", 0),
    "two words": ("asha cs7", 6),
}


def typed(browser: Any, q: str) -> str:
    return page(browser, f"/admin/find/typed/?q={q}")


def test_it_finds_people_cards_classes_and_pages(make_user: MakeUser) -> None:
    office = browser_of(make_user("administrator"))
    student = make_student(surname="Kweka", class_code="CS1", phone_number="+255712345678")
    member = make_member(surname="Kweka", department="Physics")
    make_card(student, rfid_number="04A32B1C")
    Guardian.objects.create(student=student, name="Rehema", phone="+255755000111")
    for q in ("kwek", student.identifier, "0712+345+678", "rehema", "0755000111", "04a32b", "cs1"):
        assert person_url(student) in typed(office, q), q
    assert person_url(member) in typed(office, "kweka")
    assert "/admin/students/student/?class_code=CS1" in typed(office, "cs1")
    assert "/admin/staff/staffmember/?department=Physics" in typed(office, "phys")
    assert "/admin/attendance/absence/" in typed(office, "absen")
    assert "Nothing found" in typed(office, "xyzzy")
    assert "Nothing found" not in typed(office, "")


def test_a_guardian_of_that_name_is_found_beside_whoever_has_it(make_user: MakeUser) -> None:
    office = browser_of(make_user("administrator"))
    named = make_student(first_name="Rehema", surname="Kweka")
    child, other = make_student(), make_student()
    Guardian.objects.create(student=child, name="Rehema J. Kweka", phone="+255755000111")
    for name, phone in (("Rehema", "+255755000112"), ("Kweka", "+255755000113")):
        Guardian.objects.create(student=other, name=name, phone=phone)
    found = typed(office, "kweka+rehema")
    assert person_url(named) in found
    assert person_url(child) in found
    assert person_url(other) not in found


@pytest.mark.parametrize("role", Role.values)
def test_it_finds_by_nothing_that_a_role_may_not_read(make_user: MakeUser, role: str) -> None:
    user = make_user(role)
    browser = browser_of(user)
    student = make_student(surname="Kweka", class_code=OWN_CLASS, phone_number="+255712345678")
    other = make_student(surname="Kweka", class_code="OTHER")
    Guardian.objects.create(student=student, name="Rehema", phone="+255755000111")
    make_card(student, rfid_number="04A32B1C")
    is_full = role in {"administrator", "registration_officer", "leadership"}
    finds = {
        "kweka": True,
        "0712345678": is_full,
        "rehema": is_full or role == "class_teacher",
        "04a32b1c": role in {"administrator", "registration_officer"},
    }
    for q, is_found in finds.items():
        assert (person_url(student) in typed(browser, q)) is is_found, q
    assert (person_url(other) in typed(browser, "kweka")) is (role != "class_teacher")
    assert ("class_code=OTHER" in typed(browser, "other")) is (role != "class_teacher")
    assert ("/admin/accounts/user/" in typed(browser, "administrators")) is (
        role == "administrator"
    )


def test_it_is_on_every_page_and_asks_little(make_user: MakeUser) -> None:
    office = browser_of(make_user("administrator"))
    for path in ("/", "/admin/", "/admin/students/student/", "/admin/attendance/day/"):
        assert 'data-answers="/admin/find/typed/"' in page(office, path)
    make_card(make_student(surname="Kweka"))
    few = queries(office, "/admin/find/typed/?q=kweka")
    for _ in range(9):
        make_card(make_student(surname="Kweka"))
    assert queries(office, "/admin/find/typed/?q=kweka") == few <= MOST_QUERIES


def test_each_kind_of_search_looks_at_few_rows(make_user: MakeUser) -> None:
    user = make_user("administrator")
    with connection.cursor() as cursor:
        cursor.execute(FILL, [PEOPLE])
        # As VACUUM leaves them: what waits to be put into an index makes it dear to ask.
        cursor.execute(TIDY)
        cursor.execute("ANALYZE people_person, notifications_guardian")
    for name, (text, number) in SEARCHES.items():
        with CaptureQueriesContext(connection) as captured:
            found = found_people(user, text, list(kinds()), 6)
        assert len(found) == number, name
        for query in captured.captured_queries:
            plan = _plan(query["sql"])
            touched = max(_touched(plan))
            assert touched < MOST_ROWS, (name, touched, json.dumps(plan))


def _plan(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        (told,) = cursor.fetchone()
    plan: dict[str, Any] = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return plan


def _touched(node: dict[str, Any]) -> Iterator[int]:
    """Rows that each step of a plan has looked at."""
    gone = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
    yield (node["Actual Rows"] + gone) * node["Actual Loops"]
    for child in node.get("Plans", ()):
        yield from _touched(child)
