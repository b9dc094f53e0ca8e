"""One person, one page: what it tells of them, to whom, page by page, at a price that stays."""

import re
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.models import IDCardPrintLog, IDCardVerificationLog, snapshot
from cards.services import retire_card
from cards.tests.factories import make_card, make_student
from cards.tests.office import page as text
from cards.tests.office import queries
from conftest import OWN_CLASS
from kitchen.models import KitchenService
from notifications.models import Notice
from people.models import Look
from pos.models import Tap
from pos.tests.factories import make_reader
from reports.tests.factories import make_day, make_incident
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
MOST_QUERIES = 60
KINDS = {
    "days": "Excused",
    "taps": "Tap in",
    "meals": "Pilau",
    "incidents": "Noise",
    "notices": "Notice: absence",
    "cards": "Retired",
    "prints": "Smudged",
    "verifications": "Card verified",
    "changes": "Surname: Mwita → Kweka",
    "looks": "Looked at: history",
}
EVERYTHING = frozenset(KINDS)
SEEN = {
    Role.ADMINISTRATOR: EVERYTHING,
    Role.REGISTRATION_OFFICER: EVERYTHING - {"meals", "incidents", "notices", "looks"},
    Role.ATTENDANCE_ADMIN: {"days", "taps", "notices"},
    Role.KITCHEN_ADMIN: {"meals"},
    Role.DISCIPLINE_ADMIN: {"days", "taps", "incidents"},
    Role.LEADERSHIP: EVERYTHING - {"looks"},
    Role.CLASS_TEACHER: {"days", "incidents", "changes"},
}


def page_of(student: Student, query: str = "") -> str:
    return f"/admin/students/student/{student.pk}/change/?{query}"


def lines_of(page: str) -> list[str]:
    """The lines of the story, without marks."""
    story = page[page.index('id="story"') :]
    lines = re.findall(r"<li>(.*?)</li>", story, re.DOTALL)
    return [re.sub(r"(<[^>]*>|\s)+", " ", line).strip() for line in lines]


@pytest.fixture
def boss(make_user: MakeUser) -> User:
    return make_user("administrator", "boss")


@pytest.fixture
def student(boss: User) -> Student:
    """With one fact of each kind; some have more."""
    student = make_student(first_name="Asha", surname="Mwita", class_code=OWN_CLASS)
    student.surname = "Kweka"
    student.save(update_fields=["surname"])
    student.refresh_from_db()
    today = timezone.localdate()
    _, gate = make_reader(direction="in")
    card = make_card(student, "04A32B1C", by=boss)
    gate.post("/api/pos/taps/", {"event_id": "1", "card": "04A32B1C"}, format="json")
    make_day(student, today - timedelta(days=3), "Excused")
    make_incident(student, today - timedelta(days=2), 5)
    KitchenService.objects.create(
        person=student, date=today, food_item="Pilau", service_time=timezone.now()
    )
    Notice.objects.create(
        student=student,
        channel="sms",
        kind="absence",
        event_id=student.pk,
        date=today,
        says="Absent",
        expires_at=timezone.now(),
    )
    IDCardPrintLog.objects.create(
        printed_by=boss, success=True, reason="Smudged", **snapshot("student", student, card)
    )
    IDCardVerificationLog.objects.create(
        asked=card.code,
        result="verified",
        ip_address="10.0.0.1",
        **snapshot("student", student, card),
    )
    retire_card(card=card, reason="damaged")
    Look.objects.create(user=boss, person=student, what="history", path="/")
    return student


@pytest.mark.parametrize("role", SEEN)
def test_a_role_is_told_what_it_may_read_and_nothing_else(
    student: Student, make_user: MakeUser, role: Role
) -> None:
    office = browser_of(make_user(role))
    told = "\n".join(lines_of(text(office, page_of(student))))
    assert {kind for kind, words in KINDS.items() if words in told} == SEEN[role]
    for kind, words in KINDS.items():
        only = "\n".join(lines_of(text(office, page_of(student, f"kind={kind}"))))
        # A kind that is none of theirs is no kind to them, and narrows nothing.
        assert (words in only) == (kind in SEEN[role])


def test_a_row_of_the_feed_leads_to_the_page_of_whose_card_it_was(
    student: Student, make_user: MakeUser
) -> None:
    tap = Tap.objects.get(person=student)
    holder = f"/admin/pos/tap/{tap.pk}/holder/"
    officer, cook = (
        browser_of(make_user("attendance_admin")),
        browser_of(make_user("kitchen_admin")),
    )
    assert f'href="{holder}"' in text(officer, "/")
    assert officer.get(holder)["Location"] == page_of(student).rstrip("?")
    assert cook.get(holder).status_code == 404


def test_chip_numbers_stay_with_whoever_sees_them(student: Student, make_user: MakeUser) -> None:
    told = {
        role: "\n".join(lines_of(text(browser_of(make_user(role)), page_of(student, "kind=cards"))))
        for role in (Role.ADMINISTRATOR, Role.LEADERSHIP)
    }
    assert "04A32B1C" in told[Role.ADMINISTRATOR]
    assert "Retired" in told[Role.LEADERSHIP]
    assert "04A32B1C" not in told[Role.LEADERSHIP]


def test_days_narrow_the_story_and_a_wrong_one_says_so(student: Student, boss: User) -> None:
    office = browser_of(boss)
    day = timezone.localdate() - timedelta(days=3)
    assert lines_of(text(office, page_of(student, f"since={day}&until={day}"))) == [
        "All day Day Excused corrected: At the clinic"
    ]
    assert "Enter a valid date" in text(office, page_of(student, "since=yesterday"))
    page = text(office, page_of(student, f"since={day}&until={day - timedelta(days=1)}"))
    assert "This is before the first day." in page
    for nonsense in ("before=x", "before=0001-01-01", "skip=-1", "kind=%00", "until=9999-12-31"):
        assert text(office, page_of(student, nonsense))


def test_pages_go_on_where_one_ended_though_many_are_of_one_moment(
    student: Student, boss: User
) -> None:
    office = browser_of(boss)
    now = timezone.now()
    Look.objects.bulk_create(
        Look(
            user=boss,
            person=student,
            what="card",
            path="/",
            looked_at=now - timedelta(seconds=number // 70),
            ip_address=f"10.0.0.{number}",
        )
        for number in range(120)
    )
    url, seen = page_of(student, "kind=looks&since=2000-01-01"), []
    while url:
        page = text(office, url)
        seen += re.findall(r"from (10\.0\.0\.\d+)", page)
        following = re.search(r'rel="next" href="\?([^"#]*)', page)
        url = page_of(student, following[1].replace("&amp;", "&")) if following else ""
    assert len(seen) == len(set(seen)) == 120


def test_the_form_waits_behind_edit_and_a_mistake_opens_it(student: Student, boss: User) -> None:
    office = browser_of(boss)
    assert '<details class="edit" id="edit">' in text(office, page_of(student))
    assert '<details class="edit" id="edit" open>' in text(office, page_of(student, "edit=1"))
    refused = office.post(page_of(student), {"surname": ""})
    assert '<details class="edit" id="edit" open>' in refused.content.decode()


def test_the_message_after_a_change_says_the_new_name(student: Student, boss: User) -> None:
    form = {"identifier": student.identifier, "surname": "Lema", "status": "Active"}
    form |= {"academic_status": "Current", "is_active": "on", "_save": ""}
    answer = browser_of(boss).post(page_of(student), form, follow=True)
    assert "Lema" in str(next(iter(answer.context["messages"])))


MANY = (
    """INSERT INTO cards_idcardverificationlog (card_type, person_id, full_name, identifier,
        rfid_number, asked, result, reason, ip_address, user_agent, verified_at)
        SELECT 'student', %s, '', '', '', 'x', 'verified', '', '10.0.0.1', '',
        now() - n * '1 h'::interval FROM generate_series(1, 5000) n""",
    """INSERT INTO people_look (user_id, person_id, what, path, asked, held, looked_at)
        SELECT (SELECT admin_id FROM accounts_user LIMIT 1), %s, 'card', '/', '', '{}',
        now() - n * '1 h'::interval FROM generate_series(1, 5000) n""",
)


def test_ten_thousand_facts_cost_what_a_few_cost(student: Student, boss: User) -> None:
    office = browser_of(boss)
    few, few_seconds = queries(office, page_of(student)), _seconds(office, page_of(student))
    with connection.cursor() as cursor:
        for statement in MANY:
            cursor.execute(statement, [student.pk])
        cursor.execute("ANALYZE cards_idcardverificationlog, people_look")
    assert queries(office, page_of(student)) == few <= MOST_QUERIES
    assert _seconds(office, page_of(student)) < 3 * few_seconds + 0.1


def _seconds(office: Client, url: str) -> float:
    def once() -> float:
        begin = perf_counter()
        assert office.get(url).status_code == 200
        return perf_counter() - begin

    return min(once() for _ in range(3))


def test_a_change_is_told_in_the_words_of_the_language(make_user: MakeUser) -> None:
    student = make_student()
    student.status, student.identifier = "Graduated", "DIT/7/B"
    student.save(update_fields=["status", "identifier"])
    browser = browser_of(make_user("registration_officer"))
    for address in (page_of(student), f"/admin/students/student/{student.pk}/history/"):
        shown = browser.get(address, headers={"accept-language": "sw"}).content.decode()
        assert "Hali ya mwanafunzi" in shown
        assert "Amehitimu" in shown
        assert "Namba ya usajili" in shown
        assert "Student status" not in shown
