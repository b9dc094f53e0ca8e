"""Whom a terminal knows: everybody who may come in, by their PIN, with the card that works.

A terminal that decides by itself has to know them, and to forget them when they leave. Only whom we
have put into it is taken out again: what a school has entered by hand stays. A fingerprint or a
face that was taken at the terminal goes with its user; so whoever only has no good card keeps their
place there, without the card.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from cards.models import Card
from cards.number_formats import NumberFormat, spell
from core.digests import digest_of
from doors import commands
from doors.models import Command, TerminalUser
from people.models import Person
from people.standing import OK
from pos.models import Device

# What terminals take for a user's number, and keep as it is.
PIN: Final = re.compile(r"[1-9][0-9]{0,23}")
# In characters; their memory has so much room for a name.
MAX_NAME: Final = 24
NO_CARD: Final = "0"
DECIMAL: Final = frozenset(
    {
        NumberFormat.DEC_MSB,
        NumberFormat.DEC_LSB,
        NumberFormat.EM_8H10D,
        NumberFormat.EM_6H8D,
        NumberFormat.W26_DEC,
    }
)

# Not at each request: a terminal asks every few seconds.
CLAIM = """
    INSERT INTO doors_upkeep AS known (device_id, users_compared_at) VALUES (%(device)s, %(at)s)
    ON CONFLICT (device_id) DO UPDATE SET users_compared_at = excluded.users_compared_at
    WHERE known.users_compared_at <= excluded.users_compared_at - interval '1 minute'
"""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody, as a terminal is told. `card`: a decimal, NO_CARD, or None if that is unsayable."""

    pin: str
    name: str
    card: str | None


@dataclass(frozen=True, slots=True)
class Wording:
    """How one protocol says it: lines of commands, parted by a line end."""

    put: Callable[[User], str]
    remove: Callable[[str], str]


def compare_users(*, device: Device, wording: Wording, at: datetime) -> None:
    """Put the commands that make the terminal's users ours, at most once a minute."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"device": device.pk, "at": at})
        if not cursor.rowcount:
            return
    wanted = {user.pin: wording.put(user) for user in users_of(device, at=at)}
    held = dict(TerminalUser.objects.filter(device=device).values_list("pin", "digest"))
    of_users = Command.objects.filter(device=device, kind=Command.Kind.USER)
    standing = commands.standing(at=at).filter(pk__in=of_users)
    under_way = dict(standing.values_list("about", "text"))
    goals = {pin: wording.remove(pin) for pin in held.keys() - wanted.keys()} | wanted
    texts = {
        pin: text
        for pin, text in goals.items()
        if held.get(pin) != digest_of(text) and under_way.get(pin) != text
    }
    # What was wanted a while ago, and is so no more: the terminal has it as it should be.
    passed = [pin for pin, text in under_way.items() if goals.get(pin) != text and pin not in texts]
    of_users.filter(about__in=passed).delete()
    commands.put(device=device, kind=Command.Kind.USER, texts=texts, at=at)


def note_users(*, answered: list[Command], device: Device, wording: Wording) -> None:
    """What the terminal knows of these users by now. What it has done is kept no longer."""
    done = [c for c in answered if c.kind == Command.Kind.USER and (c.returned or 0) >= 0]
    gone = [c for c in done if c.text == wording.remove(c.about)]
    TerminalUser.objects.filter(device=device, pin__in=[c.about for c in gone]).delete()
    texts = {command.about: command.text for command in done}
    known = [*TerminalUser.objects.filter(device=device, pin__in=texts)]
    for user in known:
        user.digest = digest_of(texts[user.pin])
    TerminalUser.objects.bulk_update(known, ["digest"])
    Command.objects.filter(pk__in=[command.pk for command in done]).delete()


def users_of(device: Device, *, at: datetime) -> list[User]:
    """Everybody whom a gate lets in at that time and who ever had a card, if a PIN tells them."""
    cards = Card.objects.in_standing(OK, at=at).values_list("person", "rfid_number")
    numbers: dict[UUID, str] = dict(cards)
    people = [*_people(at)]
    named: Counter[str] = Counter()
    for _, pin, identifier, _ in people:
        named.update({pin, identifier})
    return [
        User(known_as, name[:MAX_NAME].strip(), _card_of(numbers.get(pk), device))
        for pk, pin, identifier, name in people
        # The number of one and the PIN of another is nobody: the ledger would not know whose.
        if named[known_as := pin or identifier] == 1 and PIN.fullmatch(known_as)
    ]


def unknown_to_terminals(*, at: datetime) -> int:
    """How many people with a card no terminal can know, for want of a number of digits."""
    known_as = (pin or identifier for _, pin, identifier, _ in _people(at))
    return sum(not PIN.fullmatch(name) for name in known_as)


def _people(at: datetime) -> list[tuple[UUID, str, str, str]]:
    had_a_card = Exists(Card.objects.filter(person=OuterRef("pk")))
    people = Person.objects.in_standing(OK, at=at).filter(had_a_card).order_by("pk")
    return [*people.values_list("pk", "terminal_pin", "identifier", "full_name")]


def _card_of(number: str | None, device: Device) -> str | None:
    """A terminal keeps a card as a decimal; in what other formats say, it has none to keep."""
    number_format = NumberFormat(device.number_format)
    if number_format not in DECIMAL:
        return None
    try:
        return str(int(spell(number, number_format))) if number else NO_CARD
    except ValueError:
        return NO_CARD  # a number that is text, or of another sort of chip
