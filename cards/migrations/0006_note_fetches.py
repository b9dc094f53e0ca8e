from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cards", "0005_partial_numbers")]

    operations = [
        migrations.AddField(
            model_name="printjob",
            name="fetched_at",
            field=models.DateTimeField(help_text="When its file was first downloaded.", null=True),
        ),
    ]
