"""Writes about guardians that need more than their own row."""

from django.db import transaction

from notifications.models import Guardian


@transaction.atomic
def remove_guardian(*, guardian: Guardian) -> None:
    """Forget a guardian; their notices stay, without them.

    The guardian's row is locked before the notices are touched, in the order of the tap that
    writes a notice: else the two would wait for each other.
    """
    if locked := Guardian.objects.select_for_update().filter(pk=guardian.pk).first():
        locked.delete()
