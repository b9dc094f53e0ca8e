from django.db import migrations

from core.sql import run_file



class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0002_initial"),
    ]

    operations = [
        run_file("cards/sql/describe_holder.sql"),
    ]
