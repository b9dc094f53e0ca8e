from django.db import migrations

from core.sql import run_file



class Migration(migrations.Migration):
    dependencies = [
        ("visitors", "0001_initial"),
    ]

    operations = [
        run_file("visitors/sql/give_number.sql"),
    ]
