"""Bringing people in from a spreadsheet: one code path for the dry run and the real one.

All rows are read, validated by the serializer that the API itself uses, matched to the people who
are there in one query, and written set by set. A dry run does all of that and rolls it back, so
what it shows is what the real run does.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery
from rest_framework.fields import ChoiceField, DateField, DateTimeField, Field

from accounts.models import User
from core.constraints import NON_FIELD, unique_fields, violated_constraint
from core.errors import DomainError
from core.locks import for_change, take_turns
from people import deeds, spreadsheets
from people.deed_models import Deed
from people.deeds import plain
from people.fields import one_line
from people.kinds import PersonKind
from people.models import Person, PersonQuerySet
from people.serializers import LineSerializerField, PhoneSerializerField

P = TypeVar("P", bound=Person)

BATCH_SIZE = 1000
PROGRESS_STEP = 100

MANGLED_NUMBER = re.compile(r"\d([.,]\d+)?E\+\d{2,}", re.IGNORECASE)
# What a workbook has behind a day, which may be shown or not.
TIME_OF_DAY = re.compile(r"(?<=\d{4}-\d\d-\d\d) \d\d:\d\d(:\d\d)?$")
DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
MANGLED_MESSAGE = (
    "A spreadsheet has shortened this number, and its last digits are lost. "
    "Format the column as text and enter the number again."
)
FORMULA_MESSAGE = "This cell is a formula. Put an apostrophe (') before it if it is meant as text."
FORMULA_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
FORMULA_ERROR_MESSAGE = "This is a spreadsheet's error message, not a value."
TOO_WIDE_MESSAGE = "This row has more cells than the header: a text with a comma lacks its quotes."
# What a list of refused rows says before their cells; the list is corrected and comes back.
REFUSAL_COLUMNS = ("row", "problem")


class MissingColumns(spreadsheets.SpreadsheetRefused):
    code = "missing_columns"


class ImportConflict(DomainError):
    code = "import_conflict"
    message = "Somebody else registered one of these people just now. Import the file again."


@dataclass
class FileRow(Generic[P]):
    """One line of the file and what becomes of it."""

    number: int
    identifier: str = ""
    cells: dict[str, str] = field(default_factory=dict)  # as in the file
    values: dict[str, str] = field(default_factory=dict)  # as the API would be sent them
    errors: dict[str, list[str]] = field(default_factory=dict)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    person: P | None = None  # as it will be; set once the row has been matched
    is_new: bool = False

    def refuse(self, name: str, message: str) -> None:
        self.errors.setdefault(name, []).append(message)

    @property
    def action(self) -> str:
        if self.errors:
            return "failed"
        if self.is_new:
            return "created"
        return "updated" if self.changes else "unchanged"


@dataclass(frozen=True)
class ImportReport(Generic[P]):
    """What an import did, or would do; `as_dict` is the contract's answer."""

    dry_run: bool
    rows: list[FileRow[P]]
    ignored_columns: list[str]
    change_id: UUID | None = None
    """By which it can be taken back, if it has changed anything."""

    @property
    def failed(self) -> bool:
        return any(row.errors for row in self.rows)

    @property
    def summary(self) -> dict[str, int]:
        actions = [row.action for row in self.rows]
        kinds = ("created", "updated", "unchanged", "failed")
        return {"total": len(actions), **{kind: actions.count(kind) for kind in kinds}}

    def as_dict(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "summary": self.summary,
            "rows": [
                {
                    "row": row.number,
                    "action": row.action,
                    "identifier": row.identifier,
                    "changes": {} if row.errors else row.changes,
                    "errors": row.errors,
                }
                for row in self.rows
            ],
            "ignored_columns": self.ignored_columns,
            "change_id": self.change_id and str(self.change_id),
        }


Progress = Callable[[int], None]
"""Told now and then how many rows of the file are done."""


def read_people(*, kind: PersonKind, content: bytes) -> spreadsheets.Table:
    """The rows of a CSV or XLSX file of this kind's people.

    Raises SpreadsheetRefused (or SpreadsheetTooLarge, MissingColumns) for the file as a whole.
    """
    table = spreadsheets.read_table(content)
    _Importer[Any](kind).check_columns(table.columns)
    return table


def import_people(
    *,
    kind: PersonKind,
    table: spreadsheets.Table,
    dry_run: bool,
    by: User,
    about: str = "",
    on_progress: Progress | None = None,
) -> ImportReport[Any]:
    """Create and change people from what `read_people` has read, all or nothing.

    Rows are matched by the identification number, upper and lower case alike. An empty cell
    leaves the value as it is. Nothing is written if `dry_run` or if any row fails. What is written
    is written down as `by`'s deed, under the name of the file (`about`).

    Raises ImportConflict if a person of the file appears between the reading and the writing.
    """
    importer = _Importer[Any](kind, on_progress)
    report = ImportReport(dry_run, importer.rows_of(table), importer.ignored(table.columns))
    try:
        with transaction.atomic():
            # Two files with the same new people in another order would wait for each other's rows.
            # The second one finds what the first has written, and has nothing left to do.
            take_turns(f"import {kind.plural_key}")
            importer.run(report.rows)
            if dry_run or report.failed:
                transaction.set_rollback(True)
            else:
                report = replace(report, change_id=_write_down(report, kind, by, about))
    except IntegrityError as error:
        broken = violated_constraint(error, importer.model)
        if not isinstance(broken, models.UniqueConstraint):
            raise
        raise ImportConflict from error
    return report


def _write_down(report: ImportReport[Any], kind: PersonKind, by: User, about: str) -> UUID | None:
    deed = deeds.record_deed(
        what=Deed.What.IMPORT,
        kind=kind,
        by=by,
        about=about,
        summary=report.summary,
        touches=(
            deeds.created(row.person, number=row.number)
            if row.is_new
            else deeds.changed(row.person, row.changes, number=row.number)
            for row in report.rows
            if row.person is not None and row.action in {"created", "updated"}
        ),
    )
    return deed.pk if deed else None


class _Importer(Generic[P]):
    def __init__(self, kind: PersonKind, on_progress: Progress | None = None) -> None:
        self.kind = kind
        self.on_progress = on_progress
        self.model: type[P] = kind.model
        self.people = PersonQuerySet[P](self.model).of_kind(kind)
        self.keys = kind.api_keys
        unique = {**unique_fields(self.model), "identifier": kind.number_taken}
        self.unique_fields = {self.keys.get(name, name): text for name, text in unique.items()}
        # One serializer for all new rows and one for all known people: building one takes longer
        # than validating a row with it.
        self.for_new = kind.serializer()
        self.for_known = kind.serializer(partial=True)
        self.writable = {n: f for n, f in self.for_new.fields.items() if not f.read_only}

    def check_columns(self, columns: list[str]) -> None:
        required = (name for name, column in self.writable.items() if column.required)
        missing = [name for name in required if name not in columns]
        if missing:
            raise MissingColumns(f"The file lacks these columns: {', '.join(missing)}.")

    def ignored(self, columns: list[str]) -> list[str]:
        """Columns that mean nothing to us; what our own exports add is no news."""
        known = {*self.for_new.fields, *REFUSAL_COLUMNS}
        return [name for name in columns if name and name not in known]

    def rows_of(self, table: spreadsheets.Table) -> list[FileRow[P]]:
        rows = []
        for number, cells in table.rows:
            row = FileRow[P](number)
            if any(cells[len(table.columns) :]):
                row.refuse(NON_FIELD, TOO_WIDE_MESSAGE)
            for name, cell in zip(table.columns, cells, strict=False):
                if cell and name in self.writable:
                    self._read_cell(row, name, cell)
            row.identifier = row.values.get(self.kind.number_key, "")
            rows.append(row)
        return rows

    def _read_cell(self, row: FileRow[P], name: str, cell: str) -> None:
        column = self.writable[name]
        row.cells[name] = cell
        if wrong := what_is_wrong_with(cell, is_phone=isinstance(column, PhoneSerializerField)):
            row.refuse(name, wrong)
        row.values[name] = _as_typed(column, cell)

    def run(self, rows: list[FileRow[P]]) -> None:
        for name in self.unique_fields:
            self._refuse_repeats(rows, name)
        # Who is there already; locked until they are written, in key order against deadlocks.
        people = self.people.with_values("identifier", (row.identifier for row in rows))
        present = {one.identifier.upper(): one for one in for_change(people.order_by("pk"))}
        for number, row in enumerate(rows, 1):
            self._prepare(row, present.get(row.identifier.upper()))
            if number % PROGRESS_STEP == 0:
                self._tell(number // 2)  # the other half of the work is writing
        for name, message in self.unique_fields.items():
            self._refuse_taken(rows, name, message)
        self._write(rows)

    def _refuse_repeats(self, rows: list[FileRow[P]], name: str) -> None:
        seen: dict[str, int] = {}
        for row in rows:
            value = row.values.get(name, "").upper()
            if value and seen.setdefault(value, row.number) != row.number:
                row.refuse(name, f"Row {seen[value]} of this file has the same value.")

    def _prepare(self, row: FileRow[P], known: P | None) -> None:
        """Validate the row and set its values on a person, without writing."""
        row.is_new = known is None
        row.person = known or self.model()
        serializer = self.for_new if known is None else self.for_known
        validated, errors = serializer.read_row(row.values, about=known)
        for name, messages in errors.items():
            row.errors.setdefault(name, messages)
        if row.errors:
            return  # a person who is in the file twice is changed once
        for name, value in validated.items():
            before = None if row.is_new else getattr(row.person, name)
            if row.is_new or before != value:
                key = self.keys.get(name, name)
                row.changes[key] = {"before": plain(before), "after": plain(value)}
                setattr(row.person, name, value)

    def _refuse_taken(self, rows: list[FileRow[P]], name: str, message: str) -> None:
        """Name the row that would break a unique constraint; the constraint itself stays."""
        wanted = {row.values[name].upper(): row for row in rows if name in row.changes}
        field = self.kind.attribute(name)
        # Numbers are a kind's own; what all share is looked for among everybody.
        is_shared = field == "terminal_pin"
        others: Any = Person.objects.all() if is_shared else self.people
        for holder in others.with_values(field, wanted):
            row = wanted[getattr(holder, field).upper()]
            if row.person is None or row.person.pk != holder.pk:
                row.refuse(name, message)

    def _write(self, rows: list[FileRow[P]]) -> None:
        created = [row.person for row in rows if row.person and row.action == "created"]
        updated = [row.person for row in rows if row.person and row.action == "updated"]
        keys = {key for row in rows if row.action == "updated" for key in row.changes}
        fields = {self.kind.attribute(key) for key in keys}
        left = len(created) + len(updated)
        for people, write in (
            (created, create_people),
            (updated, partial(update_people, fields=fields)),
        ):
            for start in range(0, len(people), BATCH_SIZE):
                batch = people[start : start + BATCH_SIZE]
                write(people=batch)
                left -= len(batch)
                self._tell(len(rows) - left // 2)

    def _tell(self, done: int) -> None:
        if self.on_progress is not None:
            self.on_progress(done)


def what_is_wrong_with(cell: str, *, is_phone: bool = False) -> str:
    """Why a spreadsheet's cell is no value, whatever its column holds; empty if it may be one."""
    if MANGLED_NUMBER.fullmatch(cell):
        return MANGLED_MESSAGE
    if cell in FORMULA_ERRORS:
        return FORMULA_ERROR_MESSAGE
    is_formula = cell.startswith(spreadsheets.FORMULA_STARTS)
    return FORMULA_MESSAGE if is_formula and not (is_phone and cell[0] == "+") else ""


def _as_typed(column: Field[Any, Any, Any, Any], cell: str) -> str:
    """The cell as the API would be sent it: no exported apostrophe, ISO days, choices as spelt."""
    if spreadsheets.is_defused(cell):
        cell = cell[1:]
    if isinstance(column, LineSerializerField):
        return one_line(cell)  # numbers are compared before they are validated
    if isinstance(column, DateField):
        return iso_day(TIME_OF_DAY.sub("", cell))
    if isinstance(column, DateTimeField):
        day, _, time = cell.partition(" ")
        return f"{iso_day(day)} {time}".strip()
    if isinstance(column, ChoiceField):
        return next((c for c in column.choices if str(c).casefold() == cell.casefold()), cell)
    return cell


def iso_day(cell: str) -> str:
    """`31/12/2001` is how people here write a day; what is no day is left for the validator."""
    match = DAY_FIRST.fullmatch(cell)
    return f"{match[3]}-{match[2]:0>2}-{match[1]:0>2}" if match else cell


# --- writing: the table of all people and that of the kind, set by set --------------------------


@transaction.atomic
def create_people(*, people: Sequence[P]) -> None:
    """Write these new people, all of one kind."""
    for person in people:
        person.pk = person.person_uuid
    Person.objects.bulk_create(people, batch_size=BATCH_SIZE)
    _write_own_rows(people, [])


@transaction.atomic
def update_people(*, people: Sequence[P], fields: set[str]) -> None:
    """Write these fields of people who are there, all of one kind and locked by the caller.

    As an upsert: bulk_update builds a CASE of all rows for every column and takes eight times as
    long.
    """
    common = [field.name for field in Person._meta.concrete_fields if field.name in fields]
    Person.objects.bulk_create(
        people,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=[*common, "updated_at"],
        batch_size=BATCH_SIZE,
    )
    if own := [name for name in fields if name not in common]:
        _write_own_rows(people, own)


def _write_own_rows(people: Sequence[Person], changed: list[str]) -> None:
    """The rows of the kind's own table, which Django's `bulk_create` refuses to write.

    `changed` names what becomes of rows that are there; without it there are none.
    """
    for start in range(0, len(people), BATCH_SIZE):
        batch = people[start : start + BATCH_SIZE]
        meta = type(batch[0])._meta
        columns: list[Any] = [meta.get_field(name) for name in changed]
        query = InsertQuery(
            type(batch[0]),
            on_conflict=OnConflict.UPDATE if columns else None,
            update_fields=columns,
            unique_fields=[meta.pk],
        )
        query.insert_values(meta.local_concrete_fields, list(batch))
        query.get_compiler(connection=connection).execute_sql()
