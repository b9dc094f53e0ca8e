"""Serve meals: once per person, period and day, whoever asks first (contract section 8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.db import connection
from django.utils import timezone

from kitchen.models import MealPeriod


@dataclass(frozen=True, slots=True)
class ServingPeriod:
    """A meal period, as the readers' path needs it."""

    period_id: UUID
    name: str
    starts_at: time
    ends_at: time
    days: Sequence[int]

    def covers(self, local: datetime) -> bool:
        is_on = local.isoweekday() in self.days
        return is_on and self.starts_at <= local.time() < self.ends_at


@dataclass(frozen=True, slots=True)
class Meal:
    """A meal that is to be served, or was served by a kitchen that was offline."""

    service_id: UUID
    person: UUID
    period: UUID | None
    date: date
    food_item: str
    service_time: datetime
    is_offline: bool


# A meal is refused live where the person had one, and kept where the reader was offline; between
# two hatches at once the unique index decides. Rows go in in key order: no two batches deadlock.
SERVE = """
    WITH asked AS (
        SELECT meal.*,
            row_number() OVER (
                PARTITION BY person_id, period_id, date ORDER BY service_time, service_id
            ) = 1 AND NOT EXISTS (
                SELECT FROM kitchen_kitchenservice AS had
                WHERE had.person_id = meal.person_id
                    AND had.period_id = meal.period_id
                    AND had.date = meal.date
                    AND had.voided_at IS NULL
            ) AS is_first
        FROM unnest(
            %s::uuid[], %s::uuid[], %s::uuid[], %s::date[], %s::text[], %s::timestamptz[],
            %s::bool[]
        ) AS meal (service_id, person_id, period_id, date, food_item, service_time, is_offline)
    ), served AS (
        INSERT INTO kitchen_kitchenservice (
            service_id, person_id, period_id, date, food_item, service_time, is_offline
        )
        SELECT service_id, person_id, period_id, date, food_item, service_time, is_offline
        FROM asked WHERE is_first OR is_offline
        ORDER BY date, person_id, period_id, service_time, service_id
        ON CONFLICT (person_id, period_id, date) WHERE NOT is_offline AND voided_at IS NULL
            DO NOTHING
        RETURNING service_id
    )
    SELECT service_id, is_first FROM asked JOIN served USING (service_id)
"""


def active_periods() -> list[ServingPeriod]:
    columns = ("period_id", "name", "starts_at", "ends_at", "days")
    rows = MealPeriod.objects.filter(is_active=True).values_list(*columns)
    return [ServingPeriod(*row) for row in rows]


def period_at(periods: Iterable[ServingPeriod], moment: datetime) -> ServingPeriod | None:
    """The period that serves at this instant on the campus; there is at most one."""
    local = timezone.localtime(moment)
    return next((period for period in periods if period.covers(local)), None)


def serve(meals: Sequence[Meal]) -> dict[UUID, bool]:
    """Write these meals; of those that were served, whether each is the person's first.

    What is missing from the answer was refused: the person had been served before.
    """
    columns = (
        [meal.service_id for meal in meals],
        [meal.person for meal in meals],
        [meal.period for meal in meals],
        [meal.date for meal in meals],
        [meal.food_item for meal in meals],
        [meal.service_time for meal in meals],
        [meal.is_offline for meal in meals],
    )
    with connection.cursor() as cursor:
        cursor.execute(SERVE, columns)
        return dict(cursor.fetchall())
