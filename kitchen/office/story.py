"""A person's meals, as their page tells them."""

from collections.abc import Sequence
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from kitchen.models import KitchenService
from office.chips import chip
from office.tasks import Tone
from people.models import Person
from people.office.story import Fact, Span, StorySource


class Meals(StorySource):
    key: ClassVar[str] = "meals"
    title = _("Meals")
    icon: ClassVar[str] = "meal"
    capability = Capability.READ_MEALS

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        meals = KitchenService.objects.filter(person=person.pk)
        told = span.cut(meals.select_related("period", "served_by"), "service_time")
        return [_fact(meal) for meal in told]


def _fact(meal: KitchenService) -> Fact:
    said = [meal.food_item, meal.location, meal.reason]
    chips = chip(gettext("Extra portion"), Tone.INFO) if meal.is_extra else ""
    if meal.voided_at:
        chips = chip(gettext("Taken back"), Tone.WARN)
        said.append(meal.void_reason)
    return Fact(
        at=meal.service_time,
        words=meal.period.name if meal.period else gettext("Meal"),
        chip=chips,
        more=", ".join(filter(None, said)),
        by=str(meal.served_by) if meal.served_by else "",
        url=reverse("admin:kitchen_kitchenservice_change", args=[meal.pk]),
    )
