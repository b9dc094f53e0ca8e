"""What was done to many, in the language of the page: it is kept in the words of the API."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy

from people.deed_models import Deed
from people.field_words import FIELD_WORDS
from people.kinds import PersonKind, kind_named
from people.office.import_rows import heading, shown_value
from people.switching import SWITCHED_OFF, SWITCHED_ON

# Where a field begins in `Class code: CS22, student status: Graduated`.
_BEGINS: Final = re.compile(
    rf"(?:^|, )({'|'.join(name.replace('_', ' ') for name in FIELD_WORDS)}): ", re.IGNORECASE
)

SWITCHES: Final = {
    SWITCHED_ON: pgettext_lazy("people", "Switched on"),
    SWITCHED_OFF: pgettext_lazy("people", "Switched off"),
}


def about_in_words(deed: Deed) -> str:
    """Which file; or of a bulk change what it gave."""
    if deed.what != Deed.What.BULK_CHANGE or not deed.about:
        return deed.about
    before, *parts = _BEGINS.split(deed.about)
    if before or not parts:
        return str(SWITCHES.get(deed.about, deed.about))
    kind = kind_named(deed.kind)
    said = (_given(kind, name, value) for name, value in zip(parts[::2], parts[1::2], strict=True))
    text = ", ".join(said)
    return text[:1].upper() + text[1:]


def _given(kind: PersonKind, field: str, value: str) -> str:
    name = field.lower().replace(" ", "_")
    said = gettext("none") if value == "none" else value_in_words(kind, name, value)
    return f"{heading(name).lower()}: {said}"


def changes_in_words(
    kind: PersonKind, changes: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Of each field its name, and what it was and is, as a report says them."""
    return [
        {
            "name": heading(name),
            **{when: value_in_words(kind, name, value) for when, value in values.items()},
        }
        for name, values in changes.items()
    ]


def value_in_words(kind: PersonKind, name: str, value: Any) -> str:
    if name == "photo":
        return gettext("a photo") if value else ""
    if name == "expiry_date":
        return _end_in_words(value)
    choices = _choices(kind, name) if isinstance(value, str) else {}
    return str(choices.get(value) or shown_value(value))


def _end_in_words(value: str | None) -> str:
    """Of a card, as lists of cards say it."""
    if not value:
        return gettext("Never")
    return date_format(timezone.localtime(datetime.fromisoformat(value)), "j M Y")


def _choices(kind: PersonKind, name: str) -> Mapping[str, Any]:
    if name == kind.status_key:
        return kind.status_words
    try:
        field = kind.model._meta.get_field(kind.attribute(name))
    except FieldDoesNotExist:  # of a guardian
        return {}
    return dict(getattr(field, "flatchoices", ()))
