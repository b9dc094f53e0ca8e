from django.db import migrations

from core.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0008_schedules_only"),
    ]

    operations = [
        # Written by 0005 where that ran before this was a file of its own.
        migrations.RunSQL(
            "DROP TRIGGER IF EXISTS attendance_day_changed ON attendance_attendance",
            migrations.RunSQL.noop,
        ),
        run_file("attendance/sql/wake_at_changes.sql"),
    ]
