from django.db import migrations

from core.sql import run_file



class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_initial"),
        ("attendance", "0004_schedule_closing"),
        ("discipline", "0003_add_up_points"),
    ]

    operations = [
        run_file("notifications/sql/tell.sql"),
    ]
