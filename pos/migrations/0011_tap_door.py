from django.db import migrations

from core.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0011_write_days"),
        ("cards", "0007_write_events"),
        ("core", "0002_housekeeping"),
        ("people", "0009_diet_note"),
        ("pos", "0010_decimal_of_24_bits"),
    ]
    operations = [run_file("pos/sql/tap_door.sql")]
