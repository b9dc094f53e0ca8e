"""Notices by e-mail, over any SMTP server (`EMAIL_URL`)."""

import contextlib
from email.utils import parseaddr
from smtplib import SMTPAuthenticationError, SMTPRecipientsRefused, SMTPResponseException
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from notifications.channels import Undelivered

PERMANENT = 500


class Mail:
    """Keeps one connection for all it sends."""

    def __init__(self) -> None:
        self.connection = get_connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def send(self, *, notice_id: str, recipient: str, subject: str, body: str) -> None:
        self._open()
        message = EmailMessage(
            subject,
            body,
            to=[recipient],
            connection=self.connection,
            headers={
                # The same for every try: mail programs show what they have twice only once.
                "Message-ID": f"<{notice_id}@{_domain()}>",
                # Answering machines stay silent (RFC 3834).
                "Auto-Submitted": "auto-generated",
            },
        )
        try:
            message.send()
        except Exception as error:
            self._close()
            raise _as_undelivered(error) from error

    def _open(self) -> None:
        try:
            self.connection.open()
        except SMTPAuthenticationError as error:
            raise Undelivered("The mail server refused our password.") from error
        except Exception as error:
            self._close()
            raise Undelivered(f"The mail server cannot be reached: {_name(error)}.") from error

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # it may have gone away by itself
            self.connection.close()


def _as_undelivered(error: Exception) -> Undelivered:
    """By what the server said; a connection that broke off has said nothing."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return Undelivered(
            f"The mail server refused the address ({codes[0]}).",
            is_final=min(codes) >= PERMANENT,
        )
    if isinstance(error, SMTPResponseException):
        return Undelivered(
            f"The mail server refused the message ({error.smtp_code}).",
            is_final=error.smtp_code >= PERMANENT,
        )
    if isinstance(error, OSError):
        return Undelivered(f"The mail server broke off: {_name(error)}.", may_have_arrived=True)
    return Undelivered(f"No mail can be made of this: {_name(error)}.", is_final=True)


def _name(error: Exception) -> str:
    return type(error).__name__


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
