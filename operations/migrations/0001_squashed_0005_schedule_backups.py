"""What 0001 to 0005 come to, for a new database: docs/developers.md, Folded migrations."""

from django.db import migrations, models

from core.folding import CreateModels
from core.schedules import WORKER, every, run_regularly


class Migration(migrations.Migration):

    replaces = [
        ('operations', '0001_initial'),
        ('operations', '0002_schedule_watching'),
        ('operations', '0003_backups'),
        ('operations', '0004_fault_records'),
        ('operations', '0005_schedule_backups'),
    ]

    initial = True

    dependencies = [
        WORKER,
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Backup',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('made_at', models.DateTimeField()),
                    ('name', models.CharField(max_length=100)),
                    ('size', models.PositiveBigIntegerField(help_text='In bytes.')),
                    ('digest', models.CharField(help_text='SHA-256 of the file, in hex.', max_length=64)),
                    ('is_encrypted', models.BooleanField()),
                    ('verified_at', models.DateTimeField(help_text='Restored and compared, row by row.', null=True)),
                ],
                options={
                    'ordering': ('-made_at',),
                },
            ),
            migrations.CreateModel(
                name='Counted',
                fields=[
                    ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                    ('position', models.TextField(default='', help_text='A PostgreSQL snapshot: outbox.positions.')),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='operations_counted_only')],
                },
            ),
            migrations.CreateModel(
                name='FaultRecord',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('reader_silent', 'A reader is silent'), ('worker_stuck', 'The background worker is stuck'), ('events_stuck', 'Nobody acts upon events'), ('notices_failing', 'Notices do not go out'), ('clock_skew', 'A clock is wrong'), ('backup_stale', 'There is no new backup')], max_length=15)),
                    ('subject', models.CharField(blank=True, help_text="A reader's id, a machine's name.", max_length=255)),
                    ('detail', models.TextField(help_text='As of the last look that saw it.')),
                    ('began_at', models.DateTimeField()),
                    ('seen_at', models.DateTimeField()),
                    ('raised_at', models.DateTimeField(help_text='Since then it is believed, and webhooks are told.', null=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('told_at', models.DateTimeField(help_text='Last told by mail that it is so.', null=True)),
                    ('end_told_at', models.DateTimeField(null=True)),
                    ('leased_until', models.DateTimeField(help_text='Somebody tells it until then.', null=True)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['reader_silent', 'worker_stuck', 'events_stuck', 'notices_failing', 'clock_skew', 'backup_stale'])), name='operations_faultrecord_known_kind'), models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('kind', 'subject'), name='operations_faultrecord_open_once'), models.CheckConstraint(condition=models.Q(('ended_at', None), ('raised_at__isnull', False), _connector='OR'), name='operations_faultrecord_ended_was_raised')],
                },
            ),
            migrations.CreateModel(
                name='Pulse',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(choices=[('worker', 'Background worker'), ('events', 'Who acts upon events')], max_length=6)),
                    ('host', models.CharField(max_length=255)),
                    ('beat_at', models.DateTimeField(help_text="By the database's clock.")),
                    ('clock_ahead_ms', models.BigIntegerField(help_text="The machine's clock minus the database's.")),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('name', 'host'), name='operations_pulse_once'), models.CheckConstraint(condition=models.Q(('name__in', ['worker', 'events'])), name='operations_pulse_known_name')],
                },
            ),
            migrations.CreateModel(
                name='TapCount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('decision', models.CharField(choices=[('accepted', 'Accepted'), ('denied', 'Denied')], max_length=8)),
                    ('code', models.CharField(choices=[('ok', 'Ok'), ('unknown_card', 'Unknown Card'), ('card_inactive', 'Card Inactive'), ('card_retired', 'Card Retired'), ('card_expired', 'Card Expired'), ('card_suspended', 'Card Suspended'), ('holder_inactive', 'Holder Inactive'), ('not_expected', 'Not Expected'), ('already_served', 'Already Served'), ('no_meal_period', 'No Meal Period'), ('not_entitled', 'Not Entitled'), ('ambiguous_card', 'Ambiguous Card'), ('bad_number', 'Bad Number')], max_length=15)),
                    ('number', models.PositiveBigIntegerField(default=0)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('decision', 'code'), name='operations_tapcount_once')],
                },
            ),
        ]),
        run_regularly("watch over everything", "watch_over", **every(minutes=1)),
        run_regularly("back up each night", "nightly_backup", **every(minutes=30)),
    ]
