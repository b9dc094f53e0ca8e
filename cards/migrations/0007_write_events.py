from django.db import migrations

from core.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0006_suspend_own"),
        ("outbox", "0002_events_of_cards"),
    ]

    operations = [
        run_file("cards/sql/write_events.sql"),
    ]
