"""The fixed cast of the tests about taps, and the readers that they meet."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from typing import Any

import time_machine
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from kitchen.models import MealPeriod
from pos.models import Activity, Device
from pos.protocol import MAX_BEHIND_LIVE
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


@contextmanager
def as_readers_send(*taps: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """These taps as a reader sends them, at a moment at which it does.

    Live ones go out when the last of them was tapped, if they would not be believed by now; and
    what has waited then goes up as offline.
    """
    moments = [_tapped_at(tap) for tap in taps]
    live = [at for tap, at in zip(taps, moments, strict=True) if at and not tap.get("offline")]
    if not live or timezone.now() - min(live) <= MAX_BEHIND_LIVE:
        yield [*taps]
        return
    with time_machine.travel(max(live), tick=False):
        yield [
            {**tap, "offline": True} if at and max(live) - at > MAX_BEHIND_LIVE else tap
            for tap, at in zip(taps, moments, strict=True)
        ]


def _tapped_at(tap: dict[str, Any]) -> datetime | None:
    moment = parse_datetime(tap.get("tapped_at") or "")
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment
