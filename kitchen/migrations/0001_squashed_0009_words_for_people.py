"""What 0001 to 0009 come to, for a new database: docs/developers.md, Folded migrations."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import kitchen.models
import people.fields
import people.models
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models

from core.folding import CreateModels
from core.sql import run_file


# Of meal periods for everybody of the same `who`, no two versions that hold at once overlap. The seconds of the week
# that a version covers are a set of ranges, and the kinds that it is for a range of numbers; an exclusion constraint
# compares both, and when they held. What `applies_to` narrows is told apart by people, which no constraint can:
# `kitchen.services` does, under a lock.
SECONDS_OF_A_DAY = 24 * 60 * 60
SECONDS_OF_A_WEEK = 7 * SECONDS_OF_A_DAY


def seconds(day: int) -> str:
    """The ranges that a period covers which begins on this day of the week; none if it does not.

    The night from Sunday to Monday goes on at the beginning of the week.
    """
    start = f"({(day - 1) * SECONDS_OF_A_DAY} + extract(epoch FROM starts_at)::int)"
    until = (
        f"({(day - 1) * SECONDS_OF_A_DAY} + extract(epoch FROM ends_at)::int"
        f" + CASE WHEN ends_at <= starts_at THEN {SECONDS_OF_A_DAY} ELSE 0 END)"
    )
    is_on = f"{day} = ANY(days)"
    this_week = f"int4range({start}, least({until}, {SECONDS_OF_A_WEEK}))"
    ranges = [f"CASE WHEN {is_on} THEN {this_week} ELSE 'empty'::int4range END"]
    if day == 7:
        over = f"greatest({until} - {SECONDS_OF_A_WEEK}, 0)"
        ranges.append(f"CASE WHEN {is_on} THEN int4range(0, {over}) ELSE 'empty'::int4range END")
    return ", ".join(ranges)


KINDS = """CASE who WHEN 'students' THEN int4range(1, 2) WHEN 'staff' THEN int4range(2, 3)
    ELSE int4range(1, 4) END"""
NO_OVERLAP = f"""
ALTER TABLE kitchen_periodversion
    ADD COLUMN week int4multirange GENERATED ALWAYS AS (
        int4multirange({", ".join(seconds(day) for day in range(1, 8))})
    ) STORED,
    ADD COLUMN kinds int4range GENERATED ALWAYS AS ({KINDS}) STORED;

ALTER TABLE kitchen_periodversion ADD CONSTRAINT kitchen_periodversion_no_overlap
    EXCLUDE USING gist (week WITH &&, kinds WITH &&, held WITH &&)
    WHERE (is_active AND applies_to = '{{}}'::jsonb);
"""


class Migration(migrations.Migration):

    replaces = [
        ('kitchen', '0001_initial'),
        ('kitchen', '0002_initial'),
        ('kitchen', '0003_no_overlap'),
        ('kitchen', '0004_period_versions'),
        ('kitchen', '0005_versions_apart'),
        ('kitchen', '0006_first_version'),
        ('kitchen', '0007_taps_taken_back'),
        ('kitchen', '0008_plausible_days'),
        ('kitchen', '0009_words_for_people'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0008_names_in_two_languages'),
        ('people', '0001_squashed_0019_words_for_people'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='MealPeriod',
                fields=[
                    ('name', people.fields.LineField(help_text='For example Lunch.', max_length=50, verbose_name='name')),
                    ('starts_at', models.TimeField(verbose_name='starts at')),
                    ('ends_at', models.TimeField(help_text='From this time on the period is over; no later than the start: the next day.', verbose_name='ends at')),
                    ('days', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(7)]), default=kitchen.models.every_day, help_text='Monday is 1, Sunday is 7.', size=7, verbose_name='days')),
                    ('is_active', models.BooleanField(default=True, verbose_name='is active')),
                    ('who', models.CharField(choices=[('students', 'Students'), ('staff', 'Staff and security'), ('all', 'Everybody')], default='students', help_text='For whom it is.', max_length=8, verbose_name='who')),
                    ('portions', models.PositiveSmallIntegerField(default=1, help_text='How many meals somebody may have in it on a day.', verbose_name='portions')),
                    ('applies_to', models.JSONField(blank=True, default=dict, help_text='Which of them; empty: all of them.', verbose_name='applies to')),
                    ('period_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('valid_from', models.DateField(default=kitchen.models.today, help_text='Since when it is so.', validators=[people.models.validate_plausible_day], verbose_name='valid from')),
                    ('began_at', models.DateTimeField(editable=False, help_text='Nothing was served before. None: so far as is known.', null=True, verbose_name='began at')),
                ],
                options={
                    'verbose_name': 'meal period',
                    'verbose_name_plural': 'meal periods',
                    'ordering': ('starts_at', 'name', 'period_id'),
                    'constraints': [models.CheckConstraint(condition=models.Q(('days', []), _negated=True), name='kitchen_mealperiod_has_days', violation_error_message='A period is served on one day of the week at least.'), models.CheckConstraint(condition=models.Q(('portions__gte', 1)), name='kitchen_mealperiod_has_portions', violation_error_message='Somebody is served once at least.'), models.CheckConstraint(condition=models.Q(('who__in', ['students', 'staff', 'all'])), name='kitchen_mealperiod_known_diners')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "kitchen_mealperiodevent" ("applies_to", "began_at", "days", "ends_at", "is_active", "name", "period_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "portions", "starts_at", "valid_from", "who") VALUES (NEW."applies_to", NEW."began_at", NEW."days", NEW."ends_at", NEW."is_active", NEW."name", NEW."period_id", _pgh_attach_context(), NOW(), \'insert\', NEW."period_id", NEW."portions", NEW."starts_at", NEW."valid_from", NEW."who"); RETURN NULL;', hash='a04173b959bbb7e29664a4950acdd4ac6e9bd6eb', operation='INSERT', pgid='pgtrigger_insert_insert_20df4', table='kitchen_mealperiod', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "kitchen_mealperiodevent" ("applies_to", "began_at", "days", "ends_at", "is_active", "name", "period_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "portions", "starts_at", "valid_from", "who") VALUES (NEW."applies_to", NEW."began_at", NEW."days", NEW."ends_at", NEW."is_active", NEW."name", NEW."period_id", _pgh_attach_context(), NOW(), \'update\', NEW."period_id", NEW."portions", NEW."starts_at", NEW."valid_from", NEW."who"); RETURN NULL;', hash='b2a92d70bf6d855177271c7c943fb47d3808d225', operation='UPDATE', pgid='pgtrigger_update_update_241a2', table='kitchen_mealperiod', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "kitchen_mealperiodevent" ("applies_to", "began_at", "days", "ends_at", "is_active", "name", "period_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "portions", "starts_at", "valid_from", "who") VALUES (OLD."applies_to", OLD."began_at", OLD."days", OLD."ends_at", OLD."is_active", OLD."name", OLD."period_id", _pgh_attach_context(), NOW(), \'delete\', OLD."period_id", OLD."portions", OLD."starts_at", OLD."valid_from", OLD."who"); RETURN NULL;', hash='c159a997659b570308f12cdd64d4f808771f08f4', operation='DELETE', pgid='pgtrigger_delete_delete_7fcf5', table='kitchen_mealperiod', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='KitchenService',
                fields=[
                    ('service_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('person', models.ForeignKey(db_index=False, help_text='None: a guest.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='meals', to='people.person')),
                    ('guest_name', people.fields.LineField(blank=True, default='', max_length=150)),
                    ('period', models.ForeignKey(db_index=False, help_text='None: outside of every period.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='services', to='kitchen.mealperiod', verbose_name='period')),
                    ('date', models.DateField(help_text='The day on the campus on which the period began.', verbose_name='date')),
                    ('food_item', models.CharField(blank=True, max_length=100)),
                    ('service_time', models.DateTimeField()),
                    ('location', models.CharField(blank=True, default='', max_length=100)),
                    ('is_offline', models.BooleanField(default=False, verbose_name='is offline')),
                    ('portion', models.PositiveSmallIntegerField(default=1, help_text='Which of the portions, of what was served live.', null=True)),
                    ('portions', models.PositiveSmallIntegerField(default=1, help_text='How many there were for each, by the rule of that moment.')),
                    ('is_extra', models.BooleanField(default=False, help_text='Beyond the portions.')),
                    ('served_by', models.ForeignKey(db_index=False, help_text='Who served it by name. None: a reader did.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('reason', people.fields.LineField(blank=True, default='', max_length=300)),
                    ('voided_at', models.DateTimeField(null=True)),
                    ('voided_by', models.ForeignKey(db_index=False, help_text='None: the reader that had served it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('void_reason', people.fields.LineField(blank=True, default='', max_length=300)),
                ],
                options={
                    'verbose_name': 'meal',
                    'verbose_name_plural': 'meals',
                    'ordering': ('-service_time', '-service_id'),
                    'indexes': [models.Index(fields=['person', 'period', 'date'], name='kitchen_service_person'), models.Index(fields=['-service_time', '-service_id'], name='kitchen_service_newest'), models.Index(fields=['date', 'period', 'food_item'], name='kitchen_service_summary'), models.Index(condition=models.Q(('served_by__isnull', False)), fields=['served_by', 'date'], name='kitchen_service_by_name')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('is_extra', False), ('is_offline', False), ('voided_at', None)), fields=('person', 'period', 'date', 'portion'), name='kitchen_kitchenservice_once_a_period', violation_error_message='Already served in this period.'), models.CheckConstraint(condition=models.Q(models.Q(('guest_name', ''), ('person__isnull', False)), models.Q(('is_extra', True), ('person', None), models.Q(('guest_name', ''), _negated=True)), _connector='OR'), name='kitchen_kitchenservice_of_somebody'), models.CheckConstraint(condition=models.Q(('is_extra', False), models.Q(('served_by__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='kitchen_kitchenservice_extra_by_whom_and_why'), models.CheckConstraint(condition=models.Q(models.Q(('void_reason', ''), ('voided_at', None), ('voided_by', None)), models.Q(('voided_at__isnull', False), models.Q(('void_reason', ''), _negated=True)), _connector='OR'), name='kitchen_kitchenservice_voided_with_a_reason')],
                    'triggers': [pgtrigger.compiler.Trigger(name='voided_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."voided_at" IS NOT NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='9bd8836be543dcfbfbac0a6d76c71aa24ccb51b9', operation='UPDATE', pgid='pgtrigger_voided_stays_f2097', table='kitchen_kitchenservice', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='MealPeriodEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='kitchen.mealperiod')),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('name', people.fields.LineField(help_text='For example Lunch.', max_length=50, verbose_name='name')),
                    ('starts_at', models.TimeField(verbose_name='starts at')),
                    ('ends_at', models.TimeField(help_text='From this time on the period is over; no later than the start: the next day.', verbose_name='ends at')),
                    ('days', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(7)]), default=kitchen.models.every_day, help_text='Monday is 1, Sunday is 7.', size=7, verbose_name='days')),
                    ('is_active', models.BooleanField(default=True, verbose_name='is active')),
                    ('who', models.CharField(choices=[('students', 'Students'), ('staff', 'Staff and security'), ('all', 'Everybody')], default='students', help_text='For whom it is.', max_length=8, verbose_name='who')),
                    ('portions', models.PositiveSmallIntegerField(default=1, help_text='How many meals somebody may have in it on a day.', verbose_name='portions')),
                    ('applies_to', models.JSONField(blank=True, default=dict, help_text='Which of them; empty: all of them.', verbose_name='applies to')),
                    ('period_id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('valid_from', models.DateField(default=kitchen.models.today, help_text='Since when it is so.', validators=[people.models.validate_plausible_day], verbose_name='valid from')),
                    ('began_at', models.DateTimeField(editable=False, help_text='Nothing was served before. None: so far as is known.', null=True, verbose_name='began at')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='69530e87d33b642c744c09daff43670761c353d3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a65e5', table='kitchen_mealperiodevent', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='PeriodVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', people.fields.LineField(help_text='For example Lunch.', max_length=50, verbose_name='name')),
                    ('starts_at', models.TimeField(verbose_name='starts at')),
                    ('ends_at', models.TimeField(help_text='From this time on the period is over; no later than the start: the next day.', verbose_name='ends at')),
                    ('days', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(7)]), default=kitchen.models.every_day, help_text='Monday is 1, Sunday is 7.', size=7, verbose_name='days')),
                    ('is_active', models.BooleanField(default=True, verbose_name='is active')),
                    ('who', models.CharField(choices=[('students', 'Students'), ('staff', 'Staff and security'), ('all', 'Everybody')], default='students', help_text='For whom it is.', max_length=8, verbose_name='who')),
                    ('portions', models.PositiveSmallIntegerField(default=1, help_text='How many meals somebody may have in it on a day.', verbose_name='portions')),
                    ('applies_to', models.JSONField(blank=True, default=dict, help_text='Which of them; empty: all of them.', verbose_name='applies to')),
                    ('period', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='kitchen.mealperiod')),
                    ('held', django.contrib.postgres.fields.ranges.DateTimeRangeField(help_text='From, and up to, not including.')),
                ],
                options={
                    'ordering': ('held',),
                    'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('period', '='), ('held', '&&')], name='kitchen_periodversion_one_at_a_time')],
                },
            ),
        ]),
        migrations.RunSQL(NO_OVERLAP),
        run_file("kitchen/sql/first_version.sql"),
    ]
