"""Who changed which setting when, from what to what; of a secret only that it was."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from core.history_words import HistoryDetail, HistoryLine
from institution.declared import SETTINGS
from institution.models import SettingsVersion
from institution.setting import Setting


def settings_history(most: int) -> list[HistoryLine]:
    """The latest changes, latest first."""
    rows = list(SettingsVersion.objects.select_related("changed_by")[: most + 1])
    pairs = pairwise([*rows, None] if len(rows) <= most else rows)
    return [
        HistoryLine(
            at=row.changed_at,
            by=row.changed_by.get_username() if row.changed_by else _("the system"),
            action=_("changed"),
            details=tuple(_details(row, before)),
        )
        for row, before in pairs
        if row is not None
    ]


def _details(row: SettingsVersion, before: SettingsVersion | None) -> Iterator[HistoryDetail]:
    earlier: dict[str, str] = before.texts if before else {}
    for name in row.changed:
        which = SETTINGS.get(name)
        if which is None:
            continue
        if which.is_secret:
            yield HistoryDetail(str(which.label), _("what it was"), _("something else"))
        else:
            yield HistoryDetail(
                str(which.label),
                _words(which, earlier.get(name)),
                _words(which, row.texts.get(name)),
            )


def _words(which: Setting[Any], text: str | None) -> str:
    value = which.default if text is None else which.kind.convert(text)
    return which.kind.words(value)
