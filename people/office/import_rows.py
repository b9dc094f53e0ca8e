"""What the pages of an import say: buttons, columns, rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext
from rest_framework.fields import (
    BooleanField,
    ChoiceField,
    DateField,
    DateTimeField,
    EmailField,
    Field,
)

from core.constraints import NON_FIELD
from people.doubles import officers_reasons
from people.field_words import field_word
from people.imports import columns_beside
from people.kinds import PersonKind, kind_named
from people.models import Import, ImportRow
from people.serializers import PhoneSerializerField


def confirm_words(import_: Import) -> str:
    """What the button will do, or nothing if there is nothing to do."""
    created, updated = import_.summary["created"], import_.summary["updated"]
    if not created:
        words = gettext("Change {people}") if updated else ""
        return words.format(people=_people(import_, updated))
    words = (
        gettext("Register {people}, change {number:,}") if updated else gettext("Register {people}")
    )
    return words.format(people=_people(import_, created), number=updated)


def done_words(import_: Import) -> str:
    """What has become of an import that is closed."""
    if import_.state != Import.State.APPLIED:
        return gettext("Nothing was imported.")
    created, updated = import_.summary["created"], import_.summary["updated"]
    words = gettext("{people} registered, {number:,} changed.")
    return words.format(people=_people(import_, created), number=updated)


def _people(import_: Import, number: int) -> str:
    return kind_named(import_.kind).counted(number).format(number=f"{number:,}")


@dataclass(frozen=True)
class ExplainedColumn:
    name: str
    is_required: bool
    hint: str


def explained_columns(kind: PersonKind) -> list[ExplainedColumn]:
    fields = kind.serializer().fields
    beside = columns_beside(kind)
    return [
        *(
            ExplainedColumn(name, fields[name].required, _hint(fields[name]))
            for name in kind.serializer.import_columns()
        ),
        *(ExplainedColumn(name, False, _hint(field)) for name, field in beside.items()),
    ]


def _hint(column: Field[Any, Any, Any, Any]) -> str:
    if isinstance(column, ChoiceField):
        choices = format_html("<code>{}</code>", ", ".join(map(str, column.choices)))
        return format_html(gettext("One of {choices}"), choices=choices)
    if isinstance(column, BooleanField):
        return gettext("true or false")
    if isinstance(column, DateField):
        return gettext("2003-02-28 or 28/02/2003")
    if isinstance(column, DateTimeField):
        return gettext("2026-11-28 09:30 or 28/11/2026 09:30")
    if isinstance(column, PhoneSerializerField):
        return gettext("+255712345678 or 0712 345 678")
    if isinstance(column, EmailField):
        return gettext("An e-mail address")
    if not hasattr(column, "max_length"):
        return ""
    return gettext("At most {number} characters").format(number=column.max_length)


def filled_columns(order: list[str], rows: Iterable[ImportRow]) -> list[str]:
    """The columns that these rows bring something in, in the order of the template."""
    filled = {name for row in rows for name in row.changes}
    return [name for name in order if name in filled]


def heading(name: str) -> str:
    """`class_code` as people say it."""
    return gettext("The row") if name == NON_FIELD else field_word(name)


@dataclass(frozen=True)
class ShownRow:
    """A row of the preview; what is in it depends on what would become of it."""

    row: ImportRow
    cells: list[str]
    changes: list[dict[str, str]]
    """Each with `name`, `before` and `after`."""
    refusals: list[dict[str, Any]]
    """Each with `name`, `cell` and `reasons`."""


def shown_rows(order: list[str], rows: Iterable[ImportRow]) -> list[ShownRow]:
    page = list(rows)
    columns = filled_columns(order, page)
    return [
        ShownRow(
            row,
            cells=[shown_value(row.changes.get(name, {}).get("after")) for name in columns],
            changes=[
                {
                    "name": heading(name),
                    "before": shown_value(row.changes[name]["before"]),
                    "after": shown_value(row.changes[name]["after"]),
                }
                for name in columns
                if name in row.changes
            ],
            refusals=[
                {
                    "name": heading(name),
                    "cell": row.errors[name]["cell"],
                    "reasons": officers_reasons(
                        row.errors[name]["reasons"], row.possible_duplicate_of
                    ),
                }
                for name in dict.fromkeys((NON_FIELD, *order, *row.errors))
                if name in row.errors
            ],
        )
        for row in page
    ]


def shown_value(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
