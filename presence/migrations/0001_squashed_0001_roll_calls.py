"""What 0001 comes to, for a new database: docs/developers.md, Folded migrations."""

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
        ('presence', '0001_roll_calls'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
        ('people', '0001_squashed_0019_words_for_people'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='RollCall',
                fields=[
                    ('roll_call_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('name', people.fields.LineField(blank=True, default='', max_length=100)),
                    ('place', people.fields.LineField(blank=True, default='', help_text='Where people gather.', max_length=100)),
                    ('is_drill', models.BooleanField()),
                    ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('started_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('ended_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'roll-call',
                    'ordering': ('-started_at', 'roll_call_id'),
                    'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('is_drill',), name='presence_rollcall_one_under_way', violation_error_message='Such a roll-call is under way already.'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ended_by', None)), models.Q(('ended_at__gte', models.F('started_at')), ('ended_by__isnull', False)), _connector='OR'), name='presence_rollcall_ended_by_somebody')],
                    'triggers': [pgtrigger.compiler.Trigger(name='facts_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='1ae4b3df95fc24e3e373ba6a6077802aef8ce902', operation='DELETE', pgid='pgtrigger_facts_stay_cdbd6', table='presence_rollcall', when='BEFORE')), pgtrigger.compiler.Trigger(name='begun_is_begun', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."is_drill" IS DISTINCT FROM (NEW."is_drill") OR OLD."started_at" IS DISTINCT FROM (NEW."started_at") OR OLD."started_by_id" IS DISTINCT FROM (NEW."started_by_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='a0cf702e7495127cbaf9782558b500b36e3fb96d', operation='UPDATE', pgid='pgtrigger_begun_is_begun_fa0d5', table='presence_rollcall', when='BEFORE')), pgtrigger.compiler.Trigger(name='ended_is_ended', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.ended_at IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='34668bbd9048c5a6f6b82cc63d8f9d0a9672ba93', operation='UPDATE', pgid='pgtrigger_ended_is_ended_fa77d', table='presence_rollcall', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='RollCallEntry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('roll_call', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='presence.rollcall')),
                    ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ('class_level', models.CharField(blank=True, max_length=50)),
                    ('class_code', models.CharField(blank=True, max_length=50)),
                    ('department', models.CharField(blank=True, max_length=150)),
                    ('since', models.DateTimeField(help_text='On site since then.')),
                    ('seen_at', models.DateTimeField(help_text='The last tap, at a gate or at a hatch.', null=True)),
                    ('seen_by_reader', models.CharField(blank=True, max_length=100)),
                    ('seen_where', models.CharField(blank=True, max_length=100)),
                ],
                options={
                    'ordering': ('pk',),
                    'indexes': [models.Index(fields=['person'], name='presence_entry_of_person')],
                    'constraints': [models.UniqueConstraint(fields=('roll_call', 'person'), name='presence_rollcallentry_once')],
                    'triggers': [pgtrigger.compiler.Trigger(name='facts_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7a94363d3c31cce3b9699b15124ff9239d803d79', operation='UPDATE OR DELETE', pgid='pgtrigger_facts_stay_6fe82', table='presence_rollcallentry', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='RollCallMark',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('roll_call', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='presence.rollcall')),
                    ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ('state', models.CharField(choices=[('safe', 'Safe'), ('away', 'Elsewhere'), ('missing', 'Missing')], max_length=7)),
                    ('at', models.DateTimeField(help_text='When it was said.')),
                    ('marked_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('device', people.fields.LineField(blank=True, default='', help_text='On which phone, if it said.', max_length=100)),
                    ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'ordering': ('pk',),
                    'indexes': [models.Index(fields=['person'], name='presence_mark_of_person')],
                    'constraints': [models.UniqueConstraint(fields=('roll_call', 'person', 'state', 'at', 'marked_by'), name='presence_rollcallmark_once')],
                    'triggers': [pgtrigger.compiler.Trigger(name='facts_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9ab3e270c23b6d3ecd08ec3c23cc42ac2664b257', operation='UPDATE OR DELETE', pgid='pgtrigger_facts_stay_29b2d', table='presence_rollcallmark', when='BEFORE'))],
                },
            ),
        ]),
    ]
