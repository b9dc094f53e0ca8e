"""Whose cards are held to a simulated reader: from a list, or from the server's own database."""

from collections.abc import Iterable
from random import Random
from typing import Final

from cards.models import Card
from cards.number_formats import NumberFormat, spell
from people.kinds import Rhythm, kind_named
from tools.simulator.school_day import Cardholder
from tools.simulator.week import Character, Fate, Role

# By which hours people come in a simulated week, and in which shares.
ROLES: Final = {
    Rhythm.LESSONS: ((Role.PUPIL, 6), (Role.TWO_SESSIONS, 2), (Role.BOARDER, 2)),
    Rhythm.OFFICE_HOURS: ((Role.MEMBER, 1),),
    Rhythm.SHIFTS: ((Role.DAY_GUARD, 1), (Role.NIGHT_GUARD, 1)),
}
LENT: Final = 0.05


def listed_cardholders(lines: Iterable[str]) -> list[Cardholder]:
    """One canonical number a line; `#` begins a comment. All are taken for students."""
    numbers = (line.partition("#")[0].strip().upper() for line in lines)
    return [Cardholder(number, number) for number in dict.fromkeys(numbers) if number]


def enrolled_cardholders() -> list[Cardholder]:
    """Everybody whose card is switched on."""
    cards = Card.objects.current().filter(is_active=True).select_related("person")
    return [
        Cardholder(
            card.person.identifier,
            card.rfid_number,
            kind_named(card.card_type).rhythm,
            str(card.person_id),
            card.person.class_code,
        )
        for card in cards.order_by("rfid_number")
    ]


def cast_of(cardholders: Iterable[Cardholder], seed: int) -> list[Character]:
    """Who these people are in a simulated week; a class has the same hours.

    What befalls them is what a reader alone can make: nobody is suspended, or changes class.
    """
    return [_character(cardholder, seed) for cardholder in cardholders]


def _character(cardholder: Cardholder, seed: int) -> Character:
    hours = Random(f"{seed} {cardholder.class_code or cardholder.name} in a week")  # noqa: S311
    roles, shares = zip(*ROLES[cardholder.rhythm], strict=True)
    role = hours.choices(roles, shares)[0]
    habit = Random(f"{seed} {cardholder.name} in a week")  # noqa: S311
    is_lent = role == Role.PUPIL and habit.random() < LENT
    return Character(
        cardholder.name, cardholder.card, role, Fate.LENT_CARD if is_lent else Fate.NONE
    )


def audiences_of(cardholders: Iterable[Cardholder], seed: int) -> dict[Role, dict[str, list[str]]]:
    """Whose the hours of each role are, as `applies_to`: classes, and whoever has none by name."""
    found: dict[Role, dict[str, list[str]]] = {}
    for one in cardholders:
        key, value = ("class_codes", one.class_code) if one.class_code else ("people", one.person)
        named = found.setdefault(_character(one, seed).role, {}).setdefault(key, [])
        if value and value not in named:
            named.append(value)
    return found


def is_spelled(cardholder: Cardholder, number_format: NumberFormat) -> bool:
    """A reader for 125 kHz tags does not see a chip of 13.56 MHz."""
    try:
        spell(cardholder.card, number_format)
    except ValueError:
        return False
    return True
