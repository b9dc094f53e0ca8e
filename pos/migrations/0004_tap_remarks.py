"""What the filters of the office ask for; the ledger may be long, so taps go on meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pos", "0003_pairing_code")]

    operations = [
        AddIndexConcurrently(
            "tap",
            models.Index(
                fields=["-tap_id"],
                name="pos_tap_offline",
                condition=models.Q(("is_offline", True)),
            ),
        ),
        AddIndexConcurrently(
            "tap",
            models.Index(
                fields=["-tap_id"],
                name="pos_tap_would_deny",
                condition=models.Q(("would_deny", True)),
            ),
        ),
        AddIndexConcurrently(
            "tap",
            models.Index(
                fields=["-tap_id"],
                name="pos_tap_suspect",
                condition=models.Q(("is_clock_suspect", True)),
            ),
        ),
    ]
