"""A reader for a simulation that brings no key; only beside the server, where the database is."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from cards.number_formats import NumberFormat
from pos.models import Activity, Device
from pos.services import register_device, roll_key

NAMES = {Activity.ATTENDANCE: "Simulated gate", Activity.FOOD_SERVICE: "Simulated kitchen"}


@contextmanager
def borrowed_reader(
    activity: Activity, number_format: NumberFormat
) -> Iterator[tuple[Device, str]]:
    """A reader and its key; switched off afterwards, and used again by the next simulation."""
    device, key = _take(activity, number_format)
    try:
        yield device, key
    finally:
        device.is_active = False
        device.save(update_fields=["is_active", "updated_at"])


def _take(activity: Activity, number_format: NumberFormat) -> tuple[Device, str]:
    with transaction.atomic():
        # Two simulations that start at once take two readers.
        idle = Device.objects.select_for_update(skip_locked=True).filter(
            name=NAMES[activity], activity_type=activity, is_active=False
        )
        device = idle.first()
        if device is None:
            return register_device(
                by=None,
                name=NAMES[activity],
                location="Kitchen" if activity == Activity.FOOD_SERVICE else "Gate",
                activity_type=activity,
                number_format=number_format,
            )
        device.is_active = True
        device.number_format = number_format
        device.save(update_fields=["is_active", "number_format", "updated_at"])
        return device, roll_key(device=device)
