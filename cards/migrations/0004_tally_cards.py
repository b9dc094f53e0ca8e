from django.db import migrations

from core.sql import run_file



class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0003_describe_holder"),
    ]

    operations = [
        run_file("cards/sql/tally_cards.sql"),
    ]
