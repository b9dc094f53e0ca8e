"""Which cards a reader would admit: what it needs to decide while there is no line (contract 8).

Numbers alone, as this reader spells them. All known cards are looked at in one query, however many;
what the reader asks for since a moment is the same, less what has not changed since: rather one too
many, for a number that is said twice does no harm.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from cards.models import Card
from cards.number_formats import NumberFormat, not_told_apart, spell
from cards.standing import standing_q
from kitchen.serving import periods_held
from people.standing import OK
from pos.authentication import ReaderUser
from pos.models import Activity, Device

# What is being written becomes visible later than the moment that it says.
WRITING: Final = timedelta(minutes=10)
# Within which both moments of a new row are taken.
AT_ONCE: Final = timedelta(milliseconds=50)
# At these a card or its holder becomes good, or no good, by itself.
TURNS: Final = (
    *("expiry_date", "suspended_until"),
    *("person__admitted_from", "person__admitted_until"),
)


@dataclass(frozen=True, slots=True)
class Admission:
    """Numbers in the reader's spelling, in order; `is_complete`: all there are, and no others."""

    is_complete: bool
    cards: list[str]
    withdrawn: list[str]


def admission_at(reader: ReaderUser, *, at: datetime, since: datetime | None = None) -> Admission:
    """Which cards are admitted at this moment, and which known ones are not.

    `since`: only those of which that may have changed since then. Where meals are served, or the
    reader's own settings have changed, nothing tells what has: then it is all of them.
    """
    if since and (reader.activity_type == Activity.FOOD_SERVICE or _is_other(reader, since)):
        since = None
    since = since and since - WRITING
    is_admitted: dict[str, bool] = defaultdict(bool)
    changed = set(_numbers_had(since)) if since else set()
    for number, is_good, has_changed in _cards(reader, at, since):
        is_admitted[number] |= is_good
        if has_changed:
            changed.add(number)
    for number in changed - is_admitted.keys():  # of a card that is deleted, or has another
        is_admitted[number] = False
    number_format = NumberFormat(reader.number_format)
    alike = not_told_apart(is_admitted, number_format)
    said: dict[bool, list[str]] = {True: [], False: []}
    for number in sorted(changed if since else is_admitted):
        said[is_admitted[number] and number not in alike] += _spelled(number, number_format)
    cards, withdrawn = sorted(set(said[True])), sorted({*said[False]} - {*said[True]})
    return Admission(since is None, cards, withdrawn)


def _cards(reader: ReaderUser, at: datetime, since: datetime | None) -> Iterable[Any]:
    """Of each card its number, whether it is admitted, and whether that may have changed."""
    has_changed = Q(pk__isnull=False)
    if since:
        has_changed = Q(latest__gt=since)
        for turn in TURNS:
            has_changed |= Q(**{f"{turn}__gt": since, f"{turn}__lte": at})
        last_days = {"gte": timezone.localdate(since), "lt": timezone.localdate(at)}
        has_changed |= Q(**{f"person__left_on__{edge}": day for edge, day in last_days.items()})
    cards = Card.objects.annotate(latest=Greatest("updated_at", "person__updated_at")).order_by()
    return cards.values_list(
        "rfid_number", _flag(_admitted_q(reader, at)), _flag(has_changed)
    ).iterator()


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def _admitted_q(reader: ReaderUser, at: datetime) -> Q:
    if reader.is_muster:
        return Q(pk__isnull=False)
    good = standing_q(OK, at)
    if reader.activity_type == Activity.ATTENDANCE:
        return good
    entitled = Q(pk__isnull=True)
    for period in periods_held([at]):
        entitled |= period.people_q("person__")
    return good & entitled


def _numbers_had(since: datetime) -> Iterable[str]:
    """Every number that cards have had which were written since, be they deleted."""
    events: Any = Card.pgh_event_model  # type: ignore[attr-defined]
    written = events.objects.filter(pgh_created_at__gt=since).values("card_uuid")
    had: Any = events.objects.filter(card_uuid__in=written).order_by().distinct()
    numbers: Iterable[str] = had.values_list("rfid_number", flat=True)
    return numbers


def _is_other(reader: ReaderUser, since: datetime) -> bool:
    """Whether it has been changed since; one that is new is what it was when it asked first."""
    was_changed = Q(updated_at__gt=since - WRITING) & Q(updated_at__gt=F("created_at") + AT_ONCE)
    is_newer = Q(created_at__gt=since)
    return Device.objects.filter(was_changed | is_newer, pk=reader.pos_id).exists()


def _spelled(number: str, number_format: NumberFormat) -> list[str]:
    try:
        return [spell(number, number_format)]
    except ValueError:  # no reader of this format can read such a card
        return []
