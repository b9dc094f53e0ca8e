"""System checks of the settings of notices; `trackxpert.checks` has the numbers before these."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from notifications.channels import BadGateway, Gateway
from notifications.hours import parse_hours
from notifications.models import Guardian


@register()
def quiet_hours_are_readable(**kwargs: Any) -> list[CheckMessage]:
    try:
        parse_hours(settings.NOTICE_QUIET_HOURS)
    except ValueError as error:
        hint = "Set NOTICE_QUIET_HOURS to campus times such as 21:00-06:00, or to nothing."
        return [Error(str(error), hint=hint, id="trackxpert.E006")]
    return []


@register()
def gateway_is_usable(**kwargs: Any) -> list[CheckMessage]:
    if not settings.SMS_GATEWAY_URL:
        return []
    try:
        Gateway.from_settings()
    except BadGateway as error:
        hint = "docs/operators.md, Notices to guardians, has examples."
        return [Error(str(error), hint=hint, id="trackxpert.E007")]
    return []


# Whoever knows it can stop anybody's messages.
SHORTEST_SECRET = 16


@register()
def inbound_secret_is_long(**kwargs: Any) -> list[CheckMessage]:
    secret = settings.SMS_INBOUND_SECRET
    if secret and len(secret) < SHORTEST_SECRET:
        hint = f"At least {SHORTEST_SECRET} characters; empty: answers by SMS are not taken."
        return [Error("SMS_INBOUND_SECRET is too short.", hint=hint, id="trackxpert.E018")]
    return []


@register()
def notice_numbers_make_sense(**kwargs: Any) -> list[CheckMessage]:
    problems = {
        f"NOTICE_LANGUAGE must be one of {', '.join(Guardian.Language.values)}.": (
            settings.NOTICE_LANGUAGE in Guardian.Language.values
        ),
        "NOTICE_MAX_ATTEMPTS must be 1 to 100.": 1 <= settings.NOTICE_MAX_ATTEMPTS <= 100,
        "NOTICE_SENDERS must be 1 to 32.": 1 <= settings.NOTICE_SENDERS <= 32,
        "NOTICE_TIMEOUT must be 1 to 60 seconds.": 1 <= settings.SMS_GATEWAY_TIMEOUT <= 60,
        "NOTICE_ARRIVAL_MINUTES must be 1 to 1440.": (
            timedelta(minutes=1) <= settings.NOTICE_ARRIVAL_PERIOD <= timedelta(days=1)
        ),
        "NOTICE_ABSENCE_HOLD_BACK_MINUTES must be 0 to 1440.": (
            timedelta(0) <= settings.NOTICE_ABSENCE_HOLD_BACK <= timedelta(days=1)
        ),
        "NOTICE_ABSENCE_DAYS must be 0 to 31.": 0 <= settings.NOTICE_ABSENCE_DAYS <= 31,
        "NOTICE_INCIDENT_DAYS must be 0 to 31.": 0 <= settings.NOTICE_INCIDENT_DAYS <= 31,
    }
    return [
        Error(message, id="trackxpert.E008") for message, is_fine in problems.items() if not is_fine
    ]
