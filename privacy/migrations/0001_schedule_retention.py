from django.db import migrations

from core.schedules import WORKER, WEEKLY, run_regularly



class Migration(migrations.Migration):
    dependencies = [
        WORKER,
    ]

    operations = [
        run_regularly("retention", "apply_retention", "--scheduled", **WEEKLY),
    ]
