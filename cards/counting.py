"""Counts of cards: from the tally where its columns suffice, from the rows where they do not."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from cards.models import Card, CardTally
from people.kinds import PersonKind, kinds
from people.models import Person

RECENT = timedelta(days=30)


@dataclass(frozen=True)
class Summary:
    total: int
    active: int

    def as_dict(self) -> dict[str, int]:
        """The seed's keys."""
        return {
            "total_cards": self.total,
            "active_cards": self.active,
            "inactive_cards": self.total - self.active,
        }


def summary_of_rows(cards: QuerySet[Card]) -> Summary:
    """One pass over the rows: for a search, which no tally knows."""
    found = cards.order_by().aggregate(
        total=Count("*"), active=Count("pk", filter=Q(is_active=True))
    )
    return Summary(found["total"], found["active"])


def summary_of_tally(tally: QuerySet[CardTally]) -> Summary:
    found = tally.aggregate(total=Sum("count"), active=Sum("count", filter=Q(is_active=True)))
    return Summary(found["total"] or 0, found["active"] or 0)


def statistics(*, at: datetime) -> dict[str, Any]:
    """The seed's statistics of personnel: active people, and all cards but the temporary ones."""
    personnel = [kind for kind in kinds() if kind.is_personnel]
    keys = [kind.key for kind in personnel]
    cards, active_cards, with_card = Counter[str](), 0, Counter[str]()
    tally = (
        CardTally.objects.filter(card_type__in=keys, is_temporary=False)
        .values_list("card_type", "is_active", "is_retired", "holder_is_active")
        .annotate(number=Sum("count"))
    )
    for card_type, is_active, is_retired, holder_is_active, number in tally:
        cards[card_type] += number
        active_cards += number * is_active
        with_card[card_type] += number * (holder_is_active and not is_retired)
    active_people = Person.objects.active().filter(kind__in=keys).order_by().values_list("kind")
    people = Counter(dict(active_people.annotate(number=Count("*"))))
    recent = Card.objects.filter(card_type__in=keys, is_temporary=False, created_at__gt=at - RECENT)
    covered = 100 * with_card.total() / people.total() if people.total() else 0.0
    return {
        "summary": {
            "total_personnel": people.total(),
            **{f"total_{kind.plural_key}": people[kind.key] for kind in personnel},
            "total_cards": cards.total(),
            "active_cards": active_cards,
            "inactive_cards": cards.total() - active_cards,
            **{f"{kind.key}_cards": cards[kind.key] for kind in personnel},
            **{
                f"{kind.plural_key}_without_cards": people[kind.key] - with_card[kind.key]
                for kind in personnel
            },
            "coverage_percentage": round(covered, 2),
            "recent_cards_30_days": recent.count(),
        },
        "cards_by_type": {kind.key: cards[kind.key] for kind in personnel},
    }


def number_without_card(kind: PersonKind) -> int:
    """How many active people hold no card: the people less the cards of the tally, in one query."""
    held = (
        CardTally.objects.filter(
            card_type=kind.key, is_retired=False, is_temporary=False, holder_is_active=True
        )
        .order_by()
        .values("card_type")
        .annotate(number=Sum("count"))
        .values("number")
    )
    people = Person.objects.of_kind(kind).active()
    number: int = people.aggregate(without=Count("*") - Coalesce(Subquery(held), 0))["without"]
    return number


def compact_tally() -> int:
    """Add the tally's rows up; returns how many there were. Readers see either state, whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH old AS (DELETE FROM cards_cardtally RETURNING *), kept AS (
                INSERT INTO cards_cardtally
                    (card_type, is_active, is_retired, is_temporary, holder_is_active, department,
                    count)
                SELECT card_type, is_active, is_retired, is_temporary, holder_is_active, department,
                    sum(count)
                FROM old GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(count) <> 0)
            SELECT count(*) FROM old
            """
        )
        (rows,) = cursor.fetchone()
    return int(rows)
