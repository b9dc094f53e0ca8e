"""Places in the live feed, of which a user has a few, whichever process and machine serves them."""

import uuid

from django.conf import settings
from django.db import models


class StreamLease(models.Model):
    """One open stream, for some seconds; its process renews it as long as it lives."""

    lease_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    lapses_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id}, until {self.lapses_at:%H:%M:%S}"
