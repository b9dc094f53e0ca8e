"""What the kitchen brings to the office."""

from functools import partial

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from kitchen.models import MealPeriod
from kitchen.office.by_name import ServeByNameView
from kitchen.office.day import KitchenDayView
from kitchen.office.figures import meals_today
from kitchen.office.now import MealsNowView
from kitchen.office.still_to_come import StillToComeView
from kitchen.office.story import Meals
from kitchen.office.voiding import VoidMealView
from office.checklist import Step
from office.registry import Contribution
from office.tasks import FigureFinder

CONTRIBUTION = Contribution(
    views=(MealsNowView, KitchenDayView, ServeByNameView, StillToComeView, VoidMealView),
    figures=(FigureFinder(Capability.READ_MEALS, meals_today),),
    story_sources=(Meals(),),
    steps=(
        Step(
            "periods",
            _("When meals are served"),
            _("Add a meal period"),
            page=partial(reverse, "admin:kitchen_mealperiod_changelist"),
            is_done=MealPeriod.objects.exists,
        ),
    ),
)
