"""What the desk says after a tap, in a word for the script and a sentence for the officer."""

from dataclasses import dataclass

from django.utils.translation import gettext

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
    return Feedback(
        "linked",
        Tone.GOOD,
        gettext("{name} has card {card}").format(name=card.person.full_name, card=card),
    )


def refused(text: str) -> Feedback:
    return Feedback("refused", Tone.BAD, gettext("Not linked"), text)


def feedback_to(tap: DeskTap, *, person: Person | None, is_another: bool) -> Feedback:
    """`is_another`: a different card was tapped before."""
    if tap.cards and not tap.is_free:
        return _of_known(tap, person)
    if tap.problem:
        return Feedback("refused", Tone.BAD, gettext("This card cannot be registered"), tap.problem)
    if person is None:
        text = _before(tap) + gettext("Choose a person to give it to, then tap it again.")
        return Feedback("free", Tone.INFO, gettext("Nobody has this card"), text)
    if is_another:
        text = gettext("Two different cards were tapped. Tap this one again to link it.")
        return Feedback("first", Tone.WARN, gettext("This is another card"), text)
    text = _before(tap) + gettext("To give it to {name}.").format(name=person.full_name)
    return Feedback("first", Tone.INFO, gettext("Free. Tap the same card again"), text)


def _before(tap: DeskTap) -> str:
    """Whose the chip was, if it has been somebody's."""
    if not tap.cards:
        return ""
    before = gettext("It was the card of {name}.").format(name=tap.cards[0].full_name)
    return f"{before} "


def _of_known(tap: DeskTap, person: Person | None) -> Feedback:
    if len(tap.cards) > 1:
        text = gettext("The reader tells only a part of the number, and it fits several cards.")
        return Feedback("several", Tone.WARN, gettext("This may be one of several cards"), text)
    (card,) = tap.cards
    if card.retired_at is not None:
        text = gettext("What is printed on it is not valid any more. Its chip can be tapped.")
        title = gettext("Retired. It was the card of {name}").format(name=card.full_name)
        return Feedback("retired", Tone.BAD, title, text)
    title = gettext("This is the card of {name}").format(name=card.full_name)
    if person is None:
        return Feedback("taken", Tone.INFO, title)
    if card.holder == person.pk:
        has_it = gettext("{name} has this card already").format(name=card.full_name)
        return Feedback("taken", Tone.INFO, has_it)
    return Feedback("taken", Tone.BAD, title, gettext("Take another one."))
