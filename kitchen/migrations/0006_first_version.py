from django.db import migrations

from core.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("kitchen", "0005_versions_apart"),
    ]

    operations = [
        run_file("kitchen/sql/first_version.sql"),
    ]
