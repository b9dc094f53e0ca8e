"""Taps of a card that nobody knew then: assigned to its holder, as new facts (contract section 8).

The ledger keeps what was said at the gate. Beside it comes a tap of the same moment, reader and
way, under a series of its own, so that it counts once however often somebody asks. It is judged by
the card as it is now, and has happened: nobody is refused any more.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from attendance.day import Direction
from cards.models import Card
from cards.number_formats import NumberFormat
from core.errors import DomainError
from core.filters import within_day
from people.models import Person
from pos.ledger import Source, record_taps
from pos.models import Activity, Code, Decision, Tap, TapQuerySet
from pos.protocol import MAX_BATCH, MAX_BEHIND, OURS, IncomingTap

SERIES: Final = f"{OURS}reassessed)"


class UnknownCard(DomainError):
    status_code = 404
    code = "unknown_card"
    message = _("There is no such card in use.")


def may_reassess(user: User, person: Person) -> bool:
    """Whoever enrols, and whoever corrects days; of people that they know of."""
    may = user.may(Capability.MANAGE_CARDS) or user.may(Capability.CORRECT_ATTENDANCE)
    return may and Person.objects.seen_by(user).filter(pk=person.pk).exists()


def card_to_reassess(card_uuid: UUID, *, by: User) -> Card:
    """Raises UnknownCard, also for a card that is withdrawn."""
    card = Card.objects.filter(pk=card_uuid, retired_at=None).select_related("person").first()
    if card is None or not may_reassess(by, card.person):
        raise UnknownCard
    return card


def taps_unknown_then(card: Card, *, since: date | datetime, now: datetime) -> TapQuerySet:
    """Taps of this card's number that nobody knew, from a day or an instant on; oldest first.

    Not those that count nowhere: taken back, left for review, or sent away by the reader itself. At
    a hatch whoever was refused had no meal, so there only those of a hatch that was offline.
    """
    begins = since if isinstance(since, datetime) else within_day(since, "at", {"gte"})["at__gte"]
    again = Tap.objects.filter(
        device=OuterRef("device"),
        event_id=Cast(OuterRef("tap_id"), CharField()),
        series=SERIES,
    )
    taps: TapQuerySet = (
        Tap.objects.with_names()
        .believed()
        .filter(
            Q(activity=Activity.ATTENDANCE) | Q(decision=Decision.ACCEPTED),
            ~Exists(again),
            code=Code.UNKNOWN_CARD,
            number=card.rfid_number,
            device__isnull=False,
            counted_at__gte=max(begins, now - MAX_BEHIND),
        )
    )
    return taps.order_by("counted_at", "tap_id")


def unknown_today(card: Card, *, now: datetime) -> TapQuerySet:
    return taps_unknown_then(card, since=timezone.localdate(now), now=now)


@transaction.atomic
def reassess(card: Card, *, since: date | datetime, now: datetime) -> list[Tap]:
    """Assign these taps to the card's holder; which they were."""
    taps = list(taps_unknown_then(card, since=since, now=now)[:MAX_BATCH])
    for source, together in _by_source(taps).items():
        record_taps(source=source, taps=[_again(tap, now) for tap in together], received_at=now)
    return taps


def _by_source(taps: Iterable[Tap]) -> dict[Source, list[Tap]]:
    """As the reader was when the tap came; its number is known by now, and needs no format."""
    found: dict[Source, list[Tap]] = defaultdict(list)
    for tap in taps:
        assert tap.device
        source = Source(
            activity=tap.activity,
            number_format=NumberFormat.HEX,
            location=tap.location,
            debounce_seconds=tap.device.debounce_seconds,
            is_muster=tap.is_muster,
            device=tap.device_id,
        )
        found[source].append(tap)
    return found


def _again(tap: Tap, now: datetime) -> IncomingTap:
    return IncomingTap(
        event_id=str(tap.pk),
        series=SERIES,
        card=tap.number,
        tapped_at=tap.counted_at,
        direction=Direction(tap.direction) or None,
        offline=True,
        food_item=tap.food_item,
        reader_decision=Decision(tap.reader_decision) if tap.reader_decision else None,
        known_at=now,
    )
