from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cards", "0006_note_fetches")]

    operations = [
        migrations.AddIndex(
            model_name="card",
            index=models.Index(
                condition=models.Q(("retired_reason__in", ["lost", "stolen"])),
                fields=["-retired_at"],
                name="cards_card_newest_loss",
            ),
        ),
    ]
