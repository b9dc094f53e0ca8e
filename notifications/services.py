"""What people do to guardians and notices; triggers write these and the worker sends them."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from core.errors import DomainError
from notifications.models import Guardian, Notice

# Whoever asks for another try wants it sent, also if it is no fresh news.
NEW_LIFE = timedelta(days=1)


class NotFailed(DomainError):
    code = "not_failed"
    message = "Only a notice that failed can be tried again."


def retry_notice(*, notice: Notice) -> Notice:
    """Give a failed notice all its tries again. The caller holds its row. Raises NotFailed."""
    if notice.state != Notice.State.FAILED:
        raise NotFailed
    now = timezone.now()
    notice.state = Notice.State.PENDING
    notice.attempts = 0
    notice.next_attempt_at = now
    notice.expires_at = max(notice.expires_at, now + NEW_LIFE)
    notice.save(update_fields=["state", "attempts", "next_attempt_at", "expires_at"])
    return notice


@transaction.atomic
def remove_guardian(*, guardian: Guardian) -> None:
    """Forget a guardian; their notices stay, without them.

    The guardian's row is locked before the notices are touched, in the order of the tap that
    writes a notice: else the two would wait for each other.
    """
    if locked := Guardian.objects.select_for_update().filter(pk=guardian.pk).first():
        locked.delete()
