"""What the simple policy said becomes schedules; what three instants said of a day, passes."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def make_schedules(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Schedule = apps.get_model("attendance", "Schedule")
    for policy in apps.get_model("attendance", "Policy").objects.order_by("class_level"):
        level, limit = policy.class_level, policy.late_after.isoformat()
        Schedule.objects.create(
            name=f"Class level {level}" if level else "Everybody",
            policy_of=level,
            applies_to={"class_levels": [level]} if level else {},
            closes_at=policy.closes_at,
            sessions=[
                {
                    "name": "Day",
                    "weekdays": policy.working_days,
                    "starts_at": limit,
                    "late_after": limit,
                    "ends_at": None,
                    "requires_tap": False,
                }
            ],
        )
    apps.get_model("attendance", "Rulebook").objects.create(
        version=1, content=_content(apps), what="The first rules", applied_at=timezone.now()
    )


def _content(apps: Apps) -> dict[str, Any]:
    """As `attendance.rulebook.content_now` wrote it then."""
    schedules = apps.get_model("attendance", "Schedule").objects.order_by(
        "created_at", "schedule_id"
    )
    holidays = apps.get_model("attendance", "Holiday").objects.order_by("first_day", "holiday_id")
    return {
        "schedules": [
            {
                "schedule_id": str(schedule.schedule_id),
                "name": schedule.name,
                "day_begins": "00:00:00",
                "sessions": schedule.sessions,
                "closes_at": schedule.closes_at.isoformat(),
                "applies_to": schedule.applies_to,
                "valid_from": None,
                "valid_to": None,
                "is_policy": True,
            }
            for schedule in schedules
        ],
        "holidays": [
            {
                "holiday_id": str(holiday.holiday_id),
                "name": holiday.name,
                "first_day": holiday.first_day.isoformat(),
                "last_day": holiday.first_day.isoformat(),
                "starts_at": None,
                "ends_at": None,
                "applies_to": {},
            }
            for holiday in holidays
        ],
    }


class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0006_schedules_and_sessions"),
    ]

    operations = [
        migrations.RunSQL(
            """
            UPDATE attendance_holiday SET last_day = first_day;
            -- Not by UPDATE, which its trigger refuses: a ledger is not rewritten.
            ALTER TABLE attendance_holidayevent ALTER last_day TYPE date USING first_day;
            UPDATE attendance_attendance AS day SET
                class_level = person.class_level,
                class_code = person.class_code,
                department = person.department,
                passes = COALESCE((
                    SELECT jsonb_agg(jsonb_build_array(seen.at, seen.direction, '', 0, 0))
                    FROM (
                        VALUES (day.attendance_time, 'in'), (day.last_in_at, 'in'),
                            (day.last_out_at, 'out')
                    ) AS seen (at, direction)
                    WHERE seen.at IS NOT NULL
                ), '[]'),
                on_site_since = CASE
                    WHEN day.last_out_at IS NULL OR day.last_out_at <= day.attendance_time
                    THEN day.attendance_time
                    WHEN day.last_in_at > day.last_out_at THEN day.last_in_at
                END,
                minutes_on_site = extract(epoch FROM day.left_at - day.attendance_time) / 60,
                closed_under_id = (
                    SELECT 1 FROM attendance_closedday AS closed WHERE closed.date = day.date
                )
            FROM people_person AS person WHERE person.person_uuid = day.person_id;
            CREATE TABLE attendance_formerlyclosed AS
                SELECT date, closed_at, closed_by_id FROM attendance_closedday
            """,
        ),
        migrations.RunPython(make_schedules, migrations.RunPython.noop),
    ]
