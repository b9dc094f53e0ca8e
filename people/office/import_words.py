"""What the pages of an import say: columns, cells, counts, buttons."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rest_framework.fields import (
    BooleanField,
    ChoiceField,
    DateField,
    DateTimeField,
    EmailField,
    Field,
)

from core.constraints import NON_FIELD
from people.kinds import PersonKind, kind_named
from people.models import Import, ImportRow
from people.serializers import PhoneSerializerField


def _people(upload: Import, number: int) -> str:
    kind = kind_named(upload.kind)
    return f"{number:,} {kind.noun if number == 1 else kind.nouns}"


def confirm_words(upload: Import) -> str:
    """What the button will do, or nothing if there is nothing to do."""
    created, updated = upload.summary["created"], upload.summary["updated"]
    if not created:
        return f"Change {_people(upload, updated)}" if updated else ""
    changes = f", change {updated:,}" if updated else ""
    return f"Register {_people(upload, created)}{changes}"


def done_words(upload: Import) -> str:
    """What has become of an import that is closed."""
    if upload.state != Import.State.APPLIED:
        return "Nothing was imported."
    created, updated = upload.summary["created"], upload.summary["updated"]
    return f"{_people(upload, created)} registered, {updated:,} changed."


def summary_text(upload: Import) -> str:
    """`20 new, 3 changed`: the kinds of rows that there are."""
    counts = ((action.label.lower(), upload.summary[action]) for action in ImportRow.Action)
    return ", ".join(f"{number:,} {label}" for label, number in counts if number) or "no rows"


# --- columns ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    name: str
    is_required: bool
    hint: str


def described_columns(kind: PersonKind) -> list[Column]:
    fields = kind.serializer().fields
    return [
        Column(name, fields[name].required, _hint(fields[name]))
        for name in kind.serializer.import_columns()
    ]


def _hint(column: Field[Any, Any, Any, Any]) -> str:
    if isinstance(column, ChoiceField):
        return f"One of {', '.join(map(str, column.choices))}"
    if isinstance(column, BooleanField):
        return "true or false"
    if isinstance(column, DateField):
        return "2003-02-28 or 28/02/2003"
    if isinstance(column, DateTimeField):
        return "2026-11-28 09:30 or 28/11/2026 09:30"
    if isinstance(column, PhoneSerializerField):
        return "+255712345678 or 0712 345 678"
    if isinstance(column, EmailField):
        return "An e-mail address"
    return f"At most {column.max_length} characters" if hasattr(column, "max_length") else ""


def filled_columns(order: list[str], rows: Iterable[ImportRow]) -> list[str]:
    """The columns that these rows bring something in, in the order of the template."""
    filled = {name for row in rows for name in row.changes}
    return [name for name in order if name in filled]


def heading(name: str) -> str:
    """`class_code` as people say it."""
    return "The row" if name == NON_FIELD else name.replace("_", " ").capitalize()


# --- rows ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    name: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Refusal:
    name: str
    cell: str
    reasons: list[str]


@dataclass(frozen=True)
class ShownRow:
    """A row of the preview; what is in it depends on what would become of it."""

    row: ImportRow
    cells: list[str]
    changes: list[Change]
    refusals: list[Refusal]


def described_rows(order: list[str], rows: Iterable[ImportRow]) -> list[ShownRow]:
    page = list(rows)
    columns = filled_columns(order, page)
    return [
        ShownRow(row, _cells(row, columns), _changes(row, columns), _refusals(row, order))
        for row in page
    ]


def _cells(row: ImportRow, columns: list[str]) -> list[str]:
    return [_plain(row.changes.get(name, {}).get("after")) for name in columns]


def _changes(row: ImportRow, columns: list[str]) -> list[Change]:
    changed = ((name, row.changes[name]) for name in columns if name in row.changes)
    return [
        Change(heading(name), _plain(change["before"]), _plain(change["after"]))
        for name, change in changed
    ]


def _refusals(row: ImportRow, order: list[str]) -> list[Refusal]:
    names = (name for name in [NON_FIELD, *order] if name in row.errors)
    return [
        Refusal(heading(name), row.errors[name]["cell"], row.errors[name]["reasons"])
        for name in names
    ]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
