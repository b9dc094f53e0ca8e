from django.db import migrations

from core.schedules import WORKER, every, run_regularly



class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_initial"),
        WORKER,
    ]

    operations = [
        run_regularly("send reports", "send_reports", **every(minutes=15)),
    ]
