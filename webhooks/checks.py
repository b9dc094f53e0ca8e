"""System checks of the settings of webhooks; `trackxpert.checks` has the numbers before."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def webhook_settings_make_sense(**kwargs: Any) -> list[CheckMessage]:
    ca_file = settings.WEBHOOK_CA_FILE
    problems = {
        "WEBHOOK_SENDERS must be 1 to 32.": 1 <= settings.WEBHOOK_SENDERS <= 32,
        "WEBHOOK_TIMEOUT must be 1 to 60 seconds.": 1 <= settings.WEBHOOK_TIMEOUT <= 60,
        "WEBHOOK_MAX_ATTEMPTS must be 1 to 100.": 1 <= settings.WEBHOOK_MAX_ATTEMPTS <= 100,
        "WEBHOOK_OFF_AFTER_HOURS must be at least 1.": settings.WEBHOOK_OFF_AFTER_HOURS >= 1,
        "WEBHOOK_CA_FILE is no file.": not ca_file or Path(ca_file).is_file(),
    }
    return [
        Error(
            message, hint="docs/operators.md, Webhooks, says what they mean.", id="trackxpert.E014"
        )
        for message, is_fine in problems.items()
        if not is_fine
    ]
