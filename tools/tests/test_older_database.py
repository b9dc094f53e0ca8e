"""An upgrade: a database of an earlier day (`databases/`) is migrated, with all that was in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import issue_tokens
from attendance.models import Attendance, Holiday
from cards.models import Card
from kitchen.models import PeriodVersion
from pos.superseded import SUPERSEDED_FOR, drop_superseded
from pos.tests.factories import make_reader
from tools.tests.restored import (
    DATABASES,
    Columns,
    Rows,
    Statements,
    columns_now,
    restored,
    rows_now,
    tables,
)

FOLDERS = sorted(path for path in DATABASES.iterdir() if path.is_dir())
# What Django and its apps know of themselves: it grows.
OF_DJANGO = {"auth_permission", "django_content_type", "django_migrations", "django_q_schedule"}
# Kept another way since, or made anew of what is beside it.
GONE = {
    ("attendance_attendance", "last_in_at"),  # `passes`
    ("attendance_attendance", "last_out_at"),
    ("attendance_attendance", "late_from"),
    ("attendance_holiday", "date"),  # `first_day`, `last_day`
    ("attendance_holidayevent", "date"),
    ("kitchen_mealperiod", "week"),  # of its versions
    ("cards_card", "search_text"),
    ("people_person", "search_text"),
}
GONE_TABLES = {
    "attendance_closedday",  # one for each schedule
    "attendance_closedrule",
    "attendance_policy",
    "attendance_policyevent",
    "token_blacklist_blacklistedtoken",
    "token_blacklist_outstandingtoken",
}


@dataclass(frozen=True)
class Earlier:
    """`rows`: what was in the `columns` that are still there; `new`: how a new database is made."""

    folder: Path
    columns: Columns
    rows: Rows
    new: Statements


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def earlier(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Earlier]:
    """Migrated to today, with Django on it."""
    with django_db_blocker.unblock():
        new = tables()
        with restored(request.param / "database.sql.gz"):
            columns = {
                table: [name for name in names if (table, name) not in GONE]
                for table, names in columns_now().items()
                if table not in GONE_TABLES | OF_DJANGO
            }
            rows = rows_now(columns)
            call_command("migrate", verbosity=0, interactive=False)
            drop_superseded(at=timezone.now() + SUPERSEDED_FOR)
            yield Earlier(request.param, columns, rows, new)


def test_its_tables_are_those_of_a_new_one(earlier: Earlier) -> None:
    assert tables() == earlier.new


def test_nothing_that_was_in_it_is_lost_or_changed(earlier: Earlier) -> None:
    """People and their history, cards, taps, days, meals, incidents, points, guardians."""
    now = rows_now(earlier.columns)
    assert len(earlier.rows["pos_tap"]) > 100
    for table, rows in earlier.rows.items():
        assert now[table] == rows, table


def test_what_is_kept_another_way_now_says_the_same(earlier: Earlier) -> None:
    """Days have passes, meal periods have versions, and a day off may be several."""
    days = Attendance.objects.exclude(attendance_time=None)
    assert {day.attendance_time for day in days} == {_first_pass(day) for day in days}
    periods = len(earlier.rows["kitchen_mealperiod"])
    assert PeriodVersion.objects.count() == periods
    assert not Holiday.objects.exclude(first_day=F("last_day")).exists()


def _first_pass(day: Attendance) -> datetime:
    return datetime.fromisoformat(day.passes[0][0])


def test_pages_and_api_answer_with_what_was_in_it(earlier: Earlier, settings: Settings) -> None:
    """The photos too, which are in the database since; `make run` moves them."""
    settings.MEDIA_ROOT = earlier.folder
    call_command("move_files", source="folder", keep=True, stdout=StringIO())
    admin = User.objects.get(username="admin")
    api, browser = APIClient(), Client()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_tokens(user=admin)['access']}")
    browser.force_login(admin)
    for page in ("/", "/admin/", "/admin/students/student/", "/readyz"):
        assert browser.get(page, follow=True).status_code == 200, page
    listed = {"students": "students_student", "staff": "staff_staffmember", "cards": "cards_card"}
    for name, table in listed.items():
        assert api.get(f"/api/{name}/").json()["count"] == len(earlier.rows[table])
    photos = sorted((earlier.folder / "photos").iterdir())
    assert photos
    for photo in photos:
        answer: Any = browser.get(f"/media/photos/{photo.name}")
        assert b"".join(answer.streaming_content) == photo.read_bytes()


def test_a_card_of_then_opens_a_gate_today(earlier: Earlier) -> None:
    _, reader = make_reader()
    card = Card.objects.filter(retired_at=None, is_active=True, person__status="Active").first()
    assert card is not None
    tap = {"event_id": "1", "card": card.rfid_number}
    answer = reader.post("/api/pos/taps/", tap, format="json")
    assert answer.status_code == 201
    assert answer.json()["decision"] == "accepted"
