from django.db import migrations

from core.sql import rerun_file


class Migration(migrations.Migration):
    dependencies = [('attendance', '0016_room_for_passes')]

    operations = [rerun_file('attendance/sql/write_days.sql')]
