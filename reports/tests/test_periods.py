"""Weeks, months, and when their reports are sent."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from reports.checks import time_of_sending_is_a_time
from reports.periods import (
    ReportPeriod,
    Span,
    month_of,
    next_sending,
    span_before,
    span_of,
    week_of,
)
from reports.tests.factories import at

days = st.dates(date(1901, 1, 1), date(2099, 12, 1))
instants = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(  # noqa: DTZ001
    lambda naive: at(naive.date(), naive.time().isoformat())
)
periods = st.sampled_from(ReportPeriod.values)


@given(days)
def test_a_week_is_the_iso_week(day: date) -> None:
    week = week_of(day)
    assert week.first <= day <= week.last
    assert {other.isocalendar()[:2] for other in week.dates} == {day.isocalendar()[:2]}
    assert week.length == 7


@given(days)
def test_a_month_is_the_calendars(day: date) -> None:
    month = month_of(day)
    assert month.first <= day <= month.last
    assert {(other.year, other.month) for other in month.dates} == {(day.year, day.month)}
    assert (month.last + timedelta(1)).day == 1


@given(periods, days)
def test_the_span_before_ends_the_day_before(period: str, day: date) -> None:
    before = span_before(period, day)
    assert before.last + timedelta(1) == span_of(period, day).first
    assert before == span_of(period, before.first)


@given(periods, instants)
def test_a_report_is_sent_on_the_first_day_of_the_next_span(period: str, instant: datetime) -> None:
    sent = next_sending(period, after=instant)
    assert sent > instant
    assert f"{sent:%H:%M}" == "06:30"
    assert span_of(period, sent.date()).first == sent.date()
    assert next_sending(period, after=sent - timedelta(seconds=1)) == sent
    assert sent - instant <= timedelta(32)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (Span(date(2026, 11, 1), date(2026, 11, 30)), "November 2026"),
        (Span(date(2026, 11, 16), date(2026, 11, 22)), "16–22 November 2026"),
        (Span(date(2026, 9, 28), date(2026, 10, 4)), "28 September – 4 October 2026"),
        (Span(date(2026, 12, 28), date(2027, 1, 3)), "28 December 2026 – 3 January 2027"),
        (Span(date(2026, 11, 4), date(2026, 11, 4)), "4 November 2026"),
    ],
)
def test_a_span_in_words(span: Span, text: str) -> None:
    assert str(span) == text


def test_a_time_of_sending_that_is_none_is_refused(settings: Settings) -> None:
    for wrong in ("6.30", "25:00", "", "06:30+03:00"):
        settings.REPORT_SEND_AT = wrong
        assert [error.id for error in time_of_sending_is_a_time()] == ["trackxpert.E012"]
    settings.REPORT_SEND_AT = "18:05"
    assert time_of_sending_is_a_time() == []
    assert next_sending("weekly", after=at(date(2026, 11, 16), "18:00")) == at(
        date(2026, 11, 16), "18:05"
    )
