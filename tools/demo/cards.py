"""The demo's cards: most people have one, some are off, some were replaced, one is lost."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from cards import services
from cards.models import CODE_ALPHABET, CODE_LENGTH, Card
from people.models import Person

SEED = 20261122
# Of a hundred active people: without a card, with one that is off, with chip numbers (not RF...).
WITHOUT, SWITCHED_OFF, WITH_CHIP = 8, 3, 40
REPLACED = 8
VALID_FOR = timedelta(days=4 * 365)


def issue_demo_cards(people: Iterable[Person], *, by: User, at: datetime) -> int:
    """Issue cards to most of these people as of `at`; returns how many cards there are then."""
    random = Random(SEED)
    holders = [person for person in people if person.is_active and random.randrange(100) >= WITHOUT]
    cards = [_card(person, random, by, at) for person in holders]
    Card.objects.bulk_create(cards)
    lost, *replaced = random.sample(cards, 1 + REPLACED)
    services.retire_card(card=lost, reason=Card.Reason.LOST)
    for card in replaced:
        reason = random.choice((Card.Reason.LOST, Card.Reason.DAMAGED, Card.Reason.STOLEN))
        services.replace_card(card=card, reason=reason, rfid_number=_number(random), by=by)
    return Card.objects.count()


def _card(person: Person, random: Random, by: User, at: datetime) -> Card:
    issued = at - timedelta(days=random.randrange(3, 60), minutes=random.randrange(600))
    return Card(
        rfid_number=_number(random),
        card_type=person.kind,
        person=person,
        is_active=random.randrange(100) >= SWITCHED_OFF,
        issued_date=issued,
        expiry_date=issued + VALID_FOR,
        code="".join(random.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH)),
        created_by=by,
    )


def _number(random: Random) -> str:
    """A chip's number of seven bytes (NXP's begin with 04), or one like those we generate."""
    if random.randrange(100) < WITH_CHIP:
        return f"04{random.getrandbits(48):012X}"
    return f"RF{random.randrange(10**9):09}"
