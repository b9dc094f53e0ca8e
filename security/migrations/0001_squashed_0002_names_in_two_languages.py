"""What 0001 to 0002 come to, for a new database: docs/developers.md, Folded migrations."""

import django.db.models.deletion
import django.db.models.functions.text
import people.fields
import people.models
import pgtrigger.compiler
from django.db import migrations, models

from core.folding import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('security', '0001_initial'),
        ('security', '0002_names_in_two_languages'),
    ]

    initial = True

    dependencies = [
        ('people', '0001_squashed_0019_words_for_people'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='SecurityPersonnel',
                fields=[
                    ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='securitypersonnel', serialize=False, to='people.person')),
                    ('badge_number', people.fields.LineField(help_text='As engraved, for example BADGE001.', max_length=50, verbose_name='badge number')),
                    ('hire_date', models.DateField(blank=True, null=True, validators=[people.models.validate_plausible_day], verbose_name='hire date')),
                ],
                options={
                    'verbose_name': 'security person',
                    'verbose_name_plural': 'security personnel',
                    'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper('badge_number'), name='security_securitypersonnel_unique_badge_number', violation_error_message='Somebody with this badge number already exists.'), models.CheckConstraint(condition=models.Q(('badge_number', ''), _negated=True), name='security_securitypersonnel_has_a_badge', violation_error_message='A guard has a badge.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='of_its_kind', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            -- By nothing but the key: with the kind in the condition, a planner that has not\n            -- counted yet goes through everybody of the kind, once for each row of an import.\n            IF (SELECT kind FROM people_person WHERE person_uuid = NEW.person_id)\n                IS DISTINCT FROM 'security'\n            THEN\n                RAISE EXCEPTION 'person % is no security', NEW.person_id\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='36b10912adf29cf3ee7126aac400b20fa4e6e3c2', operation='INSERT', pgid='pgtrigger_of_its_kind_94e9f', table='security_securitypersonnel', when='BEFORE')), pgtrigger.compiler.Trigger(name='found_by', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            UPDATE people_person SET more_words = NEW.badge_number\n            WHERE person_uuid = NEW.person_id AND more_words <> NEW.badge_number;\n            RETURN NULL;\n        ', hash='1fda62d214130a4e261e255564c155ed47766bf9', operation='INSERT OR UPDATE OF "badge_number"', pgid='pgtrigger_found_by_9deaa', table='security_securitypersonnel', when='AFTER')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "security_securitypersonnelevent" ("badge_number", "hire_date", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."badge_number", NEW."hire_date", _pgh_attach_context(), NOW(), \'insert\', NEW."person_id"); RETURN NULL;', hash='b553ee70c26b8a863c151f3e7ae16017fbd0c917', operation='INSERT', pgid='pgtrigger_insert_insert_8740e', table='security_securitypersonnel', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."badge_number" IS DISTINCT FROM (NEW."badge_number") OR OLD."hire_date" IS DISTINCT FROM (NEW."hire_date"))', func='INSERT INTO "security_securitypersonnelevent" ("badge_number", "hire_date", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."badge_number", NEW."hire_date", _pgh_attach_context(), NOW(), \'update\', NEW."person_id"); RETURN NULL;', hash='3c0ef418c550d4ae95448590f8d30ac428981be9', operation='UPDATE', pgid='pgtrigger_update_update_3111c', table='security_securitypersonnel', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "security_securitypersonnelevent" ("badge_number", "hire_date", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."badge_number", OLD."hire_date", _pgh_attach_context(), NOW(), \'delete\', OLD."person_id"); RETURN NULL;', hash='cc34635e3ed826239131e1bee7352e1a443e0c88', operation='DELETE', pgid='pgtrigger_delete_delete_61aba', table='security_securitypersonnel', when='AFTER'))],
                },
                bases=('people.person',),
            ),
            migrations.CreateModel(
                name='SecurityPersonnelEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='badge_number_hire_date_events', to='security.securitypersonnel')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('badge_number', people.fields.LineField(help_text='As engraved, for example BADGE001.', max_length=50, verbose_name='badge number')),
                    ('hire_date', models.DateField(blank=True, null=True, validators=[people.models.validate_plausible_day], verbose_name='hire date')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='fb70f10e61efd628afadd6b2e88e766b81c182e6', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c9941', table='security_securitypersonnelevent', when='BEFORE'))],
                },
            ),
        ]),
    ]
