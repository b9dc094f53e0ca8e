"""Serve meals: as many portions as a period has, per person and day, whoever asks first (contract
section 8)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from core.values import value
from kitchen.models import PeriodVersion
from people.applies_to import Member

NO_MEAL_PERIOD: Final = "no_meal_period"
NOT_ENTITLED: Final = "not_entitled"
ALREADY_SERVED: Final = "already_served"


@value
class Offer:
    """What is served to somebody at a moment: a period and its day, or why nothing is."""

    period: PeriodVersion | None
    day: date
    refusal: str = ""


@value
class Meal:
    """A meal that is to be served, or was served by a kitchen that was offline."""

    service_id: UUID
    person: UUID
    period: UUID | None
    date: date
    food_item: str
    service_time: datetime
    is_offline: bool
    portions: int = 1
    location: str = ""
    served_by: UUID | None = None
    reason: str = ""


@value
class Had:
    """A meal that somebody has had."""

    service_id: UUID
    service_time: datetime
    location: str


@value
class Served:
    """What became of a meal: `is_within` the portions; not `is_served`: refused, for what they
    `had` last."""

    is_served: bool
    is_within: bool
    had: Had | None

    @property
    def is_overtaken(self) -> bool:
        return self.is_within and not self.is_served


# A meal is refused live where the person had all portions, and kept where the reader was offline;
# between two hatches at once the unique index decides. Rows go in in key order: no two batches
# deadlock.
SERVE = """
    WITH asked AS (
        SELECT meal.*, had.*,
            had.meals + row_number() OVER so_far <= meal.portions AS is_within,
            count(*) FILTER (WHERE NOT meal.is_offline) OVER so_far AS live_place
        FROM unnest(
            %s::uuid[], %s::uuid[], %s::uuid[], %s::date[], %s::text[], %s::timestamptz[],
            %s::bool[], %s::smallint[], %s::text[], %s::uuid[], %s::text[]
        ) AS meal (
            service_id, person_id, period_id, date, food_item, service_time, is_offline, portions,
            location, served_by_id, reason
        )
        CROSS JOIN LATERAL (
            SELECT count(*) AS meals,
                coalesce(array_agg(portion) FILTER (WHERE portion IS NOT NULL), '{}') AS taken,
                (array_agg(m.service_id ORDER BY m.service_time DESC, m.service_id))[1] AS last_id,
                max(m.service_time) AS last_time,
                (array_agg(m.location ORDER BY m.service_time DESC, m.service_id))[1] AS last_place
            FROM kitchen_kitchenservice AS m
            WHERE m.person_id = meal.person_id AND m.period_id = meal.period_id
                AND m.date = meal.date AND m.voided_at IS NULL AND NOT m.is_extra
        ) AS had
        WINDOW so_far AS (
            PARTITION BY meal.person_id, meal.period_id, meal.date
            ORDER BY meal.service_time, meal.service_id
        )
    ), served AS (
        INSERT INTO kitchen_kitchenservice (
            service_id, person_id, period_id, date, food_item, service_time, is_offline, portions,
            location, served_by_id, reason, portion, guest_name, is_extra, void_reason
        )
        SELECT service_id, person_id, period_id, date, food_item, service_time, is_offline,
            portions, location, served_by_id, reason,
            -- of the portions that nobody has taken, the next one
            CASE WHEN NOT is_offline THEN (
                SELECT number FROM generate_series(1, portions) AS number
                WHERE number <> ALL (taken) ORDER BY number OFFSET live_place - 1 LIMIT 1
            ) END,
            '', false, ''
        FROM asked WHERE is_within OR is_offline
        ORDER BY date, person_id, period_id, service_time, service_id
        ON CONFLICT (person_id, period_id, date, portion)
            WHERE NOT is_extra AND NOT is_offline AND voided_at IS NULL DO NOTHING
        RETURNING service_id
    )
    SELECT service_id, served.service_id IS NOT NULL, is_within, last_id, last_time, last_place
    FROM asked LEFT JOIN served USING (service_id)
"""


def periods_held(moments: Collection[datetime]) -> list[PeriodVersion]:
    """What was served, by the rules that held at some of the time from the first to the last."""
    if not moments:
        return []
    held = PeriodVersion.objects.around(min(moments), max(moments)).filter(is_active=True)
    return list(held.order_by("starts_at", "period_id"))


def offer_at(
    periods: Iterable[PeriodVersion],
    moment: datetime,
    *,
    held_at: datetime,
    member: Member | None = None,
) -> Offer:
    """What is served to this person at an instant, by the rules that held at another.

    Of several the one that is most particularly for them. Of nobody who is known: to anybody.
    """
    local = timezone.localtime(moment)
    offer, best = Offer(None, local.date(), NO_MEAL_PERIOD), -1
    for period in periods:
        day = period.day_at(local) if held_at in period.held else None
        if day is None:
            continue
        precedence = period.precedence(member) if member else 0
        if precedence is not None and precedence > best:
            offer, best = Offer(period, day), precedence
        elif offer.period is None:
            offer = Offer(None, local.date(), NOT_ENTITLED)
    return offer


class Overtaken(Exception):
    """Somebody else was served the same portion at the same moment: roll back, and ask again.

    There may be another portion; else the refusal says when they had theirs.
    """


def serve(meals: Sequence[Meal]) -> dict[UUID, Served]:
    """Write these meals, as far as they are served; what became of each. Raises Overtaken.

    To ask for the others again within the same transaction would take rows out of their order.
    """
    became = _serve(meals) if meals else {}
    if any(served.is_overtaken for served in became.values()):
        raise Overtaken
    return {meal.service_id: _with_had(meal, meals, became) for meal in meals}


def _serve(meals: Sequence[Meal]) -> dict[UUID, Served]:
    columns = (
        [meal.service_id for meal in meals],
        [meal.person for meal in meals],
        [meal.period for meal in meals],
        [meal.date for meal in meals],
        [meal.food_item for meal in meals],
        [meal.service_time for meal in meals],
        [meal.is_offline for meal in meals],
        [meal.portions for meal in meals],
        [meal.location for meal in meals],
        [meal.served_by for meal in meals],
        [meal.reason for meal in meals],
    )
    with connection.cursor() as cursor:
        cursor.execute(SERVE, columns)
        return {
            service_id: Served(is_served, is_within, Had(*last) if last[0] else None)
            for service_id, is_served, is_within, *last in cursor.fetchall()
        }


def _with_had(meal: Meal, meals: Sequence[Meal], became: dict[UUID, Served]) -> Served:
    """Of a meal that was refused for one that was served beside it: that one."""
    served = became[meal.service_id]
    if served.is_served or served.had:
        return served
    beside = (
        other
        for other in meals
        if (other.person, other.period, other.date) == (meal.person, meal.period, meal.date)
        and became[other.service_id].is_served
    )
    last = max(beside, key=lambda other: other.service_time)
    return replace(served, had=Had(last.service_id, last.service_time, last.location))
