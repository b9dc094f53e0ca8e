"""The fixed cast of the tests about taps, and the readers that they meet."""

from datetime import time
from typing import Any

from rest_framework.test import APIClient

from kitchen.models import MealPeriod
from pos.models import Activity, Device
from pos.services import register_device


def make_reader(activity: str = Activity.ATTENDANCE, **fields: Any) -> tuple[Device, APIClient]:
    """A reader, and a client that carries its key."""
    defaults = {"name": "Main gate", "location": "Gate"}
    device, key = register_device(by=None, activity_type=activity, **{**defaults, **fields})
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Device {key}")
    return device, client


def make_hatch(**fields: Any) -> tuple[Device, APIClient]:
    return make_reader(
        Activity.FOOD_SERVICE, **{"name": "Hatch 1", "location": "Kitchen", **fields}
    )


def all_day_period(**fields: Any) -> MealPeriod:
    values = {"name": "Any time", "starts_at": time(0), "ends_at": time(23, 59, 59, 999999)}
    return MealPeriod.objects.create(**{**values, **fields})
