"""Rate limits: exact under load from many connections, and answered as the contract says."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from pytest_django.fixtures import Settings
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from core.models import ThrottleWindow
from core.throttling import PerAddressThrottle, count, parse_rate


class VerifyThrottle(PerAddressThrottle):
    scope = "verify"


class ThrottledView(APIView):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = (VerifyThrottle,)

    def get(self, request: Request) -> Response:
        return Response({"user": isinstance(request.user, AnonymousUser)})


def get(address: str = "192.0.2.1") -> Any:
    request = APIRequestFactory().get("/", REMOTE_ADDR=address)
    return ThrottledView.as_view()(request)


@pytest.mark.django_db
def test_the_request_past_the_limit_is_told_when_to_come_back(settings: Settings) -> None:
    settings.THROTTLE_RATES = {"verify": "3/min"}
    assert [get().status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = get()
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused.data["code"] == "throttled"


@pytest.mark.django_db
def test_each_address_has_a_window_of_its_own(settings: Settings) -> None:
    settings.THROTTLE_RATES = {"verify": "1/min"}
    assert get("192.0.2.1").status_code == 200
    assert get("192.0.2.2").status_code == 200
    assert get("192.0.2.1").status_code == 429


@pytest.mark.django_db
def test_a_closed_window_opens_again() -> None:
    count("key", timedelta(minutes=1))
    ThrottleWindow.objects.update(opened_at="2020-01-01T00:00:00Z")
    assert count("key", timedelta(minutes=1))[0] == 1


@pytest.mark.django_db
def test_the_counts_survive_no_crash_and_wait_for_no_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'core_throttlewindow'")
        assert cursor.fetchone() == ("u",)


def count_from_threads(counter: Callable[[], object], *, threads: int, times: int) -> None:
    def work() -> None:
        try:
            for _ in range(times):
                counter()
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(work) for _ in range(threads)]:
            future.result()


@pytest.mark.django_db(transaction=True)
def test_eight_connections_at_once_lose_no_count() -> None:
    count_from_threads(lambda: count("key", timedelta(hours=1)), threads=8, times=50)
    assert ThrottleWindow.objects.get(key="key").count == 400


@pytest.mark.django_db(transaction=True)
def test_reading_before_writing_would_lose_counts() -> None:
    """The control: without the upsert the same load is not counted exactly."""

    def look_then_write() -> None:
        row, _ = ThrottleWindow.objects.get_or_create(
            key="key", defaults={"opened_at": "2026-01-01T00:00:00Z", "count": 0}
        )
        row.count += 1
        row.save(update_fields=["count"])

    count_from_threads(look_then_write, threads=8, times=50)
    assert ThrottleWindow.objects.get(key="key").count < 400


@pytest.mark.parametrize(
    ("rate", "parsed"),
    [
        ("60/min", (60, timedelta(minutes=1))),
        ("1/s", (1, timedelta(seconds=1))),
        ("5/hour", (5, timedelta(hours=1))),
        ("9/day", (9, timedelta(days=1))),
    ],
)
def test_rates_are_in_drfs_notation(rate: str, parsed: tuple[int, timedelta]) -> None:
    assert parse_rate(rate) == parsed


@pytest.mark.parametrize("rate", ["", "60", "60/", "x/min", "0/min", "-1/min", "60/fortnight"])
def test_other_rates_are_refused(rate: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_rate(rate)
