"""A simulated week: what was planned is what every list, figure and report says of it."""

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from tools.simulator.tests.played import MONDAY, TUESDAY_AFTER, ZONE, School, cast
from tools.simulator.tests.week_model import ModelDay, model_day, model_on_site
from tools.simulator.week import ONE_DAY, RULES, Gate, week_of

DAYS = [MONDAY + n * ONE_DAY for n in range(7)]
STATUSES = ("present", "late", "absent", "excused")


def test_the_same_seed_gives_the_same_week() -> None:
    everybody = cast()
    week = week_of(everybody, MONDAY, seed=1, zone=ZONE)
    assert week == week_of(reversed(everybody), MONDAY, seed=1, zone=ZONE)
    assert week != week_of(everybody, MONDAY, seed=2, zone=ZONE)


def test_a_week_has_what_a_day_does_not_show() -> None:
    week = week_of(cast(), MONDAY, seed=1, zone=ZONE)
    thursday = MONDAY + 3 * ONE_DAY
    assert any(tap.was_late for tap in week)
    assert {tap.direction for tap in week if tap.is_refused} == {"in", "out"}
    assert any(tap.is_annulled for tap in week)
    assert not any(tap.gate == Gate.EAST and tap.at.date() == thursday for tap in week)
    assert any(tap.gate == Gate.HOSTEL and tap.at.hour == 0 for tap in week)


@pytest.fixture
def head(make_user: Callable[..., User]) -> User:
    return make_user("administrator")


@pytest.fixture
def client(head: User) -> APIClient:
    """A login that outlives every move of the clock."""
    found = APIClient()
    found.force_authenticate(head)
    return found


def got(client: APIClient, url: str, **asked: Any) -> Any:
    response = client.get(url, asked)
    assert response.status_code == 200, response.content
    return response.json()


def listed(client: APIClient, url: str, **asked: Any) -> list[Any]:
    answer = got(client, url, page_size=100, **asked)
    assert answer["next"] is None
    rows: list[Any] = answer["results"]
    return rows


@pytest.mark.django_db
def test_in_another_order_the_same_week_gives_the_same_days(client: APIClient) -> None:
    with transaction.atomic():
        school = School(client)
        school.live()
        as_it_came = school.rows()
        transaction.set_rollback(True)
    again = School(client)
    again.live_in_another_order()
    assert again.rows() == as_it_came


# --- as it was planned -------------------------------------------------------------------------


def seconds(text: str | None, day: date) -> float | None:
    if text is None:
        return None
    return (datetime.fromisoformat(text) - datetime.combine(day, time(), ZONE)).total_seconds()


def told(row: dict[str, Any], day: date) -> ModelDay:
    """A row of a list, as the model has it."""
    return ModelDay(
        row["status"],
        False,
        seconds(row["attendance_time"], day),
        seconds(row["left_at"], day),
        row["minutes_late"],
        row["left_early"],
        tuple(session["status"] for session in row["sessions"]),
    )


class Week:
    """A school after its week, and what the model says of it."""

    def __init__(self, client: APIClient, head: User) -> None:
        self.client, self.head = client, head
        self.office: Client = browser_of(head)
        self.school = School(client)
        self.ids = {str(person.pk): name for name, person in self.school.people.items()}
        self.kinds = {name: person.kind for name, person in self.school.people.items()}

    def model(self, day: date) -> dict[str, ModelDay]:
        number = (day - MONDAY).days
        return {
            one.name: model_day(
                one,
                number,
                [tap for tap in self.school.taps if tap.name == one.name],
                MONDAY,
                ZONE,
            )
            for one in self.school.cast
        }

    def rows(self, day: date) -> dict[str, dict[str, Any]]:
        """By name, from both lists."""
        students = listed(self.client, RULES, date=day)
        staff = listed(self.client, f"{RULES}staff/", date=day)
        named = {self.ids[row["student"]]: row for row in students}
        return named | {self.ids[row["staff"] or row["security"]]: row for row in staff}

    def listed(self, day: date, kind: str) -> dict[str, int]:
        """How many rows of the list have each status, which is as many as its filter leaves."""
        counts = Counter(
            row["status"].lower()
            for name, row in self.rows(day).items()
            if self.kinds[name] == kind
        )
        if kind == "student":
            for status in STATUSES:
                rows = listed(self.client, RULES, date=day, status=status.capitalize())
                assert len(rows) == counts[status]
        return {status: counts[status] for status in STATUSES}

    def day_view(self, day: date, kind: str) -> dict[str, int]:
        """The office's figures, each of which is as many names as it says."""
        url = f"/admin/attendance/day/{day}/"
        page = self.office.get(url, {"group": kind})
        assert page.status_code == 200
        figures = {choice.name: choice.number or 0 for choice in page.context["figures"]}
        del figures["All"]
        for name, number in figures.items():
            named = self.office.get(url, {"group": kind, "status": name})
            assert len(named.context["lines"]) == number, (day, kind, name)
        return {name.lower().replace(" ", "_"): number for name, number in figures.items()}

    def dashboard(self) -> dict[str, Any]:
        body = got(self.client, f"/auth/admin/{self.head.pk}/dashboard")
        plural = {"student": "students", "staff": "staff", "security": "security"}
        figures = {kind: dict(body["attendance"][key]) for kind, key in plural.items()}
        students = figures["student"]
        assert {key: body[key] for key in students if key != "on_site_now"} == {
            key: number for key, number in students.items() if key != "on_site_now"
        }
        for kind, key in plural.items():
            assert figures[kind].pop("on_site_now") == body["on_site_now"][key]
        return {**figures, "on_site": body["on_site_now"]["total"]}

    def report(self, day: date, group_by: str) -> list[dict[str, Any]]:
        """The students' groups and, last, the total; JSON, CSV and XLSX say the same."""
        url = "/api/reports/attendance/"
        asked = {"from": str(day), "to": str(day), "group_by": group_by}
        body = got(
            self.client, url, **asked, **({"page_size": 100} if group_by == "student" else {})
        )
        groups = body["results"] if group_by == "student" else body["groups"]
        rows = [*groups, body["totals"]]
        kept = (*STATUSES, "no_card")
        found = [{key: row[key] for key in kept} for row in rows]
        file = self.client.get(url, {**asked, "format": "csv"})
        lines = csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig")))
        assert [{key: int(line[key]) for key in kept} for line in lines] == found or not groups
        file = self.client.get(url, {**asked, "format": "xlsx"})
        sheet = load_workbook(io.BytesIO(file.getvalue())).worksheets[0]
        headings, *cells = sheet.iter_rows(values_only=True)
        places = [headings.index(key.capitalize().replace("_", " ")) for key in kept]
        assert [dict(zip(kept, [row[n] for n in places], strict=True)) for row in cells] == found
        return [{**row, **counts} for row, counts in zip(rows, found, strict=True)]

    def on_site(self, at: datetime) -> set[str]:
        answer = got(self.client, f"{RULES}on-site/", at=at.isoformat(), page_size=100)
        names = {self.ids[row["person"]] for row in answer["results"]}
        assert answer["totals"]["total"] == answer["count"] == len(names)
        assert sum(group["count"] for group in answer["groups"]) == len(names)
        file = self.client.get(f"{RULES}on-site/", {"at": at.isoformat(), "format": "csv"})
        content = file.getvalue().decode("utf-8-sig")
        assert len(list(csv.DictReader(io.StringIO(content)))) == len(names)
        return names


def counts_of(days: list[ModelDay]) -> dict[str, int]:
    counts = Counter((day.status or "").lower() for day in days)
    found = {status: counts[status] for status in STATUSES}
    return {**found, "no_card": sum(day.has_no_card for day in days)}


@pytest.mark.django_db
def test_every_list_figure_and_report_says_what_was_planned(client: APIClient, head: User) -> None:
    week = Week(client, head)
    week.school.live()
    with time_machine.travel(TUESDAY_AFTER, tick=False):
        for day in DAYS:
            model, rows = week.model(day), week.rows(day)
            seen = {name: one for name, one in model.items() if one.status}
            assert {name: told(row, day) for name, row in rows.items()} == seen, day
            for kind in ("student", "staff", "security"):
                of_kind = [one for name, one in model.items() if week.kinds[name] == kind]
                expected = counts_of(of_kind)
                assert week.listed(day, kind).items() <= expected.items(), (day, kind)
                shown = {"no_card": 0, **week.day_view(day, kind)}
                assert shown == expected | {"not_yet_seen": 0} or shown == expected, (day, kind)
                if kind == "student":
                    for group_by in ("class", "student"):
                        total = week.report(day, group_by)[-1]
                        assert total.items() >= expected.items(), (day, group_by)
        for number in range(7 * 4):
            at = datetime.combine(MONDAY, time(1, 30), ZONE) + number * timedelta(hours=5.5)
            assert week.on_site(at) == model_on_site(week.school.taps, at), at


@pytest.mark.django_db
def test_while_it_is_lived_the_dashboard_says_what_the_office_and_the_lists_do(
    client: APIClient, head: User
) -> None:
    """At noon, when nothing is closed, in the evening, when some days are, and by night."""
    week = Week(client, head)
    looked = Counter[str]()

    def look() -> None:
        now = timezone.localtime()
        day, board = now.date(), week.dashboard()
        assert board.pop("on_site") == len(week.on_site(now))
        for kind, figures in board.items():
            shown = {"no_card": 0, "not_yet_seen": 0, **week.day_view(day, kind)}
            assert shown == figures, (now, kind)
            assert week.listed(day, kind).items() <= figures.items(), (now, kind)
            looked.update({name: number for name, number in figures.items() if number})
        total = week.report(day, "class")[-1]
        assert {name: total[name] for name in STATUSES}.items() <= board["student"].items(), now

    hours = ((0, 12), (1, 19), (2, 12), (3, 8), (3, 23), (5, 12), (6, 1))
    moments = [datetime.combine(DAYS[day], time(hour, 50), ZONE) for day, hour in hours]
    week.school.live([(at, look) for at in moments])
    assert looked.keys() == {*STATUSES, "no_card", "not_yet_seen"}
