"""Changing meal periods."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from accounts.models import User
from core.constraints import NON_FIELD, constraint_name, violations_as_field_errors
from core.errors import DomainError, InvalidFields
from core.locks import for_change, take_turns
from kitchen.models import KitchenService, MealPeriod

NO_OVERLAP = "kitchen_mealperiod_no_overlap"


class PeriodWasUsed(DomainError):
    code = "period_was_used"
    message = "Meals were served in this period. Switch it off instead: is_active = false."


@contextmanager
def refusing_overlap() -> Iterator[None]:
    """Turn the database's refusals of a period into messages, also when two are made at once."""
    try:
        with transaction.atomic():
            # Each of two that overlap would wait for the other: an exclusion constraint looks only
            # when both rows are in, and answers with a deadlock.
            take_turns("kitchen: change the periods")
            with violations_as_field_errors(MealPeriod):
                yield
    except IntegrityError as error:
        if constraint_name(error) != NO_OVERLAP:
            raise
        message = "Another active period is served at some of these times."
        raise InvalidFields({NON_FIELD: [message]}, code="overlap") from error


def delete_period(*, period: MealPeriod) -> None:
    """Raises PeriodWasUsed once a meal was served in it, be it a moment ago."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            period.delete()
            # Else a meal that came since Django looked would refuse it at the commit, where nobody
            # could say why any more.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:  # a row that goes can break nothing but a reference to it
        raise PeriodWasUsed from error


def void_meals(
    *,
    meals: Collection[UUID],
    unless: Callable[[], bool],
    at: datetime,
    by: User | None,
    reason: str,
) -> int:
    """Take these meals back, which frees their portions; how many stood. None: their reader did.

    `unless` is asked once nobody else can add to them.
    """
    standing = KitchenService.objects.standing().filter(pk__in=meals)
    held = [meal.pk for meal in for_change(standing.order_by("pk"))]
    if unless():
        return 0
    voided = KitchenService.objects.filter(pk__in=held)
    return voided.update(voided_at=at, voided_by=by, void_reason=reason)
