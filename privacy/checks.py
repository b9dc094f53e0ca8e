"""System checks of the periods; `trackxpert.checks` has the numbers before."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from privacy.retention import periods

# 0 means for ever; a few days is more likely a slip, and would cost what cannot be had back.
SHORTEST = 7


@register()
def periods_are_meant(**kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for name, days in {period.setting: period.days for period in periods()}.items():
        if days and days < SHORTEST:
            hint = f"Days, at least {SHORTEST}; 0 keeps for ever."
            problems.append(Error(f"{name} is {days}.", hint=hint, id="trackxpert.E011"))
    return problems
