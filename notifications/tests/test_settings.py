"""Settings that cannot work are refused before anything runs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from notifications.policy import is_quiet


def problems() -> dict[str, str]:
    return {
        problem.id: problem.msg
        for problem in run_checks(include_deployment_checks=False)
        if problem.id in {"trackxpert.E006", "trackxpert.E007", "trackxpert.E008"}
    }


def test_the_defaults_are_fine() -> None:
    assert problems() == {}


@pytest.mark.parametrize("hours", ["21-6", "21:00", "25:00-06:00", "06:00-06:00", "night"])
def test_quiet_hours_must_be_hours(hours: str, settings: Settings) -> None:
    settings.NOTICE_QUIET_HOURS = hours
    assert list(problems()) == ["trackxpert.E006"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", "ftp://gateway.example/"),
        ("URL", "gateway"),
        ("URL", "http://gateway.example:port/"),
        ("HEADERS", "Authorization: Bearer x"),
        ("HEADERS", '["a"]'),
        ("HEADERS", '{"Authorization": 1}'),
        ("HEADERS", '{"A b": "c"}'),
        ("HEADERS", '{"Authorization": "a\\r\\nb"}'),
        ("BODY", '{"text": "{text}"}'),
        ("BODY", '{"to": "{to}"}'),
        ("BODY", "to={to}&text={text}"),
    ],
)
def test_a_gateway_must_be_usable(name: str, value: str, settings: Settings) -> None:
    settings.SMS_GATEWAY_URL = "https://gateway.example/"
    setattr(settings, f"SMS_GATEWAY_{name}", value)
    assert list(problems()) == ["trackxpert.E007"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NOTICE_LANGUAGE", "fr"),
        ("NOTICE_MAX_ATTEMPTS", 0),
        ("NOTICE_SENDERS", 0),
        ("SMS_GATEWAY_TIMEOUT", 0),
        ("NOTICE_ARRIVAL_PERIOD", timedelta(0)),
        ("NOTICE_ABSENCE_HOLD_BACK", timedelta(minutes=-1)),
        ("NOTICE_ABSENCE_HOLD_BACK", timedelta(days=2)),
        ("NOTICE_ABSENCE_DAYS", -1),
        ("NOTICE_INCIDENT_DAYS", 365),
    ],
)
def test_numbers_must_make_sense(name: str, value: object, settings: Settings) -> None:
    setattr(settings, name, value)
    assert list(problems()) == ["trackxpert.E008"]


@pytest.mark.parametrize(
    ("hours", "time", "quiet"),
    [
        ("21:00-06:00", "20:59", False),
        ("21:00-06:00", "21:00", True),
        ("21:00-06:00", "00:00", True),
        ("21:00-06:00", "05:59", True),
        ("21:00-06:00", "06:00", False),
        ("12:00-14:00", "13:00", True),
        ("12:00-14:00", "14:00", False),
        ("", "03:00", False),
    ],
)
def test_hours_are_those_of_the_campus(
    hours: str, time: str, quiet: bool, settings: Settings
) -> None:
    settings.NOTICE_QUIET_HOURS = hours
    at = datetime.fromisoformat(f"2026-11-18T{time}+03:00")
    assert is_quiet(at.astimezone(UTC)) == quiet
