from django.db import migrations

from core.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0005_facts_of_taps"),
        ("outbox", "0003_taps_taken_back"),
    ]

    operations = [
        run_file("pos/sql/write_events.sql"),
    ]
