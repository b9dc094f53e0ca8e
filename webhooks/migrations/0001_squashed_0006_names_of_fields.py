"""What 0001 to 0006 come to, for a new database: docs/developers.md, Folded migrations."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
import people.fields
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models

from core.folding import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('webhooks', '0001_initial'),
        ('webhooks', '0002_alert_of_unknown_cards'),
        ('webhooks', '0003_taps_taken_back'),
        ('webhooks', '0004_alert_of_clocks'),
        ('webhooks', '0005_alerts_of_faults'),
        ('webhooks', '0006_names_of_fields'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
        ('people', '0001_squashed_0019_words_for_people'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Follower',
                fields=[
                    ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                    ('position', models.TextField(help_text='A PostgreSQL snapshot: see outbox.positions.')),
                    ('moved_at', models.DateTimeField()),
                    ('silent_readers', models.JSONField(default=dict)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='webhooks_follower_only')],
                },
            ),
            migrations.CreateModel(
                name='Webhook',
                fields=[
                    ('webhook_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('url', models.CharField(help_text='Where events are posted to; https.', max_length=500, verbose_name='url')),
                    ('description', people.fields.LineField(blank=True, default='', help_text='Whose program it is, and what for.', max_length=200, verbose_name='description')),
                    ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('tap', 'Taps: all of them'), ('day', 'Days: all of them'), ('incident', 'Incidents: all of them'), ('card', 'Cards: all of them'), ('alert', 'Alerts: all of them'), ('tap.accepted', 'A tap was accepted'), ('tap.denied', 'A tap was denied'), ('tap.annulled', 'A tap was taken back'), ('day.changed', "A person's day began or changed"), ('day.corrected', 'A day was corrected'), ('day.closed', 'A day was closed for everybody'), ('incident.recorded', 'An incident was recorded'), ('incident.voided', 'An incident was voided'), ('card.issued', 'A card was issued'), ('card.switched', 'A card was switched off or on'), ('card.retired', 'A card was retired'), ('card.deleted', 'A card was deleted'), ('alert.reader_silent', 'A reader fell silent'), ('alert.reader_heard', 'A silent reader is heard again'), ('alert.lost_card', 'A lost or stolen card was tapped'), ('alert.unknown_cards', 'A reader sends unknown cards in a row'), ('alert.clock_off', "A reader's clock is more than 2 minutes off"), ('alert.fault_began', 'Something went wrong with TrackXpert itself'), ('alert.fault_ended', 'A fault of TrackXpert is over')], max_length=25), help_text='What it is told of.', size=None, verbose_name='events')),
                    ('is_active', models.BooleanField(default=True, help_text='Switched off: nothing is sent, and what happens is not kept for it.', verbose_name='is active')),
                    ('off_because', models.CharField(blank=True, choices=[('gone', 'The receiver answered that it is gone (410).'), ('failing', 'Nothing could be delivered for too long.')], editable=False, max_length=7, verbose_name='off because')),
                    ('salt', models.CharField(editable=False, max_length=64)),
                    ('secret_digest', models.CharField(editable=False, max_length=64)),
                    ('secret_made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('previous_salt', models.CharField(blank=True, editable=False, max_length=64)),
                    ('previous_digest', models.CharField(blank=True, editable=False, max_length=64)),
                    ('previous_until', models.DateTimeField(editable=False, null=True)),
                    ('heeds_since', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='What was recorded before, is not sent.')),
                    ('failures', models.PositiveIntegerField(default=0, editable=False, help_text='Tries that failed since the last that did not.')),
                    ('failing_since', models.DateTimeField(editable=False, null=True)),
                    ('rests_until', models.DateTimeField(editable=False, help_text='It failed too often; left alone until then.', null=True)),
                    ('leased_until', models.DateTimeField(editable=False, help_text='Some sender serves it until then, or last did.', null=True)),
                    ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ],
                options={
                    'verbose_name': 'webhook',
                    'verbose_name_plural': 'webhooks',
                    'ordering': ('created_at', 'webhook_id'),
                    'constraints': [models.CheckConstraint(condition=models.Q(('events', []), _negated=True), name='webhooks_webhook_of_something', violation_error_message='A webhook is told of something.'), models.CheckConstraint(condition=models.Q(('events__contained_by', ['tap', 'day', 'incident', 'card', 'alert', 'tap.accepted', 'tap.denied', 'tap.annulled', 'day.changed', 'day.corrected', 'day.closed', 'incident.recorded', 'incident.voided', 'card.issued', 'card.switched', 'card.retired', 'card.deleted', 'alert.reader_silent', 'alert.reader_heard', 'alert.lost_card', 'alert.unknown_cards', 'alert.clock_off', 'alert.fault_began', 'alert.fault_ended'])), name='webhooks_webhook_known_events'), models.CheckConstraint(condition=models.Q(('off_because', ''), models.Q(('is_active', False), ('off_because__in', ['gone', 'failing'])), _connector='OR'), name='webhooks_webhook_off_has_a_reason')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "webhooks_webhookevent" ("created_at", "created_by_id", "description", "events", "is_active", "off_because", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "secret_made_at", "updated_at", "url", "webhook_id") VALUES (NEW."created_at", NEW."created_by_id", NEW."description", NEW."events", NEW."is_active", NEW."off_because", _pgh_attach_context(), NOW(), \'insert\', NEW."webhook_id", NEW."previous_until", NEW."secret_made_at", NEW."updated_at", NEW."url", NEW."webhook_id"); RETURN NULL;', hash='d6e734d3f3ef684b53d7ff674b89138e8cd711b6', operation='INSERT', pgid='pgtrigger_insert_insert_b6e67', table='webhooks_webhook', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."events" IS DISTINCT FROM (NEW."events") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."off_because" IS DISTINCT FROM (NEW."off_because") OR OLD."previous_until" IS DISTINCT FROM (NEW."previous_until") OR OLD."secret_made_at" IS DISTINCT FROM (NEW."secret_made_at") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."url" IS DISTINCT FROM (NEW."url") OR OLD."webhook_id" IS DISTINCT FROM (NEW."webhook_id"))', func='INSERT INTO "webhooks_webhookevent" ("created_at", "created_by_id", "description", "events", "is_active", "off_because", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "secret_made_at", "updated_at", "url", "webhook_id") VALUES (NEW."created_at", NEW."created_by_id", NEW."description", NEW."events", NEW."is_active", NEW."off_because", _pgh_attach_context(), NOW(), \'update\', NEW."webhook_id", NEW."previous_until", NEW."secret_made_at", NEW."updated_at", NEW."url", NEW."webhook_id"); RETURN NULL;', hash='27ef34e0e14890ad9dc9117c6e649f9c4d567efe', operation='UPDATE', pgid='pgtrigger_update_update_86703', table='webhooks_webhook', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "webhooks_webhookevent" ("created_at", "created_by_id", "description", "events", "is_active", "off_because", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "secret_made_at", "updated_at", "url", "webhook_id") VALUES (OLD."created_at", OLD."created_by_id", OLD."description", OLD."events", OLD."is_active", OLD."off_because", _pgh_attach_context(), NOW(), \'delete\', OLD."webhook_id", OLD."previous_until", OLD."secret_made_at", OLD."updated_at", OLD."url", OLD."webhook_id"); RETURN NULL;', hash='705210fb5f45b2adb08d257c5659e2bff1dd0b94', operation='DELETE', pgid='pgtrigger_delete_delete_74817', table='webhooks_webhook', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='Delivery',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('webhook', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='webhooks.webhook', verbose_name='webhook')),
                    ('event_id', models.UUIDField(help_text="The event's id: the same with every receiver and try.")),
                    ('event', models.CharField(choices=[('tap.accepted', 'A tap was accepted'), ('tap.denied', 'A tap was denied'), ('tap.annulled', 'A tap was taken back'), ('day.changed', "A person's day began or changed"), ('day.corrected', 'A day was corrected'), ('day.closed', 'A day was closed for everybody'), ('incident.recorded', 'An incident was recorded'), ('incident.voided', 'An incident was voided'), ('card.issued', 'A card was issued'), ('card.switched', 'A card was switched off or on'), ('card.retired', 'A card was retired'), ('card.deleted', 'A card was deleted'), ('alert.reader_silent', 'A reader fell silent'), ('alert.reader_heard', 'A silent reader is heard again'), ('alert.lost_card', 'A lost or stolen card was tapped'), ('alert.unknown_cards', 'A reader sends unknown cards in a row'), ('alert.clock_off', "A reader's clock is more than 2 minutes off"), ('alert.fault_began', 'Something went wrong with TrackXpert itself'), ('alert.fault_ended', 'A fault of TrackXpert is over')], max_length=25, verbose_name='event')),
                    ('occurred_at', models.DateTimeField(verbose_name='occurred at')),
                    ('data', models.JSONField(default=dict)),
                    ('person', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ('state', models.CharField(choices=[('pending', 'Waiting'), ('sending', 'Being sent'), ('delivered', 'Delivered'), ('failed', 'Failed')], default='pending', max_length=9, verbose_name='state')),
                    ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                    ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now, help_text='While it is being sent: when it is taken for lost and sent again.', verbose_name='next attempt at')),
                    ('last_attempt_at', models.DateTimeField(null=True)),
                    ('last_status', models.PositiveSmallIntegerField(help_text='HTTP status, if any.', null=True, verbose_name='last status')),
                    ('last_answer', models.CharField(blank=True, default='', max_length=500)),
                    ('reason', models.CharField(blank=True, default='', help_text='Why the last try failed.', max_length=200, verbose_name='reason')),
                    ('delivered_at', models.DateTimeField(null=True, verbose_name='delivered at')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                ],
                options={
                    'verbose_name': 'delivery',
                    'verbose_name_plural': 'deliveries',
                    'ordering': ('-id',),
                    'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'sending'])), fields=['webhook', 'next_attempt_at', 'id'], name='webhooks_delivery_due'), models.Index(fields=['webhook', '-id'], name='webhooks_delivery_log'), models.Index(fields=['webhook', 'state', '-id'], name='webhooks_delivery_by_state'), models.Index(condition=models.Q(('person__isnull', False)), fields=['person'], name='webhooks_delivery_of_person'), django.contrib.postgres.indexes.BrinIndex(fields=['created_at'], name='webhooks_delivery_by_time')],
                    'constraints': [models.UniqueConstraint(fields=('webhook', 'event_id'), name='webhooks_delivery_once_for_a_webhook'), models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'sending', 'delivered', 'failed'])), name='webhooks_delivery_known_state'), models.CheckConstraint(condition=models.Q(models.Q(('delivered_at__isnull', False), ('state', 'delivered')), models.Q(models.Q(('state', 'delivered'), _negated=True), ('delivered_at__isnull', True)), _connector='OR'), name='webhooks_delivery_delivered_has_its_time')],
                },
            ),
            migrations.CreateModel(
                name='WebhookEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='changes', to='webhooks.webhook')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('webhook_id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('url', models.CharField(help_text='Where events are posted to; https.', max_length=500, verbose_name='url')),
                    ('description', people.fields.LineField(blank=True, default='', help_text='Whose program it is, and what for.', max_length=200, verbose_name='description')),
                    ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('tap', 'Taps: all of them'), ('day', 'Days: all of them'), ('incident', 'Incidents: all of them'), ('card', 'Cards: all of them'), ('alert', 'Alerts: all of them'), ('tap.accepted', 'A tap was accepted'), ('tap.denied', 'A tap was denied'), ('tap.annulled', 'A tap was taken back'), ('day.changed', "A person's day began or changed"), ('day.corrected', 'A day was corrected'), ('day.closed', 'A day was closed for everybody'), ('incident.recorded', 'An incident was recorded'), ('incident.voided', 'An incident was voided'), ('card.issued', 'A card was issued'), ('card.switched', 'A card was switched off or on'), ('card.retired', 'A card was retired'), ('card.deleted', 'A card was deleted'), ('alert.reader_silent', 'A reader fell silent'), ('alert.reader_heard', 'A silent reader is heard again'), ('alert.lost_card', 'A lost or stolen card was tapped'), ('alert.unknown_cards', 'A reader sends unknown cards in a row'), ('alert.clock_off', "A reader's clock is more than 2 minutes off"), ('alert.fault_began', 'Something went wrong with TrackXpert itself'), ('alert.fault_ended', 'A fault of TrackXpert is over')], max_length=25), help_text='What it is told of.', size=None, verbose_name='events')),
                    ('is_active', models.BooleanField(default=True, help_text='Switched off: nothing is sent, and what happens is not kept for it.', verbose_name='is active')),
                    ('off_because', models.CharField(blank=True, choices=[('gone', 'The receiver answered that it is gone (410).'), ('failing', 'Nothing could be delivered for too long.')], editable=False, max_length=7, verbose_name='off because')),
                    ('secret_made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('previous_until', models.DateTimeField(editable=False, null=True)),
                    ('created_by', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='bfed9a2216752605dad340309b6bf82f6e995d12', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9de0c', table='webhooks_webhookevent', when='BEFORE'))],
                },
            ),
        ]),
    ]
