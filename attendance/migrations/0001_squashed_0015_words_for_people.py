"""What 0001 to 0015 come to, for a new database: docs/developers.md, Folded migrations."""

import attendance.models
import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import people.fields
import people.models
import pgtrigger.compiler
import uuid
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from core.folding import CreateModels
from core.schedules import WORKER, every, run_regularly
from core.sql import run_file


def make_first_rules(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """One schedule for everybody; the rulebook's content as `attendance.rulebook.content_now` writes it."""
    session = {
        "name": "Day",
        "weekdays": [1, 2, 3, 4, 5],
        "starts_at": "08:00:00",
        "late_after": "08:00:00",
        "ends_at": None,
        "requires_tap": False,
    }
    schedule = apps.get_model("attendance", "Schedule").objects.create(
        name="Everybody", policy_of="", closes_at=datetime.time(18), sessions=[session]
    )
    said = {
        "schedule_id": str(schedule.schedule_id),
        "name": schedule.name,
        "day_begins": "00:00:00",
        "sessions": schedule.sessions,
        "closes_at": schedule.closes_at.isoformat(),
        "applies_to": {},
        "valid_from": None,
        "valid_to": None,
        "is_policy": True,
    }
    apps.get_model("attendance", "Rulebook").objects.create(
        version=1,
        content={"schedules": [said], "holidays": []},
        what="The first rules",
        applied_at=timezone.now(),
    )


class Migration(migrations.Migration):

    replaces = [
        ('attendance', '0001_initial'),
        ('attendance', '0002_initial'),
        ('attendance', '0003_rule'),
        ('attendance', '0004_schedule_closing'),
        ('attendance', '0005_write_events'),
        ('attendance', '0006_schedules_and_sessions'),
        ('attendance', '0007_policies_to_schedules'),
        ('attendance', '0008_schedules_only'),
        ('attendance', '0009_wake_at_changes'),
        ('attendance', '0010_refusals_on_the_way_out'),
        ('attendance', '0011_write_days'),
        ('attendance', '0012_changes_of_closed_days'),
        ('attendance', '0013_plausible_days'),
        ('attendance', '0014_days_emptied'),
        ('attendance', '0015_words_for_people'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
        ('outbox', '0001_squashed_0004_taps_taken_back'),
        ('people', '0001_squashed_0019_words_for_people'),
        ('pghistory', '0007_auto_20250421_0444'),
        WORKER,
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Absence',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('applies_to', models.JSONField(blank=True, default=attendance.models.nobody_in_particular)),
                    ('absence_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('person', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='absences', to='people.person')),
                    ('first_day', models.DateField(validators=[people.models.validate_plausible_day])),
                    ('last_day', models.DateField(validators=[people.models.validate_plausible_day])),
                    ('starts_at', models.TimeField(blank=True, null=True)),
                    ('ends_at', models.TimeField(blank=True, null=True)),
                    ('reason', people.fields.LineField(max_length=300, verbose_name='reason')),
                    ('recorded_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                    ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ('from_version', models.BigIntegerField(editable=False)),
                    ('until_version', models.BigIntegerField(editable=False, null=True)),
                ],
                options={
                    'verbose_name': 'absence',
                    'verbose_name_plural': 'absences',
                    'ordering': ('-first_day', '-pk'),
                    'indexes': [models.Index(fields=['first_day', 'last_day'], name='attendance_absence_days'), models.Index(condition=models.Q(('person__isnull', False)), fields=['person', '-first_day'], name='attendance_absence_person')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('until_version', None)), fields=('absence_id',), name='attendance_absence_one_standing'), models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='attendance_absence_in_order', violation_error_message='It ends after it begins.')],
                },
            ),
            migrations.CreateModel(
                name='Holiday',
                fields=[
                    ('applies_to', models.JSONField(blank=True, default=attendance.models.nobody_in_particular)),
                    ('holiday_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('name', people.fields.LineField(max_length=100, verbose_name='name')),
                    ('first_day', models.DateField(validators=[people.models.validate_plausible_day])),
                    ('last_day', models.DateField(validators=[people.models.validate_plausible_day])),
                    ('starts_at', models.TimeField(blank=True, null=True)),
                    ('ends_at', models.TimeField(blank=True, null=True)),
                ],
                options={
                    'verbose_name': 'holiday',
                    'verbose_name_plural': 'holidays',
                    'ordering': ('first_day', 'holiday_id'),
                    'constraints': [models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='attendance_holiday_in_order', violation_error_message='It ends after it begins.'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('applies_to', {}), ('ends_at', None), ('starts_at', None)), expressions=[(models.Func('first_day', 'last_day', models.Value('[]'), function='daterange'), '&&')], name='attendance_holiday_once', violation_error_message='This day is a holiday already.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "attendance_holidayevent" ("applies_to", "ends_at", "first_day", "holiday_id", "last_day", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_at") VALUES (NEW."applies_to", NEW."ends_at", NEW."first_day", NEW."holiday_id", NEW."last_day", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."holiday_id", NEW."starts_at"); RETURN NULL;', hash='7063f51783820f2c4ebe82f3284e306106eda662', operation='INSERT', pgid='pgtrigger_insert_insert_c9e85', table='attendance_holiday', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "attendance_holidayevent" ("applies_to", "ends_at", "first_day", "holiday_id", "last_day", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_at") VALUES (NEW."applies_to", NEW."ends_at", NEW."first_day", NEW."holiday_id", NEW."last_day", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."holiday_id", NEW."starts_at"); RETURN NULL;', hash='56ade9b49e38624f63c800066eeaedc6120e788b', operation='UPDATE', pgid='pgtrigger_update_update_2b4f9', table='attendance_holiday', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "attendance_holidayevent" ("applies_to", "ends_at", "first_day", "holiday_id", "last_day", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_at") VALUES (OLD."applies_to", OLD."ends_at", OLD."first_day", OLD."holiday_id", OLD."last_day", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."holiday_id", OLD."starts_at"); RETURN NULL;', hash='59a99489f56f2ba72333bdfce14bd2a0fba6b3ee', operation='DELETE', pgid='pgtrigger_delete_delete_a4b7f', table='attendance_holiday', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='HolidayEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='attendance.holiday')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('applies_to', models.JSONField(blank=True, default=attendance.models.nobody_in_particular)),
                    ('holiday_id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('name', people.fields.LineField(max_length=100, verbose_name='name')),
                    ('first_day', models.DateField(validators=[people.models.validate_plausible_day])),
                    ('last_day', models.DateField(validators=[people.models.validate_plausible_day])),
                    ('starts_at', models.TimeField(blank=True, null=True)),
                    ('ends_at', models.TimeField(blank=True, null=True)),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f7ed3cd2d9b8cf20426b44ba87c43c0b81f9b094', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c54f8', table='attendance_holidayevent', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='NoCardDay',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ('date', models.DateField()),
                    ('class_level', models.CharField(blank=True, max_length=50)),
                    ('class_code', models.CharField(blank=True, max_length=50)),
                    ('department', models.CharField(blank=True, max_length=150)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('date', 'person'), name='attendance_nocardday_one_a_day')],
                },
            ),
            migrations.CreateModel(
                name='ReopenedDay',
                fields=[
                    ('date', models.DateField(primary_key=True, serialize=False)),
                    ('reopened_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('reopened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('reason', models.CharField(max_length=300)),
                ],
            ),
            migrations.CreateModel(
                name='Rulebook',
                fields=[
                    ('version', models.BigIntegerField(primary_key=True, serialize=False)),
                    ('token', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('content', models.JSONField(help_text='Empty: that of `same_as`.', null=True)),
                    ('same_as', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='attendance.rulebook')),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('what', models.CharField(blank=True, max_length=200)),
                    ('applied_at', models.DateTimeField(help_text='When the open days had been judged by it.', null=True)),
                ],
                options={
                    'ordering': ('-version',),
                },
            ),
            migrations.CreateModel(
                name='Attendance',
                fields=[
                    ('attendance_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='attendance', to='people.person')),
                    ('date', models.DateField(help_text="The day on the campus on which the person's day began.", verbose_name='date')),
                    ('passes', models.JSONField(default=list, editable=False, help_text='Rows of `attendance.day.Pass`, in any order.')),
                    ('class_level', models.CharField(blank=True, help_text='When the day began.', max_length=50, verbose_name='class level')),
                    ('class_code', models.CharField(blank=True, max_length=50)),
                    ('department', models.CharField(blank=True, max_length=150, verbose_name='department')),
                    ('attendance_time', models.DateTimeField(editable=False, help_text='First arrival.', null=True)),
                    ('left_at', models.DateTimeField(editable=False, help_text='Last departure.', null=True)),
                    ('minutes_late', models.PositiveIntegerField(default=0, editable=False)),
                    ('left_early', models.BooleanField(default=False, editable=False)),
                    ('minutes_on_site', models.PositiveIntegerField(editable=False, null=True)),
                    ('on_site_since', models.DateTimeField(editable=False, help_text='They came then and were not seen to leave.', null=True)),
                    ('sessions', models.JSONField(default=list, editable=False)),
                    ('is_counted', models.BooleanField(default=True, editable=False, help_text='Something was expected: it counts in rates.')),
                    ('corrected_status', models.CharField(blank=True, choices=[('Present', 'Present'), ('Late', 'Late'), ('Absent', 'Absent'), ('Excused', 'Excused')], default='', max_length=7)),
                    ('corrected_arrival', models.DateTimeField(editable=False, null=True)),
                    ('corrected_departure', models.DateTimeField(editable=False, null=True)),
                    ('correction_reason', models.CharField(blank=True, default='', max_length=300)),
                    ('corrected_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('corrected_at', models.DateTimeField(editable=False, null=True)),
                    ('derived_status', models.CharField(blank=True, choices=[('Present', 'Present'), ('Late', 'Late'), ('Absent', 'Absent'), ('Excused', 'Excused')], help_text='What the facts say. Empty: nothing.', max_length=7)),
                    ('status', models.CharField(choices=[('Present', 'Present'), ('Late', 'Late'), ('Absent', 'Absent'), ('Excused', 'Excused')], help_text='Empty: there is nothing to say yet.', max_length=7)),
                    ('closed_under', models.ForeignKey(db_index=False, editable=False, help_text="The rules by which this person's day was closed; none while it is open.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='attendance.rulebook')),
                    ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ],
                options={
                    'verbose_name': 'day',
                    'verbose_name_plural': 'days',
                    'ordering': (models.OrderBy(models.F('date'), descending=True), models.OrderBy(models.F('attendance_time'), descending=True, nulls_last=True)),
                    'indexes': [models.Index(models.OrderBy(models.F('date'), descending=True), models.OrderBy(models.F('attendance_time'), descending=True, nulls_last=True), models.F('attendance_id'), name='attendance_newest'), models.Index(fields=['date', 'status'], name='attendance_status')],
                    'constraints': [models.UniqueConstraint(fields=('person', 'date'), name='attendance_attendance_one_a_day'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(models.Q(('corrected_status', ''), _negated=True), ('corrected_arrival__isnull', False), ('corrected_departure__isnull', False), _connector='OR', _negated=True), models.Q(('correction_reason', ''), ('corrected_by__isnull', False), _connector='OR')), models.Q(models.Q(models.Q(('corrected_status', ''), _negated=True), ('corrected_arrival__isnull', False), ('corrected_departure__isnull', False), _connector='OR'), models.Q(('correction_reason', ''), _negated=True)), _connector='OR'), name='attendance_attendance_corrected_with_reason', violation_error_message='A correction has a reason.'), models.CheckConstraint(condition=models.Q(('status__in', ['', 'Present', 'Late', 'Absent', 'Excused']), models.Q(('corrected_status', ''), ('status', models.F('corrected_status')), _connector='OR')), name='attendance_attendance_status_as_corrected')],
                    'triggers': [pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."corrected_arrival" IS DISTINCT FROM (NEW."corrected_arrival") OR OLD."corrected_departure" IS DISTINCT FROM (NEW."corrected_departure") OR OLD."corrected_status" IS DISTINCT FROM (NEW."corrected_status") OR OLD."correction_reason" IS DISTINCT FROM (NEW."correction_reason"))', func='INSERT INTO "attendance_attendancecorrection" ("corrected_arrival", "corrected_at", "corrected_by_id", "corrected_departure", "corrected_status", "correction_reason", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."corrected_arrival", NEW."corrected_at", NEW."corrected_by_id", NEW."corrected_departure", NEW."corrected_status", NEW."correction_reason", _pgh_attach_context(), NOW(), \'update\', NEW."attendance_id"); RETURN NULL;', hash='f51522b0c0b26a43959fa44d604da126c4192c48', operation='UPDATE', pgid='pgtrigger_update_update_0552f', table='attendance_attendance', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='AttendanceCorrection',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='corrected_status_corrected_arrival_corrected_departure_correction_reason_corrected_by_corrected_at_events', to='attendance.attendance')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('corrected_status', models.CharField(blank=True, choices=[('Present', 'Present'), ('Late', 'Late'), ('Absent', 'Absent'), ('Excused', 'Excused')], default='', max_length=7)),
                    ('corrected_arrival', models.DateTimeField(editable=False, null=True)),
                    ('corrected_departure', models.DateTimeField(editable=False, null=True)),
                    ('correction_reason', models.CharField(blank=True, default='', max_length=300)),
                    ('corrected_by', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                    ('corrected_at', models.DateTimeField(editable=False, null=True)),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='5c52845310b527c90a43fdfb22086f0ad6ec33d5', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_0ac83', table='attendance_attendancecorrection', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='ClosedDay',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('date', models.DateField()),
                    ('schedule_id', models.UUIDField()),
                    ('rulebook', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='attendance.rulebook')),
                    ('closed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='closed at')),
                    ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('written_at', models.DateTimeField(help_text="When everybody's day was judged.", null=True)),
                    ('changes', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, help_text='The changes of rules that were applied to it since, in order.', size=None)),
                ],
                options={
                    'verbose_name': 'closed day',
                    'verbose_name_plural': 'closed days',
                    'ordering': ('-date', 'schedule_id'),
                    'constraints': [models.UniqueConstraint(fields=('date', 'schedule_id'), name='attendance_closedday_once_a_schedule')],
                },
            ),
            migrations.CreateModel(
                name='RuleChange',
                fields=[
                    ('change_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('what', models.CharField(max_length=200, verbose_name='what')),
                    ('reason', models.CharField(max_length=300, verbose_name='reason')),
                    ('rulebook', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='attendance.rulebook')),
                    ('before', models.JSONField()),
                    ('delta', models.JSONField(null=True)),
                    ('left_alone', models.JSONField(default=list)),
                    ('emptied', models.JSONField(default=list)),
                    ('days_changed', models.PositiveIntegerField(default=0, verbose_name='days changed')),
                    ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('undone_at', models.DateTimeField(null=True)),
                    ('undone_in', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='attendance.rulebook')),
                ],
                options={
                    'verbose_name': 'rule change',
                    'verbose_name_plural': 'rule changes',
                    'ordering': ('-made_at', 'change_id'),
                },
            ),
            migrations.CreateModel(
                name='Schedule',
                fields=[
                    ('applies_to', models.JSONField(blank=True, default=attendance.models.nobody_in_particular)),
                    ('schedule_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('name', people.fields.LineField(max_length=100, verbose_name='name')),
                    ('day_begins', models.TimeField(default=datetime.time(0, 0), help_text='What happens before this belongs to the day before.')),
                    ('sessions', models.JSONField(default=list)),
                    ('closes_at', models.TimeField(blank=True, help_text='When the day is closed by itself, and Absent is written. Empty: when the next one begins.', null=True)),
                    ('valid_from', models.DateField(blank=True, help_text='The first day it holds.', null=True, validators=[people.models.validate_plausible_day])),
                    ('valid_to', models.DateField(blank=True, help_text='The last day it holds.', null=True, validators=[people.models.validate_plausible_day])),
                    ('policy_of', models.CharField(blank=True, editable=False, max_length=50, null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('updated_at', models.DateTimeField(auto_now=True)),
                ],
                options={
                    'verbose_name': 'schedule',
                    'verbose_name_plural': 'schedules',
                    'ordering': ('created_at', 'schedule_id'),
                    'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('policy_of'), name='attendance_schedule_one_policy_for_a_class', violation_error_message='This class level has a policy already.'), models.CheckConstraint(condition=models.Q(('valid_from', None), ('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='attendance_schedule_valid_in_order', violation_error_message='A schedule ends after it begins.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "attendance_scheduleevent" ("applies_to", "closes_at", "created_at", "day_begins", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_of", "schedule_id", "sessions", "updated_at", "valid_from", "valid_to") VALUES (NEW."applies_to", NEW."closes_at", NEW."created_at", NEW."day_begins", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."schedule_id", NEW."policy_of", NEW."schedule_id", NEW."sessions", NEW."updated_at", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='dc150e744eb9bd070393a9629b1d1ecce89b14b0', operation='INSERT', pgid='pgtrigger_insert_insert_2e1f6', table='attendance_schedule', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "attendance_scheduleevent" ("applies_to", "closes_at", "created_at", "day_begins", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_of", "schedule_id", "sessions", "updated_at", "valid_from", "valid_to") VALUES (NEW."applies_to", NEW."closes_at", NEW."created_at", NEW."day_begins", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."schedule_id", NEW."policy_of", NEW."schedule_id", NEW."sessions", NEW."updated_at", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='3c44faa641736bc875d813242a4708504c866ce6', operation='UPDATE', pgid='pgtrigger_update_update_5904c', table='attendance_schedule', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "attendance_scheduleevent" ("applies_to", "closes_at", "created_at", "day_begins", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_of", "schedule_id", "sessions", "updated_at", "valid_from", "valid_to") VALUES (OLD."applies_to", OLD."closes_at", OLD."created_at", OLD."day_begins", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."schedule_id", OLD."policy_of", OLD."schedule_id", OLD."sessions", OLD."updated_at", OLD."valid_from", OLD."valid_to"); RETURN NULL;', hash='75ef84a6ad20b9720ba2a6646e4340a2417b1f48', operation='DELETE', pgid='pgtrigger_delete_delete_4ca4c', table='attendance_schedule', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='ScheduleEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='attendance.schedule')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('applies_to', models.JSONField(blank=True, default=attendance.models.nobody_in_particular)),
                    ('schedule_id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('name', people.fields.LineField(max_length=100, verbose_name='name')),
                    ('day_begins', models.TimeField(default=datetime.time(0, 0), help_text='What happens before this belongs to the day before.')),
                    ('sessions', models.JSONField(default=list)),
                    ('closes_at', models.TimeField(blank=True, help_text='When the day is closed by itself, and Absent is written. Empty: when the next one begins.', null=True)),
                    ('valid_from', models.DateField(blank=True, help_text='The first day it holds.', null=True, validators=[people.models.validate_plausible_day])),
                    ('valid_to', models.DateField(blank=True, help_text='The last day it holds.', null=True, validators=[people.models.validate_plausible_day])),
                    ('policy_of', models.CharField(blank=True, editable=False, max_length=50, null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('updated_at', models.DateTimeField(auto_now=True)),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='ca083af3934241839ced92d6e78d0a21d9a03a4d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_07a4a', table='attendance_scheduleevent', when='BEFORE'))],
                },
            ),
        ]),
        # As where they were generated once: what writes them never leaves them out.
        migrations.RunSQL(
            """
            ALTER TABLE attendance_attendance
                ALTER COLUMN derived_status DROP NOT NULL, ALTER COLUMN status DROP NOT NULL
            """
        ),
        run_file("attendance/sql/write_events.sql"),
        run_file("attendance/sql/tell_of_days.sql"),
        run_file("attendance/sql/wake_at_changes.sql"),
        run_file("attendance/sql/write_days.sql"),
        migrations.RunPython(make_first_rules),
        run_regularly("close attendance", "close_attendance", **every(minutes=5)),
    ]
