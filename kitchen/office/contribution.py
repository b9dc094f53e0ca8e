"""What the kitchen brings to the office."""

from kitchen.office.day import KitchenDay
from office.registry import Contribution

CONTRIBUTION = Contribution(views=(KitchenDay,))
