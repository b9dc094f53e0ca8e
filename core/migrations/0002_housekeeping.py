from django.db import migrations

from core.schedules import WORKER, HOURLY, run_regularly



class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_initial"),
        WORKER,
    ]

    operations = [
        run_regularly("housekeeping", "housekeeping", **HOURLY),
    ]
