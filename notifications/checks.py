"""System checks of how notices are sent; `trackxpert.checks` has the numbers before these."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def notice_numbers_make_sense(**kwargs: Any) -> list[CheckMessage]:
    problems = {
        "NOTICE_MAX_ATTEMPTS must be 1 to 100.": 1 <= settings.NOTICE_MAX_ATTEMPTS <= 100,
        "NOTICE_SENDERS must be 1 to 32.": 1 <= settings.NOTICE_SENDERS <= 32,
        "NOTICE_TIMEOUT must be 1 to 60 seconds.": 1 <= settings.SMS_GATEWAY_TIMEOUT <= 60,
    }
    return [
        Error(message, id="trackxpert.E008") for message, is_fine in problems.items() if not is_fine
    ]
