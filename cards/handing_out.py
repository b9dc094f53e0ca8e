"""Cards that are handed out: who waits for theirs, group by group, and who has received one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists
from django.utils import timezone

from accounts.models import User
from cards.hand_out_models import HandOut, HandOutTakenBack
from cards.holders import Group, counted_groups, current_card_of_each, not_gone
from cards.models import Card, CardQuerySet
from people.kinds import PersonKind


def people_who_wait(kind: PersonKind) -> Any:
    """Those who are not gone and whose card has not been handed out."""
    waiting = current_card_of_each().filter(hand_out=None)
    return not_gone(kind.model.objects.of_own_kind()).filter(Exists(waiting))


@dataclass(frozen=True, slots=True)
class Receivers(Group):
    """A group of people whose cards are handed out."""

    @property
    def people(self) -> Any:
        return people_who_wait(self.kind).filter(**self.condition)

    @property
    def everybody(self) -> Any:
        return self.kind.model.objects.of_own_kind().filter(**self.condition)

    @property
    def waiting(self) -> CardQuerySet:
        """Their cards in the order of the list."""
        return self._cards(self.people).filter(hand_out=None)

    @property
    def received(self) -> CardQuerySet:
        """Those that have been handed out, the latest first."""
        found = self._cards(self.everybody).filter(hand_out__isnull=False)
        return found.select_related("hand_out__handed_out_by").order_by(
            "-hand_out__handed_out_at", "pk"
        )

    def _cards(self, people: Any) -> CardQuerySet:
        cards = Card.objects.current().with_holders().with_printed_name()
        return cards.filter(person__in=people.order_by().values("pk")).by_name()


def groups_that_wait(kind: PersonKind) -> list[tuple[Group, int]]:
    """Every group in which a card waits to be handed out, with how many; in one query."""
    return counted_groups(kind, people_who_wait(kind))


def hand_out(
    *, card_uuids: Iterable[UUID], by: User, how: str, received_by: str = ""
) -> list[Card]:
    """Write down that these cards have been received; returns those that had not been before.

    `received_by`: who took them along, if not their holders. Left out are retired and temporary
    ones, and those of people who are gone.
    """
    waiting = Card.objects.current().filter(pk__in=list(card_uuids), hand_out=None)
    cards = list(not_gone(waiting, of="person__").select_related("person"))
    now = timezone.now()
    said = {"handed_out_by": by, "handed_out_at": now}
    # Of two desks that write the same card down, the first has done it.
    HandOut.objects.bulk_create(
        [HandOut(card=card, received_by=received_by, how=how, **said) for card in cards],
        ignore_conflicts=True,
    )
    ours = set(HandOut.objects.filter(card__in=cards, **said).values_list("card_id", flat=True))
    return [card for card in cards if card.pk in ours]


def take_back(*, card_uuid: UUID, by: User) -> bool:
    """The card waits to be handed out again, as after a slip; False: it was not.

    Whoever says so at the same moment waits for the row, and finds none.
    """
    with transaction.atomic():
        row = HandOut.objects.select_for_update().filter(card=card_uuid).first()
        if row is None:
            return False
        HandOutTakenBack.objects.create(
            card_id=card_uuid,
            handed_out_at=row.handed_out_at,
            handed_out_by_id=row.handed_out_by_id,
            received_by=row.received_by,
            taken_back_by=by,
        )
        row.delete()
    return True
