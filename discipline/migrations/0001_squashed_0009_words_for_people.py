"""What 0001 to 0009 come to, for a new database: docs/developers.md, Folded migrations."""

import datetime
import discipline.models
import django.db.models.deletion
import django.utils.timezone
import people.fields
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models

from core.folding import CreateModels
from core.sql import run_file


class Migration(migrations.Migration):

    replaces = [
        ('discipline', '0001_initial'),
        ('discipline', '0002_initial'),
        ('discipline', '0003_add_up_points'),
        ('discipline', '0004_write_events'),
        ('discipline', '0005_groups_and_suggestions'),
        ('discipline', '0006_merits'),
        ('discipline', '0007_add_up_merits'),
        ('discipline', '0008_thresholds'),
        ('discipline', '0009_words_for_people'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
        ('outbox', '0001_squashed_0004_taps_taken_back'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('students', '0001_squashed_0003_words_for_people'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Incident',
                fields=[
                    ('discipline_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('student', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='incidents', to='students.student', verbose_name='student')),
                    ('category', models.CharField(blank=True, choices=[('lateness', 'Lateness'), ('truancy', 'Absence without leave'), ('dress', 'Dress code'), ('disruption', 'Disruption of teaching'), ('disrespect', 'Disrespect'), ('dishonesty', 'Cheating or dishonesty'), ('card_misuse', 'Misuse of a card'), ('damage', 'Damage to property'), ('theft', 'Theft'), ('bullying', 'Bullying or harassment'), ('violence', 'Fighting or violence'), ('substances', 'Alcohol or drugs'), ('other', 'Other')], default='', max_length=12, verbose_name='category')),
                    ('incident_description', models.CharField(max_length=2000, verbose_name='incident description')),
                    ('points_deducted', models.PositiveSmallIntegerField(verbose_name='points deducted')),
                    ('date_of_incident', models.DateField(default=discipline.models.today, help_text='The day on the campus.', verbose_name='date of incident')),
                    ('evidence', models.FileField(blank=True, upload_to=discipline.models.evidence_path, verbose_name='evidence')),
                    ('group', models.UUIDField(editable=False, help_text='Of several that were recorded as one.', null=True)),
                    ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                    ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='recorded at')),
                    ('voided_at', models.DateTimeField(blank=True, null=True)),
                    ('voided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('void_reason', models.CharField(blank=True, default='', max_length=300)),
                ],
                options={
                    'verbose_name': 'incident',
                    'verbose_name_plural': 'incidents',
                    'ordering': ('-date_of_incident', '-recorded_at', 'discipline_id'),
                    'indexes': [models.Index(fields=['-date_of_incident', '-recorded_at', 'discipline_id'], name='discipline_incident_newest'), models.Index(fields=['student', '-date_of_incident', '-recorded_at'], name='discipline_incident_of_student')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('points_deducted__gte', 1), ('points_deducted__lte', 100)), name='discipline_incident_points_in_range', violation_error_message='An incident costs 1 to 100 points.'), models.CheckConstraint(condition=models.Q(('incident_description', ''), _negated=True), name='discipline_incident_described', violation_error_message='An incident has a description.'), models.CheckConstraint(condition=models.Q(('category__in', ['', 'lateness', 'truancy', 'dress', 'disruption', 'disrespect', 'dishonesty', 'card_misuse', 'damage', 'theft', 'bullying', 'violence', 'substances', 'other'])), name='discipline_incident_known_category'), models.CheckConstraint(condition=models.Q(('date_of_incident__gte', datetime.date(1900, 1, 1)), ('date_of_incident__lte', discipline.models.LatestDayOnEarth(models.F('recorded_at')))), name='discipline_incident_has_happened', violation_error_message='An incident is not recorded before it happens.'), models.CheckConstraint(condition=models.Q(models.Q(('void_reason', ''), ('voided_at__isnull', True), ('voided_by__isnull', True)), models.Q(('voided_at__isnull', False), ('voided_by__isnull', False), models.Q(('void_reason', ''), _negated=True)), _connector='OR'), name='discipline_incident_voided_by_whom_and_why', violation_error_message='Who voids an incident says why.'), models.UniqueConstraint(condition=models.Q(('group__isnull', False)), fields=('group', 'student'), name='discipline_incident_once_in_a_group', violation_error_message='This has been recorded already.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='facts_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."discipline_id" IS DISTINCT FROM (NEW."discipline_id") OR OLD."student_id" IS DISTINCT FROM (NEW."student_id") OR OLD."category" IS DISTINCT FROM (NEW."category") OR OLD."incident_description" IS DISTINCT FROM (NEW."incident_description") OR OLD."points_deducted" IS DISTINCT FROM (NEW."points_deducted") OR OLD."date_of_incident" IS DISTINCT FROM (NEW."date_of_incident") OR OLD."evidence" IS DISTINCT FROM (NEW."evidence") OR OLD."group" IS DISTINCT FROM (NEW."group") OR OLD."recorded_by_id" IS DISTINCT FROM (NEW."recorded_by_id") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='680c77bf50e91d3023e4a2760e0d36de53afb600', operation='UPDATE', pgid='pgtrigger_facts_stay_117b8', table='discipline_incident', when='BEFORE')), pgtrigger.compiler.Trigger(name='voided_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."voided_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='19eac7ac1be6afa0d5d55ff8a995c4f72d2bd957', operation='UPDATE', pgid='pgtrigger_voided_stays_dce1e', table='discipline_incident', when='BEFORE')), pgtrigger.compiler.Trigger(name='nothing_goes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='63ed8b6dd5ba58aa6939a5823a2a171518ca4730', operation='DELETE', pgid='pgtrigger_nothing_goes_f35ef', table='discipline_incident', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Merit',
                fields=[
                    ('merit_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('student', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='merits', to='students.student', verbose_name='student')),
                    ('description', models.CharField(max_length=2000, verbose_name='description')),
                    ('points', models.PositiveSmallIntegerField(verbose_name='points')),
                    ('date', models.DateField(default=discipline.models.today, help_text='The day on the campus.', verbose_name='date')),
                    ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                    ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='recorded at')),
                    ('voided_at', models.DateTimeField(blank=True, null=True)),
                    ('voided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('void_reason', models.CharField(blank=True, default='', max_length=300)),
                ],
                options={
                    'verbose_name': 'merit',
                    'verbose_name_plural': 'merits',
                    'ordering': ('-date', '-recorded_at', 'merit_id'),
                    'indexes': [models.Index(fields=['-date', '-recorded_at', 'merit_id'], name='discipline_merit_newest'), models.Index(fields=['student', '-date', '-recorded_at'], name='discipline_merit_of_student')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('points__gte', 1), ('points__lte', 100)), name='discipline_merit_points_in_range', violation_error_message='A merit gives 1 to 100 points.'), models.CheckConstraint(condition=models.Q(('description', ''), _negated=True), name='discipline_merit_described', violation_error_message='A merit has a description.'), models.CheckConstraint(condition=models.Q(('date__gte', datetime.date(1900, 1, 1)), ('date__lte', discipline.models.LatestDayOnEarth(models.F('recorded_at')))), name='discipline_merit_has_happened', violation_error_message='A merit is not recorded before it happens.'), models.CheckConstraint(condition=models.Q(models.Q(('void_reason', ''), ('voided_at__isnull', True), ('voided_by__isnull', True)), models.Q(('voided_at__isnull', False), ('voided_by__isnull', False), models.Q(('void_reason', ''), _negated=True)), _connector='OR'), name='discipline_merit_voided_by_whom_and_why', violation_error_message='Who voids a merit says why.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='facts_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."merit_id" IS DISTINCT FROM (NEW."merit_id") OR OLD."student_id" IS DISTINCT FROM (NEW."student_id") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."points" IS DISTINCT FROM (NEW."points") OR OLD."date" IS DISTINCT FROM (NEW."date") OR OLD."recorded_by_id" IS DISTINCT FROM (NEW."recorded_by_id") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='b4d8b8c8778dc2ff3862a6d9a2cd59cbf934e2ed', operation='UPDATE', pgid='pgtrigger_facts_stay_73d63', table='discipline_merit', when='BEFORE')), pgtrigger.compiler.Trigger(name='voided_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."voided_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='865ffd140437ad470a2f56b3625a18408c252726', operation='UPDATE', pgid='pgtrigger_voided_stays_3ad01', table='discipline_merit', when='BEFORE')), pgtrigger.compiler.Trigger(name='nothing_goes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='6e3c76fdea7e751997bfdef57e7e3cafbc4ebce5', operation='DELETE', pgid='pgtrigger_nothing_goes_380da', table='discipline_merit', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='SuggestedPoints',
                fields=[
                    ('category', models.CharField(choices=[('lateness', 'Lateness'), ('truancy', 'Absence without leave'), ('dress', 'Dress code'), ('disruption', 'Disruption of teaching'), ('disrespect', 'Disrespect'), ('dishonesty', 'Cheating or dishonesty'), ('card_misuse', 'Misuse of a card'), ('damage', 'Damage to property'), ('theft', 'Theft'), ('bullying', 'Bullying or harassment'), ('violence', 'Fighting or violence'), ('substances', 'Alcohol or drugs'), ('other', 'Other')], max_length=12, primary_key=True, serialize=False, verbose_name='category')),
                    ('points', models.PositiveSmallIntegerField(verbose_name='points')),
                ],
                options={
                    'verbose_name': 'suggested points',
                    'verbose_name_plural': 'suggested points',
                    'constraints': [models.CheckConstraint(condition=models.Q(('category__in', ['lateness', 'truancy', 'dress', 'disruption', 'disrespect', 'dishonesty', 'card_misuse', 'damage', 'theft', 'bullying', 'violence', 'substances', 'other'])), name='discipline_suggestedpoints_known_category'), models.CheckConstraint(condition=models.Q(('points__gte', 1), ('points__lte', 100)), name='discipline_suggestedpoints_in_range')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "discipline_suggestedpointsevent" ("category", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points") VALUES (NEW."category", _pgh_attach_context(), NOW(), \'insert\', NEW."category", NEW."points"); RETURN NULL;', hash='3169e77d8e4d5791e91b24272c0ed0d6692ee5aa', operation='INSERT', pgid='pgtrigger_insert_insert_949a8', table='discipline_suggestedpoints', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "discipline_suggestedpointsevent" ("category", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points") VALUES (NEW."category", _pgh_attach_context(), NOW(), \'update\', NEW."category", NEW."points"); RETURN NULL;', hash='ae7ccf41695334f6bfaecfc3e1431b79831ce450', operation='UPDATE', pgid='pgtrigger_update_update_0e15f', table='discipline_suggestedpoints', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "discipline_suggestedpointsevent" ("category", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "points") VALUES (OLD."category", _pgh_attach_context(), NOW(), \'delete\', OLD."category", OLD."points"); RETURN NULL;', hash='6227e5431b4a796f809d7b9820b49c4d07795643', operation='DELETE', pgid='pgtrigger_delete_delete_791de', table='discipline_suggestedpoints', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='SuggestedPointsEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='discipline.suggestedpoints')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('category', models.CharField(choices=[('lateness', 'Lateness'), ('truancy', 'Absence without leave'), ('dress', 'Dress code'), ('disruption', 'Disruption of teaching'), ('disrespect', 'Disrespect'), ('dishonesty', 'Cheating or dishonesty'), ('card_misuse', 'Misuse of a card'), ('damage', 'Damage to property'), ('theft', 'Theft'), ('bullying', 'Bullying or harassment'), ('violence', 'Fighting or violence'), ('substances', 'Alcohol or drugs'), ('other', 'Other')], max_length=12, serialize=False, verbose_name='category')),
                    ('points', models.PositiveSmallIntegerField(verbose_name='points')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4467b93aa52d23ec9b625c58362709fcd0ff6234', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_31efc', table='discipline_suggestedpointsevent', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Threshold',
                fields=[
                    ('threshold_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('at_or_below', models.PositiveSmallIntegerField(help_text='Whose points fall to this or below it, for them the act is proposed.', verbose_name='at or below')),
                    ('act', people.fields.LineField(help_text='For example: warning letter, call the guardian, suspension.', max_length=100, verbose_name='act')),
                    ('is_active', models.BooleanField(default=True, help_text='Off: it is proposed for nobody any more.', verbose_name='in use')),
                ],
                options={
                    'verbose_name': 'threshold',
                    'verbose_name_plural': 'thresholds',
                    'ordering': ('-at_or_below', 'act'),
                    'constraints': [models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('at_or_below', 'act'), name='discipline_threshold_once', violation_error_message='This is proposed at these points already.'), models.CheckConstraint(condition=models.Q(('act', ''), _negated=True), name='discipline_threshold_says_what', violation_error_message='Say what is proposed.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='says_the_same', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."at_or_below" IS DISTINCT FROM (NEW."at_or_below") OR OLD."act" IS DISTINCT FROM (NEW."act"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='24692140cd6070b203095972ae76f15810d80809', operation='UPDATE', pgid='pgtrigger_says_the_same_3cab4', table='discipline_threshold', when='BEFORE')), pgtrigger.compiler.Trigger(name='nothing_goes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='c0abf58a5b03fdca57ebc9918315b4c15560e682', operation='DELETE', pgid='pgtrigger_nothing_goes_eead0', table='discipline_threshold', when='BEFORE')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "discipline_thresholdevent" ("act", "at_or_below", "is_active", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "threshold_id") VALUES (NEW."act", NEW."at_or_below", NEW."is_active", _pgh_attach_context(), NOW(), \'insert\', NEW."threshold_id", NEW."threshold_id"); RETURN NULL;', hash='f0de57bb2dcf373c82674b463561e007acba3e2a', operation='INSERT', pgid='pgtrigger_insert_insert_22082', table='discipline_threshold', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "discipline_thresholdevent" ("act", "at_or_below", "is_active", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "threshold_id") VALUES (NEW."act", NEW."at_or_below", NEW."is_active", _pgh_attach_context(), NOW(), \'update\', NEW."threshold_id", NEW."threshold_id"); RETURN NULL;', hash='c9e0d89e027528e8e3cf7713241c762eac2f96b6', operation='UPDATE', pgid='pgtrigger_update_update_68867', table='discipline_threshold', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "discipline_thresholdevent" ("act", "at_or_below", "is_active", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "threshold_id") VALUES (OLD."act", OLD."at_or_below", OLD."is_active", _pgh_attach_context(), NOW(), \'delete\', OLD."threshold_id", OLD."threshold_id"); RETURN NULL;', hash='298ec530bdcfa884a438802c5bd8a5dd01554564', operation='DELETE', pgid='pgtrigger_delete_delete_70216', table='discipline_threshold', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='Proposal',
                fields=[
                    ('proposal_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('student', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='students.student', verbose_name='student')),
                    ('threshold', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='discipline.threshold', verbose_name='threshold')),
                    ('points_left', models.IntegerField(help_text='When it was proposed.', verbose_name='points left')),
                    ('proposed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='proposed at')),
                    ('risen_at', models.DateTimeField(help_text='When the points were above it again.', null=True)),
                    ('decision', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('dismissed', 'Dismissed')], default='', max_length=9)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('note', people.fields.LineField(blank=True, default='', max_length=300, verbose_name='note')),
                ],
                options={
                    'verbose_name': 'proposed act',
                    'verbose_name_plural': 'proposed acts',
                    'ordering': ('-proposed_at', 'proposal_id'),
                    'indexes': [models.Index(fields=['-proposed_at', 'proposal_id'], name='discipline_proposal_newest'), models.Index(condition=models.Q(('decision', ''), ('risen_at', None)), fields=['-proposed_at'], name='discipline_proposal_open')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('risen_at', None)), fields=('threshold', 'student'), name='discipline_proposal_once_a_crossing'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('decision', ''), ('note', '')), models.Q(('decision__in', ['accepted', 'dismissed']), ('decided_at__isnull', False), ('decided_by__isnull', False), models.Q(('note', ''), _negated=True)), _connector='OR'), name='discipline_proposal_decided_by_whom_and_why')],
                    'triggers': [pgtrigger.compiler.Trigger(name='facts_stay', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."student_id" IS DISTINCT FROM (NEW."student_id") OR OLD."threshold_id" IS DISTINCT FROM (NEW."threshold_id") OR OLD."points_left" IS DISTINCT FROM (NEW."points_left") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='e284d65e6e4fd2aa3b0b7d20f1c2fe652c972c9b', operation='UPDATE', pgid='pgtrigger_facts_stay_7563e', table='discipline_proposal', when='BEFORE')), pgtrigger.compiler.Trigger(name='decided_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.decision <> '' AND (OLD.decision, OLD.note, OLD.decided_by_id, OLD.decided_at) IS DISTINCT FROM (NEW.decision, NEW.note, NEW.decided_by_id, NEW.decided_at))", func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='15a488e4fdf08065555535538afc12318158474e', operation='UPDATE', pgid='pgtrigger_decided_stays_fd8ab', table='discipline_proposal', when='BEFORE')), pgtrigger.compiler.Trigger(name='nothing_goes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='d039b778def80a19741e2ec080430b4c720160f7', operation='DELETE', pgid='pgtrigger_nothing_goes_0230c', table='discipline_proposal', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='ThresholdEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='discipline.threshold')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('threshold_id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('at_or_below', models.PositiveSmallIntegerField(help_text='Whose points fall to this or below it, for them the act is proposed.', verbose_name='at or below')),
                    ('act', people.fields.LineField(help_text='For example: warning letter, call the guardian, suspension.', max_length=100, verbose_name='act')),
                    ('is_active', models.BooleanField(default=True, help_text='Off: it is proposed for nobody any more.', verbose_name='in use')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e74ee521e7bc835d2a334077c067901f5e5ca7c8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_1750b', table='discipline_thresholdevent', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='PointsLeft',
                fields=[
                ],
                options={
                    'verbose_name': 'points left',
                    'verbose_name_plural': 'points left',
                    'proxy': True,
                },
                bases=('students.student',),
            ),
        ]),
        run_file("discipline/sql/add_up_points.sql"),
        run_file("discipline/sql/write_events.sql"),
        run_file("discipline/sql/add_up_merits.sql"),
    ]
