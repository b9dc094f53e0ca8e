"""What the kitchen brings to the office."""

from kitchen.office.day import KitchenDayView
from office.registry import Contribution

CONTRIBUTION = Contribution(views=(KitchenDayView,))
