from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor




def make_general_policy(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("attendance", "Policy").objects.get_or_create(class_level="")


class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0002_initial"),
    ]

    operations = [
        migrations.RunPython(make_general_policy, migrations.RunPython.noop),
    ]
