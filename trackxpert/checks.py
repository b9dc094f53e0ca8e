"""System checks for settings that cannot work together; each has a number and a way out."""

from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, ProgrammingError

from core.throttling import parse_rate
from tools.demo.ending import users_with_the_demo_password

GOING_LIVE = "going_live"


@register()
def rates_are_readable(**kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for scope, rate in settings.THROTTLE_RATES.items():
        try:
            parse_rate(rate)
        except ValueError as error:
            hint = f"Set THROTTLE_{scope.upper()} to a number and a period, such as 60/min."
            problems.append(Error(str(error), hint=hint, id="trackxpert.E001"))
    return problems


@register()
def proxies_are_addresses(**kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for proxy in settings.TRUSTED_PROXIES:
        try:
            ip_network(proxy, strict=False)
        except ValueError as error:
            hint = "TRUSTED_PROXIES takes addresses or networks: 10.0.0.5,192.168.0.0/24."
            problems.append(Error(str(error), hint=hint, id="trackxpert.E002"))
    return problems


@register()
def database_is_postgresql(**kwargs: Any) -> list[CheckMessage]:
    if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        return []
    hint = "DATABASE_URL must start with postgresql://"
    return [Error("TrackXpert runs on PostgreSQL only.", hint=hint, id="trackxpert.E003")]


@register()
def forwarded_scheme_needs_a_proxy(**kwargs: Any) -> list[CheckMessage]:
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None) and not settings.TRUSTED_PROXIES:
        hint = "Name the proxy in TRUSTED_PROXIES, or unset BEHIND_TLS_PROXY."
        message = "BEHIND_TLS_PROXY is set, but no proxy is trusted."
        return [Error(message, hint=hint, id="trackxpert.E004")]
    return []


@register()
def log_format_is_known(**kwargs: Any) -> list[CheckMessage]:
    if settings.LOG_FORMAT in settings.LOG_FORMATS:
        return []
    message = f"LOG_FORMAT={settings.LOG_FORMAT} is none."
    return [Error(message, hint="LOG_FORMAT is line or json.", id="trackxpert.E023")]


@register(Tags.security, deploy=True)
def secret_key_is_the_operators(**kwargs: Any) -> list[CheckMessage]:
    if settings.HAS_EXPLICIT_SECRET_KEY:
        return []
    hint = "Set SECRET_KEY or SECRET_KEY_FILE: servers that share a database must share it."
    message = "The secret key is the one this installation made for itself."
    return [checks.Warning(message, hint=hint, id="trackxpert.W001")]


@register(Tags.security, deploy=True)
def demo_is_off_in_public(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEMO_ENABLED and settings.IS_HTTPS:
        hint = "Unset TRACKXPERT_DEMO, and set DATABASE_URL to a database of your own."
        message = "Demo logins with a published password are on at a public address."
        return [Error(message, hint=hint, id="trackxpert.E005")]
    return []


@register(GOING_LIVE, Tags.security, deploy=True)
def nobody_has_the_demo_password(**kwargs: Any) -> list[CheckMessage]:
    """Looks at the accounts, not at a setting: the demo may have been on at an earlier start."""
    try:
        names = [user.username for user in users_with_the_demo_password()]
    except ProgrammingError:
        return []  # nothing is migrated yet, so there is no account
    except OperationalError:
        hint = "Start the database, then check again."
        message = "The database does not answer, so nobody knows who has the demo password."
        return [checks.Warning(message, hint=hint, id="trackxpert.W002")]
    if not names:
        return []
    hint = "End the demo: manage.py end_demo --people=remove (or keep), or change the passwords."
    message = f"The published demo password signs in: {', '.join(names)}."
    return [Error(message, hint=hint, id="trackxpert.E016")]
