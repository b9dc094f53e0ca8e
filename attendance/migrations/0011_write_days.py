from django.db import migrations

from core.sql import run_file


class Migration(migrations.Migration):
    dependencies = [("attendance", "0010_refusals_on_the_way_out")]
    operations = [run_file("attendance/sql/write_days.sql")]
