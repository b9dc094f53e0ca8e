"""Background work in the registration office (`/admin/`)."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import Schedule, Task

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
WORK = "/admin/background-work/"
MOST_QUERIES = 25


@pytest.fixture(autouse=True)
def a_worker_that_is_on_time() -> None:
    """The schedules are as old as the database that the tests are copied from."""
    Schedule.objects.update(next_run=timezone.now())


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("administrator"))


def text_of(office: Client) -> str:
    response = office.get(WORK)
    assert response.status_code == 200
    return unescape(response.content.decode())


def failure(name: str = "send notices", **fields: object) -> Task:
    now = timezone.now()
    values = {
        "func": "django.core.management.call_command",
        "args": ("secret-argument",),
        "result": "The disk is full. : Traceback (most recent call last):\n  File secret.py",
        "started": now,
        "stopped": now,
        "success": False,
        "attempt_count": 2,
        "group": name,
    }
    return Task.objects.create(id=uuid4().hex, name=name, **{**values, **fields})


def test_what_is_done_by_itself_is_named_for_people(office: Client) -> None:
    page = text_of(office)
    for words in ("Send notices", "Each minute", "Close attendance", "Every 5 minutes", "Weekly"):
        assert words in page, words
    assert "call_command" not in page


def test_what_failed_says_why_and_shows_nothing_packed(office: Client) -> None:
    failure()
    page = text_of(office)
    assert "The disk is full." in page
    assert "Traceback" not in page
    assert "secret" not in page
    failure(result=None)
    assert "It gave no reason" in text_of(office)


def test_work_that_waits_for_a_worker_is_late(office: Client) -> None:
    assert "is the worker running?" not in text_of(office)
    Schedule.objects.update(next_run=timezone.now() - timedelta(minutes=11))
    assert "is the worker running?" in text_of(office)


def test_a_schedule_whose_last_run_failed_says_so(office: Client) -> None:
    Schedule.objects.filter(name="send notices").update(task=failure().pk)
    assert ">Failed<" in text_of(office)


def test_failed_work_waits_for_administrators(make_user: MakeUser, office: Client) -> None:
    assert b"job failed" not in office.get("/admin/").content
    failure()
    assert b"job failed since yesterday" in office.get("/admin/").content
    cook = browser_of(make_user("kitchen_admin"))
    assert b"job failed" not in cook.get("/admin/").content


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_background_work_is_for_administrators_only(make_user: MakeUser, role: str) -> None:
    browser = browser_of(make_user(role))
    assert browser.get(WORK).status_code == 403
    assert WORK.encode() not in browser.get("/admin/").content


@pytest.mark.parametrize("model", ["schedule", "success", "failure", "ormq"])
def test_the_workers_own_tables_have_no_page(office: Client, model: str) -> None:
    assert office.get(f"/admin/django_q/{model}/").status_code == 404


def test_more_failures_ask_no_more_questions(office: Client) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            text_of(office)
        return len(asked)

    failure()
    few = questions()
    for _ in range(8):
        failure()
    assert questions() == few <= MOST_QUERIES
