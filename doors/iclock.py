"""`/iclock/...`: where ZKTeco's terminals come, whichever of their two protocols they speak.

The path is burnt into them; firmwares of other brands add `.aspx`, or say the folder twice. The
serial number says who asks, and what the office has registered which of the protocols it speaks
(readers.md 2.1 and 2.2). There is no other proof of who they are: they belong into a network of
their own.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.clock import received_now
from doors.bodies import lines_of
from doors.door import DoorView, Terminal, TerminalDoor, TurnedAway, said, terminal_with_serial
from doors.messages import keep_message
from doors.registry import door_of
from pos.models import Device, Protocol

# So much of an upload is kept to be looked at.
LINES_KEPT: Final = 20
CHUNK: Final = 64 * 1024
BOTH: Final = (Protocol.ZKTECO, Protocol.ZKTECO_ACC)
# Where only controllers go, and the tables that only one of the two sends.
PATHS_OF_ACCESS: Final = frozenset({"registry", "push"})
TABLES_OF_ACCESS: Final = frozenset({"rtlog", "rtstate", "tabledata"})
TABLES_OF_TAPS: Final = frozenset({"attlog", "rtlog", "transaction"})
TABLES_OF_ATTENDANCE: Final = frozenset({"attlog", "operlog"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a terminal; `query`: the parameters of its address, names in lower case."""

    request: HttpRequest
    terminal: Terminal
    query: Mapping[str, str]
    at: datetime

    @property
    def is_upload(self) -> bool:
        return self.request.method == "POST"

    @property
    def may_hold_taps(self) -> bool:
        names = {self.query.get(name, "").lower() for name in ("table", "tablename")}
        return not names.isdisjoint(TABLES_OF_TAPS)

    def keep(self, what: str, *, text: str, answered: str) -> None:
        keep_message(self.terminal, what=what, said=text, answered=answered, received_at=self.at)


Answer = Callable[[Asked], HttpResponse]


@dataclass(frozen=True, slots=True, kw_only=True)
class IclockDoor(TerminalDoor):
    """`answers`: by the last part of the path."""

    answers: Mapping[str, Answer]


class Iclock(DoorView):
    slows_down_strays = False

    def find_terminal(self, request: HttpRequest, **kwargs: Any) -> Terminal:
        query = _query_of(request)
        number = query.get("sn", "").strip()
        # What speaks otherwise than it is registered would be misunderstood, and what it sent lost.
        protocol = _protocol_said(kwargs["what"], query) or _protocol_registered(number)
        return terminal_with_serial(request, protocol or _protocol_likely(query), number)

    def get(self, request: HttpRequest, what: str) -> HttpResponse:
        door = door_of(self.terminal.device.protocol)
        assert isinstance(door, IclockDoor)
        asked = Asked(request, self.terminal, _query_of(request), received_now())
        if answer := door.answers.get(what.lower()):
            return answer(asked)
        if not asked.is_upload or asked.may_hold_taps:
            raise TurnedAway(404, "no such address")
        return pass_over(asked)

    post = get


def _query_of(request: HttpRequest) -> dict[str, str]:
    """By names in small letters. No text of a database holds a NUL, and no serial number."""
    values = {name: str(request.GET[name]) for name in request.GET}
    illegible = "\N{REPLACEMENT CHARACTER}"
    return {name.lower(): value.replace("\0", illegible) for name, value in values.items()}


def _protocol_said(what: str, query: Mapping[str, str]) -> Protocol | None:
    """None: in both protocols it is asked like this."""
    kind, table = query.get("devicetype", "").lower(), query.get("table", "").lower()
    if (
        kind == "acc"
        or what.lower() in PATHS_OF_ACCESS
        or table in TABLES_OF_ACCESS
        or "authtype" in query
    ):
        return Protocol.ZKTECO_ACC
    return Protocol.ZKTECO if kind == "att" or table in TABLES_OF_ATTENDANCE else None


def _protocol_registered(serial_number: str) -> Protocol | None:
    readers = Device.objects.filter(protocol__in=BOTH, serial_number=serial_number)
    registered = readers.order_by("-created_at").values_list("protocol", flat=True).first()
    return Protocol(registered) if registered else None


def _protocol_likely(query: Mapping[str, str]) -> Protocol:
    """Of a stranger: for the office, which registers it as what it is."""
    is_newer = query.get("pushver", "").startswith("3")
    return Protocol.ZKTECO_ACC if is_newer else Protocol.ZKTECO


URLS: Final = (
    re_path(r"^(?:iclock/)+(?P<what>[A-Za-z]+)(?:\.aspx)?/?$", Iclock.as_view(), name="iclock"),
)


def ok(asked: Asked) -> HttpResponse:
    return said("OK")


def pass_over(asked: Asked) -> HttpResponse:
    """What it leaves where nobody looks for it, and would send for ever; its body is not read."""
    table = asked.query.get("table", "")
    asked.keep(asked.request.path, text=table, answered="OK: passed over, nobody looks there")
    return said("OK")


# --- what stands in bodies --------------------------------------------------------------------


@dataclass(slots=True)
class Sample:
    """The first lines that pass by, for whoever asks later what was said."""

    text: str = ""
    left: int = LINES_KEPT

    def of(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            if self.left:
                self.left -= 1
                self.text += f"{line}\n"
            yield line


def texts_of(request: HttpRequest) -> Iterator[str]:
    """The lines of a body in which names stand: firmware in Chinese writes them in GB2312."""
    for line in lines_of(request, encoding="latin-1"):
        raw = line.encode("latin-1")
        try:
            yield raw.decode()
        except UnicodeDecodeError:
            yield raw.decode("gb18030", "replace")


def pairs_in(text: str, separator: str) -> dict[str, str]:
    """`a=1<separator>b=2`, names in lower case; what has no `=` is left out."""
    pairs = (part.partition("=") for part in text.split(separator))
    return {name.strip().lower(): value.strip() for name, is_pair, value in pairs if is_pair}


def count_unread(request: HttpRequest) -> int:
    """How many lines there are, of which nobody looks at one."""
    lines, last = 0, b"\n"
    while chunk := request.read(CHUNK):
        lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    return lines + (last != b"\n")


def first_lines(request: HttpRequest, most: int) -> list[str]:
    return [*islice(texts_of(request), most)]


# --- time -------------------------------------------------------------------------------------


def moment_of(text: str) -> datetime | None:
    """What a terminal's clock shows, which is campus time; None if that is no time."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


def campus_offset(at: datetime) -> timedelta:
    offset = timezone.localtime(at).utcoffset()
    assert offset is not None
    return offset
