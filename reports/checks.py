"""System checks of the reports' settings."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, register

from institution.declared import MAIL_SERVER, REPORT_MAIL_DOMAINS
from institution.reading import setting
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


@register(deploy=True)
def reports_go_to_named_domains(**kwargs: Any) -> list[CheckMessage]:
    if setting(REPORT_MAIL_DOMAINS) or not setting(MAIL_SERVER):
        return []
    hint = "Name the institution's own in Settings, or in REPORT_MAIL_DOMAINS: dit.ac.tz."
    return [checks.Warning("Reports may be sent to any address.", hint=hint, id="trackxpert.W004")]
