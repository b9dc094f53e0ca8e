from django.db import migrations

from core.schedules import WORKER, every, run_regularly


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0001_initial"),
        WORKER,
    ]

    operations = [
        run_regularly("watch over everything", "watch_over", **every(minutes=1)),
    ]
