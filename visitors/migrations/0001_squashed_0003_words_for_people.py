"""What 0001 to 0003 come to, for a new database: docs/developers.md, Folded migrations."""

import django.db.models.deletion
import people.fields
import pgtrigger.compiler
from django.db import migrations, models

from core.folding import CreateModels
from core.sql import run_file


class Migration(migrations.Migration):

    replaces = [
        ('visitors', '0001_initial'),
        ('visitors', '0002_give_number'),
        ('visitors', '0003_words_for_people'),
    ]

    initial = True

    dependencies = [
        ('people', '0001_squashed_0019_words_for_people'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('staff', '0001_squashed_0002_words_for_people'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Visitor',
                fields=[
                    ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='visitor', serialize=False, to='people.person')),
                    ('company', people.fields.LineField(blank=True, default='', help_text='Or where else they come from.', max_length=150, verbose_name='company')),
                    ('host', models.ForeignKey(blank=True, help_text='The member of staff who is visited.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='staff.staffmember', verbose_name='host')),
                    ('purpose', people.fields.LineField(blank=True, default='', max_length=300, verbose_name='purpose')),
                ],
                options={
                    'verbose_name': 'visitor',
                    'verbose_name_plural': 'visitors',
                    'triggers': [pgtrigger.compiler.Trigger(name='of_its_kind', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            -- By nothing but the key: with the kind in the condition, a planner that has not\n            -- counted yet goes through everybody of the kind, once for each row of an import.\n            IF (SELECT kind FROM people_person WHERE person_uuid = NEW.person_id)\n                IS DISTINCT FROM 'visitor'\n            THEN\n                RAISE EXCEPTION 'person % is no visitor', NEW.person_id\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='d79efb444f3fce4daa50948e22063b1384c34d9b', operation='INSERT', pgid='pgtrigger_of_its_kind_7a67b', table='visitors_visitor', when='BEFORE')), pgtrigger.compiler.Trigger(name='found_by', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            UPDATE people_person SET more_words = NEW.company\n            WHERE person_uuid = NEW.person_id AND more_words <> NEW.company;\n            RETURN NULL;\n        ', hash='00729e208435ecdadeb2247b554a19b28200cfa7', operation='INSERT OR UPDATE OF "company"', pgid='pgtrigger_found_by_b646a', table='visitors_visitor', when='AFTER')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "visitors_visitorevent" ("company", "host_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose") VALUES (NEW."company", NEW."host_id", _pgh_attach_context(), NOW(), \'insert\', NEW."person_id", NEW."purpose"); RETURN NULL;', hash='4e45f62ad6050016ba2ee5c486c67031eea67461', operation='INSERT', pgid='pgtrigger_insert_insert_a62d9', table='visitors_visitor', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."company" IS DISTINCT FROM (NEW."company") OR OLD."host_id" IS DISTINCT FROM (NEW."host_id") OR OLD."purpose" IS DISTINCT FROM (NEW."purpose"))', func='INSERT INTO "visitors_visitorevent" ("company", "host_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose") VALUES (NEW."company", NEW."host_id", _pgh_attach_context(), NOW(), \'update\', NEW."person_id", NEW."purpose"); RETURN NULL;', hash='49e5e1599afbfecbb7d2af357af0edd52ad09da9', operation='UPDATE', pgid='pgtrigger_update_update_7bf6e', table='visitors_visitor', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "visitors_visitorevent" ("company", "host_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "purpose") VALUES (OLD."company", OLD."host_id", _pgh_attach_context(), NOW(), \'delete\', OLD."person_id", OLD."purpose"); RETURN NULL;', hash='64d93651772e7a56d24458e94784170f4f4958ee', operation='DELETE', pgid='pgtrigger_delete_delete_b3859', table='visitors_visitor', when='AFTER'))],
                },
                bases=('people.person',),
            ),
            migrations.CreateModel(
                name='VisitorEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='company_host_purpose_events', to='visitors.visitor')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('company', people.fields.LineField(blank=True, default='', help_text='Or where else they come from.', max_length=150, verbose_name='company')),
                    ('host', models.ForeignKey(blank=True, db_constraint=False, help_text='The member of staff who is visited.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='staff.staffmember', verbose_name='host')),
                    ('purpose', people.fields.LineField(blank=True, default='', max_length=300, verbose_name='purpose')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='23ea2dfcd1884dae8528b5329e78be303a278e75', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4bcfd', table='visitors_visitorevent', when='BEFORE'))],
                },
            ),
        ]),
        run_file("visitors/sql/give_number.sql"),
    ]
