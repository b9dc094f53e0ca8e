"""What a terminal said last, and that it lives: for its page in the office.

What is kept is what a door hands over as text of a tap or of a state, cut short. Fingerprints,
faces and photos are dropped by the doors before anything is read of them; should a terminal send
one where nobody looks for it, it goes here as well, for it is longer than any word.
"""

import re
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from doors.door import Terminal
from doors.keeping import keep_last
from doors.models import MAX_ANSWERED, MAX_SAID, MAX_WHAT, Message

MOST: Final = 300
KEPT_FOR: Final = timedelta(days=1)
LONGEST_LINE: Final = 300
# Base64 or hex of a template or of a picture: no number, name or time is as long without a break,
# nor are there several such pieces one after the other, as of one that was folded into lines.
LETTERS: Final = r"[A-Za-z0-9+/_-]"
PIECE: Final = rf"{LETTERS}{{16,}}+={{0,2}}(?![\w=])"
# What parts such pieces: ends of lines, also escaped ones, and the signs of lists.
GAP: Final = r"""(?:[\s,;|"'\[\]]|\\[nrt])++"""
# One by one, as hex or decimal: more of them than an address of a network card has.
PAIR: Final = r"(?:0x[0-9A-Fa-f]{1,2}|[0-9A-Fa-f]{2})(?![0-9A-Za-z])"
OCTET: Final = r"-?\d{1,3}(?!\d)"
BYTES: Final = (
    rf"(?<![0-9A-Za-z]){PAIR}(?:[\s:,-]++{PAIR}){{15,}}+"
    rf"|(?<!\d){OCTET}(?:\s*+,\s*+{OCTET}){{15,}}+"
)
LUMP: Final = re.compile(
    rf"{PIECE}(?:{GAP}{PIECE})++(?:{GAP}{LETTERS}++=)?=?|{LETTERS}{{40,}}+={{0,2}}|{BYTES}"
)
ONE_PIECE: Final = re.compile(rf"(?:{GAP})?{PIECE}(?:{GAP})?")
LEFT_OUT: Final = "[left out]"

# A terminal asks every few seconds; that it lives is written twice a minute, unless it says news.
HEARD = """
    INSERT INTO pos_heartbeat AS known
        (device_id, heard_at, clock_offset_ms, queue_depth, firmware)
    VALUES (%(device)s, %(at)s, %(offset)s, %(depth)s, %(firmware)s)
    ON CONFLICT (device_id) DO UPDATE SET
        heard_at = excluded.heard_at,
        clock_offset_ms = COALESCE(excluded.clock_offset_ms, known.clock_offset_ms),
        queue_depth = COALESCE(excluded.queue_depth, known.queue_depth),
        firmware = COALESCE(NULLIF(excluded.firmware, ''), known.firmware)
    WHERE known.heard_at < excluded.heard_at - interval '30 seconds'
       OR COALESCE(excluded.queue_depth, known.queue_depth) IS DISTINCT FROM known.queue_depth
       OR excluded.firmware NOT IN ('', known.firmware)
"""


def keep_message(
    terminal: Terminal, *, what: str, said: str, answered: str, received_at: datetime
) -> None:
    """`what`: the sort of message in a few words; `said` never holds a key or anything biometric.

    Polls that say nothing are no news: `heard` is enough for them.
    """
    Message.objects.create(
        device=terminal.device,
        received_at=received_at,
        what=_printable(what)[:MAX_WHAT],
        said=shortened(said),
        answered=_printable(answered)[:MAX_ANSWERED],
    )
    keep_last(Message, device=terminal.device, most=MOST)


def shortened(text: str) -> str:
    """As much of it as a person reads, and nothing that may be a picture or a template."""
    lines = LUMP.sub(LEFT_OUT, text[: 4 * MAX_SAID]).splitlines()
    kept = (line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in lines)
    return "\n".join(map(_printable, kept))[:MAX_SAID]


def shortened_line(text: str) -> str:
    """As `shortened`, of a line by itself: what was folded comes as many, each of one piece."""
    return LEFT_OUT if ONE_PIECE.fullmatch(text) else shortened(text)


def _printable(text: str) -> str:
    """PostgreSQL stores no NUL, and a page shows no control character; tabs part fields."""
    return "".join(
        letter if letter.isprintable() or letter == "\t" else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


def heard(
    terminal: Terminal,
    *,
    at: datetime,
    clock_offset_ms: int | None = None,
    queue_depth: int | None = None,
    firmware: str = "",
) -> None:
    """That it lives, and what it says of itself; None and "": it did not say."""
    values: dict[str, Any] = {
        "device": terminal.device.pk,
        "at": at,
        "offset": clock_offset_ms,
        "depth": queue_depth,
        "firmware": shortened(firmware)[:100],
    }
    with connection.cursor() as cursor:
        cursor.execute(HEARD, values)


def old_messages(*, at: datetime) -> QuerySet[Message]:
    return Message.objects.filter(received_at__lt=at - KEPT_FOR)
