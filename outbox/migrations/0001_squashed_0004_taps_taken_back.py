"""What 0001 to 0004 come to, for a new database: docs/developers.md, Folded migrations."""

import core.transactions
import django.contrib.postgres.indexes
import django.utils.timezone
from django.db import migrations, models

from core.folding import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('outbox', '0001_initial'),
        ('outbox', '0002_events_of_cards'),
        ('outbox', '0003_alerts'),
        ('outbox', '0004_taps_taken_back'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Event',
                fields=[
                    ('event_id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('day_changed', 'Day Changed'), ('day_corrected', 'Day Corrected'), ('day_closed', 'Day Closed'), ('incident', 'Incident'), ('card_issued', 'Card Issued'), ('card_switched', 'Card Switched'), ('card_retired', 'Card Retired'), ('card_deleted', 'Card Deleted'), ('alert', 'Alert'), ('tap_annulled', 'Tap Annulled')], max_length=20)),
                    ('subject', models.UUIDField(help_text='The row that it is about, if it is about one.', null=True)),
                    ('payload', models.JSONField(default=dict)),
                    ('happened_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('transaction_id', core.transactions.TransactionId(db_default=core.transactions.CurrentTransactionId(), editable=False)),
                    ('dispatched_at', models.DateTimeField(null=True)),
                    ('retry_at', models.DateTimeField(help_text='It could not be acted upon; not to be tried again before.', null=True)),
                ],
                options={
                    'ordering': ('-event_id',),
                    'indexes': [models.Index(condition=models.Q(('dispatched_at__isnull', True)), fields=['event_id'], name='outbox_event_waiting'), models.Index(fields=['transaction_id'], name='outbox_event_by_transaction'), django.contrib.postgres.indexes.BrinIndex(fields=['happened_at'], name='outbox_event_by_time')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['day_changed', 'day_corrected', 'day_closed', 'incident', 'card_issued', 'card_switched', 'card_retired', 'card_deleted', 'alert', 'tap_annulled'])), name='outbox_event_known_kind')],
                },
            ),
        ]),
    ]
