"""What 0001 comes to, for a new database: docs/developers.md, Folded migrations."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from core.folding import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('institution', '0001_settings_of_the_office'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Logo',
                fields=[
                    ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                    ('format', models.CharField(choices=[('svg', 'SVG'), ('png', 'PNG')], max_length=3)),
                    ('content', models.BinaryField(help_text='For pages.')),
                    ('printed', models.BinaryField(help_text='The same in dots, for paper: PNG.')),
                    ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
            ),
            migrations.CreateModel(
                name='SealedSecret',
                fields=[
                    ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                    ('salt', models.CharField(max_length=64)),
                    ('sealed', models.TextField()),
                ],
            ),
            migrations.CreateModel(
                name='LeftAsItIs',
                fields=[
                    ('step', models.CharField(max_length=40, primary_key=True, serialize=False)),
                    ('said_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('said_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
            ),
            migrations.CreateModel(
                name='SettingsVersion',
                fields=[
                    ('version', models.PositiveIntegerField(primary_key=True, serialize=False)),
                    ('texts', models.JSONField(help_text="By name; what is missing is the environment's or the default.")),
                    ('changed', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None)),
                    ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'verbose_name': 'change of settings',
                    'verbose_name_plural': 'changes of settings',
                    'ordering': ['-version'],
                    'triggers': [pgtrigger.compiler.Trigger(name='history_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='ea8c664c145c64f6a0221cbae4574127a5a320fd', operation='UPDATE OR DELETE', pgid='pgtrigger_history_stays_ffda6', table='institution_settingsversion', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Trial',
                fields=[
                    ('group', models.CharField(max_length=20, primary_key=True, serialize=False)),
                    ('worked_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('tried_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
            ),
        ]),
    ]
