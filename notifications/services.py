"""What people do to notices; triggers write them and the worker sends them."""

from datetime import timedelta

from django.utils import timezone

from core.errors import DomainError
from notifications.models import Notice

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
