from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        # core.history.latest_actions: what one administrator did last
        migrations.RunSQL(
            "CREATE INDEX pghistory_context_by_user"
            " ON pghistory_context ((metadata -> 'user'), created_at DESC)",
            "DROP INDEX pghistory_context_by_user",
        ),
    ]
