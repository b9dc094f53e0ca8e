"""System check of the reports' setting."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from reports.periods import send_at


@register()
def time_of_sending_is_a_time(**kwargs: Any) -> list[CheckMessage]:
    try:
        is_fine = send_at().tzinfo is None
    except ValueError:
        is_fine = False
    if is_fine:
        return []
    hint = "Set REPORT_SEND_AT to a time on the campus, such as 06:30."
    return [Error("REPORT_SEND_AT is no time of day.", hint=hint, id="trackxpert.E012")]
