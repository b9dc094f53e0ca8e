"""The life of a card: issued or lent, switched, changed, retired, returned, replaced, deleted.

The API, the registration office, the commands and the imports all come through here; the
constraints and triggers of `cards.models` hold for whoever does not.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.models import Card
from cards.numbers import generated_number
from cards.temporary import check_end, default_end
from cards.validity import Ends, default_expiry
from core.constraints import violations_as_field_errors
from core.errors import DomainError, InvalidFields
from core.locks import for_change
from core.statistics import tell_of_many
from core.uuids import as_uuid
from people.deed_models import Deed
from people.deeds import GrowingDeed, Touch, plain
from people.kinds import PersonKind
from people.models import Person

# With a million cards one generated number in a thousand is taken; twenty in a row never are.
GENERATION_TRIES = 20
# What becomes of a card while it is not retired.
CHANGEABLE: Final = ("rfid_number", "is_active", "expiry_date")


class CardIsRetired(DomainError):
    code = "card_retired"
    message = _("This card is retired for good. Issue a new one instead.")


class CardIsTemporary(DomainError):
    code = "temporary_card"
    message = _("A temporary card is taken back, and not replaced. Give another one instead.")


class CardIsNotTemporary(DomainError):
    code = "not_temporary"
    message = _("This is no temporary card. Retire it if it was returned for good.")


class NumbersExhausted(DomainError):
    code = "numbers_exhausted"
    message = _("No free card number was found. Give one by hand.")


@dataclass
class BulkResult:
    """What a bulk issue did: new cards, and errors by the id that was asked for, in order."""

    cards: list[Card] = field(default_factory=list)
    deed: Deed | None = None
    """By which they are taken back; None: there are none."""
    errors: list[tuple[Any, InvalidFields]] = field(default_factory=list)


def issue_card(
    *,
    holder: Person,
    rfid_number: str | None,
    by: User | None,
    expiry_date: datetime | Ends | None = Ends.BY_DEFAULT,
    issued_date: datetime | None = None,
    replaces: Card | None = None,
) -> Card:
    """Issue a card with this canonical number, or with a generated one if None.

    `issued_date`: when it was handed out, if that was before now. `expiry_date`: None for no end.

    Raises InvalidFields when the holder is inactive or has a card already, or when the number is
    in use; also when another request was faster.
    """
    _check_holder(holder)
    issued = issued_date or timezone.now()
    if expiry_date is Ends.BY_DEFAULT:
        expiry_date = default_expiry(holder, issued=issued)
    fields: dict[str, Any] = {
        "person": holder,
        "expiry_date": expiry_date,
        "issued_date": issued,
        "replaces": replaces,
        "created_by": by,
    }
    if rfid_number is None:
        return _with_generated_number(fields)
    return _insert({"rfid_number": rfid_number, **fields})


def issue_temporary_card(
    *, holder: Person, rfid_number: str, by: User | None, valid_until: datetime | None = None
) -> Card:
    """Lend somebody the chip of this canonical number, until then or the end of the day.

    While it lasts their own card, if they have one, is refused with `card_suspended`. Raises
    InvalidFields when the holder is inactive or has a temporary card that lasts, when a visit is
    over, when the number is in use, and for an end that is past, too far or after the visit.
    """
    _check_holder(holder)
    now = timezone.now()
    if holder.admitted_until and holder.admitted_until <= now:
        raise InvalidFields({holder.declared.card_uuid_key: [gettext("This visit is over.")]})
    ends = valid_until or default_end(holder, at=now)
    check_end(holder, ends, at=now, key="valid_until")
    fields = {"rfid_number": rfid_number, "person": holder, "created_by": by}
    with transaction.atomic():
        # The own card before the person, whose row a new card's trigger locks: in the order of
        # whoever gives the own card another number. The other way round they could deadlock.
        for_change(Card.objects.current().of(holder)).first()
        return _insert({**fields, "is_temporary": True, "expiry_date": ends})


def _check_holder(holder: Person) -> None:
    if not holder.is_active:
        kind = holder.declared
        message = gettext("{person} is not active.").format(person=kind.holder_word)
        raise InvalidFields({kind.card_uuid_key: [message]})


def _insert(fields: dict[str, Any]) -> Card:
    """A new card; temporary ones that are in its way and overdue are retired with it, or not."""
    holder, number = fields["person"], fields["rfid_number"]
    with _telling_whose(number):
        try:
            with _violations(holder):
                return _create(fields)
        except InvalidFields:
            with transaction.atomic():
                if not _retire_overdue(number, holder if fields.get("is_temporary") else None):
                    raise
                with _violations(holder):
                    return _create(fields)


def _create(fields: dict[str, Any]) -> Card:
    card = Card.objects.create(card_type=fields["person"].kind, **fields)
    card.refresh_from_db(fields=["suspended_until"])  # as the database gave it
    return card


def _violations(holder: Person) -> AbstractContextManager[None]:
    """What the database refuses about a card of this person, in the seed's words."""
    who = holder.declared.holder_word
    taken = gettext("{person} already has a card").format(person=who)
    has_temporary = gettext("{person} already has a temporary card").format(person=who)
    words = {
        "cards_card_one_for_a_person": taken,
        "cards_card_one_temporary_for_a_person": has_temporary,
    }
    return violations_as_field_errors(Card, words)


@contextmanager
def _telling_whose(number: str) -> Iterator[None]:
    """A number that is in use is refused with the name of whoever has it: it may be looked for."""
    try:
        yield
    except InvalidFields as error:
        if "rfid_number" not in error.fields:
            raise
        card = Card.objects.filter(rfid_number=number, retired_at=None).first()
        if card is None:  # retired since
            raise
        (message, *_), holder = error.fields["rfid_number"], card.person
        whose = (
            gettext("It is the temporary card of {name}, {number}.")
            if card.is_temporary
            else gettext("It is the card of {name}, {number}.")
        ).format(name=holder.full_name, number=holder.identifier)
        said = f"{message} {whose}"
        raise InvalidFields({**error.fields, "rfid_number": [said]}, code=error.code) from error


def _retire_overdue(number: str, holder: Person | None) -> bool:
    """Retire temporary cards whose time is over: with this number, and of this person."""
    theirs = Q(rfid_number=number) | (Q(person=holder) if holder else Q())
    overdue = Card.objects.overdue(at=timezone.now()).filter(theirs)
    # Locked in the order of keys, and only those that nobody else has retired meanwhile.
    cards = list(for_change(overdue.order_by("pk")))
    for card in cards:
        retire_card(card=card, reason=Card.Reason.EXPIRED)
    return bool(cards)


def _with_generated_number(fields: dict[str, Any]) -> Card:
    """The unique constraint says whether a number is free; if not, another one is tried.

    One that a retired card had is not made up again, as it may be in print.
    """
    for _attempt in range(GENERATION_TRIES):
        number = generated_number()
        if Card.objects.filter(rfid_number=number).exists():
            continue
        try:
            with _violations(fields["person"]):
                return _create({"rfid_number": number, **fields})
        except InvalidFields as error:
            if "rfid_number" not in error.fields:
                raise
    raise NumbersExhausted


def issue_cards(
    *, kind: PersonKind, holder_uuids: Iterable[Any], by: User, about: str = ""
) -> BulkResult:
    """Issue a card with a generated number to each of these people, one transaction for each.

    What cannot be done is an error in the result and stops nothing else. What was done is one
    deed, of which `about` says whose class or file it was.
    """
    wanted = list(holder_uuids)
    deed = GrowingDeed(
        what=Deed.What.CARDS_ISSUED, kind=kind, by=by, about=about, total=len(wanted)
    )
    people = kind.model.objects.in_bulk([pk for pk in map(as_uuid, wanted) if pk])
    result = BulkResult()
    for number, asked in enumerate(wanted, 1):
        pk = as_uuid(asked)
        holder = people.get(pk) if pk else None
        if holder is None:
            message = (
                gettext("{person} not found.").format(person=kind.holder_word)
                if pk
                else gettext("Must be a valid UUID.")
            )
            result.errors.append((asked, InvalidFields({kind.card_uuid_key: [message]})))
            continue
        try:
            with transaction.atomic():
                card = issue_card(holder=holder, rfid_number=None, by=by)
                deed.add(_issued(card, holder, number=number))
            result.cards.append(card)
        except InvalidFields as error:
            result.errors.append((asked, error))
    result.deed = deed.deed
    tell_of_many(len(result.cards), Card)
    return result


def _issued(card: Card, holder: Person, *, number: int) -> Touch:
    values = {name: plain(getattr(card, name)) for name in CHANGEABLE}
    return Touch(number, card, holder.pk, holder.identifier, after=values)


def change_card(*, card: Card, changes: dict[str, Any]) -> Card:
    """Change number, expiry date or the switch; the caller holds the row's lock.

    Raises CardIsRetired, and InvalidFields when the number is in use, and for an end that a
    temporary card cannot have.
    """
    changed = [name for name, value in changes.items() if getattr(card, name) != value]
    if not changed:
        return card
    if card.is_retired:
        raise CardIsRetired
    if card.is_temporary and "expiry_date" in changed:
        check_end(card.person, changes["expiry_date"], at=timezone.now(), key="expiry_date")
    for name in changed:
        setattr(card, name, changes[name])
    with _telling_whose(card.rfid_number), violations_as_field_errors(Card):
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


def return_card(*, card: Card) -> Card:
    """Take a temporary card back, overdue or not; the caller holds the row's lock.

    From now on the holder's own card is good again. Raises CardIsNotTemporary and CardIsRetired.
    """
    if not card.is_temporary:
        raise CardIsNotTemporary
    if card.is_retired:
        raise CardIsRetired(gettext("This temporary card has ended already."))
    return retire_card(card=card, reason=Card.Reason.RETURNED)


def replace_card(*, card: Card, reason: str, rfid_number: str | None, by: User | None) -> Card:
    """Retire a card and issue its holder a new one, both or neither.

    The new card expires when the old one would have; if that has passed or there was no end, as a
    new one does. Raises
    CardIsTemporary, and what `retire_card` and `issue_card` raise.
    """
    if card.is_temporary:
        raise CardIsTemporary
    with transaction.atomic():
        retire_card(card=card, reason=reason)
        return issue_card(
            holder=card.person,
            rfid_number=rfid_number,
            by=by,
            expiry_date=card.expiry_date if _is_ahead(card.expiry_date) else Ends.BY_DEFAULT,
            replaces=card,
        )


def _is_ahead(moment: datetime | None) -> bool:
    return moment is not None and moment > timezone.now()
