import django.db.models.functions.text
from django.db import migrations, models

import accounts.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_index_latest_actions"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="user",
            name="accounts_user_unique_username",
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper(accounts.models.NFKC("username")),
                name="accounts_user_unique_username",
                violation_error_message="An administrator with this username already exists.",
            ),
        ),
    ]
