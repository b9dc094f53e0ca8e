from django.db import migrations

from core.sql import run_file



class Migration(migrations.Migration):
    dependencies = [
        ("discipline", "0003_add_up_points"),
        ("outbox", "0001_initial"),
    ]

    operations = [
        run_file("discipline/sql/write_events.sql"),
    ]
