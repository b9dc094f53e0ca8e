"""Reports and their schedules in the registration office (`/admin/`)."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from reports.models import ReportSchedule
from reports.tests.factories import URL, make_schedule
from reports.tests.test_asking import READERS, WITHOUT_SCHEDULES
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
SCHEDULES = "/admin/reports/reportschedule/"
DOWNLOAD = "/admin/reports/"
MOST_QUERIES = 25
ASKED = {"report": "attendance", "days": "last-month", "group_by": "class", "format": "csv"}
FORM = {
    "report": "attendance",
    "period": "weekly",
    "group_by": "class",
    "format": "pdf",
    "recipients": "head@example.org, dean@example.org\nHEAD@example.org",
    "is_active": "on",
}


@pytest.fixture
def boss(make_user: MakeUser) -> User:
    return make_user("administrator")


@pytest.fixture
def office(boss: User) -> Client:
    return browser_of(boss)


def text_of(office: Client, address: str) -> str:
    response = office.get(address)
    assert response.status_code == 200, address
    return unescape(response.content.decode())


def one(schedule: ReportSchedule, page: str = "change") -> str:
    return f"{SCHEDULES}{schedule.pk}/{page}/"


# --- downloads ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "same"),
    [
        ({"days": "this-week"}, {"period": "weekly"}),
        ({"days": "last-week"}, {"period": "weekly", "date": "2026-11-14"}),
        ({"days": "this-month"}, {"period": "monthly"}),
        ({"days": "last-month"}, {"period": "monthly", "date": "2026-10-03"}),
        (
            {"days": "range", "first": "2026-11-02", "last": "2026-11-05"},
            {"from": "2026-11-02", "to": "2026-11-05"},
        ),
    ],
)
def test_a_report_is_the_file_that_the_api_gives(
    office: Client, campus: list[Student], days: dict[str, str], same: dict[str, str]
) -> None:
    file: Any = office.get(DOWNLOAD, {**ASKED, **days})
    expected: Any = office.get(f"{URL}attendance/", {"format": "csv", "group_by": "class", **same})
    assert file.getvalue() == expected.getvalue()
    assert file["Content-Disposition"] == expected["Content-Disposition"]


@pytest.mark.parametrize("file_format", ["pdf", "xlsx", "csv"])
def test_a_report_comes_in_each_format(office: Client, file_format: str) -> None:
    file: Any = office.get(DOWNLOAD, {**ASKED, "format": file_format})
    assert file["Content-Disposition"].endswith(f'.{file_format}"')
    assert file.getvalue()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"report": "library"}, "Select a valid choice."),
        ({"format": "json"}, "Select a valid choice."),
        ({"days": "range"}, "Choose a day."),
        ({"days": "range", "first": "2026-11-05", "last": "2026-11-02"}, "before the first"),
        ({"days": "range", "first": "2024-11-05", "last": "2026-11-02"}, "At most 366 days"),
        ({"days": "range", "first": "x", "last": "2026-11-02"}, "Enter a valid date."),
    ],
)
def test_what_makes_no_sense_is_said_on_the_form(
    office: Client, fields: dict[str, str], said: str
) -> None:
    response = office.get(DOWNLOAD, {**ASKED, **fields})
    assert response["Content-Type"].startswith("text/html")
    assert said in unescape(response.content.decode())


@pytest.mark.parametrize("role", Role)
def test_everybody_downloads_what_they_may_read(role: Role, make_user: MakeUser) -> None:
    browser = browser_of(make_user(role))
    form = text_of(browser, DOWNLOAD)
    assert f'href="{DOWNLOAD}"' in text_of(browser, "/admin/")
    for subject, readers in READERS.items():
        assert (f'value="{subject}"' in form) == (role in readers)
        file = browser.get(DOWNLOAD, {**ASKED, "report": subject})
        assert ("Content-Disposition" in file) == (role in readers)


def test_an_outsider_is_sent_to_the_login_page(
    client: Client, make_user: Callable[..., User]
) -> None:
    make_user("administrator")
    response = client.get(DOWNLOAD)
    assert response["Location"] == f"/admin/login/?next={DOWNLOAD}"


# --- schedules ---------------------------------------------------------------------------------


def test_a_schedule_is_made_as_the_api_makes_it(office: Client, boss: User) -> None:
    assert office.post(f"{SCHEDULES}add/", FORM, follow=True).status_code == 200
    schedule = ReportSchedule.objects.get()
    assert schedule.recipients == ["HEAD@example.org", "dean@example.org"]
    assert schedule.created_by == boss
    listed = text_of(office, SCHEDULES)
    assert "Attendance, weekly, by class, PDF" in listed
    assert "HEAD@example.org and 1 more" in listed
    assert "Mon 23 Nov 2026, 06:30" in listed


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"recipients": ""}, "This field is required."),
        ({"recipients": "head"}, "“head” is no e-mail address."),
        ({"recipients": "a@elsewhere.org"}, "not sent to this domain: a@elsewhere.org."),
        ({"recipients": " ".join(f"{n}@example.org" for n in range(21))}, "At most 20 addresses"),
        ({"report": "library"}, "Select a valid choice."),
        ({"period": "daily"}, "Select a valid choice."),
    ],
)
def test_a_bad_schedule_is_shown_again_with_its_errors(
    office: Client, fields: dict[str, str], said: str, settings: Settings
) -> None:
    settings.REPORT_MAIL_DOMAINS = ["example.org"]
    response = office.post(f"{SCHEDULES}add/", {**FORM, **fields})
    assert said in unescape(response.content.decode())
    assert not ReportSchedule.objects.exists()


def test_a_change_keeps_what_is_planned_and_a_new_rhythm_begins_anew(office: Client) -> None:
    schedule = make_schedule()
    planned = schedule.next_send_at
    form = {**FORM, "format": "csv", "recipients": "new@example.org"}
    assert office.post(one(schedule), form).status_code == 302
    schedule.refresh_from_db()
    assert (schedule.recipients, schedule.next_send_at) == (["new@example.org"], planned)
    office.post(one(schedule), {**form, "period": "monthly"})
    schedule.refresh_from_db()
    assert f"{schedule.next_send_at:%Y-%m-%d}" == "2026-12-01"


def test_a_schedule_is_deleted_after_a_question(office: Client) -> None:
    schedule = make_schedule()
    assert "goes for good" in text_of(office, one(schedule, "delete"))
    assert ReportSchedule.objects.exists()
    assert office.post(one(schedule, "delete"), {"post": "yes"}).status_code == 302
    assert not ReportSchedule.objects.exists()


def test_what_was_not_sent_is_said(office: Client) -> None:
    schedule = make_schedule(last_error="The mail server did not take it: OSError.")
    for page in (SCHEDULES, one(schedule)):
        assert "The mail server did not take it" in text_of(office, page)


def test_the_history_says_who_changed_the_recipients(office: Client) -> None:
    schedule = make_schedule()
    office.post(one(schedule), {**FORM, "format": "csv", "recipients": "new@example.org"})
    history = text_of(office, one(schedule, "history"))
    assert "new@example.org" in history
    assert "by administrator" in history


@pytest.mark.parametrize("role", sorted(set(Role) - WITHOUT_SCHEDULES))
def test_everybody_has_the_schedules_of_their_own_reports(role: Role, make_user: MakeUser) -> None:
    made = {subject: make_schedule(report=subject) for subject in READERS}
    browser = browser_of(make_user(role))
    listed = text_of(browser, SCHEDULES)
    for subject, readers in READERS.items():
        is_mine = role in readers
        assert (str(made[subject].pk) in listed) == is_mine
        for page in ("change", "history", "delete"):
            assert (browser.get(one(made[subject], page)).status_code == 200) == is_mine
        browser.post(f"{SCHEDULES}add/", {**FORM, "report": subject, "recipients": "z@example.org"})
        assert ReportSchedule.objects.filter(
            report=subject, recipients=["z@example.org"]
        ).exists() == (is_mine)
        browser.post(one(made[subject], "delete"), {"post": "yes"})
        assert ReportSchedule.objects.filter(pk=made[subject].pk).exists() != is_mine


def test_leadership_looks_at_schedules_and_teachers_do_not(make_user: MakeUser) -> None:
    schedule = make_schedule()
    head, teacher = (browser_of(make_user(role)) for role in ("leadership", "class_teacher"))
    assert str(schedule.pk) in text_of(head, SCHEDULES)
    assert 'name="_save"' not in text_of(head, one(schedule, "change"))
    assert teacher.get(SCHEDULES).status_code == 403
    for browser in (head, teacher):
        for page in (f"{SCHEDULES}add/", one(schedule, "delete")):
            assert browser.get(page).status_code == 403
            assert browser.post(page, {"post": "yes"}).status_code == 403
    assert ReportSchedule.objects.exists()


def test_a_longer_list_asks_no_more_questions(office: Client) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            text_of(office, SCHEDULES)
        return len(asked)

    make_schedule()
    few = questions()
    for _ in range(8):
        make_schedule()
    assert questions() == few <= MOST_QUERIES
