"""What 0001 to 0013 come to, for a new database: docs/developers.md, Folded migrations."""

import cards.models
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import people.fields
import people.kinds
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models

from core.folding import CreateModels
from core.sql import run_file


class Migration(migrations.Migration):

    replaces = [
        ('cards', '0001_initial'),
        ('cards', '0002_initial'),
        ('cards', '0003_describe_holder'),
        ('cards', '0004_tally_cards'),
        ('cards', '0005_temporary_cards'),
        ('cards', '0006_suspend_own'),
        ('cards', '0007_write_events'),
        ('cards', '0008_follow_holder_anew'),
        ('cards', '0009_print_job_error'),
        ('cards', '0010_how_a_job_is_printed'),
        ('cards', '0011_cards_ending'),
        ('cards', '0012_hand_outs'),
        ('cards', '0013_words_for_people'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
        ('outbox', '0001_squashed_0004_taps_taken_back'),
        ('people', '0001_squashed_0019_words_for_people'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Card',
                fields=[
                    ('card_uuid', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('rfid_number', models.CharField(help_text='In canonical form.', max_length=64, verbose_name='rfid number')),
                    ('card_type', models.CharField(choices=people.kinds.kind_choices, max_length=8, verbose_name='card type')),
                    ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cards', to='people.person', verbose_name='person')),
                    ('is_active', models.BooleanField(default=True, help_text='Off: it opens nothing for now.', verbose_name='is active')),
                    ('issued_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='issued date')),
                    ('expiry_date', models.DateTimeField(blank=True, null=True, verbose_name='expiry date')),
                    ('is_temporary', models.BooleanField(default=False, editable=False, help_text='Lent for some hours; it ends at `expiry_date`.')),
                    ('suspended_until', models.DateTimeField(editable=False, null=True, verbose_name='suspended until')),
                    ('retired_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='retired at')),
                    ('retired_reason', models.CharField(blank=True, choices=[('lost', 'Lost'), ('stolen', 'Stolen'), ('damaged', 'Damaged'), ('returned', 'Returned'), ('replaced', 'Replaced'), ('expired', 'Expired')], editable=False, max_length=8, verbose_name='retired reason')),
                    ('replaces', models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='replaced_by', to='cards.card')),
                    ('code', models.CharField(default=cards.models.new_code, editable=False, max_length=16)),
                    ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True)),
                    ('search_text', models.TextField(default='', editable=False)),
                    ('department', models.CharField(default='', editable=False, max_length=150, verbose_name='department')),
                    ('holder_is_active', models.BooleanField(default=True, editable=False)),
                ],
                options={
                    'verbose_name': 'card',
                    'verbose_name_plural': 'cards',
                    'ordering': ('-created_at', 'card_uuid'),
                    'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='cards_card_search', opclasses=['gin_trgm_ops']), models.Index(models.F('rfid_number'), models.OrderBy(models.F('retired_at'), descending=True), name='cards_card_number'), models.Index(condition=models.Q(('is_temporary', True), ('retired_at__isnull', True)), fields=['expiry_date'], name='cards_card_lent'), models.Index(condition=models.Q(('is_temporary', False), ('retired_at__isnull', True)), fields=['expiry_date'], name='cards_card_ending'), models.Index(condition=models.Q(('is_temporary', True)), fields=['-created_at'], name='cards_card_newest_lent'), models.Index(django.db.models.functions.text.Left('rfid_number', 6), name='cards_card_head'), models.Index(django.db.models.functions.text.Right('rfid_number', 6), name='cards_card_tail'), models.Index(fields=['-created_at', 'card_uuid'], name='cards_card_newest'), models.Index(fields=['card_type', '-created_at'], name='cards_card_type_newest'), models.Index(fields=['is_active', '-created_at'], name='cards_card_active_newest'), models.Index(fields=['department', '-created_at'], name='cards_card_dept_newest'), models.Index(condition=models.Q(('retired_reason__in', ['lost', 'stolen'])), fields=['-retired_at'], name='cards_card_newest_loss')],
                    'constraints': [models.UniqueConstraint(models.F('rfid_number'), condition=models.Q(('retired_at__isnull', True)), name='cards_card_unique_rfid_number', violation_error_message='A card with this number already exists.'), models.UniqueConstraint(models.F('code'), name='cards_card_unique_code'), models.UniqueConstraint(condition=models.Q(('is_temporary', False), ('retired_at__isnull', True)), fields=('person',), name='cards_card_one_for_a_person', violation_error_message='This person already has a card'), models.UniqueConstraint(condition=models.Q(('is_temporary', True), ('retired_at__isnull', True)), fields=('person',), name='cards_card_one_temporary_for_a_person', violation_error_message='This person already has a temporary card'), models.CheckConstraint(condition=models.Q(('is_temporary', False), ('expiry_date__isnull', False), _connector='OR'), name='cards_card_temporary_ends', violation_error_message='A temporary card ends at some time.'), models.CheckConstraint(condition=models.Q(models.Q(('retired_at__isnull', True), ('retired_reason', '')), models.Q(('is_active', False), ('retired_at__isnull', False), ('retired_reason__in', ['lost', 'stolen', 'damaged', 'returned', 'replaced', 'expired'])), _connector='OR'), name='cards_card_retired_with_reason', violation_error_message='A retired card is inactive and has a reason.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='retired_for_good', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."retired_at" IS NOT NULL AND (NEW."retired_at" IS DISTINCT FROM (OLD."retired_at") OR NEW."retired_reason" IS DISTINCT FROM (OLD."retired_reason") OR NEW."is_active"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='9964187a671ba5c622b6b1cd966c6c3cdf7fc32b', operation='UPDATE', pgid='pgtrigger_retired_for_good_ad721', table='cards_card', when='BEFORE')), pgtrigger.compiler.Trigger(name='holder_is_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."card_type" IS DISTINCT FROM (NEW."card_type") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."is_temporary" IS DISTINCT FROM (NEW."is_temporary"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='ecfc071709440f230bf7a60b12294fe685ffe8e2', operation='UPDATE', pgid='pgtrigger_holder_is_fixed_918ea', table='cards_card', when='BEFORE')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "cards_cardevent" ("card_type", "card_uuid", "code", "created_at", "created_by_id", "expiry_date", "is_active", "is_temporary", "issued_date", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaces_id", "retired_at", "retired_reason", "rfid_number", "suspended_until", "updated_at") VALUES (NEW."card_type", NEW."card_uuid", NEW."code", NEW."created_at", NEW."created_by_id", NEW."expiry_date", NEW."is_active", NEW."is_temporary", NEW."issued_date", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."card_uuid", NEW."replaces_id", NEW."retired_at", NEW."retired_reason", NEW."rfid_number", NEW."suspended_until", NEW."updated_at"); RETURN NULL;', hash='0b91ba3aea39ca25a8a6860bc0562625cfad9340', operation='INSERT', pgid='pgtrigger_insert_insert_77cbc', table='cards_card', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."card_type" IS DISTINCT FROM (NEW."card_type") OR OLD."card_uuid" IS DISTINCT FROM (NEW."card_uuid") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."expiry_date" IS DISTINCT FROM (NEW."expiry_date") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_temporary" IS DISTINCT FROM (NEW."is_temporary") OR OLD."issued_date" IS DISTINCT FROM (NEW."issued_date") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."replaces_id" IS DISTINCT FROM (NEW."replaces_id") OR OLD."retired_at" IS DISTINCT FROM (NEW."retired_at") OR OLD."retired_reason" IS DISTINCT FROM (NEW."retired_reason") OR OLD."rfid_number" IS DISTINCT FROM (NEW."rfid_number") OR OLD."suspended_until" IS DISTINCT FROM (NEW."suspended_until") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at"))', func='INSERT INTO "cards_cardevent" ("card_type", "card_uuid", "code", "created_at", "created_by_id", "expiry_date", "is_active", "is_temporary", "issued_date", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaces_id", "retired_at", "retired_reason", "rfid_number", "suspended_until", "updated_at") VALUES (NEW."card_type", NEW."card_uuid", NEW."code", NEW."created_at", NEW."created_by_id", NEW."expiry_date", NEW."is_active", NEW."is_temporary", NEW."issued_date", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."card_uuid", NEW."replaces_id", NEW."retired_at", NEW."retired_reason", NEW."rfid_number", NEW."suspended_until", NEW."updated_at"); RETURN NULL;', hash='dc40febb4cdc32f97a0e51b4b65510703db63829', operation='UPDATE', pgid='pgtrigger_update_update_628bf', table='cards_card', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "cards_cardevent" ("card_type", "card_uuid", "code", "created_at", "created_by_id", "expiry_date", "is_active", "is_temporary", "issued_date", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "replaces_id", "retired_at", "retired_reason", "rfid_number", "suspended_until", "updated_at") VALUES (OLD."card_type", OLD."card_uuid", OLD."code", OLD."created_at", OLD."created_by_id", OLD."expiry_date", OLD."is_active", OLD."is_temporary", OLD."issued_date", OLD."person_id", _pgh_attach_context(), NOW(), \'delete\', OLD."card_uuid", OLD."replaces_id", OLD."retired_at", OLD."retired_reason", OLD."rfid_number", OLD."suspended_until", OLD."updated_at"); RETURN NULL;', hash='148b8c904fd287f0198adf642ce7cdbf20c2e7f8', operation='DELETE', pgid='pgtrigger_delete_delete_974b5', table='cards_card', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='CardEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='cards.card')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('card_uuid', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('rfid_number', models.CharField(help_text='In canonical form.', max_length=64, verbose_name='rfid number')),
                    ('card_type', models.CharField(choices=people.kinds.kind_choices, max_length=8, verbose_name='card type')),
                    ('person', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person', verbose_name='person')),
                    ('is_active', models.BooleanField(default=True, help_text='Off: it opens nothing for now.', verbose_name='is active')),
                    ('issued_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='issued date')),
                    ('expiry_date', models.DateTimeField(blank=True, null=True, verbose_name='expiry date')),
                    ('is_temporary', models.BooleanField(default=False, editable=False, help_text='Lent for some hours; it ends at `expiry_date`.')),
                    ('suspended_until', models.DateTimeField(editable=False, null=True, verbose_name='suspended until')),
                    ('retired_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='retired at')),
                    ('retired_reason', models.CharField(blank=True, choices=[('lost', 'Lost'), ('stolen', 'Stolen'), ('damaged', 'Damaged'), ('returned', 'Returned'), ('replaced', 'Replaced'), ('expired', 'Expired')], editable=False, max_length=8, verbose_name='retired reason')),
                    ('replaces', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='cards.card')),
                    ('code', models.CharField(default=cards.models.new_code, editable=False, max_length=16)),
                    ('created_by', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True)),
                ],
                options={
                    'abstract': False,
                    'indexes': [models.Index(fields=['rfid_number'], name='cards_cardevent_number'), models.Index(fields=['code'], name='cards_cardevent_code')],
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5bff994bb12da0f9e45fef93c031ff3a4d2100ba', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_8fc1d', table='cards_cardevent', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='CardTally',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('card_type', models.CharField(max_length=8)),
                    ('is_active', models.BooleanField()),
                    ('is_retired', models.BooleanField()),
                    ('is_temporary', models.BooleanField(default=False)),
                    ('holder_is_active', models.BooleanField()),
                    ('department', models.CharField(max_length=150)),
                    ('count', models.IntegerField()),
                ],
            ),
            migrations.CreateModel(
                name='IDCardVerificationLog',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('card_uuid', models.UUIDField(db_index=True, null=True)),
                    ('rfid_number', models.CharField(blank=True, max_length=64, verbose_name='rfid number')),
                    ('card_type', models.CharField(choices=people.kinds.kind_choices, max_length=8, verbose_name='card type')),
                    ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ('full_name', models.CharField(blank=True, max_length=503, verbose_name='full name')),
                    ('identifier', models.CharField(blank=True, max_length=50, verbose_name='identifier')),
                    ('asked', models.CharField(help_text='The id or code that was asked for.', max_length=100)),
                    ('result', models.CharField(choices=[('verified', 'Verified'), ('refused', 'Refused'), ('not_found', 'Not Found')], max_length=9, verbose_name='result')),
                    ('reason', models.CharField(blank=True, max_length=20, verbose_name='reason')),
                    ('ip_address', models.GenericIPAddressField(verbose_name='ip address')),
                    ('user_agent', models.CharField(blank=True, max_length=300)),
                    ('verified_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='verified at')),
                ],
                options={
                    'verbose_name': 'verification',
                    'verbose_name_plural': 'verifications',
                    'ordering': ('-verified_at', '-pk'),
                    'indexes': [models.Index(fields=['-verified_at'], name='cards_verifylog_newest')],
                },
            ),
            migrations.CreateModel(
                name='PrintJob',
                fields=[
                    ('job_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=8, verbose_name='state')),
                    ('layout', models.CharField(choices=[('cr80', 'Card printer: front, back, front, back'), ('a4', 'A4 sheets of ten, backs mirrored')], default='cr80', max_length=4)),
                    ('first_cell', models.PositiveSmallIntegerField(default=1, help_text='Of the first A4 sheet, row by row: those before it are used up.')),
                    ('flip', models.CharField(choices=[('long', 'Long edge'), ('short', 'Short edge')], default='long', max_length=5)),
                    ('reason', models.CharField(blank=True, default='', help_text='Why once more.', max_length=200, verbose_name='reason')),
                    ('card_uuids', models.JSONField()),
                    ('done', models.PositiveIntegerField(default=0)),
                    ('total', models.PositiveIntegerField()),
                    ('warnings', models.JSONField(default=list)),
                    ('error', models.CharField(blank=True, default='', help_text='Why it failed.', max_length=500)),
                    ('file', models.FileField(blank=True, upload_to='prints/')),
                    ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('finished_at', models.DateTimeField(null=True)),
                    ('fetched_at', models.DateTimeField(help_text='When its file was first downloaded.', null=True)),
                ],
                options={
                    'verbose_name': 'print job',
                    'verbose_name_plural': 'print jobs',
                    'ordering': ('-created_at',),
                    'constraints': [models.CheckConstraint(condition=models.Q(('first_cell__range', (1, 10))), name='cards_printjob_cell_on_sheet', violation_error_message='A sheet has ten cells.')],
                },
            ),
            migrations.CreateModel(
                name='IDCardPrintLog',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('card_uuid', models.UUIDField(db_index=True, null=True)),
                    ('rfid_number', models.CharField(blank=True, max_length=64, verbose_name='rfid number')),
                    ('card_type', models.CharField(choices=people.kinds.kind_choices, max_length=8, verbose_name='card type')),
                    ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ('full_name', models.CharField(blank=True, max_length=503, verbose_name='full name')),
                    ('identifier', models.CharField(blank=True, max_length=50, verbose_name='identifier')),
                    ('printed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('printed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='printed at')),
                    ('success', models.BooleanField()),
                    ('error_message', models.CharField(blank=True, max_length=300, verbose_name='error message')),
                    ('reason', models.CharField(blank=True, default='', help_text='Why once more.', max_length=200, verbose_name='reason')),
                    ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='log', to='cards.printjob', verbose_name='job')),
                ],
                options={
                    'verbose_name': 'print',
                    'verbose_name_plural': 'prints',
                    'ordering': ('-printed_at', '-pk'),
                    'indexes': [models.Index(fields=['-printed_at'], name='cards_printlog_newest')],
                },
            ),
            migrations.CreateModel(
                name='HandOut',
                fields=[
                    ('card', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='hand_out', serialize=False, to='cards.card')),
                    ('handed_out_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('handed_out_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('received_by', people.fields.LineField(blank=True, help_text='Who took it along; nothing: its holder.', max_length=150)),
                    ('how', models.CharField(choices=[('tick', 'Ticked'), ('tap', 'Tapped')], default='tick', max_length=4)),
                ],
            ),
        ]),
        run_file("cards/sql/describe_holder.sql"),
        run_file("cards/sql/tally_cards.sql"),
        run_file("cards/sql/suspend_own.sql"),
        run_file("cards/sql/write_events.sql"),
    ]
