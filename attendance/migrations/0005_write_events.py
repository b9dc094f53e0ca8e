from django.db import migrations

from core.sql import run_file



class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0004_schedule_closing"),
        ("outbox", "0001_initial"),
    ]

    operations = [
        run_file("attendance/sql/write_events.sql"),
    ]
