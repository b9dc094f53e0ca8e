"""Terminals that nobody has admitted: the office sees that they knock."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from core.client_address import client_network
from core.throttling import SharedRateThrottle
from doors.models import Knock
from pos.models import MAX_SERIAL, Device, Protocol

MOST: Final = 100
KEPT_FOR: Final = timedelta(days=7)

NOTE = """
    INSERT INTO doors_knock AS known (protocol, serial_number, address, first_at, last_at, times)
    VALUES (%(protocol)s, %(serial_number)s, %(address)s, %(now)s, %(now)s, 1)
    ON CONFLICT (protocol, serial_number) DO UPDATE
    SET address = excluded.address, last_at = excluded.last_at, times = known.times + 1
"""
# One that is there goes on knocking, so the oldest are those that have given up, or were made up.
FORGET = f"""
    DELETE FROM doors_knock
    WHERE id IN (SELECT id FROM doors_knock ORDER BY last_at DESC, id DESC OFFSET {MOST})
"""  # noqa: S608  (a number of our own)


class KnockThrottle(SharedRateThrottle):
    """Of what is written for strangers."""

    scope = "knock"


def knock(request: HttpRequest, *, protocol: Protocol, serial_number: str) -> None:
    """Remember that a terminal of this number asked; of what can be no serial number, nothing."""
    if not 0 < len(serial_number) <= MAX_SERIAL or not serial_number.isprintable():
        return
    network = client_network(request)
    if not KnockThrottle().allows(network):
        return
    values: dict[str, Any] = {
        "protocol": protocol.value,
        "serial_number": serial_number,
        "address": network,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(NOTE, values)
        cursor.execute(FORGET)


def knocking() -> QuerySet[Knock]:
    """Those that have not been admitted since."""
    same = Device.objects.filter(
        protocol=OuterRef("protocol"), serial_number=OuterRef("serial_number")
    )
    return Knock.objects.filter(~Exists(same))


def old_knocks(*, at: datetime) -> QuerySet[Knock]:
    return Knock.objects.filter(last_at__lt=at - KEPT_FOR)
