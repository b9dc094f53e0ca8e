"""What the desk says after a tap, in a word for the script and a sentence for the officer."""

from dataclasses import dataclass

from cards.desk.taps import DeskTap
from cards.models import Card
from office.tasks import Tone
from people.models import Person


@dataclass(frozen=True)
class Feedback:
    """`state` is what the script hears: linked, first, free, taken, retired, several, refused."""

    state: str
    tone: Tone
    title: str
    text: str = ""


def linked(card: Card) -> Feedback:
    return Feedback("linked", Tone.GOOD, f"{card.person.full_name} has card {card}")


def refused(text: str) -> Feedback:
    return Feedback("refused", Tone.BAD, "Not linked", text)


def feedback_to(tap: DeskTap, *, person: Person | None, is_another: bool) -> Feedback:
    """`is_another`: a different card was tapped before."""
    if tap.cards and not tap.is_free:
        return _of_known(tap, person)
    if tap.problem:
        return Feedback("refused", Tone.BAD, "This card cannot be registered", tap.problem)
    if person is None:
        text = f"{_before(tap)}Choose a person to give it to, then tap it again."
        return Feedback("free", Tone.INFO, "Nobody has this card", text)
    if is_another:
        text = "Two different cards were tapped. Tap this one again to link it."
        return Feedback("first", Tone.WARN, "This is another card", text)
    text = f"{_before(tap)}To give it to {person.full_name}."
    return Feedback("first", Tone.INFO, "Free. Tap the same card again", text)


def _before(tap: DeskTap) -> str:
    """Whose the chip was, if it has been somebody's."""
    return f"It was the card of {tap.cards[0].full_name}. " if tap.cards else ""


def _of_known(tap: DeskTap, person: Person | None) -> Feedback:
    if len(tap.cards) > 1:
        text = "The reader tells only a part of the number, and it fits several cards."
        return Feedback("several", Tone.WARN, "This may be one of several cards", text)
    (card,) = tap.cards
    if card.retired_at is not None:
        text = "What is printed on it is not valid any more. Its chip can be tapped."
        return Feedback("retired", Tone.BAD, f"Retired. It was the card of {card.full_name}", text)
    if person is None:
        return Feedback("taken", Tone.INFO, f"This is the card of {card.full_name}")
    if card.holder == person.pk:
        return Feedback("taken", Tone.INFO, f"{card.full_name} has this card already")
    return Feedback("taken", Tone.BAD, f"This is the card of {card.full_name}", "Take another one.")
