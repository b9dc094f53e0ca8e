"""The meal that is on, or the next one: who is still to come, class by class."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.models import User
from accounts.roles import Capability
from kitchen.sittings import progress_at
from kitchen.words import meaning
from office.registry import contributions
from office.rooms import Room
from office.views import OfficeView

# What another app knows of the meals that are on since that instant: HTML for this user, or
# nothing.
Section = Callable[[User, datetime], str]


class MealsNowView(OfficeView, TemplateView):
    route = "kitchen/now/"
    url_name = "kitchen_now"
    title = _("Meals now")
    capability = Capability.READ_MEALS
    room = Room.KITCHEN
    place = 0
    template_name = "kitchen/now.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        meals = list(progress_at(now))
        on = [meal for meal in meals if meal.is_on]
        return super().get_context_data(
            now=now,
            meals=[(meal, meaning(meal.sitting.period)) for meal in meals],
            sections=_sections(self.user, min(m.sitting.begins_at for m in on)) if on else (),
            may_serve=self.user.may(Capability.MANAGE_MEALS),
            **kwargs,
        )


def _sections(user: User, since: datetime) -> list[str]:
    shows: Sequence[Section] = contributions().meal_sections
    return [html for show in shows if (html := show(user, since))]
