"""The dashboard's numbers, in a fixed number of queries (contract section 7).

Each part is shown to whoever may read what it counts.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from accounts.roles import Capability
from attendance.models import EVERYBODY, Attendance, StaffAttendance, Status
from attendance.services import class_levels_expected
from discipline.models import Incident
from kitchen.models import KitchenService
from kitchen.summary import summary_of
from monitor.live.events import tap_payload
from monitor.readers import readers
from pos.models import Tap
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student

DAYS = 14
LATEST = 10

# Came, and has not gone since: the last arrival is later than the last departure. At a two-way gate
# without directions one tap is both; then the first tap of the day is an arrival and no departure.
ON_SITE = Q(attendance_time__isnull=False) & (
    Q(last_out_at__isnull=True)
    | Q(last_out_at__lte=F("attendance_time"))
    | Q(last_in_at__gt=F("last_out_at"))
)


def dashboard_for(user: User, *, now: datetime) -> dict[str, Any]:
    """Today in numbers, as far as this user's role may see."""
    today = timezone.localdate(now)
    body: dict[str, Any] = {"date": today, "generated_at": timezone.localtime(now)}
    if user.may(Capability.READ_ATTENDANCE):
        body |= _attendance(today)
    if user.may(Capability.MANAGE_MEALS):
        body["meals"] = summary_of(today)
        body["meals_by_day"] = _meals_by_day(today)
    if user.may(Capability.MANAGE_DISCIPLINE):
        body["incidents"] = _incidents(today)
    if user.may(Capability.ADMINISTER):
        body["readers"] = readers(at=now)
    if user.may(Capability.READ_ATTENDANCE) or user.may(Capability.MANAGE_MEALS):
        body["latest_taps"] = _latest_taps(user)
    return body


def _attendance(today: date) -> dict[str, Any]:
    """The students' day on top, as most of a school is students; then everybody's by group."""
    expected = _expected(today)
    days = Attendance.objects.filter(date=today)
    staff_days = StaffAttendance.objects.filter(date=today)
    students = _group(days, expected["student"], "student", today)
    groups = {
        "students": students,
        "staff": _group(staff_days.filter(staff__isnull=False), expected["staff"], "staff", today),
        "security": _group(
            staff_days.filter(security_personnel__isnull=False),
            expected["security_personnel"],
            "security_personnel",
            today,
        ),
    }
    on_site = {name: group["on_site_now"] for name, group in groups.items()}
    return {
        **{name: students[name] for name in ("present", "late", "absent", "excused")},
        "not_yet_seen": students["not_yet_seen"],
        "on_site_now": {"total": sum(on_site.values()), **on_site},
        "attendance": groups,
        "attendance_by_day": _attendance_by_day(today),
    }


def _expected(day: date) -> dict[str, QuerySet[Any]]:
    """Who should come on this day, by the column that names them in the days."""
    levels = class_levels_expected(day)
    everybody = levels.pop(EVERYBODY)
    others = [level for level, is_expected in levels.items() if is_expected != everybody]
    students = Student.objects.expected()
    staff, guards = StaffMember.objects.expected(), SecurityPersonnel.objects.expected()
    if everybody:
        students = students.exclude(class_level__in=others)
    else:
        students = students.filter(class_level__in=others)
        staff, guards = staff.none(), guards.none()
    return {"student": students, "staff": staff, "security_personnel": guards}


def _group(
    days: QuerySet[Any], expected: QuerySet[Any], holder: str, today: date
) -> dict[str, Any]:
    """`present, late, absent, excused, on_site_now` of these days, and who has none yet."""
    counts = days.aggregate(
        **{status.lower(): Count("pk", filter=Q(status=status)) for status in Status.values},
        on_site_now=Count("pk", filter=ON_SITE),
    )
    seen = days.model._default_manager.filter(**{holder: OuterRef("pk")}, date=today)
    return {**counts, "not_yet_seen": expected.filter(~Exists(seen)).count()}


def _attendance_by_day(today: date) -> list[dict[str, Any]]:
    """The students' last DAYS days, each with its counts, oldest first."""
    rows = (
        Attendance.objects.filter(date__gt=today - timedelta(days=DAYS), date__lte=today)
        .values("date", "status")
        .annotate(count=Count("pk"))
        .order_by()
    )
    counts = {(row["date"], row["status"]): row["count"] for row in rows}
    return [
        {"date": day, **{s.lower(): counts.get((day, s), 0) for s in Status.values}}
        for day in _days(today)
    ]


def _meals_by_day(today: date) -> list[dict[str, Any]]:
    rows = (
        KitchenService.objects.filter(date__gt=today - timedelta(days=DAYS), date__lte=today)
        .values("date")
        .annotate(count=Count("pk"))
        .order_by()
    )
    counts = {row["date"]: row["count"] for row in rows}
    return [{"date": day, "served": counts.get(day, 0)} for day in _days(today)]


def _incidents(today: date) -> dict[str, int]:
    standing = Incident.objects.filter(date_of_incident=today, voided_at__isnull=True)
    return standing.aggregate(today=Count("pk"), points_deducted=Sum("points_deducted", default=0))


def _days(today: date) -> list[date]:
    return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]


def _latest_taps(user: User) -> list[dict[str, Any]]:
    taps = Tap.objects.with_names().seen_by(user).order_by("-tap_id")
    return [tap_payload(tap) for tap in taps[:LATEST]]
