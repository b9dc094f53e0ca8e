from django.db import migrations

from core.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0007_taps_taken_back"),
        ("outbox", "0004_taps_taken_back"),
    ]

    operations = [
        run_file("pos/sql/write_events.sql"),
    ]
