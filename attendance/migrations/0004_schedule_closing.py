from django.db import migrations

from core.schedules import WORKER, every, run_regularly



class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0003_rule"),
        WORKER,
    ]

    operations = [
        run_regularly("close attendance", "close_attendance", **every(minutes=5)),
    ]
