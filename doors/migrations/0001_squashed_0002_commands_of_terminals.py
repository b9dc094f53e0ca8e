"""What 0001 to 0002 come to, for a new database: docs/developers.md, Folded migrations."""

import django.db.models.deletion
import people.fields
from django.db import migrations, models

from core.folding import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('doors', '0001_first'),
        ('doors', '0002_commands_of_terminals'),
    ]

    initial = True

    dependencies = [
        ('pos', '0001_squashed_0017_words_for_people'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Command',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pos.device')),
                    ('kind', models.CharField(choices=[('user', 'Somebody comes into its memory, or leaves it'), ('count', 'How many records has it of a day?'), ('records', 'The records of a day once more')], max_length=7)),
                    ('about', models.CharField(help_text='A PIN, or a day.', max_length=64)),
                    ('text', models.CharField(max_length=1000)),
                    ('made_at', models.DateTimeField()),
                    ('sent_at', models.DateTimeField(null=True)),
                    ('times_sent', models.PositiveSmallIntegerField(default=0)),
                    ('answered_at', models.DateTimeField(null=True)),
                    ('returned', models.BigIntegerField(help_text='Below 0: it could not.', null=True)),
                    ('counted', models.BigIntegerField(help_text='The records of a day that it has.', null=True)),
                ],
                options={
                    'ordering': ('pk',),
                    'constraints': [models.UniqueConstraint(fields=('device', 'kind', 'about'), name='doors_command_one_of_a_matter')],
                },
            ),
            migrations.CreateModel(
                name='Knock',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('protocol', models.CharField(choices=[('trackxpert', 'TrackXpert'), ('zkteco', 'ZKTeco attendance terminal (ADMS)'), ('zkteco_acc', 'ZKTeco access controller (Security PUSH)'), ('hikvision', 'Hikvision terminal (ISAPI events)'), ('mapped', 'ESP firmware or webhook, by a table of names'), ('frappe', 'Frappe biometric attendance sync tool')], max_length=10)),
                    ('serial_number', people.fields.LineField(max_length=64)),
                    ('address', models.CharField(help_text='The network that it came from last.', max_length=64)),
                    ('first_at', models.DateTimeField()),
                    ('last_at', models.DateTimeField()),
                    ('times', models.PositiveIntegerField()),
                ],
                options={
                    'ordering': ('-last_at',),
                    'constraints': [models.UniqueConstraint(fields=('protocol', 'serial_number'), name='doors_knock_once_a_terminal')],
                },
            ),
            migrations.CreateModel(
                name='Message',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pos.device')),
                    ('received_at', models.DateTimeField(db_index=True)),
                    ('what', models.CharField(max_length=100)),
                    ('said', models.CharField(blank=True, max_length=4000)),
                    ('answered', models.CharField(blank=True, max_length=300)),
                ],
                options={
                    'ordering': ('-pk',),
                    'indexes': [models.Index(fields=['device', '-id'], name='doors_message_of_device')],
                },
            ),
            migrations.CreateModel(
                name='QuarantinedLine',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pos.device')),
                    ('digest', models.UUIDField(help_text='Of the whole line, which may have been longer.')),
                    ('line', models.CharField(blank=True, max_length=500)),
                    ('reason', models.CharField(max_length=200)),
                    ('received_at', models.DateTimeField()),
                ],
                options={
                    'ordering': ('-pk',),
                    'constraints': [models.UniqueConstraint(fields=('device', 'digest'), name='doors_quarantinedline_once')],
                },
            ),
            migrations.CreateModel(
                name='TerminalUser',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pos.device')),
                    ('pin', models.CharField(max_length=64)),
                    ('digest', models.UUIDField(help_text='Of what it knows of them. None: who knows.', null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('device', 'pin'), name='doors_terminaluser_once')],
                },
            ),
            migrations.CreateModel(
                name='Upkeep',
                fields=[
                    ('device', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='pos.device')),
                    ('users_compared_at', models.DateTimeField()),
                    ('days_counted_to', models.DateField(null=True)),
                ],
            ),
        ]),
    ]
