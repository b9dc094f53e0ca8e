from django.db import migrations

from core.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("discipline", "0006_merits"),
        ("students", "0002_points_given"),
    ]

    operations = [
        run_file("discipline/sql/add_up_merits.sql"),
    ]
