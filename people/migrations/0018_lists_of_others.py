from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0017_name_of_a_file'),
    ]

    operations = [
        migrations.AddField(
            model_name='importjob',
            name='list_key',
            field=models.CharField(blank=True, db_default='', default='', help_text='Of what sort the list is; empty: of the people themselves.', max_length=20),
        ),
    ]
