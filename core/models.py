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
