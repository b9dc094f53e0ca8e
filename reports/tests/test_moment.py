"""A report that is made while taps come in adds up all the same."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.tests.races import at_once
from cards.tests.factories import make_student
from reports import views
from reports.counting import Report
from reports.tests.factories import NOVEMBER, make_day, report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def numbers(
    administrator: APIClient, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], tuple[int, int]]:
    """The total, and the sum of the groups; between the two somebody arrives."""
    make_day(make_student(), date(2026, 11, 2), "Present")
    totals: Any = Report.totals

    def then_somebody_arrives(self: Report) -> Any:
        counted = totals.func(self)
        at_once(lambda: make_day(make_student(), date(2026, 11, 3), "Present"))
        return counted

    monkeypatch.setattr(Report, "totals", property(then_somebody_arrives))

    def ask() -> tuple[int, int]:
        body = report(administrator, "attendance", **NOVEMBER)
        return body["totals"]["present"], sum(group["present"] for group in body["groups"])

    return ask


def test_totals_are_the_sum_of_the_groups(numbers: Callable[[], tuple[int, int]]) -> None:
    assert numbers() == (1, 1)


def test_without_the_snapshot_they_would_not_be(
    numbers: Callable[[], tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test before."""
    monkeypatch.setattr(views, "one_moment", nullcontext)
    assert numbers() == (1, 2)
