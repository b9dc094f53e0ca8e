"""What 0001 to 0009 come to, for a new database: docs/developers.md, Folded migrations."""

import core.hours
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import notifications.models
import people.fields
import people.search
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models

from core.folding import CreateModels
from core.schedules import WORKER, every, run_regularly


class Migration(migrations.Migration):

    replaces = [
        ('notifications', '0001_initial'),
        ('notifications', '0002_initial'),
        ('notifications', '0003_schedule_sending'),
        ('notifications', '0004_contacts'),
        ('notifications', '0005_consents_of_guardians'),
        ('notifications', '0006_days_by_student_and_date'),
        ('notifications', '0007_found_by_guardians'),
        ('notifications', '0008_one_guardian_for_a_number'),
        ('notifications', '0009_names_of_fields'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('students', '0001_squashed_0003_words_for_people'),
        WORKER,
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Guardian',
                fields=[
                    ('guardian_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('student', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guardians', to='students.student', verbose_name='student')),
                    ('name', people.fields.LineField(max_length=150, verbose_name='name')),
                    ('relationship', people.fields.LineField(blank=True, default='', help_text='For example mother, uncle, sponsor.', max_length=50, verbose_name='relationship')),
                    ('phone', people.fields.PhoneField(blank=True, default='', max_length=20, verbose_name='phone')),
                    ('email', models.EmailField(blank=True, default='', max_length=254, verbose_name='email')),
                    ('channels', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS')], max_length=5), blank=True, default=list, help_text='How they are told: each channel needs its address. None: they are not told.', size=None, verbose_name='channels')),
                    ('news', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('arrival', 'Arrival'), ('late', 'Late arrival'), ('absence', 'Absence'), ('incident', 'Discipline incident')], max_length=8), blank=True, default=notifications.models.all_news, help_text='What they are told of.', size=None, verbose_name='news')),
                    ('language', models.CharField(choices=[('en', 'English'), ('sw', 'Kiswahili')], default=notifications.models.default_language, max_length=2, verbose_name='language')),
                    ('is_active', models.BooleanField(default=True, help_text='Switched off: they are told nothing.', verbose_name='is active')),
                    ('quiet_hours', models.CharField(blank=True, default='', help_text='Campus times such as 20:00-07:00 in which they are not told.', max_length=11, validators=[core.hours.validate_hours], verbose_name='quiet hours')),
                    ('confirmed_at', models.DateTimeField(editable=False, null=True, verbose_name='confirmed at')),
                    ('confirmed_by', models.CharField(blank=True, choices=[('answer', 'Their answer'), ('office', 'The office')], default='', editable=False, max_length=6, verbose_name='confirmed by')),
                    ('stopped_at', models.DateTimeField(editable=False, null=True, verbose_name='stopped at')),
                    ('stopped_by', models.CharField(blank=True, choices=[('sms', 'Their SMS'), ('link', 'The link in a mail'), ('office', 'The office')], default='', editable=False, max_length=6, verbose_name='stopped by')),
                    ('search_text', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(people.search._Translated(django.db.models.functions.text.Lower(people.search.Replaced(people.search._Decomposed(people.search._Joined(models.F('name'))), models.Value("['`´‘’ʻʼ̀-ͯ]"), models.Value(''), models.Value('g'))), models.Value('łøđðħıɓɗƙɛɔəǝƴɣʋŧ'), models.Value('loddhibdkeoeeygvt')), models.Value('ß'), models.Value('ss')), models.Value('æ'), models.Value('ae')), models.Value('œ'), models.Value('oe')), models.Value('þ'), models.Value('th')), models.Value('ŋ'), models.Value('ng')), models.Value('ɲ'), models.Value('ny')), output_field=models.TextField())),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ],
                options={
                    'verbose_name': 'guardian',
                    'verbose_name_plural': 'guardians',
                    'ordering': ('created_at', 'guardian_id'),
                    'indexes': [models.Index(fields=['phone'], name='notifications_guardian_phone'), models.Index(django.db.models.functions.text.Lower('email'), name='notifications_guardian_email'), django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='notifications_guardian_search', opclasses=['gin_trgm_ops']), django.contrib.postgres.indexes.GinIndex(fields=['phone'], name='notifications_guardian_digits', opclasses=['gin_trgm_ops'])],
                    'constraints': [models.UniqueConstraint(models.F('student'), models.F('phone'), condition=models.Q(('phone', ''), _negated=True), name='notifications_guardian_one_for_number', violation_error_message='Another guardian of this student has this number.'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='notifications_guardian_named', violation_error_message='A guardian has a name.'), models.CheckConstraint(condition=models.Q(('email', ''), ('phone', ''), _negated=True), name='notifications_guardian_reachable', violation_error_message='A guardian has a phone number or an e-mail address.'), models.CheckConstraint(condition=models.Q(('language__in', ['en', 'sw'])), name='notifications_guardian_known_language'), models.CheckConstraint(condition=models.Q(('channels__contained_by', ['email', 'sms'])), name='notifications_guardian_known_channels'), models.CheckConstraint(condition=models.Q(('news__contained_by', ['arrival', 'late', 'absence', 'incident'])), name='notifications_guardian_known_news'), models.CheckConstraint(condition=models.Q(models.Q(('channels__contains', ['sms']), _negated=True), models.Q(('phone', ''), _negated=True), _connector='OR'), name='notifications_guardian_phone_for_sms', violation_error_message='SMS needs a phone number.'), models.CheckConstraint(condition=models.Q(models.Q(('channels__contains', ['email']), _negated=True), models.Q(('email', ''), _negated=True), _connector='OR'), name='notifications_guardian_address_for_email', violation_error_message='E-mail needs an e-mail address.'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', '')), models.Q(('confirmed_at__isnull', False), ('confirmed_by__in', ['answer', 'office'])), _connector='OR'), name='notifications_guardian_confirmed_by'), models.CheckConstraint(condition=models.Q(models.Q(('stopped_at', None), ('stopped_by', '')), models.Q(('stopped_at__isnull', False), ('stopped_by__in', ['sms', 'link', 'office'])), _connector='OR'), name='notifications_guardian_stopped_by')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "notifications_guardianevent" ("channels", "confirmed_at", "confirmed_by", "created_at", "email", "guardian_id", "is_active", "language", "name", "news", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "quiet_hours", "relationship", "stopped_at", "stopped_by", "student_id", "updated_at") VALUES (NEW."channels", NEW."confirmed_at", NEW."confirmed_by", NEW."created_at", NEW."email", NEW."guardian_id", NEW."is_active", NEW."language", NEW."name", NEW."news", _pgh_attach_context(), NOW(), \'insert\', NEW."guardian_id", NEW."phone", NEW."quiet_hours", NEW."relationship", NEW."stopped_at", NEW."stopped_by", NEW."student_id", NEW."updated_at"); RETURN NULL;', hash='7befcf9e987a57e46a5f01d7e5e4a1c4aa2255d8', operation='INSERT', pgid='pgtrigger_insert_insert_42c5f', table='notifications_guardian', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."channels" IS DISTINCT FROM (NEW."channels") OR OLD."confirmed_at" IS DISTINCT FROM (NEW."confirmed_at") OR OLD."confirmed_by" IS DISTINCT FROM (NEW."confirmed_by") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."guardian_id" IS DISTINCT FROM (NEW."guardian_id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."news" IS DISTINCT FROM (NEW."news") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."quiet_hours" IS DISTINCT FROM (NEW."quiet_hours") OR OLD."relationship" IS DISTINCT FROM (NEW."relationship") OR OLD."stopped_at" IS DISTINCT FROM (NEW."stopped_at") OR OLD."stopped_by" IS DISTINCT FROM (NEW."stopped_by") OR OLD."student_id" IS DISTINCT FROM (NEW."student_id") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at"))', func='INSERT INTO "notifications_guardianevent" ("channels", "confirmed_at", "confirmed_by", "created_at", "email", "guardian_id", "is_active", "language", "name", "news", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "quiet_hours", "relationship", "stopped_at", "stopped_by", "student_id", "updated_at") VALUES (NEW."channels", NEW."confirmed_at", NEW."confirmed_by", NEW."created_at", NEW."email", NEW."guardian_id", NEW."is_active", NEW."language", NEW."name", NEW."news", _pgh_attach_context(), NOW(), \'update\', NEW."guardian_id", NEW."phone", NEW."quiet_hours", NEW."relationship", NEW."stopped_at", NEW."stopped_by", NEW."student_id", NEW."updated_at"); RETURN NULL;', hash='71d74520e7bff570f23c1b2d118725fd17237027', operation='UPDATE', pgid='pgtrigger_update_update_40bd4', table='notifications_guardian', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "notifications_guardianevent" ("channels", "confirmed_at", "confirmed_by", "created_at", "email", "guardian_id", "is_active", "language", "name", "news", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "quiet_hours", "relationship", "stopped_at", "stopped_by", "student_id", "updated_at") VALUES (OLD."channels", OLD."confirmed_at", OLD."confirmed_by", OLD."created_at", OLD."email", OLD."guardian_id", OLD."is_active", OLD."language", OLD."name", OLD."news", _pgh_attach_context(), NOW(), \'delete\', OLD."guardian_id", OLD."phone", OLD."quiet_hours", OLD."relationship", OLD."stopped_at", OLD."stopped_by", OLD."student_id", OLD."updated_at"); RETURN NULL;', hash='d610b8be3bb4a7155cfd69eff2615d1226e3a0c7', operation='DELETE', pgid='pgtrigger_delete_delete_e7ad2', table='notifications_guardian', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='GuardianConsent',
                fields=[
                    ('consent_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('guardian', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='notifications.guardian')),
                    ('given_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('how', models.CharField(choices=[('paper', 'A signed paper'), ('in_person', 'In person'), ('message', 'A message')], max_length=9)),
                    ('recorded_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('withdrawn_at', models.DateTimeField(null=True)),
                    ('withdrawal_recorded_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ('-given_at', 'consent_id'),
                    'indexes': [models.Index(fields=['guardian', '-given_at'], name='notifications_consent_latest')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('guardian',), name='notifications_guardianconsent_held_once', violation_error_message='This consent holds already.'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawal_recorded_by', None), ('withdrawn_at', None)), models.Q(('withdrawal_recorded_by__isnull', False), ('withdrawn_at__isnull', False)), _connector='OR'), name='notifications_guardianconsent_withdrawn_by')],
                    'triggers': [pgtrigger.compiler.Trigger(name='given_is_given', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."guardian_id" IS DISTINCT FROM (NEW."guardian_id") OR OLD."given_at" IS DISTINCT FROM (NEW."given_at") OR OLD."how" IS DISTINCT FROM (NEW."how") OR OLD."recorded_by_id" IS DISTINCT FROM (NEW."recorded_by_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='311891e7d27e52318c87fe43f8f4e25ca945722d', operation='UPDATE', pgid='pgtrigger_given_is_given_b847d', table='notifications_guardianconsent', when='BEFORE')), pgtrigger.compiler.Trigger(name='withdrawn_is_withdrawn', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.withdrawn_at IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='2aaa666a83952cde7768bb2083561f671bcd35f0', operation='UPDATE', pgid='pgtrigger_withdrawn_is_withdrawn_4cc8a', table='notifications_guardianconsent', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='GuardianEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='notifications.guardian')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('guardian_id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('student', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='students.student', verbose_name='student')),
                    ('name', people.fields.LineField(max_length=150, verbose_name='name')),
                    ('relationship', people.fields.LineField(blank=True, default='', help_text='For example mother, uncle, sponsor.', max_length=50, verbose_name='relationship')),
                    ('phone', people.fields.PhoneField(blank=True, default='', max_length=20, verbose_name='phone')),
                    ('email', models.EmailField(blank=True, default='', max_length=254, verbose_name='email')),
                    ('channels', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS')], max_length=5), blank=True, default=list, help_text='How they are told: each channel needs its address. None: they are not told.', size=None, verbose_name='channels')),
                    ('news', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('arrival', 'Arrival'), ('late', 'Late arrival'), ('absence', 'Absence'), ('incident', 'Discipline incident')], max_length=8), blank=True, default=notifications.models.all_news, help_text='What they are told of.', size=None, verbose_name='news')),
                    ('language', models.CharField(choices=[('en', 'English'), ('sw', 'Kiswahili')], default=notifications.models.default_language, max_length=2, verbose_name='language')),
                    ('is_active', models.BooleanField(default=True, help_text='Switched off: they are told nothing.', verbose_name='is active')),
                    ('quiet_hours', models.CharField(blank=True, default='', help_text='Campus times such as 20:00-07:00 in which they are not told.', max_length=11, validators=[core.hours.validate_hours], verbose_name='quiet hours')),
                    ('confirmed_at', models.DateTimeField(editable=False, null=True, verbose_name='confirmed at')),
                    ('confirmed_by', models.CharField(blank=True, choices=[('answer', 'Their answer'), ('office', 'The office')], default='', editable=False, max_length=6, verbose_name='confirmed by')),
                    ('stopped_at', models.DateTimeField(editable=False, null=True, verbose_name='stopped at')),
                    ('stopped_by', models.CharField(blank=True, choices=[('sms', 'Their SMS'), ('link', 'The link in a mail'), ('office', 'The office')], default='', editable=False, max_length=6, verbose_name='stopped by')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='68e8257bb3c8a2a1d59b1c4677c7eb0a4b37420e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_31693', table='notifications_guardianevent', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Notice',
                fields=[
                    ('notice_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('student', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='students.student', verbose_name='student')),
                    ('guardian', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notices', to='notifications.guardian', verbose_name='guardian')),
                    ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS')], max_length=5, verbose_name='channel')),
                    ('kind', models.CharField(choices=[('arrival', 'Arrival'), ('late', 'Late arrival'), ('absence', 'Absence'), ('incident', 'Discipline incident'), ('attendance_correction', 'Correction of a day'), ('incident_correction', 'Incident withdrawn')], max_length=21, verbose_name='kind')),
                    ('event_id', models.UUIDField(help_text='The incident; or the day of attendance, as it was known when this was written: one that is opened again and closed again has another. Student and date say which it is.')),
                    ('date', models.DateField(help_text='The day on the campus that it is about.', verbose_name='date')),
                    ('says', models.CharField(help_text='What it says of the event, such as Absent.', max_length=8)),
                    ('corrects', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='corrections', to='notifications.notice')),
                    ('state', models.CharField(choices=[('pending', 'Pending'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='pending', max_length=9, verbose_name='state')),
                    ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                    ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now, help_text='While it is being sent: when it is taken for lost and sent again.', verbose_name='next attempt at')),
                    ('expires_at', models.DateTimeField(help_text='After this it is no news, and cancelled.')),
                    ('may_have_arrived', models.BooleanField(default=False, help_text='It was sent, or nobody knows: what it says is corrected if it turns wrong.')),
                    ('recipient', models.CharField(blank=True, default='', max_length=254)),
                    ('subject', models.CharField(blank=True, default='', max_length=200)),
                    ('body', models.TextField(blank=True, default='', help_text='The text as it was sent.')),
                    ('reason', models.CharField(blank=True, default='', help_text='Why it failed, waits or was cancelled.', max_length=200, verbose_name='reason')),
                    ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent at')),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                ],
                options={
                    'verbose_name': 'notice',
                    'verbose_name_plural': 'notices',
                    'ordering': ('-created_at', 'notice_id'),
                    'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'sending'])), fields=['next_attempt_at'], name='notifications_notice_due'), models.Index(fields=['event_id'], name='notifications_notice_event'), models.Index(fields=['date', 'student'], name='notifications_notice_day'), models.Index(fields=['-created_at', 'notice_id'], name='notifications_notice_newest'), models.Index(fields=['student', '-created_at'], name='notifications_notice_student'), models.Index(condition=models.Q(('state', 'failed')), fields=['-created_at'], name='notifications_notice_failed')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('corrects__isnull', True), ('kind', 'incident')), fields=('event_id', 'guardian', 'channel'), name='notifications_notice_incident_once_for_a_guardian'), models.UniqueConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('kind', 'incident'), _negated=True)), fields=('student', 'date', 'guardian', 'channel', 'kind'), name='notifications_notice_day_once_for_a_guardian'), models.UniqueConstraint(condition=models.Q(('corrects__isnull', False)), fields=('corrects',), name='notifications_notice_corrected_once'), models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'sending', 'sent', 'failed', 'cancelled'])), name='notifications_notice_known_state'), models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', True)), _connector='OR'), name='notifications_notice_sent_has_its_time')],
                },
            ),
        ]),
        run_regularly("send notices", "send_notices", **every(minutes=1)),
    ]
