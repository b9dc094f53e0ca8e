"""What 0001 to 0002 come to, for a new database: docs/developers.md, Folded migrations."""

import django.db.models.deletion
import people.fields
import pgtrigger.compiler
from django.db import migrations, models

from core.folding import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('staff', '0001_initial'),
        ('staff', '0002_words_for_people'),
    ]

    initial = True

    dependencies = [
        ('people', '0001_squashed_0019_words_for_people'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='StaffMember',
                fields=[
                    ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='staffmember', serialize=False, to='people.person')),
                    ('position', people.fields.LineField(blank=True, default='', max_length=150, verbose_name='position')),
                ],
                options={
                    'verbose_name': 'member of staff',
                    'verbose_name_plural': 'staff',
                    'triggers': [pgtrigger.compiler.Trigger(name='of_its_kind', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            -- By nothing but the key: with the kind in the condition, a planner that has not\n            -- counted yet goes through everybody of the kind, once for each row of an import.\n            IF (SELECT kind FROM people_person WHERE person_uuid = NEW.person_id)\n                IS DISTINCT FROM 'staff'\n            THEN\n                RAISE EXCEPTION 'person % is no staff', NEW.person_id\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='525ac5fac500d60804cb39e134c0ec308fd257b0', operation='INSERT', pgid='pgtrigger_of_its_kind_cdb3d', table='staff_staffmember', when='BEFORE')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "staff_staffmemberevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (_pgh_attach_context(), NOW(), \'insert\', NEW."person_id", NEW."position"); RETURN NULL;', hash='519940109b4bfc0fe002a08c2dc2b0c6274e9e3a', operation='INSERT', pgid='pgtrigger_insert_insert_f984c', table='staff_staffmember', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."position" IS DISTINCT FROM (NEW."position"))', func='INSERT INTO "staff_staffmemberevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (_pgh_attach_context(), NOW(), \'update\', NEW."person_id", NEW."position"); RETURN NULL;', hash='9eabc3c933220b3b49a078f87ddc958fed8c490a', operation='UPDATE', pgid='pgtrigger_update_update_7895f', table='staff_staffmember', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "staff_staffmemberevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position") VALUES (_pgh_attach_context(), NOW(), \'delete\', OLD."person_id", OLD."position"); RETURN NULL;', hash='5893a30d546e585deb805cdaaf7df8eccff3d7cb', operation='DELETE', pgid='pgtrigger_delete_delete_11fa4', table='staff_staffmember', when='AFTER'))],
                },
                bases=('people.person',),
            ),
            migrations.CreateModel(
                name='StaffMemberEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='position_events', to='staff.staffmember')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('position', people.fields.LineField(blank=True, default='', max_length=150, verbose_name='position')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='0cd101a944b2b0482657bb08302e15492144da17', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_02845', table='staff_staffmemberevent', when='BEFORE'))],
                },
            ),
        ]),
    ]
