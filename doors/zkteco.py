"""`zkteco`: attendance terminals by ZKTeco and their many brands, by Attendance PUSH ("ADMS").

A terminal sends its records as lines and keeps them until it reads `OK: <number of lines>`; so what
never can be a tap is counted too. It has decided already: every record happened. What it says of
the way is mostly a constant, so that the reader's own direction counts (readers.md 2.1).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from doors import commands, missing, roster
from doors.bodies import lines_of
from doors.commands import Result
from doors.door import said
from doors.iclock import (
    URLS,
    Asked,
    IclockDoor,
    Sample,
    campus_offset,
    count_unread,
    first_lines,
    ok,
    pairs_in,
    texts_of,
)
from doors.messages import heard
from doors.models import Command, TerminalUser
from doors.roster import User, Wording
from doors.taking import Line, Misfit, event_id_of, line_of, take
from pos.models import Device, Protocol

# What we speak; from 2.4 on a terminal would encrypt what it sends.
VERSION: Final = "2.2.14"
HANDSHAKE: Final = """\
GET OPTION FROM: {serial_number}
ATTLOGStamp=None
OPERLOGStamp=9999
ATTPHOTOStamp=None
ErrorDelay=30
Delay=10
TransTimes=00:00;14:05
TransInterval=1
TransFlag=TransData AttLog\tOpLog\tEnrollUser\tChgUser
TimeZone={time_zone}
Realtime=1
Encrypt=None
ServerVer={version}
PushProtVer={version}
PushOptionsFlag=1
SupportPing=1
"""
FEWEST_FIELDS: Final = 2
TIME_OFFSET: Final = 10
"""The field in which newer firmware says, in seconds, how far its clock is from UTC."""
LONGEST_OFFSET: Final = timedelta(hours=14)
MOST_RESULTS: Final = 2000
FAILED_SHOWN: Final = 10
DAYS_SHOWN: Final = 7
# Of its settings those that help whoever asks why it does not work; passwords are among the others.
TOLD_OPTIONS: Final = (
    *("~devicename", "devicename", "firmver", "fwversion", "pushversion", "mac", "ipaddress"),
    *("usercount", "transactioncount", "lockcount", "readercount"),
    *("autoserverfunon", "autoservermode"),
)
FIRMWARES: Final = ("firmver", "fwversion")
BIOMETRIC: Final = frozenset({"FP", "FACE", "FVEIN", "USERPIC", "BIOPHOTO", "BIODATA", "IDCARD"})
TOLD_OF_USERS: Final = ("pin", "name", "card", "pri")
COUNTS: Final = ("attlogsum", "attlogcount")
"""What its records of a day are called in the answer to VERIFY SUM, by document and by firmware."""


def cdata(asked: Asked) -> HttpResponse:
    table = asked.query.get("table", "").lower()
    if asked.is_upload:
        return TABLES.get(table, drop_unread)(asked)
    return remote_user(asked) if table == "remoteatt" else handshake(asked)


# --- it says hello ----------------------------------------------------------------------------


def handshake(asked: Asked) -> HttpResponse:
    """Its settings. It takes its clock from the header `Date` and this time zone.

    The stamps say from where on it sends; they are not to be relied on, so it keeps its own.
    """
    query, device = asked.query, asked.terminal.device
    heard(asked.terminal, at=asked.at)
    text = HANDSHAKE.format(
        serial_number=device.serial_number, time_zone=_time_zone(asked.at), version=VERSION
    )
    told = (f"{name}={query[name]}" for name in ("pushver", "devicetype") if name in query)
    asked.keep("handshake", text=" ".join(told), answered="its settings")
    return said(text)


def _time_zone(at: datetime) -> int:
    """Whole hours, or else minutes, as it takes whatever is above 60 for."""
    minutes = campus_offset(at) // timedelta(minutes=1)
    return minutes if minutes % 60 else minutes // 60


def remote_user(asked: Asked) -> HttpResponse:
    """Somebody has come whom it does not know: who is it?"""
    heard(asked.terminal, at=asked.at)
    pin = asked.query.get("pin", "").strip()
    users = roster.users_of(asked.terminal.device, at=asked.at) if pin else ()
    user = next((user for user in users if user.pin == pin), None)
    return said(_put(user) if user else "OK")


# --- what it sends ----------------------------------------------------------------------------


def take_records(asked: Asked) -> HttpResponse:
    sample = Sample()
    records = sample.of(lines_of(asked.request))
    lines = map(partial(line_of_record, received_at=asked.at), records)
    taken = take(asked.terminal, lines, received_at=asked.at)
    heard(asked.terminal, at=asked.at)
    answer = f"OK: {taken.lines}"
    asked.keep("records", text=sample.text, answered=f"{answer} ({taken})")
    return said(answer)


def line_of_record(text: str, *, received_at: datetime) -> Line:
    """`PIN, time, status, verified by, ...`: from two fields on; the first four tell it apart."""
    fields = [field.strip() for field in text.split("\t")]
    if len(fields) < FEWEST_FIELDS or not fields[0]:
        return Misfit(text, gettext_noop("A record has a PIN and a time, with a tab between them."))
    pin, at = fields[:FEWEST_FIELDS]
    return line_of(
        text,
        event_id=event_id_of(Protocol.ZKTECO, *fields[:4]),
        person=pin,
        tapped_at=f"{at}{_own_offset(fields)}",
        received_at=received_at,
    )


def _own_offset(fields: list[str]) -> str:
    """`+03:00`, if the record says so; else it is campus time."""
    text = fields[TIME_OFFSET] if len(fields) > TIME_OFFSET else ""
    if text[:1] not in ("+", "-") or not text[1:].isdecimal():
        return ""
    seconds = int(text[1:7])
    if timedelta(seconds=seconds) > LONGEST_OFFSET:
        return ""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{text[0]}{hours:02}:{minutes:02}"


def note_operations(asked: Asked) -> HttpResponse:
    """What was done at the terminal, and who was entered there; templates and pictures go by.

    Of a line nothing is looked at but its first word, unless that is one of the two which tell
    nothing of a body.
    """
    dropped: Counter[str] = Counter()
    told: list[str] = []
    number = 0
    for text in texts_of(asked.request):
        number += 1
        word, _, rest = text.partition(" ")
        tell = OPERATIONS.get(word.upper())
        if tell is None:
            dropped[word.upper() if word.upper() in BIOMETRIC else "others"] += 1
        else:
            told += [tell(rest)] if len(told) < commands.MOST_AT_ONCE else []
    heard(asked.terminal, at=asked.at)
    left_out = (f"{word}: {times} dropped unread" for word, times in sorted(dropped.items()))
    answer = f"OK: {number}"
    asked.keep("operations", text="\n".join([*left_out, *told]), answered=answer)
    return said(answer)


def _told_of_operation(rest: str) -> str:
    return f"operation {rest}"


def _told_of_user(rest: str) -> str:
    """Without the password."""
    pairs = pairs_in(rest, "\t")
    return "user " + " ".join(f"{name}={pairs[name]}" for name in TOLD_OF_USERS if name in pairs)


OPERATIONS: Final[dict[str, Callable[[str], str]]] = {
    "OPLOG": _told_of_operation,
    "USER": _told_of_user,
}


def note_options(asked: Asked) -> HttpResponse:
    text = ",".join(first_lines(asked.request, commands.MOST_AT_ONCE))
    tell_options(asked, text)
    return said("OK")


def tell_options(asked: Asked, text: str) -> None:
    """`name=value,...`: what it is."""
    pairs = pairs_in(text, ",")
    firmware = next((pairs[name] for name in FIRMWARES if name in pairs), "")
    heard(asked.terminal, at=asked.at, firmware=firmware)
    told = (f"{name.lstrip('~')}={pairs[name]}" for name in TOLD_OPTIONS if name in pairs)
    asked.keep("options", text=" ".join(told), answered="OK")


def drop_unread(asked: Asked) -> HttpResponse:
    """Fingerprints, faces, pictures, and whatever else: taken, so that it is not sent for ever."""
    number = count_unread(asked.request)
    heard(asked.terminal, at=asked.at)
    return said(f"OK: {number}")


def drop_picture(asked: Asked) -> HttpResponse:
    heard(asked.terminal, at=asked.at)
    return said("OK")


TABLES: Final = {
    "attlog": take_records,
    "operlog": note_operations,
    "options": note_options,
    "attphoto": drop_picture,
}


# --- what it is told to do --------------------------------------------------------------------


def _put(user: User) -> str:
    """Its rights and its password stay as they are at the terminal."""
    card = "" if user.card is None else f"\tCard={user.card}"
    return f"DATA UPDATE USERINFO PIN={user.pin}\tName={user.name}{card}"


def _remove(pin: str) -> str:
    return f"DATA DELETE USERINFO PIN={pin}"


WORDING: Final = Wording(_put, _remove)


def getrequest(asked: Asked) -> HttpResponse:
    firmware = asked.query.get("info", "").split(",")[0]
    heard(asked.terminal, at=asked.at, firmware=firmware)
    device = asked.terminal.device
    roster.compare_users(device=device, wording=WORDING, at=asked.at)
    missing.ask_for_counts(device=device, at=asked.at)
    return tell_commands(asked)


def tell_commands(asked: Asked) -> HttpResponse:
    lines = commands.fetch(device=asked.terminal.device, at=asked.at)
    if not lines:
        return said("OK")
    asked.keep("what shall I do?", text="", answered=f"{len(lines)} commands: {lines[0]}")
    return said("".join(f"{line}\n" for line in lines))


def devicecmd(asked: Asked, *, wording: Wording = WORDING) -> HttpResponse:
    lines = first_lines(asked.request, MOST_RESULTS)
    results = [*_results(lines)]
    device = asked.terminal.device
    answered = commands.note_results(device=device, results=results, at=asked.at)
    roster.note_users(answered=answered, device=device, wording=wording)
    missing.ask_for_missing(device=device, answered=answered, at=asked.at)
    # Among these lines may be settings of the terminal: only what answers a command is kept.
    text = "\n".join(f"{result.number}: {result.returned}" for result in results)
    heard(asked.terminal, at=asked.at)
    asked.keep("done", text=text, answered="OK")
    return said("OK")


def _results(lines: Iterable[str]) -> Iterator[Result]:
    """`ID=7&Return=0&CMD=...`; lines of another sort come between some of them."""
    for line in lines:
        pairs = pairs_in(line, "&")
        number, returned = _integer(pairs.get("id")), _integer(pairs.get("return"))
        if number is not None and returned is not None:
            counts = (_integer(pairs.get(name)) for name in COUNTS)
            counted = next((count for count in counts if count is not None), None)
            yield Result(number, returned, counted)


def _integer(text: str | None) -> int | None:
    """What a column holds, and no more."""
    try:
        return int(text or "") if len(text or "") < len(str(2**63)) else None
    except ValueError:
        return None


# --- its page in the office -------------------------------------------------------------------


def about(device: Device) -> str:
    """Its users, what it could not do, and its records of the last days beside ours."""
    now = timezone.now()
    of_device = Command.objects.filter(device=device)
    failed = commands.failed().filter(device=device)
    counts = of_device.filter(kind=Command.Kind.COUNT, counted__isnull=False).order_by("-about")
    days = [
        (day := date.fromisoformat(c.about), c.counted, missing.records_of(device, day))
        for c in counts[:DAYS_SHOWN]
    ]
    context = {
        "users": TerminalUser.objects.filter(device=device).count(),
        "unknown": roster.unknown_to_terminals(at=now),
        "says_cards": device.number_format in roster.DECIMAL,
        "waiting": commands.due(at=now).filter(device=device).count(),
        "failed": failed[:FAILED_SHOWN],
        "number_failed": failed.count(),
        "days": days,
    }
    return render_to_string("doors/iclock.html", context)


DOOR = IclockDoor(
    protocol=Protocol.ZKTECO,
    urls=URLS,
    answers={
        "cdata": cdata,
        "getrequest": getrequest,
        "devicecmd": devicecmd,
        "ping": ok,
        "fdata": drop_picture,
    },
    how_to_connect=_(
        "In the terminal's menu: COMM. (or Communication), Cloud Server Setting (or ADMS): Server "
        "Mode ADMS, Enable Domain Name off, Server Address the address of this server in the "
        "network of the terminal, Server Port its port, Proxy off. HTTPS only if this server has "
        "it. People are known by their identification number or their PIN at terminals, which are "
        "digits; the number format of its cards is mostly the decimal of the reversed bytes."
    ),
    about=about,
)
