"""Many cards prolonged or switched, which can be taken back: all in one transaction, set by set."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.models import Card
from cards.services import CardIsRetired
from cards.temporary import check_end
from cards.validity import LAST_SECOND, default_expiry
from core.errors import DomainError, InvalidFields
from core.locks import for_change, take_turns
from people.deed_models import Deed
from people.deeds import Touch, plain, record_deed
from people.kinds import kind_named

NO_DEFAULT: Final = _("Say until when: no validity is set for this kind of people.")


@dataclass
class ManyChanged:
    """What became of the cards that were asked for."""

    cards: list[Card] = field(default_factory=list)
    """Those that are as was asked, also if they were before; in the order of the asking."""
    refusals: Counter[str] = field(default_factory=Counter)
    """How often it was refused, by the reason."""
    deeds: list[Deed] = field(default_factory=list)
    """By which it is taken back: one for each kind of people."""


def switch_cards(*, cards: Sequence[UUID], is_active: bool, by: User) -> ManyChanged:
    """Activate or deactivate these; retired ones are refused."""
    what = Deed.What.CARDS_ACTIVATED if is_active else Deed.What.CARDS_SWITCHED_OFF
    return _change(cards, "is_active", lambda card: is_active, what=what, about="", by=by)


def prolong_cards(*, cards: Sequence[UUID], until: date | None, by: User) -> ManyChanged:
    """Give them this last day; None: that of a card which is issued today.

    Refused are retired ones, and those for which neither the caller nor the institution says an
    end.
    """
    now = timezone.now()
    said = timezone.make_aware(datetime.combine(until, LAST_SECOND)) if until else None

    def end_of(card: Card) -> datetime:
        end = said or default_expiry(card.person, issued=now)
        if end is None:
            raise InvalidFields({"expiry_date": [str(NO_DEFAULT)]})
        if card.is_temporary:
            check_end(card.person, end, at=now, key="expiry_date")
        return end

    about = until.isoformat() if until else ""
    return _change(cards, "expiry_date", end_of, what=Deed.What.CARDS_PROLONGED, about=about, by=by)


def _change(
    keys: Sequence[UUID],
    name: str,
    value_for: Callable[[Card], Any],
    *,
    what: Deed.What,
    about: str,
    by: User,
) -> ManyChanged:
    """Give each the value for it, or none if `value_for` raises a DomainError."""
    done = ManyChanged()
    touches: dict[str, list[Touch]] = defaultdict(list)
    writes: dict[Any, list[UUID]] = defaultdict(list)
    with transaction.atomic():
        found = _locked(keys)
        for number, key in enumerate(keys, 1):
            card = found.get(key)
            if card is None:
                done.refusals[gettext("it was deleted meanwhile.")] += 1
                continue
            try:
                value = _allowed(card, value_for)
            except DomainError as error:
                done.refusals[str(error)] += 1
                continue
            done.cards.append(card)
            before = getattr(card, name)
            if before != value:
                setattr(card, name, value)
                writes[value].append(card.pk)
                touches[card.card_type].append(_touch(card, name, before, number=number))
        for value, pks in writes.items():
            Card.objects.filter(pk__in=pks).update(**{name: value, "updated_at": timezone.now()})
        for kind, own in sorted(touches.items()):
            deed = record_deed(
                what=what,
                kind=kind_named(kind),
                by=by,
                about=about,
                summary={"total": len(own), "created": 0, "updated": len(own)},
                touches=own,
            )
            assert deed is not None
            done.deeds.append(deed)
    return done


def _locked(keys: Sequence[UUID]) -> dict[UUID, Card]:
    """In key order, after the turns of whoever writes many people, whose cards follow them."""
    asked = Card.objects.filter(pk__in=keys)
    for kind in sorted(set(asked.order_by().values_list("card_type", flat=True))):
        take_turns(f"import {kind_named(kind).plural_key}")
    return {card.pk: card for card in for_change(asked.select_related("person").order_by("pk"))}


def _allowed(card: Card, value_for: Callable[[Card], Any]) -> Any:
    if card.is_retired:
        raise CardIsRetired
    return value_for(card)


def _touch(card: Card, name: str, before: Any, *, number: int) -> Touch:
    return Touch(
        number,
        card,
        card.person_id,
        card.person.identifier,
        after={name: plain(getattr(card, name))},
        before={name: plain(before)},
    )
