from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from core.sql import run_file



def make_general_policy(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("attendance", "Policy").objects.get_or_create(class_level="")


class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0002_initial"),
    ]

    operations = [
        run_file("attendance/sql/rule.sql"),
        migrations.RunPython(make_general_policy, migrations.RunPython.noop),
    ]
