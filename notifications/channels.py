"""The ways to a guardian that this installation has, and how a try can end."""

from types import TracebackType
from typing import Protocol, Self

from django.conf import settings

from notifications.models import Channel


class Undelivered(Exception):
    """A try that failed.

    `is_final`: another try would end the same way. `may_have_arrived`: the other side may have
    taken the message all the same. `retry_after`: seconds that it asked us to wait. The reason is
    for people, and holds no secret.
    """

    def __init__(
        self,
        reason: str,
        *,
        is_final: bool = False,
        may_have_arrived: bool = False,
        retry_after: int = 0,
    ) -> None:
        self.reason = reason
        self.is_final = is_final
        self.may_have_arrived = may_have_arrived
        self.retry_after = retry_after
        super().__init__(reason)


class Sender(Protocol):
    """One worker's way out by one channel; not shared between threads."""

    def send(self, *, notice_id: str, recipient: str, subject: str, body: str) -> None:
        """Hand a message over. Raises Undelivered."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


def channels_on() -> frozenset[Channel]:
    """The channels that the operator has set up."""
    addresses = {Channel.EMAIL: settings.EMAIL_URL, Channel.SMS: settings.SMS_GATEWAY_URL}
    return frozenset(channel for channel, address in addresses.items() if address)
