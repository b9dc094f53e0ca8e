"""Taps are received by the database's clock, however the node's own goes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from core import clock

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db
real_now = timezone.now


@pytest.fixture(autouse=True)
def _an_hour_ahead(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(timezone, "now", lambda: real_now() + HOUR)
    clock._machine.due_at = 0.0
    yield
    clock._machine.due_at, clock._machine.zero = 0.0, None


def test_a_machine_whose_clock_is_wrong_goes_by_the_databases(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_POOLED = True  # so it may be anywhere
    clock.compare_if_due()
    assert abs(clock.received_now() - real_now()) < timedelta(seconds=1)
    monkeypatch.setattr(timezone, "now", real_now)  # somebody sets it right
    assert abs(clock.received_now() - real_now()) < timedelta(seconds=1)


def test_a_database_on_this_machine_has_its_clock(settings: LazySettings) -> None:
    clock.compare_if_due()
    assert clock.received_now() - real_now() > HOUR / 2
