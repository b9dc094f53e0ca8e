from django.db import migrations

from core.sql import rerun_file, run_file


class Migration(migrations.Migration):
    dependencies = [('pos', '0018_day_told')]

    operations = [run_file('pos/sql/event_hashes.sql'), rerun_file('pos/sql/tap_door.sql')]
