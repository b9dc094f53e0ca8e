"""What 0001 to 0002 come to, for a new database: docs/developers.md, Folded migrations."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from core.folding import CreateModels


class Migration(migrations.Migration):

    replaces = [
        ('files', '0001_initial'),
        ('files', '0002_unwanted_files'),
    ]

    initial = True

    dependencies = [
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='Unwanted',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=255, unique=True)),
                    ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ],
            ),
            migrations.CreateModel(
                name='StoredFile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(help_text='As the storage has it: photos/0a1b.jpg.', max_length=255)),
                    ('size', models.BigIntegerField(help_text='In bytes.')),
                    ('digest', models.CharField(help_text='SHA-256 of the content, in hex.', max_length=64)),
                    ('stored_at', models.DateTimeField(default=django.utils.timezone.now)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('name',), name='files_storedfile_one_of_a_name', opclasses=['text_pattern_ops']), models.CheckConstraint(condition=models.Q(('size__gte', 0)), name='files_storedfile_size')],
                },
            ),
            migrations.CreateModel(
                name='Chunk',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('file', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='files.storedfile')),
                    ('number', models.PositiveIntegerField()),
                    ('content', models.BinaryField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('file', 'number'), name='files_chunk_once')],
                },
            ),
        ]),
        # What is stored is a JPEG or a PDF, which PostgreSQL is not to press once more.
        migrations.RunSQL("ALTER TABLE files_chunk ALTER COLUMN content SET STORAGE EXTERNAL"),
    ]
