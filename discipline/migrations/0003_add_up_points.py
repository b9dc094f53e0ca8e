from django.db import migrations

from core.sql import run_file



class Migration(migrations.Migration):
    dependencies = [
        ("discipline", "0002_initial"),
    ]

    operations = [
        run_file("discipline/sql/add_up_points.sql"),
    ]
