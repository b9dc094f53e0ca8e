from django.db import migrations

from core.sql import rerun_file


class Migration(migrations.Migration):
    dependencies = [('attendance', '0017_days_overtaken')]

    operations = [rerun_file('attendance/sql/write_events.sql')]
