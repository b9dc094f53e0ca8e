"""What the kitchen brings to the office."""

from kitchen.office.by_name import ServeByNameView
from kitchen.office.day import KitchenDayView
from kitchen.office.still_to_come import StillToComeView
from kitchen.office.voiding import VoidMealView
from office.registry import Contribution

CONTRIBUTION = Contribution(
    views=(KitchenDayView, ServeByNameView, StillToComeView, VoidMealView),
)
