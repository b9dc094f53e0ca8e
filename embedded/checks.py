"""System checks of the state folder; `trackxpert.checks` has the numbers before."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register

from embedded import postgres
from embedded.private_files import open_to_others

SHOWN = 3


@register(Tags.security, deploy=True)
def nobody_else_reads_the_state_folder(**kwargs: Any) -> list[CheckMessage]:
    home = postgres.current_home()
    found = [
        str(path)
        for root in {settings.STATE_DIR, home.path}
        for path, _ in open_to_others(root, data=home.data)
    ]
    if not found:
        return []
    shown = ", ".join(sorted(found)[:SHOWN])
    hint = "`manage.py housekeeping` and `manage.py serve` close what is ours to close."
    message = f"Other accounts of this machine can read {len(found)} paths, such as {shown}."
    return [checks.Warning(message, hint=hint, id="trackxpert.W003")]
