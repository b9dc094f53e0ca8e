"""Files in the database, where every node sees them, and a backup and an erasure have them.

`files.database` alone reads and writes these rows; everybody else asks Django's storage.
"""

from django.db import models
from django.utils import timezone


class StoredFile(models.Model):
    """What never changes: another content is another file, under another name."""

    name = models.CharField(max_length=255, help_text="As the storage has it: photos/0a1b.jpg.")
    size = models.BigIntegerField(help_text="In bytes.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content, in hex.")
    stored_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["name"],
                name="files_storedfile_one_of_a_name",
                # what is in this folder?
                opclasses=["text_pattern_ops"],
            ),
            models.CheckConstraint(condition=models.Q(size__gte=0), name="files_storedfile_size"),
        )

    def __str__(self) -> str:
        return self.name


class Chunk(models.Model):
    """A part of a file; all but the last have `files.database.CHUNK_BYTES`."""

    file = models.ForeignKey(StoredFile, models.CASCADE, db_index=False, related_name="chunks")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["file", "number"], name="files_chunk_once"),)

    def __str__(self) -> str:
        return f"{self.file_id}, {self.number}"


class Unwanted(models.Model):
    """A file that nothing names any more, and that its storage has not deleted yet."""

    name = models.CharField(max_length=255, unique=True)
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name
