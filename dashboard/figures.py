"""The dashboard's numbers, in a fixed number of queries (contract section 7).

Each part is shown to whoever may read what it counts.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone

from accounts.models import User
from accounts.roles import Capability
from attendance.expectation import Expectation
from attendance.models import Attendance, Status
from attendance.register import figures_of
from discipline.models import Incident
from kitchen.models import KitchenService
from kitchen.summary import summary_of
from live.events import tap_payload
from people.models import Person
from people.scope import kinds_with_days_for
from pos.models import Tap
from pos.readers import reader_states
from presence import on_site as presence
from students.kind import STUDENT

DAYS = 14
LATEST = 10


def dashboard_for(user: User, *, now: datetime) -> dict[str, Any]:
    """Today in numbers, as far as this user's role may see."""
    today = timezone.localdate(now)
    body: dict[str, Any] = {"date": today, "generated_at": timezone.localtime(now)}
    if user.may(Capability.READ_ATTENDANCE):
        body |= attendance_on(today, seen_by=user, now=now)
        body["attendance_by_day"] = attendance_by_day(today, seen_by=user)
    if user.may(Capability.READ_MEALS):
        body["meals"] = summary_of(today)
        body["meals_by_day"] = meals_by_day(today)
    if user.may(Capability.READ_DISCIPLINE):
        body["incidents"] = incidents_on(today, seen_by=user)
    if user.may(Capability.ADMINISTER):
        body["readers"] = reader_states(at=now)
    if user.may(Capability.READ_ATTENDANCE) or user.may(Capability.READ_MEALS):
        body["latest_taps"] = latest_taps(user, LATEST)
    return body


def attendance_on(today: date, *, seen_by: User, now: datetime) -> dict[str, Any]:
    """The students' day on top, as most of a school is students; then everybody's by group."""
    here = presence.on_site(at=now, people=presence.seen_by(seen_by))
    on_site = presence.totals_of(here, presence.kinds_for(seen_by))
    expectation = Expectation(today)
    figures = figures_of(
        today,
        expectation=expectation,
        people=Person.objects.seen_by(seen_by),
        days=Attendance.objects.filter(date=today).seen_by(seen_by),
    )
    groups = {
        kind.plural_key: {**figures[key], "on_site_now": on_site[kind.plural_key]}
        for key, kind in kinds_with_days_for(seen_by).items()
    }
    students = groups[STUDENT.plural_key]
    return {
        **{name: students[name] for name in ("present", "late", "absent", "excused")},
        "not_yet_seen": students["not_yet_seen"],
        "no_card": students["no_card"],
        "on_site_now": on_site,
        "attendance": groups,
        "is_working_day": expectation.is_anybody_due,
    }


def attendance_by_day(today: date, *, seen_by: User) -> list[dict[str, Any]]:
    """The students' last DAYS days, each with its counts, oldest first."""
    days = Attendance.objects.of_kind(STUDENT).seen_by(seen_by)
    rows = (
        days.filter(date__gt=today - timedelta(days=DAYS), date__lte=today)
        .values("date", "status")
        .annotate(count=Count("pk"))
        .order_by()
    )
    counts = {(row["date"], row["status"]): row["count"] for row in rows}
    return [
        {"date": day, **{s.lower(): counts.get((day, s), 0) for s in Status.values}}
        for day in _days(today)
    ]


def meals_by_day(today: date) -> list[dict[str, Any]]:
    """The meals of the last DAYS days, oldest first."""
    rows = (
        KitchenService.objects.standing()
        .filter(date__gt=today - timedelta(days=DAYS), date__lte=today)
        .values("date")
        .annotate(count=Count("pk"))
        .order_by()
    )
    counts = {row["date"]: row["count"] for row in rows}
    return [{"date": day, "served": counts.get(day, 0)} for day in _days(today)]


def incidents_on(today: date, *, seen_by: User) -> dict[str, int]:
    incidents = Incident.objects.seen_by(seen_by)
    standing = incidents.filter(date_of_incident=today, voided_at__isnull=True)
    return standing.aggregate(today=Count("pk"), points_deducted=Sum("points_deducted", default=0))


def _days(today: date) -> list[date]:
    return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]


def latest_taps(user: User, most: int) -> list[dict[str, Any]]:
    """The latest taps that this user's role reads, the last one first."""
    taps = Tap.objects.with_names().seen_by(user).order_by("-tap_id")
    return [tap_payload(tap) for tap in taps[:most]]
