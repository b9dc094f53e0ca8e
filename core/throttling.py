"""Rate limits that all server processes share (contract section 4).

One SQL upsert counts and answers at once. Django's database cache loses counts under load, and a
cache in memory is one per process.
"""

import math
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.client_address import client_network

if TYPE_CHECKING:  # DRF imports this module while it defines APIView
    from rest_framework.views import APIView

PERIODS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}

# A window opens with its first request and counts for one period; the row lock that the upsert
# takes makes counts exact, however many processes count at once.
COUNT_SQL = """
    INSERT INTO core_throttlewindow AS w (key, opened_at, count)
    VALUES (%(key)s, clock_timestamp(), %(times)s)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN w.opened_at <= excluded.opened_at - %(period)s::interval
                     THEN excluded.count ELSE w.count + excluded.count END,
        opened_at = CASE WHEN w.opened_at <= excluded.opened_at - %(period)s::interval
                         THEN excluded.opened_at ELSE w.opened_at END
    RETURNING count, w.opened_at + %(period)s::interval - clock_timestamp()
"""


def parse_rate(rate: str) -> tuple[int, timedelta]:
    """`60/min` -> 60 per minute; DRF's notation, in which only the period's first letter counts.

    Raises ValueError for anything else.
    """
    limit, separator, period = rate.partition("/")
    if not separator or period[:1] not in PERIODS or int(limit) < 1:
        raise ValueError(f"{rate!r} is not a rate such as 60/min")
    return int(limit), PERIODS[period[0]]


def count(key: str, period: timedelta, *, times: int = 1) -> tuple[int, timedelta]:
    """Count `key`; return how often it was counted in its window, and what is left of that."""
    values: dict[str, str | int] = {
        "key": key,
        "period": f"{period.total_seconds()}s",
        "times": times,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SQL, values)
        number, remaining = cursor.fetchone()
    return number, remaining


class SharedRateThrottle(BaseThrottle):
    """At most `settings.THROTTLE_RATES[scope]` requests per key; subclasses name both."""

    scope: ClassVar[str]
    remaining = timedelta(0)

    def key(self, request: Request) -> str:
        raise NotImplementedError

    def allow_request(self, request: Request, view: "APIView") -> bool:
        return self.allows(self.key(request))

    def allows(self, key: str) -> bool:
        """Count one more of this key; for whoever is no view of the API, too."""
        limit, period = parse_rate(settings.THROTTLE_RATES[self.scope])
        number, self.remaining = count(f"{self.scope}:{key}", period)
        return number <= limit

    def wait(self) -> float:
        return max(1, math.ceil(self.remaining.total_seconds()))


class PerUserThrottle(SharedRateThrottle):
    def key(self, request: Request) -> str:
        return str(request.user.pk)


class BulkThrottle(PerUserThrottle):
    """Of what makes or changes many at once: cards, people."""

    scope = "bulk"


class PerAddressThrottle(SharedRateThrottle):
    def key(self, request: Request) -> str:
        return client_network(request._request)
