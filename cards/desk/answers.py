"""What the desk says after a tap, in a word for the script and a sentence for the officer."""

from dataclasses import dataclass

from cards.desk.taps import DeskTap
from cards.models import Card
from office.tasks import Tone
from people.models import Person


@dataclass(frozen=True)
class Answer:
    """`state` is what the script hears: linked, first, free, taken, retired, several, refused."""

    state: str
    tone: Tone
    title: str
    text: str = ""


def linked(card: Card) -> Answer:
    return Answer("linked", Tone.GOOD, f"{card.person.full_name} has card {card}")


def refused(text: str) -> Answer:
    return Answer("refused", Tone.BAD, "Not linked", text)


def answer_to(tap: DeskTap, *, person: Person | None, is_another: bool) -> Answer:
    """`is_another`: a different card was tapped before."""
    if tap.cards:
        return _of_known(tap, person)
    if tap.problem:
        return Answer("refused", Tone.BAD, "This card cannot be registered", tap.problem)
    if person is None:
        text = "Choose a person to give it to, then tap it again."
        return Answer("free", Tone.INFO, "Nobody has this card", text)
    if is_another:
        text = "Two different cards were tapped. Tap this one again to link it."
        return Answer("first", Tone.WARN, "This is another card", text)
    return Answer(
        "first", Tone.INFO, "Free. Tap the same card again", f"To give it to {person.full_name}."
    )


def _of_known(tap: DeskTap, person: Person | None) -> Answer:
    if len(tap.cards) > 1:
        text = "The reader tells only a part of the number, and it fits several cards."
        return Answer("several", Tone.WARN, "This may be one of several cards", text)
    (card,) = tap.cards
    if card.retired_at is not None:
        text = "A card that is retired is not used again. Take another one."
        return Answer("retired", Tone.BAD, f"Retired. It was the card of {card.full_name}", text)
    if person is None:
        return Answer("taken", Tone.INFO, f"This is the card of {card.full_name}")
    if card.holder == person.pk:
        return Answer("taken", Tone.INFO, f"{card.full_name} has this card already")
    return Answer("taken", Tone.BAD, f"This is the card of {card.full_name}", "Take another one.")
