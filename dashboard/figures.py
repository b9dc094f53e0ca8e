"""The dashboard's numbers, in a fixed number of queries (contract section 7).

Each part is shown to whoever may read what it counts.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Sum
from django.utils import timezone

from accounts.models import User
from accounts.roles import Capability
from attendance.day import Direction
from attendance.expectation import Expectation
from attendance.models import Attendance, Status
from attendance.register import days_on, figures_of
from discipline.models import Incident
from kitchen.models import KitchenService
from kitchen.summary import summary_of
from live.events import tap_payload
from people.kinds import kinds
from people.models import Person
from people.scope import kinds_with_days_for, may_read
from pos.models import Activity, Decision, Tap
from pos.readers import reader_states
from students.kind import STUDENT

DAYS = 14
LATEST = 10


def dashboard_for(user: User, *, now: datetime) -> dict[str, Any]:
    """Today in numbers, as far as this user's role may see."""
    today = timezone.localdate(now)
    body: dict[str, Any] = {"date": today, "generated_at": timezone.localtime(now)}
    if user.may(Capability.READ_ATTENDANCE):
        body |= attendance_on(today, seen_by=user)
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


def attendance_on(today: date, *, seen_by: User) -> dict[str, Any]:
    """The students' day on top, as most of a school is students; then everybody's by group."""
    expectation = Expectation(today)
    groups = {
        kind.plural_key: figures_of(
            kind,
            today,
            expectation=expectation,
            people=Person.objects.of_kind(kind).seen_by(seen_by),
            days=days_on(kind, today).seen_by(seen_by),
        )
        for kind in kinds_with_days_for(seen_by).values()
    }
    students = groups[STUDENT.plural_key]
    on_site = {name: group["on_site_now"] for name, group in groups.items()}
    on_site |= on_site_by_taps(today, seen_by=seen_by)
    return {
        **{name: students[name] for name in ("present", "late", "absent", "excused")},
        "not_yet_seen": students["not_yet_seen"],
        "no_card": students["no_card"],
        "on_site_now": {"total": sum(on_site.values()), **on_site},
        "attendance": groups,
        "is_working_day": expectation.is_anybody_due,
    }


def on_site_by_taps(today: date, *, seen_by: User) -> dict[str, int]:
    """How many are on site of each kind of which no attendance is kept: visitors.

    By the same rule as for everybody else, from the taps themselves. Whoever is refused on the way
    out, such as with a card whose time is over, is out all the same.
    """
    kept = [kind for kind in kinds() if not kind.day_list and may_read(seen_by, kind)]
    is_in = Q(decision=Decision.ACCEPTED) & ~Q(direction=Direction.OUT)
    is_out = Q(direction=Direction.OUT) | Q(decision=Decision.ACCEPTED, direction=Direction.EITHER)
    people = (
        Tap.objects.filter(date=today, activity=Activity.ATTENDANCE, counted_at__isnull=False)
        .filter(person__kind__in=[kind.key for kind in kept])
        .order_by()
        .values("person", "person__kind")
        .annotate(
            attendance_time=Min("counted_at", filter=is_in),
            last_in_at=Max("counted_at", filter=is_in),
            last_out_at=Max("counted_at", filter=is_out),
        )
        .filter(
            Q(last_out_at=None)
            | Q(last_out_at__lte=F("attendance_time"))
            | Q(last_in_at__gt=F("last_out_at")),
            attendance_time__isnull=False,
        )
    )
    counts = Counter(people.values_list("person__kind", flat=True))
    return {kind.plural_key: counts[kind.key] for kind in kept}


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
