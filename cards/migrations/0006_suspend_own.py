from django.db import migrations

from core.sql import rerun_file, run_file


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0005_temporary_cards"),
    ]

    operations = [
        rerun_file("cards/sql/describe_holder.sql"),
        rerun_file("cards/sql/tally_cards.sql"),
        run_file("cards/sql/suspend_own.sql"),
    ]
