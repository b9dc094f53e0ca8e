"""What 0001 to 0017 come to, for a new database: docs/developers.md, Folded migrations."""

import cards.number_formats
import core.transactions
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import people.fields
import pgtrigger.compiler
import pos.counts
import pos.models
import uuid
from django.conf import settings
from django.db import migrations, models

from core.folding import CreateModels
from core.sql import run_file


# Which readers and marks come together is known to the planner: else it expects meals at a gate, and
# looks through all taps of the gate for the first. There can be eight; `would_deny` is rare by itself.
STATISTICS = """
    CREATE STATISTICS pos_tap_marks (mcv) ON device_id, activity, decision, code, is_offline,
        is_clock_suspect, reader_decision, is_debounced FROM pos_tap;
    ALTER STATISTICS pos_tap_marks SET STATISTICS 1000;
"""


class Migration(migrations.Migration):

    replaces = [
        ('pos', '0001_initial'),
        ('pos', '0002_ignored_keys'),
        ('pos', '0003_temporary_cards'),
        ('pos', '0004_schedules_and_sessions'),
        ('pos', '0005_had_service'),
        ('pos', '0006_muster_points'),
        ('pos', '0007_taps_taken_back'),
        ('pos', '0008_write_events'),
        ('pos', '0009_protocols_of_terminals'),
        ('pos', '0010_decimal_of_24_bits'),
        ('pos', '0011_tap_door'),
        ('pos', '0012_clocks_corrected'),
        ('pos', '0013_counts_and_series'),
        ('pos', '0014_clock_readings'),
        ('pos', '0015_ledger_by_stretches'),
        ('pos', '0016_taps_together'),
        ('pos', '0017_words_for_people'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
        ('attendance', '0001_squashed_0015_words_for_people'),
        ('cards', '0001_squashed_0013_words_for_people'),
        ('core', '0003_write_probe'),
        ('outbox', '0001_squashed_0004_taps_taken_back'),
        ('people', '0001_squashed_0019_words_for_people'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Device',
                fields=[
                    ('pos_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('name', people.fields.LineField(help_text='For example Main gate 1.', max_length=100, verbose_name='name')),
                    ('location', people.fields.LineField(help_text='Gate, Kitchen, Admin Desk, ...', max_length=100, verbose_name='location')),
                    ('activity_type', models.CharField(choices=[('attendance', 'Attendance'), ('food_service', 'Food service')], max_length=12, verbose_name='activity type')),
                    ('direction', models.CharField(choices=[('in', 'Only in'), ('out', 'Only out'), ('both', 'Both ways')], default='both', help_text='Which way people go here, for taps that do not say.', max_length=4, verbose_name='direction')),
                    ('number_format', models.CharField(choices=[(cards.number_formats.NumberFormat['HEX'], 'Hex, as on the air: 04A32B1C'), (cards.number_formats.NumberFormat['HEX_REV'], 'Hex, bytes reversed: 1C2BA304'), (cards.number_formats.NumberFormat['DEC_MSB'], 'Decimal of the bytes as on the air'), (cards.number_formats.NumberFormat['DEC_LSB'], 'Decimal of the reversed bytes (most Mifare readers)'), (cards.number_formats.NumberFormat['EM_8H10D'], '8H10D: 0013961168 (125 kHz)'), (cards.number_formats.NumberFormat['EM_6H8D'], '6H8D: 13961168 (125 kHz, loses digits)'), (cards.number_formats.NumberFormat['EM_3_5'], '3+5: 213,02000 (125 kHz, loses digits)'), (cards.number_formats.NumberFormat['W26'], 'Wiegand 26 (loses digits)'), (cards.number_formats.NumberFormat['W26_DEC'], 'Wiegand 26 in decimal: 13187812 (loses digits)'), (cards.number_formats.NumberFormat['W34'], 'Wiegand 34')], default=cards.number_formats.NumberFormat['HEX'], help_text="How this reader spells a chip's number.", max_length=7, verbose_name='number format')),
                    ('protocol', models.CharField(choices=[('trackxpert', 'TrackXpert'), ('zkteco', 'ZKTeco attendance terminal (ADMS)'), ('zkteco_acc', 'ZKTeco access controller (Security PUSH)'), ('hikvision', 'Hikvision terminal (ISAPI events)'), ('mapped', 'ESP firmware or webhook, by a table of names'), ('frappe', 'Frappe biometric attendance sync tool')], db_default='trackxpert', default='trackxpert', help_text='What it speaks. Terminals of other makers have their own.', max_length=10, verbose_name='protocol')),
                    ('serial_number', people.fields.LineField(blank=True, db_default='', default='', help_text="Of a terminal: as on its plate or in its menu. ZKTeco's are known by it alone.", max_length=64, verbose_name='serial number')),
                    ('mapping', models.JSONField(blank=True, db_default={}, default=dict, help_text='Where a tap stands in what it sends: for ESP firmware and webhooks.', verbose_name='mapping')),
                    ('debounce_seconds', models.PositiveSmallIntegerField(default=5, help_text='The same card again within so many seconds is the same pass. 0: each counts.', validators=[django.core.validators.MaxValueValidator(60)], verbose_name='debounce seconds')),
                    ('is_muster', models.BooleanField(default=False, help_text='Its taps mark people safe in a roll-call, and are no passes of a gate.', verbose_name='at a muster point')),
                    ('is_active', models.BooleanField(default=True, help_text='Off: its key opens nothing, from this moment on.', verbose_name='is active')),
                    ('key_digest', models.CharField(editable=False, max_length=64)),
                    ('key_made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('updated_at', models.DateTimeField(auto_now=True)),
                ],
                options={
                    'verbose_name': 'reader',
                    'verbose_name_plural': 'readers',
                    'ordering': ('name', 'pos_id'),
                    'constraints': [models.UniqueConstraint(models.F('key_digest'), name='pos_device_unique_key'), models.CheckConstraint(condition=models.Q(('is_muster', False), ('activity_type', 'attendance'), _connector='OR'), name='pos_device_no_meals_at_a_muster_point', violation_error_message='Where people muster, no meals are served.'), models.UniqueConstraint(models.F('protocol'), models.F('serial_number'), condition=models.Q(('serial_number', ''), _negated=True), name='pos_device_unique_serial_number', violation_error_message='Another reader has this serial number.'), models.CheckConstraint(condition=models.Q(models.Q(('protocol__in', ('zkteco', 'zkteco_acc')), _negated=True), models.Q(('serial_number', ''), _negated=True), _connector='OR'), name='pos_device_known_by_serial_number', violation_error_message='A terminal of this kind is known by its serial number.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "pos_deviceevent" ("activity_type", "created_at", "created_by_id", "debounce_seconds", "direction", "is_active", "is_muster", "key_made_at", "location", "mapping", "name", "number_format", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pos_id", "protocol", "serial_number", "updated_at") VALUES (NEW."activity_type", NEW."created_at", NEW."created_by_id", NEW."debounce_seconds", NEW."direction", NEW."is_active", NEW."is_muster", NEW."key_made_at", NEW."location", NEW."mapping", NEW."name", NEW."number_format", _pgh_attach_context(), NOW(), \'insert\', NEW."pos_id", NEW."pos_id", NEW."protocol", NEW."serial_number", NEW."updated_at"); RETURN NULL;', hash='746098fb53b398ce21b7522d1e518acddd1e09ca', operation='INSERT', pgid='pgtrigger_insert_insert_f7671', table='pos_device', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."activity_type" IS DISTINCT FROM (NEW."activity_type") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."debounce_seconds" IS DISTINCT FROM (NEW."debounce_seconds") OR OLD."direction" IS DISTINCT FROM (NEW."direction") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_muster" IS DISTINCT FROM (NEW."is_muster") OR OLD."key_made_at" IS DISTINCT FROM (NEW."key_made_at") OR OLD."location" IS DISTINCT FROM (NEW."location") OR OLD."mapping" IS DISTINCT FROM (NEW."mapping") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."number_format" IS DISTINCT FROM (NEW."number_format") OR OLD."pos_id" IS DISTINCT FROM (NEW."pos_id") OR OLD."protocol" IS DISTINCT FROM (NEW."protocol") OR OLD."serial_number" IS DISTINCT FROM (NEW."serial_number") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at"))', func='INSERT INTO "pos_deviceevent" ("activity_type", "created_at", "created_by_id", "debounce_seconds", "direction", "is_active", "is_muster", "key_made_at", "location", "mapping", "name", "number_format", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pos_id", "protocol", "serial_number", "updated_at") VALUES (NEW."activity_type", NEW."created_at", NEW."created_by_id", NEW."debounce_seconds", NEW."direction", NEW."is_active", NEW."is_muster", NEW."key_made_at", NEW."location", NEW."mapping", NEW."name", NEW."number_format", _pgh_attach_context(), NOW(), \'update\', NEW."pos_id", NEW."pos_id", NEW."protocol", NEW."serial_number", NEW."updated_at"); RETURN NULL;', hash='6b74774e49453a9be234b12ed1571060042430d6', operation='UPDATE', pgid='pgtrigger_update_update_251f0', table='pos_device', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='Tap',
                fields=[
                    ('tap_id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('device', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='taps', to='pos.device')),
                    ('entered_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('event_id', models.CharField(max_length=64)),
                    ('series', models.CharField(blank=True, db_default='', help_text='What the reader changes when its ids and its count begin again.', max_length=64)),
                    ('seq', models.BigIntegerField(help_text="The reader's own count of its taps.", null=True)),
                    ('content', models.UUIDField(help_text='A digest of what was sent; tells a repeat from a clash.')),
                    ('activity', models.CharField(choices=[('attendance', 'Attendance'), ('food_service', 'Food service')], max_length=12)),
                    ('location', models.CharField(blank=True, max_length=100)),
                    ('card_text', models.CharField(help_text='As the reader sent it.', max_length=200)),
                    ('number', models.CharField(blank=True, help_text='In canonical form.', max_length=64)),
                    ('card_uuid', models.UUIDField(null=True)),
                    ('person', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ('direction', models.CharField(blank=True, max_length=3)),
                    ('food_item', models.CharField(blank=True, max_length=100)),
                    ('tapped_at', models.DateTimeField(help_text="By the reader's clock, if it said.", null=True)),
                    ('received_at', models.DateTimeField(help_text='By our clock.')),
                    ('counted_at', models.DateTimeField(help_text='None: left for review.', null=True)),
                    ('date', models.DateField(help_text='The day on the campus on which it counts, or was received.')),
                    ('is_offline', models.BooleanField()),
                    ('is_clock_suspect', models.BooleanField()),
                    ('corrected_by_ms', models.BigIntegerField(help_text="How far the reader's clock was ahead; it counts so much earlier.", null=True)),
                    ('is_muster', models.BooleanField(db_default=False, help_text='At a muster point: it marks somebody safe.')),
                    ('decision', models.CharField(choices=[('accepted', 'Accepted'), ('denied', 'Denied')], max_length=8)),
                    ('code', models.CharField(choices=[('ok', 'Ok'), ('unknown_card', 'Unknown Card'), ('card_inactive', 'Card Inactive'), ('card_retired', 'Card Retired'), ('card_expired', 'Card Expired'), ('card_suspended', 'Card Suspended'), ('holder_inactive', 'Holder Inactive'), ('not_expected', 'Not Expected'), ('already_served', 'Already Served'), ('no_meal_period', 'No Meal Period'), ('not_entitled', 'Not Entitled'), ('ambiguous_card', 'Ambiguous Card'), ('bad_number', 'Bad Number')], max_length=15)),
                    ('would_deny', models.BooleanField(help_text='It had happened already; live it were denied.')),
                    ('reader_decision', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('denied', 'Denied')], db_default='', help_text='What the reader itself had decided, if it said; denied: counts for nothing.', max_length=8)),
                    ('is_debounced', models.BooleanField(db_default=False, help_text='The same card read again: the pass of moments before.')),
                    ('day_status', models.CharField(blank=True, max_length=7)),
                    ('day_time', models.DateTimeField(null=True)),
                    ('service_id', models.UUIDField(null=True)),
                    ('had_service_id', models.UUIDField(null=True)),
                    ('transaction_id', core.transactions.TransactionId(db_default=core.transactions.CurrentTransactionId(), editable=False)),
                ],
                options={
                    'verbose_name': 'tap',
                    'verbose_name_plural': 'taps',
                    'ordering': ('-tap_id',),
                    'indexes': [models.Index(fields=['transaction_id'], name='pos_tap_by_transaction'), models.Index(models.F('device'), pos.models.FiveMinutes('received_at'), name='pos_tap_of_device'), models.Index(models.F('date'), django.db.models.expressions.CombinedExpression(models.F('tap_id'), '>>', models.Value(12)), models.F('device'), models.F('activity'), models.F('decision'), models.F('code'), models.F('is_offline'), models.F('is_clock_suspect'), models.F('would_deny'), models.F('reader_decision'), models.F('is_debounced'), name='pos_tap_of_day'), models.Index(condition=models.Q(('person__isnull', False)), fields=['person', 'date'], name='pos_tap_of_person'), models.Index(condition=models.Q(('is_muster', True)), fields=['counted_at'], name='pos_tap_at_muster'), models.Index(condition=models.Q(('code', 'ok'), _negated=True), fields=['code', '-tap_id'], name='pos_tap_refused'), models.Index(models.F('device'), models.F('series'), django.db.models.expressions.CombinedExpression(models.F('seq'), '>>', models.Value(10)), condition=models.Q(('seq__isnull', False)), name='pos_tap_by_count'), models.Index(condition=models.Q(('corrected_by_ms__isnull', False)), fields=['-tap_id'], name='pos_tap_corrected')],
                    'constraints': [models.UniqueConstraint(fields=('device', 'event_id', 'series'), name='pos_tap_unique_event_of_series'), models.CheckConstraint(condition=models.Q(models.Q(('device__isnull', False), ('entered_by__isnull', True)), models.Q(('device__isnull', True), ('entered_by__isnull', False)), _connector='OR'), name='pos_tap_from_a_reader_or_a_person'), models.CheckConstraint(condition=models.Q(('decision', 'accepted'), models.Q(('decision', 'denied'), ('is_offline', False)), _connector='OR'), name='pos_tap_offline_is_never_denied')],
                    'triggers': [pgtrigger.compiler.Trigger(name='facts_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='08eee254fdf1f6c875bca56d568de3059667b1c4', operation='DELETE', pgid='pgtrigger_facts_stay_31b2b', table='pos_tap', when='BEFORE')), pgtrigger.compiler.Trigger(name='facts_do_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."activity" IS DISTINCT FROM (NEW."activity") OR OLD."card_text" IS DISTINCT FROM (NEW."card_text") OR OLD."card_uuid" IS DISTINCT FROM (NEW."card_uuid") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."content" IS DISTINCT FROM (NEW."content") OR OLD."corrected_by_ms" IS DISTINCT FROM (NEW."corrected_by_ms") OR OLD."counted_at" IS DISTINCT FROM (NEW."counted_at") OR OLD."date" IS DISTINCT FROM (NEW."date") OR OLD."day_status" IS DISTINCT FROM (NEW."day_status") OR OLD."day_time" IS DISTINCT FROM (NEW."day_time") OR OLD."decision" IS DISTINCT FROM (NEW."decision") OR OLD."device_id" IS DISTINCT FROM (NEW."device_id") OR OLD."direction" IS DISTINCT FROM (NEW."direction") OR OLD."entered_by_id" IS DISTINCT FROM (NEW."entered_by_id") OR OLD."event_id" IS DISTINCT FROM (NEW."event_id") OR OLD."food_item" IS DISTINCT FROM (NEW."food_item") OR OLD."had_service_id" IS DISTINCT FROM (NEW."had_service_id") OR OLD."is_clock_suspect" IS DISTINCT FROM (NEW."is_clock_suspect") OR OLD."is_muster" IS DISTINCT FROM (NEW."is_muster") OR OLD."is_offline" IS DISTINCT FROM (NEW."is_offline") OR OLD."location" IS DISTINCT FROM (NEW."location") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."reader_decision" IS DISTINCT FROM (NEW."reader_decision") OR OLD."received_at" IS DISTINCT FROM (NEW."received_at") OR OLD."seq" IS DISTINCT FROM (NEW."seq") OR OLD."series" IS DISTINCT FROM (NEW."series") OR OLD."service_id" IS DISTINCT FROM (NEW."service_id") OR OLD."tap_id" IS DISTINCT FROM (NEW."tap_id") OR OLD."tapped_at" IS DISTINCT FROM (NEW."tapped_at") OR OLD."transaction_id" IS DISTINCT FROM (NEW."transaction_id") OR OLD."would_deny" IS DISTINCT FROM (NEW."would_deny"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='b721d848c7a4d58988c1e99a59eaa686bd0c89c4', operation='UPDATE', pgid='pgtrigger_facts_do_not_change_0e27c', table='pos_tap', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Heartbeat',
                fields=[
                    ('device', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='heartbeat', serialize=False, to='pos.device')),
                    ('heard_at', models.DateTimeField()),
                    ('clock_offset_ms', models.BigIntegerField(help_text="Reader's clock minus ours, if it ever said.", null=True)),
                    ('queue_depth', models.PositiveIntegerField(help_text='Taps that wait in the reader.', null=True)),
                    ('firmware', models.CharField(blank=True, max_length=100)),
                ],
            ),
            migrations.CreateModel(
                name='IgnoredKeys',
                fields=[
                    ('device', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='pos.device')),
                    ('names', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                    ('heard_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='PairingCode',
                fields=[
                    ('device', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pairing_code', serialize=False, to='pos.device')),
                    ('digest', models.CharField(max_length=64)),
                    ('expires_at', models.DateTimeField()),
                    ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('made_at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(models.F('digest'), name='pos_pairingcode_unique_digest')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "pos_pairingcodeevent" ("device_id", "expires_at", "made_at", "made_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."device_id", NEW."expires_at", NEW."made_at", NEW."made_by_id", _pgh_attach_context(), NOW(), \'insert\', NEW."device_id"); RETURN NULL;', hash='07c163c5ee3c956379b37091928e5b3b61e026fe', operation='INSERT', pgid='pgtrigger_insert_insert_9ca55', table='pos_pairingcode', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."device_id" IS DISTINCT FROM (NEW."device_id") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id"))', func='INSERT INTO "pos_pairingcodeevent" ("device_id", "expires_at", "made_at", "made_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."device_id", NEW."expires_at", NEW."made_at", NEW."made_by_id", _pgh_attach_context(), NOW(), \'update\', NEW."device_id"); RETURN NULL;', hash='82a78323e3def4a2db898d44a1214dc6dbe3e5be', operation='UPDATE', pgid='pgtrigger_update_update_356a6', table='pos_pairingcode', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "pos_pairingcodeevent" ("device_id", "expires_at", "made_at", "made_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."device_id", OLD."expires_at", OLD."made_at", OLD."made_by_id", _pgh_attach_context(), NOW(), \'delete\', OLD."device_id"); RETURN NULL;', hash='5b6995e70c45dd1114044f5a1d71340a858b647a', operation='DELETE', pgid='pgtrigger_delete_delete_8e902', table='pos_pairingcode', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='CountedSeries',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('device', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='counted_series', to='pos.device')),
                    ('series', models.CharField(blank=True, max_length=64)),
                    ('seen', pos.counts.CountsField(help_text='From the first that came: what came before is not known.')),
                    ('missing', models.BigIntegerField(help_text='How many between the first and the last.')),
                    ('heard_at', models.DateTimeField()),
                ],
                options={
                    'ordering': ('-heard_at', '-pk'),
                    'constraints': [models.UniqueConstraint(fields=('device', 'series'), name='pos_countedseries_once')],
                },
            ),
            migrations.CreateModel(
                name='ConflictingTap',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pos.device', verbose_name='device')),
                    ('event_id', models.CharField(max_length=64, verbose_name='event id')),
                    ('series', models.CharField(blank=True, db_default='', max_length=64)),
                    ('content', models.UUIDField()),
                    ('sent', models.JSONField()),
                    ('received_at', models.DateTimeField()),
                    ('is_later', models.BooleanField(db_default=False, help_text='Of a later time than the tap that has its event id.')),
                    ('names_person', models.BooleanField(db_default=False, help_text='It names a person, as terminals do, and no card.')),
                    ('clock_ahead_ms', models.BigIntegerField(help_text="How far the reader's clock was ahead, if it said so.", null=True)),
                    ('counted_as', models.BigIntegerField(help_text='The row of the ledger, by now.', null=True)),
                    ('counted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('counted_at', models.DateTimeField(null=True)),
                ],
                options={
                    'verbose_name': 'conflicting tap',
                    'verbose_name_plural': 'conflicting taps',
                    'ordering': ('-received_at', '-pk'),
                    'indexes': [models.Index(condition=models.Q(('counted_as', None), ('is_later', True)), fields=['device', 'received_at'], name='pos_conflictingtap_to_count')],
                    'constraints': [models.UniqueConstraint(fields=('device', 'event_id', 'series', 'content'), name='pos_conflictingtap_once')],
                },
            ),
            migrations.CreateModel(
                name='ClockReading',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pos.device')),
                    ('hour', models.DateTimeField()),
                    ('offset_ms', models.BigIntegerField(help_text="Reader's clock minus ours.")),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('device', 'hour'), name='pos_clockreading_once')],
                },
            ),
            migrations.CreateModel(
                name='DeviceEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='pos.device')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('pos_id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('name', people.fields.LineField(help_text='For example Main gate 1.', max_length=100, verbose_name='name')),
                    ('location', people.fields.LineField(help_text='Gate, Kitchen, Admin Desk, ...', max_length=100, verbose_name='location')),
                    ('activity_type', models.CharField(choices=[('attendance', 'Attendance'), ('food_service', 'Food service')], max_length=12, verbose_name='activity type')),
                    ('direction', models.CharField(choices=[('in', 'Only in'), ('out', 'Only out'), ('both', 'Both ways')], default='both', help_text='Which way people go here, for taps that do not say.', max_length=4, verbose_name='direction')),
                    ('number_format', models.CharField(choices=[(cards.number_formats.NumberFormat['HEX'], 'Hex, as on the air: 04A32B1C'), (cards.number_formats.NumberFormat['HEX_REV'], 'Hex, bytes reversed: 1C2BA304'), (cards.number_formats.NumberFormat['DEC_MSB'], 'Decimal of the bytes as on the air'), (cards.number_formats.NumberFormat['DEC_LSB'], 'Decimal of the reversed bytes (most Mifare readers)'), (cards.number_formats.NumberFormat['EM_8H10D'], '8H10D: 0013961168 (125 kHz)'), (cards.number_formats.NumberFormat['EM_6H8D'], '6H8D: 13961168 (125 kHz, loses digits)'), (cards.number_formats.NumberFormat['EM_3_5'], '3+5: 213,02000 (125 kHz, loses digits)'), (cards.number_formats.NumberFormat['W26'], 'Wiegand 26 (loses digits)'), (cards.number_formats.NumberFormat['W26_DEC'], 'Wiegand 26 in decimal: 13187812 (loses digits)'), (cards.number_formats.NumberFormat['W34'], 'Wiegand 34')], default=cards.number_formats.NumberFormat['HEX'], help_text="How this reader spells a chip's number.", max_length=7, verbose_name='number format')),
                    ('protocol', models.CharField(choices=[('trackxpert', 'TrackXpert'), ('zkteco', 'ZKTeco attendance terminal (ADMS)'), ('zkteco_acc', 'ZKTeco access controller (Security PUSH)'), ('hikvision', 'Hikvision terminal (ISAPI events)'), ('mapped', 'ESP firmware or webhook, by a table of names'), ('frappe', 'Frappe biometric attendance sync tool')], db_default='trackxpert', default='trackxpert', help_text='What it speaks. Terminals of other makers have their own.', max_length=10, verbose_name='protocol')),
                    ('serial_number', people.fields.LineField(blank=True, db_default='', default='', help_text="Of a terminal: as on its plate or in its menu. ZKTeco's are known by it alone.", max_length=64, verbose_name='serial number')),
                    ('mapping', models.JSONField(blank=True, db_default={}, default=dict, help_text='Where a tap stands in what it sends: for ESP firmware and webhooks.', verbose_name='mapping')),
                    ('debounce_seconds', models.PositiveSmallIntegerField(default=5, help_text='The same card again within so many seconds is the same pass. 0: each counts.', validators=[django.core.validators.MaxValueValidator(60)], verbose_name='debounce seconds')),
                    ('is_muster', models.BooleanField(default=False, help_text='Its taps mark people safe in a roll-call, and are no passes of a gate.', verbose_name='at a muster point')),
                    ('is_active', models.BooleanField(default=True, help_text='Off: its key opens nothing, from this moment on.', verbose_name='is active')),
                    ('key_made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('created_by', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('updated_at', models.DateTimeField(auto_now=True)),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='938004812c20e40e1aef18062ff3926c1e2ce929', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7d66d', table='pos_deviceevent', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='TapAnnulment',
                fields=[
                    ('tap', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='annulment', serialize=False, to='pos.tap')),
                    ('annulled_at', models.DateTimeField()),
                    ('annulled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('reason', models.CharField(blank=True, max_length=200)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('annulled_by', None), models.Q(('reason', ''), _negated=True), _connector='OR'), name='pos_tapannulment_somebody_says_why')],
                    'triggers': [pgtrigger.compiler.Trigger(name='facts_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7de037b95e0dc2b7cff9dd5d14fe3774c00d2941', operation='UPDATE OR DELETE', pgid='pgtrigger_facts_stay_ef713', table='pos_tapannulment', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='PairingCodeEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='pos.pairingcode')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('device', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', serialize=False, to='pos.device')),
                    ('expires_at', models.DateTimeField()),
                    ('made_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                    ('made_at', models.DateTimeField()),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3dc88e45565c61c67a597acacd9aa0dc82fcabf3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_cdbd8', table='pos_pairingcodeevent', when='BEFORE'))],
                },
            ),
        ]),
        migrations.RunSQL(STATISTICS),
        run_file("pos/sql/write_events.sql"),
        run_file("pos/sql/note_counts.sql"),
        run_file("pos/sql/tap_door.sql"),
    ]
