"""The same reports, counted slowly and plainly from all rows."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from itertools import groupby
from typing import Any

from attendance.models import Attendance, NoCardDay
from discipline.models import Incident
from kitchen.models import KitchenService
from students.models import Student

KEYS: dict[str, Callable[[Student], tuple[str, ...]]] = {
    "class": lambda student: (student.class_level, student.class_code),
    "department": lambda student: (student.department,),
    "student": lambda student: (student.full_name, str(student.pk)),
}


def attendance(days: Iterable[Attendance]) -> dict[str, Any]:
    days = list(days)
    counts = Counter(day.status for day in days)
    present, late, absent, excused = (
        counts[status] for status in ("Present", "Late", "Absent", "Excused")
    )
    counted = [day.status for day in days if day.is_counted and day.status != "Excused"]
    expected, attended = len(counted), sum(status != "Absent" for status in counted)
    return {
        "recorded": len(days),
        "expected": expected,
        "attended": attended,
        "present": present,
        "late": late,
        "absent": absent,
        "excused": excused,
        "minutes_late": sum(day.minutes_late for day in days),
        "attendance_rate": round(attended * 100 / expected, 2) if expected else None,
    }


def discipline(incidents: Iterable[Incident]) -> dict[str, Any]:
    incidents = list(incidents)
    standing = [incident for incident in incidents if incident.voided_at is None]
    return {
        "incidents": len(incidents),
        "voided": len(incidents) - len(standing),
        "points_deducted": sum(incident.points_deducted for incident in standing),
        "by_category": Counter(incident.category for incident in incidents),
    }


def kitchen(meals: Iterable[KitchenService]) -> dict[str, Any]:
    meals = list(meals)
    eaten = Counter((meal.person_id, meal.period_id, meal.date) for meal in meals if meal.period_id)
    return {
        "served": len(meals),
        "doubles": sum(number - 1 for number in eaten.values()),
        "extra": sum(meal.is_extra for meal in meals),
        "by_period": Counter(meal.period.name if meal.period else "" for meal in meals),
    }


REPORTS: dict[str, tuple[Any, str, str, Callable[[Any], dict[str, Any]]]] = {
    "attendance": (Attendance, "person", "date", attendance),
    "discipline": (Incident, "student", "date_of_incident", discipline),
    "kitchen": (KitchenService, "person", "date", kitchen),
}


def expected(subject: str, group_by: str, first: date, last: date) -> dict[str, Any]:
    """`{totals, days: {date: figures}, groups: [(key, figures)]}`, groups in order."""
    model, whose, day_field, count = REPORTS[subject]
    rows = [
        row
        for row in model.objects.select_related(whose)
        if first <= getattr(row, day_field) <= last
    ]

    def student(row: Any) -> Any:
        return getattr(row, whose)

    def day(row: Any) -> Any:
        return getattr(row, day_field)

    def key(row: Any) -> tuple[str, ...]:
        return KEYS[group_by](student(row))

    def asides(*of: tuple[str, ...]) -> dict[str, int]:
        """Of one group or of all: days of which nobody could know, and nothing was heard."""
        if subject != "attendance":
            return {}
        heard = set(Attendance.objects.values_list("person", "date"))
        missing = NoCardDay.objects.filter(date__gte=first, date__lte=last, person__kind="student")
        unheard = [day for day in missing if (day.person_id, day.date) not in heard]
        return {"no_card": sum(not of or KEYS[group_by](day.person) in of for day in unheard)}

    by_day = groupby(sorted(rows, key=day), key=day)
    by_group = groupby(sorted(rows, key=key), key=key)
    days = {str(of): _without_parts(count(list(some))) for of, some in by_day}
    return {
        "totals": with_students(count(rows), map(student, rows)) | asides(),
        "days": days,
        "groups": [
            (
                of,
                (
                    count(some)
                    if group_by == "student"
                    else with_students(count(some), map(student, some))
                )
                | asides(of),
            )
            for of, some in ((of, list(some)) for of, some in by_group)
        ],
    }


def with_students(figures: dict[str, Any], students: Iterable[Student]) -> dict[str, Any]:
    return {"students": len({student.pk for student in students}), **figures}


def _without_parts(figures: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in figures.items() if not isinstance(value, dict)}
