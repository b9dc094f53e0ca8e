"""Meals that somebody serves by name: without a card, beyond the portions, or to a guest (contract
section 9). Who does it is known, and how many they serve so a day is limited."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import DomainError
from core.locks import take_turns
from kitchen.models import KitchenService, MealPeriod, PeriodVersion
from kitchen.serving import (
    ALREADY_SERVED,
    NO_MEAL_PERIOD,
    NOT_ENTITLED,
    Meal,
    Offer,
    Overtaken,
    Served,
    offer_at,
    periods_held,
    serve,
)
from people.applies_to import Member
from people.models import Person
from people.standing import OK, of_holder

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class CapReached(DomainError):
    code = "cap_reached"

    def __init__(self) -> None:
        most = settings.KITCHEN_BY_NAME_PER_DAY
        message = gettext("You have served {most} meals by name today: no more is allowed.")
        super().__init__(message.format(most=f"{most:,}"))


class NotServedByName(DomainError):
    """Why somebody is not served; the same codes as a tap's."""

    messages_by_code: "ClassVar[dict[str, StrOrPromise]]" = {
        ALREADY_SERVED: _("Already served in this meal period."),
        NO_MEAL_PERIOD: _("No meal is served at this time."),
        NOT_ENTITLED: _("What is served now is not for them."),
    }

    def __init__(self, code: str, served: Served | None = None) -> None:
        self.code = code
        not_admitted = gettext("They are not admitted here at this time.")
        message = str(self.messages_by_code.get(code, not_admitted))
        if served and served.had:
            place = served.had.location
            had = (
                gettext("{refusal}, at {time} ({place}).")
                if place
                else gettext("{refusal}, at {time}.")
            )
            time = f"{timezone.localtime(served.had.service_time):%H:%M}"
            message = had.format(refusal=message.removesuffix("."), time=time, place=place)
        super().__init__(message)


def serve_by_name(
    *,
    by: User,
    person: Person | None,
    guest_name: str = "",
    period: MealPeriod | None = None,
    food_item: str = "",
    extra: bool = False,
    reason: str = "",
    at: datetime | None = None,
) -> KitchenService:
    """A meal to a person, or to a guest, in the operator's name.

    A portion goes by the rules of a tap; what is `extra` goes beyond them, and is for whoever is
    admitted. Without `period` it is the one that is on for them. Raises CapReached and
    NotServedByName.
    """
    asked = (by, person, guest_name, period, food_item, extra, reason, at or timezone.now())
    while True:
        try:
            return _serve_by_name(*asked)
        except Overtaken:
            continue


@transaction.atomic
def _serve_by_name(
    by: User,
    person: Person | None,
    guest_name: str,
    period: MealPeriod | None,
    food_item: str,
    extra: bool,
    reason: str,
    moment: datetime,
) -> KitchenService:
    if person and (standing := of_holder(person.facts, at=moment)) != OK:
        raise NotServedByName(standing)
    offer = _offer(None if extra else person, period, moment)
    if offer.refusal and not (extra and period is None):
        raise NotServedByName(offer.refusal)
    # One operator's meals one after the other: else two at once would both be the last.
    take_turns(f"kitchen: by name by {by.pk}")
    served_today = KitchenService.objects.filter(served_by=by, date=offer.day).count()
    if served_today >= settings.KITCHEN_BY_NAME_PER_DAY:
        raise CapReached
    if extra:
        return KitchenService.objects.create(
            person=person,
            guest_name=guest_name,
            period_id=offer.period.period_id if offer.period else None,
            date=offer.day,
            food_item=food_item,
            service_time=moment,
            portion=None,
            is_extra=True,
            served_by=by,
            reason=reason,
        )
    assert person
    assert offer.period
    meal = Meal(
        service_id=uuid4(),
        person=person.pk,
        period=offer.period.period_id,
        date=offer.day,
        food_item=food_item,
        service_time=moment,
        is_offline=False,
        portions=offer.period.portions,
        served_by=by.pk,
        reason=reason,
    )
    served = serve([meal])[meal.service_id]
    if not served.is_served:
        raise NotServedByName(ALREADY_SERVED, served)
    return KitchenService.objects.get(pk=meal.service_id)


def _offer(person: Person | None, period: MealPeriod | None, at: datetime) -> Offer:
    """What is served to them; to nobody in particular, whatever is served to anybody."""
    periods = periods_held([at])
    member = Member.of(person) if person else None
    if period is None:
        return offer_at(periods, at, held_at=at, member=member)
    named = next((each for each in periods if each.period_id == period.pk), None)
    local = timezone.localtime(at)
    if named is None:
        return Offer(None, local.date(), NO_MEAL_PERIOD)
    if member and named.precedence(member) is None:
        return Offer(None, local.date(), NOT_ENTITLED)
    return _last_served(named, local)


def _last_served(period: PeriodVersion, local: datetime) -> Offer:
    """Of a period that is named: as it is on, or was today, for who comes late or is written down
    later."""
    if day := period.day_at(local):
        return Offer(period, day)
    day = local.date()
    is_today = day.isoweekday() in period.days and local.time() >= period.starts_at
    return Offer(period, day) if is_today else Offer(None, day, NO_MEAL_PERIOD)
