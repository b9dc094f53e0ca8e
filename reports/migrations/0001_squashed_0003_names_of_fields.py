"""What 0001 to 0003 come to, for a new database: docs/developers.md, Folded migrations."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models

from core.folding import CreateModels
from core.schedules import WORKER, every, run_regularly


class Migration(migrations.Migration):

    replaces = [
        ('reports', '0001_initial'),
        ('reports', '0002_schedule_sending'),
        ('reports', '0003_names_of_fields'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
        ('pghistory', '0007_auto_20250421_0444'),
        WORKER,
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='ReportSchedule',
                fields=[
                    ('schedule_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('report', models.CharField(choices=[('attendance', 'Attendance'), ('discipline', 'Discipline'), ('kitchen', 'Kitchen')], max_length=10, verbose_name='report')),
                    ('group_by', models.CharField(choices=[('class', 'Class'), ('department', 'Department'), ('student', 'Student')], default='class', max_length=10, verbose_name='group by')),
                    ('period', models.CharField(choices=[('weekly', 'Weekly'), ('monthly', 'Monthly')], max_length=7, verbose_name='period')),
                    ('format', models.CharField(choices=[('pdf', 'PDF'), ('xlsx', 'Excel'), ('csv', 'CSV')], default='pdf', max_length=4, verbose_name='format')),
                    ('recipients', django.contrib.postgres.fields.ArrayField(base_field=models.EmailField(max_length=254), size=20, verbose_name='recipients')),
                    ('is_active', models.BooleanField(default=True, verbose_name='is active')),
                    ('created_by', models.ForeignKey(help_text='It is sent as long as this person may read such a report.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                    ('next_send_at', models.DateTimeField(help_text='While it is being sent: when it is taken for lost and sent again.')),
                    ('last_sent_for', models.DateField(help_text='The first day of what was sent last.', null=True)),
                    ('last_sent_at', models.DateTimeField(null=True)),
                    ('last_error', models.CharField(blank=True, default='', help_text='Why it was not sent the last time.', max_length=300)),
                ],
                options={
                    'verbose_name': 'report schedule',
                    'verbose_name_plural': 'report schedules',
                    'ordering': ('created_at', 'schedule_id'),
                    'indexes': [models.Index(condition=models.Q(('is_active', True)), fields=['next_send_at'], name='reports_reportschedule_due')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('recipients', []), _negated=True), name='reports_reportschedule_has_recipients', violation_error_message='Name one recipient at least.'), models.CheckConstraint(condition=models.Q(('format__in', ['pdf', 'xlsx', 'csv']), ('group_by__in', ['class', 'department', 'student']), ('period__in', ['weekly', 'monthly']), ('report__in', ['attendance', 'discipline', 'kitchen'])), name='reports_reportschedule_known_report')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "reports_reportscheduleevent" ("created_at", "created_by_id", "format", "group_by", "is_active", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recipients", "report", "schedule_id") VALUES (NEW."created_at", NEW."created_by_id", NEW."format", NEW."group_by", NEW."is_active", NEW."period", _pgh_attach_context(), NOW(), \'insert\', NEW."schedule_id", NEW."recipients", NEW."report", NEW."schedule_id"); RETURN NULL;', hash='807a07da94e97a4a050bc0c8ae18ad81acc941be', operation='INSERT', pgid='pgtrigger_insert_insert_168a3', table='reports_reportschedule', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."format" IS DISTINCT FROM (NEW."format") OR OLD."group_by" IS DISTINCT FROM (NEW."group_by") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."period" IS DISTINCT FROM (NEW."period") OR OLD."recipients" IS DISTINCT FROM (NEW."recipients") OR OLD."report" IS DISTINCT FROM (NEW."report") OR OLD."schedule_id" IS DISTINCT FROM (NEW."schedule_id"))', func='INSERT INTO "reports_reportscheduleevent" ("created_at", "created_by_id", "format", "group_by", "is_active", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recipients", "report", "schedule_id") VALUES (NEW."created_at", NEW."created_by_id", NEW."format", NEW."group_by", NEW."is_active", NEW."period", _pgh_attach_context(), NOW(), \'update\', NEW."schedule_id", NEW."recipients", NEW."report", NEW."schedule_id"); RETURN NULL;', hash='1e145739cf771318c9da37ee1711272ca484f2cd', operation='UPDATE', pgid='pgtrigger_update_update_45f5f', table='reports_reportschedule', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "reports_reportscheduleevent" ("created_at", "created_by_id", "format", "group_by", "is_active", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recipients", "report", "schedule_id") VALUES (OLD."created_at", OLD."created_by_id", OLD."format", OLD."group_by", OLD."is_active", OLD."period", _pgh_attach_context(), NOW(), \'delete\', OLD."schedule_id", OLD."recipients", OLD."report", OLD."schedule_id"); RETURN NULL;', hash='0c35852c69d64e7ae83480509dd30dcb61ce73df', operation='DELETE', pgid='pgtrigger_delete_delete_e1643', table='reports_reportschedule', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='ReportScheduleEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='reports.reportschedule')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('schedule_id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('report', models.CharField(choices=[('attendance', 'Attendance'), ('discipline', 'Discipline'), ('kitchen', 'Kitchen')], max_length=10, verbose_name='report')),
                    ('group_by', models.CharField(choices=[('class', 'Class'), ('department', 'Department'), ('student', 'Student')], default='class', max_length=10, verbose_name='group by')),
                    ('period', models.CharField(choices=[('weekly', 'Weekly'), ('monthly', 'Monthly')], max_length=7, verbose_name='period')),
                    ('format', models.CharField(choices=[('pdf', 'PDF'), ('xlsx', 'Excel'), ('csv', 'CSV')], default='pdf', max_length=4, verbose_name='format')),
                    ('recipients', django.contrib.postgres.fields.ArrayField(base_field=models.EmailField(max_length=254), size=20, verbose_name='recipients')),
                    ('is_active', models.BooleanField(default=True, verbose_name='is active')),
                    ('created_by', models.ForeignKey(db_constraint=False, help_text='It is sent as long as this person may read such a report.', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='8a5df0f8e5d1327b094686256bbc12301bbbfdd8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_65aad', table='reports_reportscheduleevent', when='BEFORE'))],
                },
            ),
        ]),
        run_regularly("send reports", "send_reports", **every(minutes=15)),
    ]
