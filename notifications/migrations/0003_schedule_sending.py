from django.db import migrations

from core.schedules import WORKER, every, run_regularly



class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_initial"),
        WORKER,
    ]

    operations = [
        run_regularly("send notices", "send_notices", **every(minutes=1)),
    ]
