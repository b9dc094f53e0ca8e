"""What happened to a reader: from the triggers' logs, in an officer's words."""

from dataclasses import replace

from django.utils.translation import gettext

from core.history import Change, history_of
from pos.models import Device, PairingCode

PAIR_ADDRESS = "/api/pos/pair/"


def history_of_reader(device: Device) -> list[Change]:
    """Every change of a reader and every code to pair it, latest first."""
    changes = [_in_words(change) for change in history_of(device)]
    # What ends a code is told by what ended it: a new code or a new key.
    said = history_of(PairingCode(pk=device.pk))
    made = [change for change in said if change.action != "deleted"]
    codes = [replace(change, action=gettext("a code to pair it"), changes={}) for change in made]
    return sorted([*changes, *codes], key=lambda change: change.at, reverse=True)


def _in_words(change: Change) -> Change:
    if change.action == "created":
        return replace(change, action=gettext("registered"), changes={})
    if change.action != "changed":
        return change
    if "key_made_at" in change.changes:
        is_paired = change.path == PAIR_ADDRESS
        action = gettext("paired") if is_paired else gettext("new key")
        return replace(change, action=action, changes={})
    if set(change.changes) == {"is_active"}:
        is_on = change.changes["is_active"]["after"]
        action = gettext("switched on") if is_on else gettext("switched off")
        return replace(change, action=action, changes={})
    return change
