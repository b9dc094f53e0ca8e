from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0003_write_probe"),
    ]

    operations = [
        migrations.CreateModel(
            name="LastWrite",
            fields=[
                ("user_id", models.UUIDField(primary_key=True, serialize=False)),
                ("position", models.BigIntegerField()),
                ("written_at", models.DateTimeField()),
            ],
        ),
    ]
