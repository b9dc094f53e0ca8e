from django.db import migrations

from core.sql import rerun_file

# As they were while each tap was written by itself.
EARLIER = """
    DROP FUNCTION IF EXISTS pos_write_pass;
    DROP FUNCTION IF EXISTS pos_write_meal;
    DROP FUNCTION IF EXISTS pos_write_tap;
"""


class Migration(migrations.Migration):
    dependencies = [("pos", "0015_ledger_by_stretches")]
    operations = [
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
        rerun_file("pos/sql/tap_door.sql"),
    ]
