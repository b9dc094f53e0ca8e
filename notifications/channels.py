"""The ways to a guardian: e-mail by any SMTP server, SMS by any gateway that takes a POST."""

import contextlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from smtplib import SMTPAuthenticationError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import quote_plus
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext

from institution.declared import SMS_GATEWAY_BODY, SMS_GATEWAY_HEADERS, SMS_GATEWAY_URL
from institution.kinds import is_web_address, json_headers
from institution.mail import mail_is_set_up, sender, sender_domain
from institution.reading import setting
from institution.rules import ValueOf
from institution.setting import Setting
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


class Sender(ABC):
    """One thread's way out by one channel; a context, for what it may keep open."""

    @abstractmethod
    def send(
        self, *, notice_id: str, recipient: str, subject: str, body: str, stop_url: str
    ) -> None:
        """Hand a message over; nothing stops one without a `stop_url`. Raises Undelivered."""

    def close(self) -> None:  # noqa: B027 - most have nothing to close
        """Nothing is kept open, unless a channel does."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def channels_on() -> frozenset[Channel]:
    """The channels that the operator has set up."""
    is_on = {Channel.EMAIL: mail_is_set_up(), Channel.SMS: bool(setting(SMS_GATEWAY_URL))}
    return frozenset(channel for channel, on in is_on.items() if on)


# --- e-mail -----------------------------------------------------------------------------------

PERMANENT_SMTP_ERROR = 500


class Mail(Sender):
    """Keeps one connection for all it sends."""

    def __init__(self) -> None:
        self.connection = get_connection()

    def send(
        self, *, notice_id: str, recipient: str, subject: str, body: str, stop_url: str
    ) -> None:
        self._open()
        message = EmailMessage(
            subject,
            body,
            from_email=sender(),
            to=[recipient],
            connection=self.connection,
            headers={
                # The same for every try: mail programs show what they have twice only once.
                "Message-ID": f"<{notice_id}@{sender_domain()}>",
                # Answering machines stay silent (RFC 3834).
                "Auto-Submitted": "auto-generated",
                **(_stop_headers(stop_url) if stop_url else {}),
            },
        )
        try:
            message.send()
        except Exception as error:
            self.close()
            raise _as_undelivered(error) from error

    def _open(self) -> None:
        try:
            self.connection.open()
        except SMTPAuthenticationError as error:
            raise Undelivered(gettext("The mail server refused our password.")) from error
        except Exception as error:
            self.close()
            reason = gettext("The mail server cannot be reached: {error}.")
            raise Undelivered(reason.format(error=type(error).__name__)) from error

    def close(self) -> None:
        with contextlib.suppress(OSError):  # it may have gone away by itself
            self.connection.close()


def _stop_headers(stop_url: str) -> dict[str, str]:
    """A button of the mail program's own (RFC 2369, RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{stop_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _as_undelivered(error: Exception) -> Undelivered:
    """By what the server said; a connection that broke off has said nothing."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return Undelivered(
            gettext("The mail server refused the address ({code}).").format(code=codes[0]),
            is_final=min(codes) >= PERMANENT_SMTP_ERROR,
        )
    if isinstance(error, SMTPResponseException):
        return Undelivered(
            gettext("The mail server refused the message ({code}).").format(code=error.smtp_code),
            is_final=error.smtp_code >= PERMANENT_SMTP_ERROR,
        )
    if isinstance(error, OSError):
        reason = gettext("The mail server broke off: {error}.")
        return Undelivered(reason.format(error=type(error).__name__), may_have_arrived=True)
    reason = gettext("No mail can be made of this: {error}.")
    return Undelivered(reason.format(error=type(error).__name__), is_final=True)


# --- SMS --------------------------------------------------------------------------------------

FORM = "application/x-www-form-urlencoded"
# Client errors that can pass. The first three are about us, not about the message: a wrong token
# or an empty account must not cost a day's notices before somebody has put it right.
PASSING = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PAYMENT_REQUIRED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
# An error behind the gateway's door says nothing about the message.
UNKNOWN = {
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.GATEWAY_TIMEOUT,
}
MOST_WAIT = 60 * 60


class BadGateway(ValueError):
    """A setting of the gateway cannot be understood."""

    def __init__(self, which: Setting[Any], message: str) -> None:
        self.which, self.message = which, message
        super().__init__(f"{which.name}: {message}")


def gateway_faults(value_of: ValueOf) -> dict[str, str]:
    """A rule of settings: whether the gateway could be asked."""
    if not value_of(SMS_GATEWAY_URL):
        return {}
    try:
        Gateway.of(value_of)
    except BadGateway as error:
        return {error.which.name: error.message}
    return {}


@dataclass(frozen=True)
class Gateway:
    """How to ask this gateway to send one SMS.

    In the body, `{to}` (E.164), `{digits}` (the same without its plus), `{text}` and `{id}` stand
    for the values. They are put in after the JSON was read, or percent-encoded in a form, so no
    text can break out of its place.
    """

    url: str
    headers: dict[str, str]
    body: str

    @classmethod
    def of(cls, value_of: ValueOf) -> Self:
        """As the settings say, or would say. Raises BadGateway."""
        gateway = cls(
            value_of(SMS_GATEWAY_URL),
            _headers(value_of(SMS_GATEWAY_HEADERS)),
            value_of(SMS_GATEWAY_BODY),
        )
        if not is_web_address(gateway.url):
            raise BadGateway(SMS_GATEWAY_URL, gettext("Enter an http or https address."))
        has_number = "{to}" in gateway.body or "{digits}" in gateway.body
        if not has_number or "{text}" not in gateway.body:
            message = gettext("It must hold {text}, and {to} or {digits}.")
            raise BadGateway(SMS_GATEWAY_BODY, message)
        gateway.content({})
        return gateway

    @property
    def content_type(self) -> str:
        named = {name.lower(): value for name, value in self.headers.items()}
        return named.get("content-type", "application/json")

    def content(self, values: dict[str, str]) -> bytes:
        if self.content_type.startswith(FORM):
            return _filled(self.body, values, quote_plus).encode()
        try:
            template = json.loads(self.body)
        except ValueError as error:
            message = gettext("This is no JSON, and the Content-Type is not {type}.")
            raise BadGateway(SMS_GATEWAY_BODY, message.format(type=FORM)) from error
        return json.dumps(_deeply(template, values)).encode()


def _headers(text: str) -> dict[str, str]:
    try:
        headers = json_headers(text)
    except ValueError as error:
        raise BadGateway(SMS_GATEWAY_HEADERS, gettext("This is no JSON.")) from error
    if not isinstance(headers, dict) or not all(map(_is_header, headers, headers.values())):
        message = gettext('It must be an object of texts: {"Authorization": "Bearer ..."}.')
        raise BadGateway(SMS_GATEWAY_HEADERS, message)
    return headers


def _is_header(name: str, value: Any) -> bool:
    is_text = isinstance(value, str) and value.isascii() and value.isprintable()
    return is_text and re.fullmatch(r"[A-Za-z0-9-]+", name) is not None


def _filled(text: str, values: dict[str, str], encode: Callable[[str], str] = str) -> str:
    """One mark after another would fill in what an earlier value holds; so piece by piece."""
    for name, value in values.items():
        pieces = text.split(f"{{{name}}}")
        if len(pieces) > 1:
            others = {key: other for key, other in values.items() if key != name}
            return encode(value).join(_filled(piece, others, encode) for piece in pieces)
    return text


def _deeply(part: Any, values: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {key: _deeply(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_deeply(value, values) for value in part]
    return _filled(part, values) if isinstance(part, str) else part


class _StayHere(HTTPRedirectHandler):
    """A redirected POST would become a GET, which sends nothing and is answered 200."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Sms(Sender):
    def __init__(self) -> None:
        self.gateway = Gateway.of(setting)
        self.opener = build_opener(_StayHere)

    def send(
        self, *, notice_id: str, recipient: str, subject: str, body: str, stop_url: str
    ) -> None:
        values = {
            "to": recipient,
            "digits": recipient.lstrip("+"),
            "text": body,
            "id": notice_id,
        }
        request = Request(  # noqa: S310 - the operator's own address, checked to be http(s)
            self.gateway.url,
            data=self.gateway.content(values),
            headers={
                "Content-Type": self.gateway.content_type,
                **self.gateway.headers,
                "Idempotency-Key": notice_id,
            },
            method="POST",
        )
        try:
            with self.opener.open(request, timeout=settings.SMS_GATEWAY_TIMEOUT):
                pass  # urllib raises for all but 2xx
        except HTTPError as error:
            with error:
                raise _refused(error) from error
        except (OSError, HTTPException) as error:
            raise _unanswered(error) from error


def _refused(error: HTTPError) -> Undelivered:
    is_final = error.code < HTTPStatus.INTERNAL_SERVER_ERROR and error.code not in PASSING
    wait = error.headers.get("Retry-After", "")
    return Undelivered(
        gettext("The gateway answered {code}.").format(code=error.code),
        is_final=is_final,
        may_have_arrived=error.code in UNKNOWN,
        retry_after=min(int(wait), MOST_WAIT) if wait.isascii() and wait.isdigit() else 0,
    )


def _unanswered(error: Exception) -> Undelivered:
    """urllib wraps in URLError what went wrong before the request was out."""
    if isinstance(error, URLError):
        name = type(error.reason).__name__ if isinstance(error.reason, Exception) else "URLError"
        return Undelivered(gettext("The gateway cannot be reached: {error}.").format(error=name))
    reason = gettext("The gateway did not answer: {error}.")
    return Undelivered(reason.format(error=type(error).__name__), may_have_arrived=True)
