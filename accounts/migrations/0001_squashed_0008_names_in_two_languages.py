"""What 0001 to 0008 come to, for a new database: docs/developers.md, Folded migrations."""

import accounts.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models

from core.folding import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('accounts', '0001_initial'),
        ('accounts', '0002_index_latest_actions'),
        ('accounts', '0003_token_families'),
        ('accounts', '0004_address_index'),
        ('accounts', '0005_classes'),
        ('accounts', '0006_second_factor'),
        ('accounts', '0007_setup_code'),
        ('accounts', '0008_names_in_two_languages'),
    ]

    initial = True

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='User',
                fields=[
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('admin_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('username', models.CharField(help_text='Letters, digits and @ . + - _ only. Upper and lower case are the same.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                    ('full_name', models.CharField(blank=True, max_length=150, verbose_name='full name')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='email')),
                    ('role', models.CharField(choices=[('administrator', 'Administrator'), ('registration_officer', 'Registration officer'), ('attendance_admin', 'Attendance administrator'), ('kitchen_admin', 'Kitchen administrator'), ('discipline_admin', 'Discipline administrator'), ('leadership', 'Leadership'), ('class_teacher', 'Class teacher')], help_text='What this person may see and change.', max_length=24, verbose_name='role')),
                    ('classes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), blank=True, default=list, help_text='Of a class teacher: the codes of the classes whose people they see, with commas between them.', size=100, verbose_name='classes')),
                    ('is_active', models.BooleanField(default=True, help_text='Switch this off instead of deleting: sessions and tokens end at once.', verbose_name='is active')),
                    ('password_changed_at', models.DateTimeField(editable=False, null=True, verbose_name='password changed at')),
                    ('second_factor_since', models.DateTimeField(editable=False, help_text='When two steps were switched on.', null=True, verbose_name='second factor since')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ],
                options={
                    'verbose_name': 'administrator',
                    'verbose_name_plural': 'administrators',
                    'ordering': ('username',),
                    'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper(accounts.models.NFKC('username')), name='accounts_user_unique_username', violation_error_message='An administrator with this username already exists.'), models.CheckConstraint(condition=models.Q(('role__in', ['administrator', 'registration_officer', 'attendance_admin', 'kitchen_admin', 'discipline_admin', 'leadership', 'class_teacher'])), name='accounts_user_known_role'), models.CheckConstraint(condition=models.Q(('role__in', ['class_teacher']), ('classes', []), _connector='OR'), name='accounts_user_classes_of_a_teacher', violation_error_message='Only a class teacher has classes.')],
                    'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_userevent" ("admin_id", "classes", "created_at", "email", "full_name", "is_active", "password_changed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "second_factor_since", "updated_at", "username") VALUES (NEW."admin_id", NEW."classes", NEW."created_at", NEW."email", NEW."full_name", NEW."is_active", NEW."password_changed_at", _pgh_attach_context(), NOW(), \'insert\', NEW."admin_id", NEW."role", NEW."second_factor_since", NEW."updated_at", NEW."username"); RETURN NULL;', hash='28de57f64cb1143afc73437b47395fc8dcb8f68c', operation='INSERT', pgid='pgtrigger_insert_insert_3867c', table='accounts_user', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."admin_id" IS DISTINCT FROM (NEW."admin_id") OR OLD."classes" IS DISTINCT FROM (NEW."classes") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."full_name" IS DISTINCT FROM (NEW."full_name") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."password_changed_at" IS DISTINCT FROM (NEW."password_changed_at") OR OLD."role" IS DISTINCT FROM (NEW."role") OR OLD."second_factor_since" IS DISTINCT FROM (NEW."second_factor_since") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."username" IS DISTINCT FROM (NEW."username"))', func='INSERT INTO "accounts_userevent" ("admin_id", "classes", "created_at", "email", "full_name", "is_active", "password_changed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "second_factor_since", "updated_at", "username") VALUES (NEW."admin_id", NEW."classes", NEW."created_at", NEW."email", NEW."full_name", NEW."is_active", NEW."password_changed_at", _pgh_attach_context(), NOW(), \'update\', NEW."admin_id", NEW."role", NEW."second_factor_since", NEW."updated_at", NEW."username"); RETURN NULL;', hash='e7f0500a9466e4bd54df9e5ac198b23dace722df', operation='UPDATE', pgid='pgtrigger_update_update_0e890', table='accounts_user', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_userevent" ("admin_id", "classes", "created_at", "email", "full_name", "is_active", "password_changed_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "second_factor_since", "updated_at", "username") VALUES (OLD."admin_id", OLD."classes", OLD."created_at", OLD."email", OLD."full_name", OLD."is_active", OLD."password_changed_at", _pgh_attach_context(), NOW(), \'delete\', OLD."admin_id", OLD."role", OLD."second_factor_since", OLD."updated_at", OLD."username"); RETURN NULL;', hash='5628229fd87aba9a8b84d4c491bf174668cf5190', operation='DELETE', pgid='pgtrigger_delete_delete_19f14', table='accounts_user', when='AFTER'))],
                },
            ),
            migrations.CreateModel(
                name='LoginAttempt',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('username', models.CharField(max_length=150)),
                    ('address', models.GenericIPAddressField(db_index=True)),
                    ('failures', models.PositiveSmallIntegerField(default=0)),
                    ('last_failed_at', models.DateTimeField(db_index=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('username', 'address'), name='accounts_loginattempt_unique_pair')],
                },
            ),
            migrations.CreateModel(
                name='RecoveryCode',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL)),
                    ('digest', models.CharField(max_length=64)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('user', 'digest'), name='accounts_recoverycode_unique_digest')],
                },
            ),
            migrations.CreateModel(
                name='SetupCode',
                fields=[
                    ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                    ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
            ),
            migrations.CreateModel(
                name='TokenFamily',
                fields=[
                    ('family_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='token_families', to=settings.AUTH_USER_MODEL)),
                    ('current', models.CharField(help_text='A digest that names the one refresh token that is good.', max_length=64)),
                    ('begun_at', models.DateTimeField(auto_now_add=True)),
                    ('expires_at', models.DateTimeField(db_index=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('was_copied', models.BooleanField(default=False, help_text='It ended because a refresh token was used twice.')),
                ],
                options={
                    'verbose_name_plural': 'token families',
                },
            ),
            migrations.CreateModel(
                name='UserEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to=settings.AUTH_USER_MODEL)),
                    ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                    ('admin_id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                    ('username', models.CharField(help_text='Letters, digits and @ . + - _ only. Upper and lower case are the same.', max_length=150, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                    ('full_name', models.CharField(blank=True, max_length=150, verbose_name='full name')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='email')),
                    ('role', models.CharField(choices=[('administrator', 'Administrator'), ('registration_officer', 'Registration officer'), ('attendance_admin', 'Attendance administrator'), ('kitchen_admin', 'Kitchen administrator'), ('discipline_admin', 'Discipline administrator'), ('leadership', 'Leadership'), ('class_teacher', 'Class teacher')], help_text='What this person may see and change.', max_length=24, verbose_name='role')),
                    ('classes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), blank=True, default=list, help_text='Of a class teacher: the codes of the classes whose people they see, with commas between them.', size=100, verbose_name='classes')),
                    ('is_active', models.BooleanField(default=True, help_text='Switch this off instead of deleting: sessions and tokens end at once.', verbose_name='is active')),
                    ('password_changed_at', models.DateTimeField(editable=False, null=True, verbose_name='password changed at')),
                    ('second_factor_since', models.DateTimeField(editable=False, help_text='When two steps were switched on.', null=True, verbose_name='second factor since')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                    ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated at')),
                ],
                options={
                    'abstract': False,
                    'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9e9498e73f6fbdf2642fb33fa14189f1ad2382c8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_45b21', table='accounts_userevent', when='BEFORE'))],
                },
            ),
            migrations.CreateModel(
                name='SecondFactor',
                fields=[
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('salt', models.CharField(max_length=64)),
                    ('last_step', models.BigIntegerField(default=0, help_text='Of the latest code that was used; none of it or before is taken.')),
                ],
            ),
        ]),
        # core.history.latest_actions: what one administrator did last
        migrations.RunSQL(
            "CREATE INDEX pghistory_context_by_user"
            " ON pghistory_context ((metadata -> 'user'), created_at DESC)"
        ),
    ]
