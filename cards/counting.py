"""Counts of cards: from the tally where its columns suffice, from the rows where they do not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from cards.models import HOLDER_MODEL, Card, CardTally, CardType

RECENT = timedelta(days=30)
PLURALS = {CardType.STUDENT: "students", CardType.STAFF: "staff", CardType.SECURITY: "security"}


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
    """The seed's statistics; people are active people, cards are all cards."""
    tally = list(
        CardTally.objects.values_list(
            "card_type", "is_active", "is_retired", "holder_is_active"
        ).annotate(n=Sum("count"))
    )
    people = {
        card_type: model._default_manager.filter(is_active=True).count()
        for card_type, model in HOLDER_MODEL.items()
    }
    with_card = {
        card_type: sum(
            n for t, _, retired, active, n in tally if t == card_type and not retired and active
        )
        for card_type in CardType
    }
    cards = {
        card_type: sum(row[-1] for row in tally if row[0] == card_type) for card_type in CardType
    }
    active_cards = sum(row[-1] for row in tally if row[1])
    total_cards, total_people = sum(cards.values()), sum(people.values())
    covered = 100 * sum(with_card.values()) / total_people if total_people else 0.0
    return {
        "summary": {
            "total_personnel": total_people,
            **{f"total_{PLURALS[t]}": people[t] for t in CardType},
            "total_cards": total_cards,
            "active_cards": active_cards,
            "inactive_cards": total_cards - active_cards,
            **{f"{t}_cards": cards[t] for t in CardType},
            **{f"{PLURALS[t]}_without_cards": people[t] - with_card[t] for t in CardType},
            "coverage_percentage": round(covered, 2),
            "recent_cards_30_days": Card.objects.filter(created_at__gt=at - RECENT).count(),
        },
        "cards_by_type": {str(t): cards[t] for t in CardType},
    }


def number_without_card(card_type: CardType) -> int:
    """How many active people hold no card: the people less the cards of the tally, in one query."""
    held = (
        CardTally.objects.filter(card_type=card_type, is_retired=False, holder_is_active=True)
        .order_by()
        .values("card_type")
        .annotate(number=Sum("count"))
        .values("number")
    )
    people = HOLDER_MODEL[card_type]._default_manager.filter(is_active=True)
    number: int = people.aggregate(without=Count("*") - Coalesce(Subquery(held), 0))["without"]
    return number


def compact_tally() -> int:
    """Add the tally's rows up; returns how many there were. Readers see either state, whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH old AS (DELETE FROM cards_cardtally RETURNING *), kept AS (
                INSERT INTO cards_cardtally
                    (card_type, is_active, is_retired, holder_is_active, department, count)
                SELECT card_type, is_active, is_retired, holder_is_active, department, sum(count)
                FROM old GROUP BY 1, 2, 3, 4, 5 HAVING sum(count) <> 0)
            SELECT count(*) FROM old
            """
        )
        (rows,) = cursor.fetchone()
    return int(rows)
