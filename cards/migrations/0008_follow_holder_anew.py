from django.db import migrations

from core.sql import rerun_file


class Migration(migrations.Migration):

    dependencies = [
        ("cards", "0007_write_events"),
        ("people", "0011_found_by_more"),
    ]

    operations = [
        rerun_file("cards/sql/describe_holder.sql"),
        # Each card takes over what its holder is found by now.
        migrations.RunSQL(
            "UPDATE cards_card SET rfid_number = rfid_number", migrations.RunSQL.noop
        ),
    ]
