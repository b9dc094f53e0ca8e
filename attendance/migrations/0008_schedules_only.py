import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import migrations, models

from core.sql import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0007_policies_to_schedules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.DeleteModel(name='ClosedRule'),
        migrations.DeleteModel(name='ClosedDay'),
        migrations.CreateModel(
            name='ClosedDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('schedule_id', models.UUIDField()),
                ('closed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('written_at', models.DateTimeField(help_text="When everybody's day was judged.", null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rulebook', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='attendance.rulebook')),
            ],
            options={
                'ordering': ('-date', 'schedule_id'),
                'constraints': [models.UniqueConstraint(fields=('date', 'schedule_id'), name='attendance_closedday_once_a_schedule')],
            },
        ),
        migrations.RunSQL(
            """
            INSERT INTO attendance_closedday
                (date, schedule_id, rulebook_id, closed_at, closed_by_id, written_at)
            SELECT closed.date, schedule.schedule_id, 1, closed.closed_at, closed.closed_by_id,
                closed.closed_at
            FROM attendance_formerlyclosed AS closed CROSS JOIN attendance_schedule AS schedule;
            DROP TABLE attendance_formerlyclosed
            """,
        ),
        migrations.RemoveField(model_name='policyevent', name='pgh_obj'),
        migrations.RemoveField(model_name='policyevent', name='pgh_context'),
        migrations.DeleteModel(name='Policy'),
        migrations.DeleteModel(name='PolicyEvent'),
        # Their triggers went with them; the functions stay.
        *(
            migrations.RunSQL(f"DROP FUNCTION IF EXISTS pgtrigger_{name}", migrations.RunSQL.noop)
            for name in (
                "insert_insert_b25cd",
                "update_update_03163",
                "delete_delete_76b83",
                "append_only_125c9",
            )
        ),
        migrations.RunSQL("DROP FUNCTION IF EXISTS attendance_rule(date, text)"),
        migrations.RemoveField(model_name='attendance', name='last_in_at'),
        migrations.RemoveField(model_name='attendance', name='last_out_at'),
        migrations.RemoveField(model_name='attendance', name='late_from'),
        migrations.AlterField(model_name='holiday', name='last_day', field=models.DateField()),
        migrations.AlterField(model_name='holidayevent', name='last_day', field=models.DateField()),
        pgtrigger.migrations.AddTrigger(
            model_name='attendance',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."corrected_arrival" IS DISTINCT FROM (NEW."corrected_arrival") OR OLD."corrected_departure" IS DISTINCT FROM (NEW."corrected_departure") OR OLD."corrected_status" IS DISTINCT FROM (NEW."corrected_status") OR OLD."correction_reason" IS DISTINCT FROM (NEW."correction_reason"))', func='INSERT INTO "attendance_attendancecorrection" ("corrected_arrival", "corrected_at", "corrected_by_id", "corrected_departure", "corrected_status", "correction_reason", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."corrected_arrival", NEW."corrected_at", NEW."corrected_by_id", NEW."corrected_departure", NEW."corrected_status", NEW."correction_reason", _pgh_attach_context(), NOW(), \'update\', NEW."attendance_id"); RETURN NULL;', hash='f51522b0c0b26a43959fa44d604da126c4192c48', operation='UPDATE', pgid='pgtrigger_update_update_0552f', table='attendance_attendance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='holiday',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "attendance_holidayevent" ("applies_to", "ends_at", "first_day", "holiday_id", "last_day", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_at") VALUES (NEW."applies_to", NEW."ends_at", NEW."first_day", NEW."holiday_id", NEW."last_day", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."holiday_id", NEW."starts_at"); RETURN NULL;', hash='7063f51783820f2c4ebe82f3284e306106eda662', operation='INSERT', pgid='pgtrigger_insert_insert_c9e85', table='attendance_holiday', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='holiday',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "attendance_holidayevent" ("applies_to", "ends_at", "first_day", "holiday_id", "last_day", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_at") VALUES (NEW."applies_to", NEW."ends_at", NEW."first_day", NEW."holiday_id", NEW."last_day", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."holiday_id", NEW."starts_at"); RETURN NULL;', hash='56ade9b49e38624f63c800066eeaedc6120e788b', operation='UPDATE', pgid='pgtrigger_update_update_2b4f9', table='attendance_holiday', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='holiday',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "attendance_holidayevent" ("applies_to", "ends_at", "first_day", "holiday_id", "last_day", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_at") VALUES (OLD."applies_to", OLD."ends_at", OLD."first_day", OLD."holiday_id", OLD."last_day", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."holiday_id", OLD."starts_at"); RETURN NULL;', hash='59a99489f56f2ba72333bdfce14bd2a0fba6b3ee', operation='DELETE', pgid='pgtrigger_delete_delete_a4b7f', table='attendance_holiday', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='holiday',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='attendance_holiday_in_order', violation_error_message='It ends after it begins.'),
        ),
        migrations.AddConstraint(
            model_name='attendance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(models.Q(('corrected_status', ''), _negated=True), ('corrected_arrival__isnull', False), ('corrected_departure__isnull', False), _connector='OR', _negated=True), models.Q(('correction_reason', ''), ('corrected_by__isnull', False), _connector='OR')), models.Q(models.Q(models.Q(('corrected_status', ''), _negated=True), ('corrected_arrival__isnull', False), ('corrected_departure__isnull', False), _connector='OR'), models.Q(('correction_reason', ''), _negated=True)), _connector='OR'), name='attendance_attendance_corrected_with_reason', violation_error_message='A correction has a reason.'),
        ),
        migrations.AddConstraint(
            model_name='attendance',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['Present', 'Late', 'Absent', 'Excused']), models.Q(('corrected_status', ''), ('status', models.F('corrected_status')), _connector='OR')), name='attendance_attendance_status_as_corrected'),
        ),
        migrations.AddConstraint(
            model_name="holiday",
            constraint=ExclusionConstraint(
                name="attendance_holiday_once",
                expressions=[
                    (
                        models.Func(
                            "first_day", "last_day", models.Value("[]"), function="daterange"
                        ),
                        "&&",
                    )
                ],
                condition=models.Q(("applies_to", {}), ("ends_at", None), ("starts_at", None)),
                violation_error_message="This day is a holiday already.",
            ),
        ),
        migrations.RunSQL("DROP FUNCTION IF EXISTS attendance_day_corrected CASCADE"),
        migrations.RunSQL("DROP FUNCTION IF EXISTS attendance_day_closed CASCADE"),
        run_file("attendance/sql/tell_of_days.sql"),
    ]
