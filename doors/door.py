"""What a door is: the address at which terminals of one make are understood.

A door turns what a terminal sends into taps, and what the ledger answers into what the terminal
understands; nothing else. Who the terminal is, what it said, how often it may try and when it was
last heard of is the same for all, and stands here and beside.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from rest_framework.exceptions import Throttled

from core.outages import outage_of
from doors.knocking import knock
from pos.authentication import ReaderUser, reader_known_as
from pos.models import Device, Protocol
from pos.strays import refuse_if_straying

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalDoor:
    """What one module declares of its protocol.

    `how_to_connect`: sentences for the office, of what to enter where in the terminal's menu.
    `about`: HTML for the page of such a reader, of what only this protocol has.
    """

    protocol: Protocol
    urls: Sequence[URLPattern]
    how_to_connect: "StrOrPromise"
    about: Callable[[Device], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A reader that speaks another protocol than ours, while it does."""

    device: Device
    reader: ReaderUser


class TurnedAway(Exception):
    """Not served, with this status and this word: what a terminal does then is its own affair."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text
        super().__init__(text)


def terminal_with_serial(request: HttpRequest, protocol: Protocol, serial_number: str) -> Terminal:
    """The admitted terminal of this number; any other is shown to the office. Raises TurnedAway."""
    number = serial_number.strip()
    device = Device.objects.filter(protocol=protocol, serial_number=number).first()
    if device is None:
        knock(request, protocol=protocol, serial_number=number)
        raise TurnedAway(403, "unknown serial number")
    return in_use(device)


def terminal_with_key(protocol: Protocol, key: str) -> Terminal:
    """Raises TurnedAway: 401 for no key of ours, 403 for one of a reader that speaks otherwise."""
    device = Device.objects.filter(key_digest=Device.digest_of(key)).first()
    if device is None:
        raise TurnedAway(401, "unknown key")
    if device.protocol != protocol:
        raise TurnedAway(403, f"this reader is registered as {device.protocol}")
    return in_use(device)


def in_use(device: Device) -> Terminal:
    """Raises TurnedAway if it is switched off."""
    reader = reader_known_as(device.pk)
    if reader is None or not reader.is_active:
        raise TurnedAway(403, "this reader is switched off")
    return Terminal(device, reader)


@method_decorator(csrf_exempt, name="dispatch")
class DoorView(View):
    """An address for terminals, which heed the status and, some of them, a word of the body.

    `find_terminal` says who it is; then `get` or `post` runs with `self.terminal`. A terminal keeps
    what it sent on any status but 200: so 503 while the database is away, and 429 while it sends
    nothing but unknown cards. Its address may hold its key: no log names it.
    """

    http_method_names: Sequence[str] = ("get", "post")
    slows_down_strays = True
    """False where most of what comes has happened already, and not one number is tried."""
    terminal: Terminal

    def find_terminal(self, request: HttpRequest, **kwargs: Any) -> Terminal:
        """Raises TurnedAway."""
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.terminal = self.find_terminal(request, **kwargs)
            if self.slows_down_strays:
                refuse_if_straying(self.terminal.reader)
            return super().dispatch(request, *args, **kwargs)
        except TurnedAway as refusal:
            return said(refusal.text, status=refusal.status)
        except Throttled as error:
            wait = str(getattr(error, "wait", None) or 60)
            return said("too many unknown cards", status=429, headers={"Retry-After": wait})
        except Exception as error:  # the last resort of this address, as `handler500` elsewhere
            outage = outage_of(error)
            if outage is None:
                logger.exception("%s failed.", type(self).__name__)
                return said("something went wrong", status=500)
            logger.error("%s: %s: %s", type(self).__name__, outage.cause, str(error).strip())
            return said(outage.code, status=503, headers={"Retry-After": outage.wait})


def said(text: str, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Plain text, as terminals read it."""
    response = HttpResponse(text, status=status, content_type="text/plain", headers=headers)
    # Django would log the address of what is answered 500 or 503, and it may hold a key.
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response
