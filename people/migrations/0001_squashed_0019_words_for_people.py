"""What 0001 to 0019 come to, for a new database: docs/developers.md, Folded migrations."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import people.fields
import people.kinds
import people.models
import people.search
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models

from core.folding import CreateModels
from core.sql import run_file


class Migration(migrations.Migration):

    replaces = [
        ('people', '0001_initial'),
        ('people', '0002_index_names_and_numbers'),
        ('people', '0003_own_class'),
        ('people', '0004_on_the_roll'),
        ('people', '0005_who_looked'),
        ('people', '0006_consents'),
        ('people', '0007_import_jobs'),
        ('people', '0008_looks_that_held'),
        ('people', '0009_diet_note'),
        ('people', '0010_terminal_pin'),
        ('people', '0011_found_by_more'),
        ('people', '0012_plausible_days'),
        ('people', '0013_what_was_done'),
        ('people', '0014_card_name'),
        ('people', '0015_lists_as_they_are'),
        ('people', '0016_possible_doubles'),
        ('people', '0017_name_of_a_file'),
        ('people', '0018_lists_of_others'),
        ('people', '0019_words_for_people'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
        ('core', '0003_write_probe'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        # A stored column of people is made by it.
        run_file("people/sql/near_words.sql"),
        CreateModels([
            migrations.CreateModel(
                name='ColumnMapping',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('list_key', models.CharField(help_text='Of what sort the list is: `student`.', max_length=20)),
                    ('headings', models.CharField(help_text='A digest of them, in whatever order.', max_length=64)),
                    ('fields', models.JSONField(help_text='Fields by column name; an empty one: left out.')),
                    ('said_at', models.DateTimeField(auto_now=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('list_key', 'headings'), name='people_columnmapping_once_for_headings')],
                },
            ),
            migrations.CreateModel(
                name='Deed',
                fields=[
                    ('change_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('what', models.CharField(choices=[('import', 'Import'), ('photos', 'Photos'), ('bulk_change', 'Bulk change')], max_length=11, verbose_name='what')),
                    ('kind', models.CharField(choices=people.kinds.kind_choices, help_text='Whose people they are.', max_length=8, verbose_name='kind')),
                    ('about', models.CharField(blank=True, help_text='The file, or what was changed.', max_length=255)),
                    ('summary', models.JSONField(help_text='The counts of its report: total, created and so on.')),
                    ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='made at')),
                    ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('undone_at', models.DateTimeField(null=True)),
                ],
                options={
                    'verbose_name': 'change',
                    'verbose_name_plural': 'changes',
                    'ordering': ('-made_at', 'change_id'),
                    'indexes': [models.Index(fields=['-made_at', 'change_id'], name='people_deed_latest')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('undone_at', None), ('undone_by', None)), models.Q(('undone_at__isnull', False), ('undone_by__isnull', False)), _connector='OR'), name='people_deed_undone_by_somebody')],
                },
            ),
            migrations.CreateModel(
                name='DeedRow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('deed', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='people.deed')),
                    ('number', models.PositiveIntegerField(help_text='Of the row in the file, or in the order.')),
                    ('model', models.CharField(help_text='As Django labels it: students.Student.', max_length=60)),
                    ('subject', models.UUIDField(help_text='The key of the row there.')),
                    ('person', models.UUIDField(help_text='Whose it is.')),
                    ('identifier', models.CharField(blank=True, max_length=50)),
                    ('is_created', models.BooleanField(default=False)),
                    ('before', models.JSONField(default=dict, help_text='By field; empty if it was created.')),
                    ('after', models.JSONField(help_text='By field.')),
                    ('photo', models.BinaryField(help_text='The picture that there was before.', null=True)),
                ],
                options={
                    'ordering': ('number', 'id'),
                    'indexes': [models.Index(fields=['deed', 'number', 'id'], name='people_deedrow_in_order'), models.Index(fields=['person'], name='people_deedrow_person')],
                    'constraints': [models.UniqueConstraint(fields=('deed', 'model', 'subject'), name='people_deedrow_one_a_row')],
                },
            ),
            migrations.CreateModel(
                name='Import',
                fields=[
                    ('import_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=people.kinds.kind_titles, max_length=8, verbose_name='kind')),
                    ('state', models.CharField(choices=[('waiting', 'Waiting'), ('applied', 'Imported'), ('discarded', 'Discarded')], default='waiting', max_length=9, verbose_name='state')),
                    ('file', models.FileField(blank=True, upload_to=people.models.import_path)),
                    ('file_name', models.CharField(max_length=255, verbose_name='file')),
                    ('summary', models.JSONField(help_text='As the API answers: total, created, updated and so on.')),
                    ('ignored_columns', models.JSONField(default=list)),
                    ('columns', models.JSONField(default=list, help_text='Column by column: header, field and how.')),
                    ('wishes', models.JSONField(default=dict, help_text='What was said of the list besides it.')),
                    ('asks_date_order', models.BooleanField(default=False, help_text='Whether it has days of which nobody said day or month first.')),
                    ('digest', models.CharField(help_text='Of all that the preview shows.', max_length=64)),
                    ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
                    ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='uploaded')),
                    ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('closed_at', models.DateTimeField(null=True)),
                    ('change_id', models.UUIDField(help_text='By which it can be taken back.', null=True)),
                ],
                options={
                    'verbose_name': 'import',
                    'verbose_name_plural': 'imports',
                    'ordering': ('-uploaded_at', 'import_id'),
                    'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['student', 'staff', 'security', 'visitor'])), name='people_import_known_kind'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'waiting')), models.Q(('closed_at__isnull', False), ('state__in', ['applied', 'discarded'])), _connector='OR'), name='people_import_closed_with_time')],
                },
            ),
            migrations.CreateModel(
                name='ImportJob',
                fields=[
                    ('job_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=people.kinds.kind_titles, max_length=8, verbose_name='kind')),
                    ('list_key', models.CharField(blank=True, db_default='', default='', help_text='Of what sort the list is; empty: of the people themselves.', max_length=20)),
                    ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=7)),
                    ('dry_run', models.BooleanField()),
                    ('wishes', models.JSONField(default=dict, help_text='What was said of the list besides it.')),
                    ('file', models.FileField(blank=True, upload_to=people.models.import_job_path)),
                    ('file_name', models.CharField(blank=True, help_text='As it was sent.', max_length=255)),
                    ('of_import', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to='people.import')),
                    ('seen', models.CharField(blank=True, help_text='The digest of the preview that is to be written.', max_length=64)),
                    ('done', models.PositiveIntegerField(default=0)),
                    ('total', models.PositiveIntegerField(help_text='Rows of the file.')),
                    ('tries', models.PositiveSmallIntegerField(default=0, help_text='How often it was begun.')),
                    ('report', models.JSONField(help_text='As the API answers a short import.', null=True)),
                    ('code', models.CharField(blank=True, help_text='Why it failed as a whole.', max_length=50)),
                    ('detail', models.TextField(blank=True, help_text='The same in words.')),
                    ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('finished_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ('-created_at', 'job_id'),
                    'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['student', 'staff', 'security', 'visitor'])), name='people_importjob_known_kind'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('state__in', ['queued', 'running'])), models.Q(('file', ''), ('finished_at__isnull', False), ('state__in', ['done', 'failed'])), _connector='OR'), name='people_importjob_over_without_file'), models.UniqueConstraint(condition=models.Q(('finished_at', None)), fields=('of_import',), name='people_importjob_one_at_a_time')],
                },
            ),
            migrations.CreateModel(
                name='ImportRow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('of_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='people.import')),
                    ('number', models.PositiveIntegerField(help_text='Of the row in the file.')),
                    ('action', models.CharField(choices=[('failed', 'Refused'), ('created', 'New'), ('updated', 'Changed'), ('unchanged', 'Unchanged')], max_length=9)),
                    ('identifier', models.TextField(blank=True)),
                    ('full_name', models.TextField(blank=True)),
                    ('changes', models.JSONField(default=dict, help_text='Field by field: before and after.')),
                    ('errors', models.JSONField(default=dict, help_text='Field by field: the cell and the reasons.')),
                    ('notes', models.JSONField(default=dict, help_text='Field by field: what was left out.')),
                    ('possible_duplicate_of', models.JSONField(default=list, help_text='Who is perhaps the same: as the API answers it.')),
                ],
                options={
                    'ordering': ('number',),
                    'constraints': [models.UniqueConstraint(fields=('of_import', 'number'), name='people_importrow_unique_number')],
                },
            ),
            migrations.CreateModel(
                name='Person',
                fields=[
                    ('person_uuid', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=people.kinds.kind_choices, editable=False, max_length=8, verbose_name='kind')),
                    ('identifier', people.fields.LineField(max_length=50, verbose_name='number')),
                    ('first_name', people.fields.LineField(blank=True, default='', max_length=100, verbose_name='first name')),
                    ('middle_name', people.fields.LineField(blank=True, default='', max_length=100, verbose_name='middle name')),
                    ('surname', people.fields.LineField(blank=True, default='', max_length=100, verbose_name='surname')),
                    ('whole_name', people.fields.LineField(blank=True, default='', help_text='Of kinds whose names are kept in one piece.', max_length=200, verbose_name='name')),
                    ('full_name', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Trim(people.search.Replaced(people.search._Joined(models.F('first_name'), models.F('middle_name'), models.F('surname'), models.F('whole_name')), models.Value(' +'), models.Value(' '), models.Value('g'))), output_field=models.CharField(max_length=503), verbose_name='full name')),
                    ('card_name', people.fields.LineField(blank=True, db_default='', default='', help_text='What the card prints if the name itself cannot be: letters that it does not have, or a name that is too long.', max_length=200, validators=[people.fields.validate_drawable], verbose_name='name on the card')),
                    ('class_level', people.fields.LineField(blank=True, default='', max_length=50, verbose_name='class level')),
                    ('class_code', people.fields.LineField(blank=True, default='', max_length=50, verbose_name='class code')),
                    ('department', people.fields.LineField(blank=True, default='', max_length=150, verbose_name='department')),
                    ('status', models.CharField(default='Active', max_length=10, verbose_name='status')),
                    ('phone_number', people.fields.PhoneField(blank=True, default='', max_length=20, verbose_name='phone number')),
                    ('email', models.EmailField(blank=True, default='', max_length=254, verbose_name='email')),
                    ('diet_note', people.fields.LineField(blank=True, db_default='', default='', help_text='What the kitchen must know, for example Nut allergy. Shown at the hatch.', max_length=200, verbose_name='diet note')),
                    ('is_active', models.BooleanField(default=True, help_text='Switched off when the person has left; the history stays.', verbose_name='is active')),
                    ('admitted_from', models.DateTimeField(blank=True, help_text='Before that no gate lets them in.', null=True, validators=[people.models.validate_plausible_instant], verbose_name='expected from')),
                    ('admitted_until', models.DateTimeField(blank=True, help_text='From then on no gate lets them in.', null=True, validators=[people.models.validate_plausible_instant], verbose_name='expected until')),
                    ('enrolled_on', models.DateField(default=django.utils.timezone.localdate, help_text='The first day here.', validators=[people.models.validate_plausible_day], verbose_name='on the roll from')),
                    ('left_on', models.DateField(blank=True, help_text='The last day here.', null=True, validators=[people.models.validate_plausible_day], verbose_name='on the roll until')),
                    ('photo', models.FileField(blank=True, editable=False, upload_to=people.models.photo_path, verbose_name='photo')),
                    ('more_words', models.CharField(blank=True, default='', editable=False, max_length=200)),
                    ('terminal_pin', models.CharField(blank=True, db_default='', default='', help_text='The user number that terminals know the person by, if it is another one than the identification number.', max_length=24, validators=[django.core.validators.RegexValidator('^[1-9][0-9]*\\Z', 'Enter digits, of which the first is no 0.')], verbose_name='PIN at terminals')),
                    ('search_text', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(people.search._Translated(django.db.models.functions.text.Lower(people.search.Replaced(people.search._Decomposed(people.search._Joined(models.F('first_name'), models.F('middle_name'), models.F('surname'), models.F('whole_name'), models.F('identifier'), models.F('more_words'), models.F('class_level'), models.F('class_code'))), models.Value("['`´‘’ʻʼ̀-ͯ]"), models.Value(''), models.Value('g'))), models.Value('łøđðħıɓɗƙɛɔəǝƴɣʋŧ'), models.Value('loddhibdkeoeeygvt')), models.Value('ß'), models.Value('ss')), models.Value('æ'), models.Value('ae')), models.Value('œ'), models.Value('oe')), models.Value('þ'), models.Value('th')), models.Value('ŋ'), models.Value('ng')), models.Value('ɲ'), models.Value('ny')), output_field=models.TextField())),
                    ('near_words', models.GeneratedField(db_persist=True, expression=people.search._NearWords(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(people.search._Translated(django.db.models.functions.text.Lower(people.search.Replaced(people.search._Decomposed(people.search._Joined(models.F('first_name'), models.F('middle_name'), models.F('surname'), models.F('whole_name'))), models.Value("['`´‘’ʻʼ̀-ͯ]"), models.Value(''), models.Value('g'))), models.Value('łøđðħıɓɗƙɛɔəǝƴɣʋŧ'), models.Value('loddhibdkeoeeygvt')), models.Value('ß'), models.Value('ss')), models.Value('æ'), models.Value('ae')), models.Value('œ'), models.Value('oe')), models.Value('þ'), models.Value('th')), models.Value('ŋ'), models.Value('ng')), models.Value('ɲ'), models.Value('ny'))), output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None))),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ],
                options={
                    'ordering': ('surname', 'first_name', 'middle_name', 'whole_name', 'person_uuid'),
                    'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='people_person_search', opclasses=['gin_trgm_ops']), django.contrib.postgres.indexes.GinIndex(fields=['near_words'], name='people_person_near_words'), django.contrib.postgres.indexes.GinIndex(fields=['phone_number'], name='people_person_phone', opclasses=['gin_trgm_ops']), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('email'), 'gin_trgm_ops'), name='people_person_email'), models.Index(fields=['kind', 'surname', 'first_name', 'middle_name', 'whole_name', 'person_uuid'], name='people_person_by_name'), models.Index(fields=['kind', 'department'], name='people_person_department'), models.Index(fields=['kind', 'class_code'], name='people_person_class_code'), models.Index(fields=['full_name'], name='people_person_full_name'), models.Index(fields=['identifier'], name='people_person_identifier'), models.Index(models.F('kind'), django.db.models.functions.text.Upper('class_code'), name='people_person_own_class'), models.Index(fields=['kind', 'is_active'], name='people_person_kind')],
                    'constraints': [models.UniqueConstraint(models.F('kind'), django.db.models.functions.text.Upper('identifier'), name='people_person_unique_identifier', violation_error_message='Somebody with this number already exists.'), models.UniqueConstraint(models.F('terminal_pin'), condition=models.Q(('terminal_pin', ''), _negated=True), name='people_person_unique_terminal_pin', violation_error_message='Somebody else has this PIN at the terminals.'), models.CheckConstraint(condition=models.Q(models.Q(('identifier', ''), _negated=True), models.Q(models.Q(('whole_name', ''), models.Q(('first_name', ''), ('surname', ''), _negated=True)), models.Q(models.Q(('whole_name', ''), _negated=True), ('first_name', ''), ('middle_name', ''), ('surname', '')), _connector='OR')), name='people_person_named', violation_error_message='A person needs a number and a name.'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'student'), ('status__in', ('Active', 'Suspended', 'Withdrawn', 'Graduated'))), models.Q(('kind', 'staff'), ('status__in', ('Active', 'On Leave', 'Retired', 'Terminated'))), models.Q(('kind', 'security'), ('status__in', ('Active',))), models.Q(('kind', 'visitor'), ('status__in', ('Active',))), _connector='OR'), name='people_person_known_status', violation_error_message='There is no such status.'), models.CheckConstraint(condition=models.Q(('left_on', None), ('left_on__gte', models.F('enrolled_on')), _connector='OR'), name='people_person_roll_in_order', violation_error_message='Nobody leaves before the first day on the roll.'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'student'), ('admitted_from', None), ('admitted_until', None)), models.Q(('kind', 'staff'), ('admitted_from', None), ('admitted_until', None)), models.Q(('kind', 'security'), ('admitted_from', None), ('admitted_until', None)), models.Q(('kind', 'visitor'), ('admitted_from__isnull', False), ('admitted_until__isnull', False), ('admitted_until__gt', models.F('admitted_from'))), _connector='OR'), name='people_person_visit_in_order', violation_error_message='A visit has a beginning, and an end after it.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='kind_is_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."kind" IS DISTINCT FROM (NEW."kind"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='d3b91a137250f5a9f22ee321609942f7800c5727', operation='UPDATE', pgid='pgtrigger_kind_is_fixed_6df52', table='people_person', when='BEFORE')), pgtrigger.compiler.Trigger(name='given_number_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.kind = ANY ('{visitor}') AND upper(OLD.identifier) <> upper(NEW.identifier))", func='RAISE EXCEPTION \'pgtrigger: Cannot update of "identifier" rows from % table\', TG_TABLE_NAME;', hash='f96ad81c63beaeb06a2676924dc7b815a034270b', operation='UPDATE OF "identifier"', pgid='pgtrigger_given_number_stays_9c893', table='people_person', when='BEFORE')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "people_personevent" ("admitted_from", "admitted_until", "card_name", "class_code", "class_level", "created_at", "department", "diet_note", "email", "enrolled_on", "first_name", "identifier", "is_active", "kind", "left_on", "middle_name", "person_uuid", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_number", "photo", "status", "surname", "terminal_pin", "updated_at", "whole_name") VALUES (NEW."admitted_from", NEW."admitted_until", NEW."card_name", NEW."class_code", NEW."class_level", NEW."created_at", NEW."department", NEW."diet_note", NEW."email", NEW."enrolled_on", NEW."first_name", NEW."identifier", NEW."is_active", NEW."kind", NEW."left_on", NEW."middle_name", NEW."person_uuid", _pgh_attach_context(), NOW(), \'insert\', NEW."person_uuid", NEW."phone_number", NEW."photo", NEW."status", NEW."surname", NEW."terminal_pin", NEW."updated_at", NEW."whole_name"); RETURN NULL;', hash='c6d74d339cefcf871b8cb3f4d2cf2b65377cfcc4', operation='INSERT', pgid='pgtrigger_insert_insert_65688', table='people_person', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."admitted_from" IS DISTINCT FROM (NEW."admitted_from") OR OLD."admitted_until" IS DISTINCT FROM (NEW."admitted_until") OR OLD."card_name" IS DISTINCT FROM (NEW."card_name") OR OLD."class_code" IS DISTINCT FROM (NEW."class_code") OR OLD."class_level" IS DISTINCT FROM (NEW."class_level") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."department" IS DISTINCT FROM (NEW."department") OR OLD."diet_note" IS DISTINCT FROM (NEW."diet_note") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."enrolled_on" IS DISTINCT FROM (NEW."enrolled_on") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."identifier" IS DISTINCT FROM (NEW."identifier") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."left_on" IS DISTINCT FROM (NEW."left_on") OR OLD."middle_name" IS DISTINCT FROM (NEW."middle_name") OR OLD."person_uuid" IS DISTINCT FROM (NEW."person_uuid") OR OLD."phone_number" IS DISTINCT FROM (NEW."phone_number") OR OLD."photo" IS DISTINCT FROM (NEW."photo") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."surname" IS DISTINCT FROM (NEW."surname") OR OLD."terminal_pin" IS DISTINCT FROM (NEW."terminal_pin") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."whole_name" IS DISTINCT FROM (NEW."whole_name"))', func='INSERT INTO "people_personevent" ("admitted_from", "admitted_until", "card_name", "class_code", "class_level", "created_at", "department", "diet_note", "email", "enrolled_on", "first_name", "identifier", "is_active", "kind", "left_on", "middle_name", "person_uuid", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_number", "photo", "status", "surname", "terminal_pin", "updated_at", "whole_name") VALUES (NEW."admitted_from", NEW."admitted_until", NEW."card_name", NEW."class_code", NEW."class_level", NEW."created_at", NEW."department", NEW."diet_note", NEW."email", NEW."enrolled_on", NEW."first_name", NEW."identifier", NEW."is_active", NEW."kind", NEW."left_on", NEW."middle_name", NEW."person_uuid", _pgh_attach_context(), NOW(), \'update\', NEW."person_uuid", NEW."phone_number", NEW."photo", NEW."status", NEW."surname", NEW."terminal_pin", NEW."updated_at", NEW."whole_name"); RETURN NULL;', hash='42450db885217b4369eecf5d2eb9e7fd387374b1', operation='UPDATE', pgid='pgtrigger_update_update_de829', table='people_person', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "people_personevent" ("admitted_from", "admitted_until", "card_name", "class_code", "class_level", "created_at", "department", "diet_note", "email", "enrolled_on", "first_name", "identifier", "is_active", "kind", "left_on", "middle_name", "person_uuid", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_number", "photo", "status", "surname", "terminal_pin", "updated_at", "whole_name") VALUES (OLD."admitted_from", OLD."admitted_until", OLD."card_name", OLD."class_code", OLD."class_level", OLD."created_at", OLD."department", OLD."diet_note", OLD."email", OLD."enrolled_on", OLD."first_name", OLD."identifier", OLD."is_active", OLD."kind", OLD."left_on", OLD."middle_name", OLD."person_uuid", _pgh_attach_context(), NOW(), \'delete\', OLD."person_uuid", OLD."phone_number", OLD."photo", OLD."status", OLD."surname", OLD."terminal_pin", OLD."updated_at", OLD."whole_name"); RETURN NULL;', hash='1bfbd34583827a7ace4e5edfb5034c35daa6f5e5', operation='DELETE', pgid='pgtrigger_delete_delete_2ca2d', table='people_person', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='PersonEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='people.person')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('person_uuid', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('kind', models.CharField(choices=people.kinds.kind_choices, editable=False, max_length=8, verbose_name='kind')),
                    ('identifier', people.fields.LineField(max_length=50, verbose_name='number')),
                    ('first_name', people.fields.LineField(blank=True, default='', max_length=100, verbose_name='first name')),
                    ('middle_name', people.fields.LineField(blank=True, default='', max_length=100, verbose_name='middle name')),
                    ('surname', people.fields.LineField(blank=True, default='', max_length=100, verbose_name='surname')),
                    ('whole_name', people.fields.LineField(blank=True, default='', help_text='Of kinds whose names are kept in one piece.', max_length=200, verbose_name='name')),
                    ('card_name', people.fields.LineField(blank=True, db_default='', default='', help_text='What the card prints if the name itself cannot be: letters that it does not have, or a name that is too long.', max_length=200, validators=[people.fields.validate_drawable], verbose_name='name on the card')),
                    ('class_level', people.fields.LineField(blank=True, default='', max_length=50, verbose_name='class level')),
                    ('class_code', people.fields.LineField(blank=True, default='', max_length=50, verbose_name='class code')),
                    ('department', people.fields.LineField(blank=True, default='', max_length=150, verbose_name='department')),
                    ('status', models.CharField(default='Active', max_length=10, verbose_name='status')),
                    ('phone_number', people.fields.PhoneField(blank=True, default='', max_length=20, verbose_name='phone number')),
                    ('email', models.EmailField(blank=True, default='', max_length=254, verbose_name='email')),
                    ('diet_note', people.fields.LineField(blank=True, db_default='', default='', help_text='What the kitchen must know, for example Nut allergy. Shown at the hatch.', max_length=200, verbose_name='diet note')),
                    ('is_active', models.BooleanField(default=True, help_text='Switched off when the person has left; the history stays.', verbose_name='is active')),
                    ('admitted_from', models.DateTimeField(blank=True, help_text='Before that no gate lets them in.', null=True, validators=[people.models.validate_plausible_instant], verbose_name='expected from')),
                    ('admitted_until', models.DateTimeField(blank=True, help_text='From then on no gate lets them in.', null=True, validators=[people.models.validate_plausible_instant], verbose_name='expected until')),
                    ('enrolled_on', models.DateField(default=django.utils.timezone.localdate, help_text='The first day here.', validators=[people.models.validate_plausible_day], verbose_name='on the roll from')),
                    ('left_on', models.DateField(blank=True, help_text='The last day here.', null=True, validators=[people.models.validate_plausible_day], verbose_name='on the roll until')),
                    ('photo', models.FileField(blank=True, editable=False, upload_to=people.models.photo_path, verbose_name='photo')),
                    ('terminal_pin', models.CharField(blank=True, db_default='', default='', help_text='The user number that terminals know the person by, if it is another one than the identification number.', max_length=24, validators=[django.core.validators.RegexValidator('^[1-9][0-9]*\\Z', 'Enter digits, of which the first is no 0.')], verbose_name='PIN at terminals')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='35abda29df77c17d89d5efdc2f5d2acf63e59c13', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_1d49f', table='people_personevent', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Look',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('looked_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('person', models.ForeignKey(db_index=False, help_text="None: many people's.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ('what', models.CharField(choices=[('details', 'Details'), ('history', 'History of changes'), ('guardians', 'Guardians'), ('card', 'Card'), ('export', 'Export'), ('report', 'Report')], max_length=9)),
                    ('path', models.CharField(help_text='The address, without what was asked of it.', max_length=300)),
                    ('asked', models.CharField(blank=True, help_text='The filters, as in the address.', max_length=500)),
                    ('people', models.PositiveIntegerField(help_text="How many people's, where it is an export or a report.", null=True)),
                    ('held', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, help_text='Who was in the export or the report.', size=None)),
                    ('ip_address', models.GenericIPAddressField(help_text='From where; None: sent by e-mail, by the worker.', null=True)),
                ],
                options={
                    'ordering': ('-looked_at', '-id'),
                    'indexes': [models.Index(condition=models.Q(('person__isnull', False)), fields=['person', '-looked_at', '-id'], name='people_look_at_person'), django.contrib.postgres.indexes.GinIndex(fields=['held'], name='people_look_holding'), models.Index(condition=models.Q(('person', None)), fields=['-looked_at', '-id'], name='people_look_at_many'), models.Index(fields=['looked_at'], name='people_look_old')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('people__isnull', False), ('person', None), ('what__in', ['export', 'report'])), models.Q(('people', None), ('person__isnull', False), ('what__in', ['details', 'history', 'guardians', 'card'])), _connector='OR'), name='people_look_at_one_or_at_many')],
                    'triggers': [pgtrigger.compiler.Trigger(name='facts_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1b6ba9d196b3fb910eea788c24237209708dd498', operation='UPDATE OR DELETE', pgid='pgtrigger_facts_stay_3c562', table='people_look', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='Consent',
                fields=[
                    ('consent_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ('about', models.CharField(choices=[('photo_on_card', 'Photo on the card'), ('notices', 'Notices to guardians')], max_length=13)),
                    ('given_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('given_by', people.fields.LineField(blank=True, default='', help_text='Who agreed; empty: the person.', max_length=150)),
                    ('how', models.CharField(choices=[('paper', 'A signed paper'), ('in_person', 'In person'), ('message', 'A message')], max_length=9)),
                    ('recorded_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('withdrawn_at', models.DateTimeField(null=True)),
                    ('withdrawal_recorded_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ('-given_at', 'consent_id'),
                    'indexes': [models.Index(fields=['person', '-given_at'], name='people_consent_of_person')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('person', 'about'), name='people_consent_held_once', violation_error_message='This consent holds already.'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawal_recorded_by', None), ('withdrawn_at', None)), models.Q(('withdrawal_recorded_by__isnull', False), ('withdrawn_at__isnull', False)), _connector='OR'), name='people_consent_withdrawn_by_somebody')],
                    'triggers': [pgtrigger.compiler.Trigger(name='consents_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='c67a3b677663e52a19ee07572950a6faef5ea000', operation='DELETE', pgid='pgtrigger_consents_stay_7639a', table='people_consent', when='BEFORE')), pgtrigger.compiler.Trigger(name='given_is_given', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."about" IS DISTINCT FROM (NEW."about") OR OLD."given_at" IS DISTINCT FROM (NEW."given_at") OR OLD."how" IS DISTINCT FROM (NEW."how") OR OLD."recorded_by_id" IS DISTINCT FROM (NEW."recorded_by_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='ff9e59092b4d5b2c49202a37f0a6132e2837a654', operation='UPDATE', pgid='pgtrigger_given_is_given_31bb0', table='people_consent', when='BEFORE')), pgtrigger.compiler.Trigger(name='withdrawn_is_withdrawn', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.withdrawn_at IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='3d1dae6829672fb49094d89f547c2c1ee54c79cb', operation='UPDATE', pgid='pgtrigger_withdrawn_is_withdrawn_ae7bc', table='people_consent', when='BEFORE'))],
                },
            ),
        ]),
    ]
