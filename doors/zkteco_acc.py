"""`zkteco_acc`: ZKTeco's access controllers and turnstiles, by Security PUSH 3 (readers.md 2.2).

A controller tells of each event at its doors, with card number and index; and, if it is set to, it
asks before it opens: then the ledger decides, and the answer is what opens the door. What it tells
of that pass afterwards is the same pass, and not recorded twice.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Final

from django.http import HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from attendance.day import Direction
from doors import roster
from doors.door import Terminal, TurnedAway, said
from doors.iclock import (
    Answer,
    Asked,
    IclockDoor,
    Sample,
    campus_offset,
    count_unread,
    first_lines,
    moment_of,
    ok,
    pairs_in,
    texts_of,
)
from doors.messages import heard
from doors.roster import User, Wording
from doors.taking import (
    Line,
    Misfit,
    event_id_of,
    line_of,
    quarantine,
    take,
    take_one,
)
from doors.zkteco import about, devicecmd, drop_picture, note_options, tell_commands, tell_options
from pos.models import Decision, Device, Protocol, Tap
from pos.protocol import MAX_BATCH, TapAnswer
from pos.strays import refuse_if_straying

# From 3.1.1 on a controller would encrypt what it sends. No biometrics are asked for.
SETTINGS: Final = """\
ServerVersion=3.0.1
ServerName=ADMS
PushVersion=3.0.1
PushProtVer=3.0.1
ErrorDelay=60
RequestDelay=2
TransTimes=00:00;14:00
TransInterval=1
TransTables=User Transaction
Realtime=1
SessionID={session}
TimeoutSec=10
BioPhotoFun=0
BioDataFun=0
MultiBioDataSupport=0:0:0:0:0:0:0:0:0:0
MultiBioPhotoSupport=0:0:0:0:0:0:0:0:0:0
PushOptionsFlag=1
"""
MAX_OPTIONS: Final = 40
TABLE_NAME: Final = re.compile(r"[\w.-]{1,64}")
OPEN_SECONDS: Final = 5
NOBODY: Final = frozenset({"", "0"})
WAYS: Final = {"0": Direction.IN, "1": Direction.OUT}
# Appendix 2 of the protocol: a door opened to somebody, under duress too and as we had answered;
# and whatever kept it shut. What else it tells is of doors, of power and of settings.
PASSED: Final = frozenset(
    {0, 1, 2, 3, 14, 15, 16, 17, 18, 19, 101, 103, 203, 207, 208, 215, 216, 218, 222}
)
REFUSED: Final = frozenset({*range(20, 100), *range(5000, 6000)})


# --- it says hello ----------------------------------------------------------------------------


def _code(terminal: Terminal, purpose: str) -> str:
    """Made again for each request, and nowhere kept."""
    hmac = salted_hmac(f"doors.zkteco_acc.{purpose}", str(terminal.device.pk))
    return hmac.hexdigest()[:32].upper()


def registry_code(terminal: Terminal) -> str:
    return _code(terminal, "registry")


def session_id(terminal: Terminal) -> str:
    return _code(terminal, "session")


def token_of(terminal: Terminal) -> str:
    """What a controller proves itself by: no proof, for all it is made of goes over the wire."""
    text = registry_code(terminal) + terminal.device.serial_number + session_id(terminal)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def with_token(answer: Answer) -> Answer:
    """Refused for a token that is not its own; older firmware has none at all."""

    def checked(asked: Asked) -> HttpResponse:
        token = asked.request.COOKIES.get("token", "")
        if token and not constant_time_compare(token.lower(), token_of(asked.terminal)):
            raise TurnedAway(401, "not your token: connect again")
        return answer(asked)

    return checked


def settings_for(asked: Asked) -> HttpResponse:
    heard(asked.terminal, at=asked.at)
    return said(SETTINGS.format(session=session_id(asked.terminal)))


def handshake(asked: Asked) -> HttpResponse:
    """Whom the office has admitted is registered."""
    heard(asked.terminal, at=asked.at)
    code = registry_code(asked.terminal)
    settings = SETTINGS.format(session=session_id(asked.terminal))
    asked.keep("handshake", text=asked.query.get("pushver", ""), answered="registry=ok")
    return said(f"registry=ok\nRegistryCode={code}\n{settings}")


def registry(asked: Asked) -> HttpResponse:
    tell_options(asked, ",".join(first_lines(asked.request, MAX_OPTIONS)))
    return said(f"RegistryCode={registry_code(asked.terminal)}")


def rtdata(asked: Asked) -> HttpResponse:
    """What time is it?"""
    heard(asked.terminal, at=asked.at)
    minutes = campus_offset(asked.at) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    zone = f"{'-' if minutes < 0 else '+'}{hours:02}{rest:02}"
    return said(f"DateTime={zk_seconds(asked.at.astimezone(UTC))},ServerTZ={zone}")


def zk_seconds(moment: datetime) -> int:
    """Appendix 5: a month has 31 days, and a year twelve of them, since 2000."""
    days = ((moment.year - 2000) * 12 + moment.month - 1) * 31 + moment.day - 1
    return ((days * 24 + moment.hour) * 60 + moment.minute) * 60 + moment.second


def time_of(seconds: int) -> str:
    """Appendix 6: the same as it is written in other events. No such day: what is no time."""
    rest, second = divmod(seconds, 60)
    rest, minute = divmod(rest, 60)
    rest, hour = divmod(rest, 24)
    rest, day = divmod(rest, 31)
    year, month = divmod(rest, 12)
    return f"{year + 2000}-{month + 1:02}-{day + 1:02} {hour:02}:{minute:02}:{second:02}"


# --- what happened at its doors ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Event:
    """One record, as the controller says it; `code` None: it says none."""

    text: str
    time: str
    card: str
    pin: str
    door: str
    way: str
    code: int | None
    index: str

    @property
    def has_person(self) -> bool:
        return self.card not in NOBODY or self.pin not in NOBODY

    @property
    def decision_id(self) -> str:
        """Of the pass about which it asked: the same pass has the same, when it is told later.

        Then it may have found out whose the card is.
        """
        card = "" if self.card in NOBODY else self.card
        what = self.time, card, "" if card else self.pin, self.door, self.way
        return event_id_of(Protocol.ZKTECO_ACC, "decision", *what)

    @property
    def event_id(self) -> str:
        """The index is the controller's own count; it may start again, but not at that time."""
        if self.index not in NOBODY:
            return event_id_of(Protocol.ZKTECO_ACC, self.index, self.time)
        what = self.time, self.card, self.pin, self.door, self.way, self.code
        return event_id_of(Protocol.ZKTECO_ACC, "", *what)


def event_in(text: str) -> Event:
    """`time=...<tab>pin=...`, in either of the two spellings of its fields."""
    pairs = pairs_in(text, "\t")
    seconds = pairs.get("time_second", "")
    code = pairs.get("event", pairs.get("eventtype", ""))
    return Event(
        text=text,
        time=pairs.get("time") or (time_of(int(seconds[:12])) if seconds.isdecimal() else ""),
        card=pairs.get("cardno", ""),
        pin=pairs.get("pin", ""),
        door=pairs.get("eventaddr", pairs.get("doorid", "")),
        way=pairs.get("inoutstatus", pairs.get("inoutstate", "")),
        code=int(code) if code.isdecimal() and len(code) <= len("6999") else None,
        index=pairs.get("index", ""),
    )


def take_events(asked: Asked, texts: Iterable[str]) -> tuple[int, str]:
    """Record them; how many there were, in words what became of them."""
    number = 0

    def counted() -> Iterator[Event]:
        nonlocal number
        for text in texts:
            number += 1
            yield event_in(text)

    taken = take(asked.terminal, _lines(asked, counted()), received_at=asked.at)
    return number, str(taken)


def _lines(asked: Asked, events: Iterator[Event]) -> Iterator[Line]:
    """Of those that are about people, and about which it had not asked."""
    while batch := [*islice(events, MAX_BATCH)]:
        people = [event for event in batch if event.has_person]
        device = asked.terminal.device.pk
        asked_before = Tap.objects.of_events(device, [event.decision_id for event in people])
        decided = set(asked_before.values_list("event_id", flat=True))
        for event in people:
            if event.code is None:
                yield Misfit(
                    event.text, gettext_noop("It does not say what happened: event is missing.")
                )
            elif event.code in PASSED | REFUSED and event.decision_id not in decided:
                was_sent_away = event.code in REFUSED
                yield _line(asked, event, event_id=event.event_id, was_sent_away=was_sent_away)


def _line(
    asked: Asked,
    event: Event,
    *,
    event_id: str,
    offline: bool = True,
    was_sent_away: bool = False,
) -> Line:
    """By the card, which was there, before the user to whom the controller thinks it belongs."""
    is_two_way = asked.terminal.device.direction == Device.Direction.BOTH
    return line_of(
        event.text,
        event_id=event_id,
        card="" if event.card in NOBODY else event.card,
        person=event.pin,
        tapped_at=event.time,
        direction=WAYS.get(event.way) if is_two_way else None,
        offline=offline,
        was_sent_away=was_sent_away,
        received_at=asked.at,
    )


def rtlog(asked: Asked) -> HttpResponse:
    sample = Sample()
    _, became = take_events(asked, sample.of(texts_of(asked.request)))
    heard(asked.terminal, at=asked.at)
    asked.keep("events", text=sample.text, answered=f"OK ({became})")
    return said("OK")


def rtstate(asked: Asked) -> HttpResponse:
    """Of its doors; and by the way its clock."""
    state = pairs_in(next(iter(first_lines(asked.request, 1)), ""), "\t")
    clock = moment_of(state.get("time", ""))
    offset = round((clock - asked.at) / timedelta(milliseconds=1)) if clock else None
    heard(asked.terminal, at=asked.at, clock_offset_ms=offset)
    return said("OK")


def tabledata(asked: Asked) -> HttpResponse:
    """A whole table, or what is new in it; taken only if it is said how many under which name.

    Fingerprints, faces and pictures are among them, and dropped unread.
    """
    name = asked.query.get("tablename", "")
    if name.lower() == "transaction":
        sample = Sample()
        # Each line of a table begins with the table's name.
        records = (text.removeprefix(f"{name} ") for text in sample.of(texts_of(asked.request)))
        number, became = take_events(asked, records)
        asked.keep("transactions", text=sample.text, answered=f"{name}={number} ({became})")
    else:
        number = count_unread(asked.request)
    heard(asked.terminal, at=asked.at)
    count = asked.query.get("count", "")
    answer = f"{name}={count if count.isdecimal() else number}"
    # Whatever the name: else it would come for ever.
    return said(answer if TABLE_NAME.fullmatch(name) else "OK")


# --- may they pass? ---------------------------------------------------------------------------


def decide(asked: Asked) -> HttpResponse:
    """It waits with the door shut: the ledger decides, and nothing else is done before."""
    refuse_if_straying(asked.terminal.reader)
    text = next(iter(first_lines(asked.request, 1)), "")
    event = event_in(text)
    line = _line(asked, event, event_id=event.decision_id, offline=False)
    if isinstance(line, Misfit) or not event.has_person:
        misfit = (
            line if isinstance(line, Misfit) else Misfit(text, gettext_noop("It names nobody."))
        )
        quarantine(asked.terminal, [misfit], received_at=asked.at)
        return said(f"AUTH=FAILED\r\n{text}\r\n")
    answer = take_one(asked.terminal, line, received_at=asked.at).answer
    return said(_verdict(text, event.door, answer))


def _verdict(text: str, door: str, answer: TapAnswer | None) -> str:
    """No answer: another tap had this id before, and this one is kept for a person to look at."""
    if answer is None or answer.decision != Decision.ACCEPTED:
        return f"AUTH=FAILED\r\n{text}\r\n"
    number = int(door) if door.isdecimal() and 0 < int(door[:3]) < 256 else 1
    control = f"CONTROL DEVICE 01{number:02X}01{OPEN_SECONDS:02X}"
    return f"AUTH=SUCCESS\r\n{text}\r\n{control}\r\n"


# --- what it is told to do --------------------------------------------------------------------


def _put(user: User) -> str:
    """Known, and let through the first door at any time: the second is what opens."""
    card = "" if user.card is None else f"CardNo={user.card}\t"
    return (
        f"DATA UPDATE user {card}Pin={user.pin}\tStartTime=0\tEndTime=0\tName={user.name}\n"
        f"DATA UPDATE userauthorize Pin={user.pin}\tAuthorizeTimezoneId=1\tAuthorizeDoorId=1"
    )


def _remove(pin: str) -> str:
    return f"DATA DELETE userauthorize Pin={pin}\nDATA DELETE user Pin={pin}"


WORDING: Final = Wording(_put, _remove)


def getrequest(asked: Asked) -> HttpResponse:
    heard(asked.terminal, at=asked.at)
    roster.compare_users(device=asked.terminal.device, wording=WORDING, at=asked.at)
    return tell_commands(asked)


# --- where it asks ----------------------------------------------------------------------------


def cdata(asked: Asked) -> HttpResponse:
    if not asked.is_upload:
        return handshake(asked)
    if "authtype" in asked.query:
        return with_token(decide)(asked)
    table = asked.query.get("table", "").lower()
    return with_token(TABLES.get(table, drop_picture))(asked)


TABLES: Final[dict[str, Answer]] = {
    "rtlog": rtlog,
    "rtstate": rtstate,
    "tabledata": tabledata,
    "options": note_options,
}
DOOR = IclockDoor(
    protocol=Protocol.ZKTECO_ACC,
    urls=(),  # the same as those of `zkteco`
    answers={
        "cdata": cdata,
        "registry": registry,
        "push": settings_for,
        "rtdata": rtdata,
        "querydata": with_token(tabledata),
        "getrequest": with_token(getrequest),
        "devicecmd": with_token(partial(devicecmd, wording=WORDING)),
        "ping": ok,
    },
    how_to_connect=_(
        "In the controller's menu or web page: COMM., Cloud Server Setting (or ADMS): Server "
        "Address the address of this server in the network of the controller, Server Port its "
        "port. For turnstiles that ask before they open: background verification on "
        "(AutoServerFunOn=1, AutoServerMode=1). The number format of its cards is mostly the "
        "decimal of the reversed bytes."
    ),
    about=about,
)
