from django.db import migrations

from core.schedules import WORKER, every, run_regularly


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0004_fault_records"),
        WORKER,
    ]

    operations = [
        run_regularly("back up each night", "nightly_backup", **every(minutes=30)),
    ]
