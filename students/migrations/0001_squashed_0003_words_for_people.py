"""What 0001 to 0003 come to, for a new database: docs/developers.md, Folded migrations."""

import django.db.models.deletion
import django.db.models.expressions
import people.fields
import people.models
import pgtrigger.compiler
from django.db import migrations, models

from core.folding import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('students', '0001_initial'),
        ('students', '0002_points_given'),
        ('students', '0003_words_for_people'),
    ]

    initial = True

    dependencies = [
        ('people', '0001_squashed_0019_words_for_people'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Student',
                fields=[
                    ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='student', serialize=False, to='people.person')),
                    ('program', people.fields.LineField(blank=True, default='', max_length=200, verbose_name='program')),
                    ('date_of_birth', models.DateField(blank=True, null=True, validators=[people.models.validate_past_day], verbose_name='date of birth')),
                    ('academic_status', models.CharField(choices=[('Current', 'Current'), ('Retake', 'Retake'), ('Deferred', 'Deferred'), ('Probation', 'Probation'), ('Completed', 'Completed')], default='Current', max_length=10, verbose_name='academic status')),
                    ('points_deducted', models.PositiveIntegerField(default=0, editable=False, help_text="The sum of this student's discipline ledger.", verbose_name='points deducted')),
                    ('points_given', models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text="The sum of this student's merits.", verbose_name='points given')),
                ],
                options={
                    'verbose_name': 'student',
                    'verbose_name_plural': 'students',
                    'indexes': [models.Index(django.db.models.expressions.CombinedExpression(models.F('points_given'), '-', models.F('points_deducted')), models.F('person'), name='students_student_by_points')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('academic_status__in', ['Current', 'Retake', 'Deferred', 'Probation', 'Completed'])), name='students_student_known_academic_status', violation_error_message='There is no such academic status.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='of_its_kind', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            -- By nothing but the key: with the kind in the condition, a planner that has not\n            -- counted yet goes through everybody of the kind, once for each row of an import.\n            IF (SELECT kind FROM people_person WHERE person_uuid = NEW.person_id)\n                IS DISTINCT FROM 'student'\n            THEN\n                RAISE EXCEPTION 'person % is no student', NEW.person_id\n                    USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ", hash='6c8d73d475316483b02d3ccbb937963f6976c63d', operation='INSERT', pgid='pgtrigger_of_its_kind_68be1', table='students_student', when='BEFORE')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "students_studentevent" ("academic_status", "date_of_birth", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points_deducted", "points_given", "program") VALUES (NEW."academic_status", NEW."date_of_birth", _pgh_attach_context(), NOW(), \'insert\', NEW."person_id", NEW."points_deducted", NEW."points_given", NEW."program"); RETURN NULL;', hash='971d625ac3b064bcfbf15802f7af02e74f41491c', operation='INSERT', pgid='pgtrigger_insert_insert_95980', table='students_student', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."academic_status" IS DISTINCT FROM (NEW."academic_status") OR OLD."date_of_birth" IS DISTINCT FROM (NEW."date_of_birth") OR OLD."points_deducted" IS DISTINCT FROM (NEW."points_deducted") OR OLD."points_given" IS DISTINCT FROM (NEW."points_given") OR OLD."program" IS DISTINCT FROM (NEW."program"))', func='INSERT INTO "students_studentevent" ("academic_status", "date_of_birth", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points_deducted", "points_given", "program") VALUES (NEW."academic_status", NEW."date_of_birth", _pgh_attach_context(), NOW(), \'update\', NEW."person_id", NEW."points_deducted", NEW."points_given", NEW."program"); RETURN NULL;', hash='3546473a0a86a5c6cb19006075401e5aabd78c6f', operation='UPDATE', pgid='pgtrigger_update_update_cfde9', table='students_student', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "students_studentevent" ("academic_status", "date_of_birth", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points_deducted", "points_given", "program") VALUES (OLD."academic_status", OLD."date_of_birth", _pgh_attach_context(), NOW(), \'delete\', OLD."person_id", OLD."points_deducted", OLD."points_given", OLD."program"); RETURN NULL;', hash='6a17c5097d2e6280881c772c173f4b099cef73e7', operation='DELETE', pgid='pgtrigger_delete_delete_30174', table='students_student', when='AFTER'))],
                },
                bases=('people.person',),
            ),
            migrations.CreateModel(
                name='StudentEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='program_date_of_birth_academic_status_points_deducted_points_given_events', to='students.student')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('program', people.fields.LineField(blank=True, default='', max_length=200, verbose_name='program')),
                    ('date_of_birth', models.DateField(blank=True, null=True, validators=[people.models.validate_past_day], verbose_name='date of birth')),
                    ('academic_status', models.CharField(choices=[('Current', 'Current'), ('Retake', 'Retake'), ('Deferred', 'Deferred'), ('Probation', 'Probation'), ('Completed', 'Completed')], default='Current', max_length=10, verbose_name='academic status')),
                    ('points_deducted', models.PositiveIntegerField(default=0, editable=False, help_text="The sum of this student's discipline ledger.", verbose_name='points deducted')),
                    ('points_given', models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text="The sum of this student's merits.", verbose_name='points given')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='aa2a9cccc2a933a4681710da1baca1549da79e55', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_0b28f', table='students_studentevent', when='BEFORE'))],
                },
            ),
        ]),
    ]
