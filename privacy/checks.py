"""System checks of the periods; `trackxpert.checks` has the numbers before."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

PERIODS = (
    "RETAIN_VERIFICATION_LOG_DAYS",
    "RETAIN_CONFLICTING_TAP_DAYS",
    "RETAIN_ACCESS_DAYS",
    "RETAIN_PHOTO_DAYS",
)
# 0 means for ever; a few days is more likely a slip, and would cost what cannot be had back.
SHORTEST = 7


@register()
def periods_are_meant(**kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for name in PERIODS:
        days = getattr(settings, name)
        if days and days < SHORTEST:
            hint = f"Days, at least {SHORTEST}; 0 keeps for ever."
            problems.append(Error(f"{name} is {days}.", hint=hint, id="trackxpert.E011"))
    return problems
