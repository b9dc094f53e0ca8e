"""The life of a card: issued, switched, changed, retired, replaced, deleted.

The API, the registration office, the commands and the imports all come through here; the
constraints and triggers of `cards.models` hold for whoever does not.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from cards.models import Card
from cards.numbers import generated_number
from core.constraints import violations_as_field_errors
from core.errors import DomainError, InvalidFields
from people.kinds import PersonKind
from people.models import Person

# With a million cards one generated number in a thousand is taken; twenty in a row never are.
GENERATION_TRIES = 20


class CardIsRetired(DomainError):
    code = "card_retired"
    message = "This card is retired for good. Issue a new one instead."


class NumbersExhausted(DomainError):
    code = "numbers_exhausted"
    message = "No free card number was found. Give one by hand."


@dataclass
class BulkResult:
    """What a bulk issue did: new cards, and errors by the id that was asked for, in order."""

    cards: list[Card] = field(default_factory=list)
    errors: list[tuple[Any, InvalidFields]] = field(default_factory=list)


def issue_card(
    *,
    holder: Person,
    rfid_number: str | None,
    by: User | None,
    expiry_date: datetime | None = None,
    replaces: Card | None = None,
) -> Card:
    """Issue a card with this canonical number, or with a generated one if None.

    Raises InvalidFields when the holder is inactive or has a card already, or when the number is
    in use; also when another request was faster.
    """
    kind = holder.declared
    if not holder.is_active:
        raise InvalidFields({kind.card_uuid_key: [f"{kind.holder_word} is not active."]})
    fields: dict[str, Any] = {
        "card_type": kind.key,
        "person": holder,
        "expiry_date": expiry_date,
        "replaces": replaces,
        "created_by": by,
    }
    if rfid_number is None:
        return _with_generated_number(fields)
    with _violations(holder):
        return Card.objects.create(rfid_number=rfid_number, **fields)


def _violations(holder: Person) -> AbstractContextManager[None]:
    """What the database refuses about a card of this person, in the seed's words."""
    taken = f"{holder.declared.holder_word} already has a card"
    return violations_as_field_errors(Card, {"cards_card_one_for_a_person": taken})


def _with_generated_number(fields: dict[str, Any]) -> Card:
    """The unique constraint says whether a number is free; if not, another one is tried."""
    for _ in range(GENERATION_TRIES):
        try:
            with _violations(fields["person"]):
                return Card.objects.create(rfid_number=generated_number(), **fields)
        except InvalidFields as error:
            if "rfid_number" not in error.fields:
                raise
    raise NumbersExhausted


def issue_cards(*, kind: PersonKind, holder_uuids: Iterable[Any], by: User) -> BulkResult:
    """Issue a card with a generated number to each of these people, one transaction for each.

    What cannot be done is an error in the result and stops nothing else.
    """
    wanted = list(holder_uuids)
    people = kind.model.objects.in_bulk([pk for pk in map(_as_uuid, wanted) if pk])
    result = BulkResult()
    for asked in wanted:
        pk = _as_uuid(asked)
        holder = people.get(pk) if pk else None
        if holder is None:
            message = f"{kind.holder_word} not found." if pk else "Must be a valid UUID."
            result.errors.append((asked, InvalidFields({kind.card_uuid_key: [message]})))
            continue
        try:
            result.cards.append(issue_card(holder=holder, rfid_number=None, by=by))
        except InvalidFields as error:
            result.errors.append((asked, error))
    return result


def _as_uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def change_card(*, card: Card, changes: dict[str, Any]) -> Card:
    """Change number, expiry date or the switch; the caller holds the row's lock.

    Raises CardIsRetired, and InvalidFields when the number is in use.
    """
    changed = [name for name, value in changes.items() if getattr(card, name) != value]
    if not changed:
        return card
    if card.is_retired:
        raise CardIsRetired
    for name in changed:
        setattr(card, name, changes[name])
    with violations_as_field_errors(Card):
        card.save(update_fields=[*changed, "updated_at"])
    return card


def switch_card(*, card: Card, is_active: bool) -> Card:
    """Activate or deactivate. Raises CardIsRetired for any activation of a retired card."""
    if card.is_retired:
        raise CardIsRetired
    return change_card(card=card, changes={"is_active": is_active})


def retire_card(*, card: Card, reason: str) -> Card:
    """Take a card out of use for good; the caller holds the row's lock.

    Raises CardIsRetired if it is already.
    """
    if card.is_retired:
        raise CardIsRetired
    card.is_active = False
    card.retired_at = timezone.now()
    card.retired_reason = reason
    card.save(update_fields=["is_active", "retired_at", "retired_reason", "updated_at"])
    return card


def replace_card(*, card: Card, reason: str, rfid_number: str | None, by: User | None) -> Card:
    """Retire a card and issue its holder a new one, both or neither.

    The new card expires when the old one would have, unless that day has passed. Raises what
    `retire_card` and `issue_card` raise.
    """
    with transaction.atomic():
        retire_card(card=card, reason=reason)
        return issue_card(
            holder=card.person,
            rfid_number=rfid_number,
            by=by,
            expiry_date=card.expiry_date if _is_ahead(card.expiry_date) else None,
            replaces=card,
        )


def _is_ahead(moment: datetime | None) -> bool:
    return moment is not None and moment > timezone.now()
