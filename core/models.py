from django.db import models


class ThrottleWindow(models.Model):
    """How often a key was counted since its window opened; see `core.throttling`.

    The table is UNLOGGED (its first migration says so): a crash of the database forgets the
    counts, which costs nothing, and no count waits for the disk.
    """

    key = models.CharField(primary_key=True, max_length=200)
    opened_at = models.DateTimeField(db_index=True)  # housekeeping deletes the old ones
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class WriteProbe(models.Model):
    """The one row that `/readyz` writes to see whether rows can be written (`core.health`)."""

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="core_writeprobe_only_one")
        ]

    def __str__(self) -> str:
        return str(self.written_at)


class LastWrite(models.Model):
    """Where the log of the database had come to when somebody's last writing request was over.

    `core.replica` compares it with what a replica has. Here, and not with a session, for tokens
    have none, and every web node has to know.
    """

    user_id = models.UUIDField(primary_key=True)
    position = models.BigIntegerField()  # in bytes; PostgreSQL shows it as pg_lsn
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id}: {self.position}"
