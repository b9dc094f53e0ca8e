"""Settings that cannot work are refused, each by name."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from webhooks.checks import webhook_settings_make_sense


def test_the_settings_of_a_fresh_installation_are_fine() -> None:
    assert webhook_settings_make_sense() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBHOOK_SENDERS", 0),
        ("WEBHOOK_SENDERS", 33),
        ("WEBHOOK_TIMEOUT", 0),
        ("WEBHOOK_TIMEOUT", 61),
        ("WEBHOOK_MAX_ATTEMPTS", 0),
        ("WEBHOOK_OFF_AFTER_HOURS", 0),
        ("WEBHOOK_CA_FILE", "no/such/file.pem"),
    ],
)
def test_one_that_cannot_work_is_named(name: str, value: Any, settings: Settings) -> None:
    setattr(settings, name, value)
    [problem] = webhook_settings_make_sense()
    assert problem.id == "trackxpert.E014"
    assert name in problem.msg
