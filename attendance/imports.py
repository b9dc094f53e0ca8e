"""Absences and days of the calendar from a spreadsheet, all or nothing (contract sections 5, 9).

A list only adds: what stands already, for the same people and the same time with the same words,
is left as it is, so that a list can come twice.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Final

from django.utils.translation import gettext as _

from accounts.models import User
from attendance.changes import Applying, change_rules
from attendance.models import Absence, Holiday
from attendance.open_days import Scope
from attendance.rule_serializers import AbsenceSerializer, HolidaySerializer
from attendance.rulebook import RulesChange
from core.constraints import NON_FIELD
from core.errors import messages_in
from people import spreadsheets
from people.cells import what_is_wrong_with
from people.days import DayOrder, readings
from people.headings import EXACT, IGNORED, REFUSAL_COLUMNS, Column, MissingColumns
from people.import_reports import TOO_WIDE_MESSAGE, FileRow, ImportReport
from people.imported_lists import ByIdentifier
from people.kinds import kinds_with_days
from people.models import Person
from people.spreadsheets import column_names

MOST_ROWS: Final = 5000
DAY_COLUMNS: Final = ("date", "from", "to")
TIME_COLUMNS: Final = ("starts_at", "ends_at")
HOLIDAY_COLUMNS: Final = (*DAY_COLUMNS, "name", *TIME_COLUMNS)
ABSENCE_COLUMNS: Final = ("number", "from", "to", "reason", *TIME_COLUMNS, "date", "kind")


@dataclass
class ListRow(FileRow[Any]):
    """A line of a list; `said` is what the API would write of it."""

    said: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadList:
    """What a list would add. `table`: as it came, to bring again without the refused rows."""

    rows: list[ListRow]
    columns: list[Column]
    table: spreadsheets.Table
    write: Callable[[RulesChange], Any]

    def report(self, *, dry_run: bool = True) -> ImportReport[Any]:
        ignored = [column_names([c.header])[0] for c in self.columns if c.how == IGNORED]
        return ImportReport(dry_run, list(self.rows), ignored_columns=ignored, columns=self.columns)

    @property
    def new(self) -> list[dict[str, Any]]:
        return [row.said for row in self.rows if row.action == "created"]

    @property
    def scope(self) -> Scope:
        """The days that it is about; of a list that adds something."""
        return Scope(
            min(said["first_day"] for said in self.new),
            max(said["last_day"] for said in self.new),
        )

    def without_refused(self) -> bytes:
        """The same list, as CSV, with its good rows only."""
        refused = {row.number for row in self.rows if row.errors}
        rows = [cells for number, cells in self.table.rows if number not in refused]
        return spreadsheets.csv_bytes(self.table.columns, rows)


def import_list(
    read: ReadList, *, what: str, by: User, dry_run: bool, applying: Applying
) -> ImportReport[Any]:
    """Add what the list says, unless `dry_run` or a row failed; the days are judged by it."""
    report = read.report(dry_run=dry_run)
    applying.check()
    if not (dry_run or report.failed) and read.new:
        change_rules(read.write, what=what, scope=read.scope, by=by, applying=applying)
    return report


def read_holidays(content: bytes) -> ReadList:
    """Days of the calendar: `date` or `from` and `to`, `name`. Raises SpreadsheetRefused."""
    table = _table(content)
    _check_columns(table.columns, ("name",))
    rows = list(_rows(table, HOLIDAY_COLUMNS))
    for row in rows:
        row.identifier = row.values.get("name", "")
        _validate(row, HolidaySerializer(data=row.values))
    _mark(rows, {_key_of(known) for known in Holiday.objects.filter(applies_to={})})

    def write(change: RulesChange) -> None:
        # Whoever brought the same list at this moment was first.
        there = {_key_of(known) for known in Holiday.objects.filter(applies_to={})}
        for row in rows:
            if row.action == "created" and _key(row.said) not in there:
                Holiday.objects.create(**row.said)

    return ReadList(rows, _columns(table, HOLIDAY_COLUMNS), table, write)


def read_absences(content: bytes, *, by: User) -> ReadList:
    """Absences of one person each: `number`, `from`, `to`, `reason`. Raises SpreadsheetRefused.

    A number that people of two kinds have needs a `kind`, or a column by the name of the kind's.
    """
    table = _table(content)
    own = {kind.number_key: key for key, kind in kinds_with_days().items()}
    numbers = [name for name in ("number", *own) if name in table.columns]
    _check_columns(table.columns, (*(numbers or ("number",)), "reason"))
    columns = (*ABSENCE_COLUMNS, *own)
    rows = list(_rows(table, columns))
    _find_people(rows, own, by)
    for row in rows:
        if row.person is None:
            continue
        said = {n: v for n, v in row.values.items() if n not in {"number", "kind", *own}}
        _validate(row, AbsenceSerializer(data={**said, row.person.kind: row.person.pk}))
    people = {row.person.pk for row in rows if row.person}
    _mark(rows, {_key_of(known) for known in _standing(people)})

    def write(change: RulesChange) -> None:
        there = {_key_of(known) for known in _standing(people)}
        for row in rows:
            if row.action == "created" and _key(row.said) not in there:
                change.add(Absence(**row.said, recorded_by=by))

    return ReadList(rows, _columns(table, columns), table, write)


def _standing(people: Iterable[Any]) -> Any:
    return Absence.objects.standing().filter(person__in=people)


# --- reading ------------------------------------------------------------------------------------


def _table(content: bytes) -> spreadsheets.Table:
    table = spreadsheets.read_table(content)
    if len(table.rows) > MOST_ROWS:
        message = _("The file has more than {n} rows.").format(n=MOST_ROWS)
        raise spreadsheets.SpreadsheetTooLarge(message)
    return table


def _check_columns(columns: list[str], required: Iterable[str]) -> None:
    missing = [name for name in required if name not in columns]
    if not {"date", "from"} & set(columns):
        missing.append("from")
    if missing:
        raise MissingColumns(missing)


def _rows(table: spreadsheets.Table, columns: Iterable[str]) -> Iterable[ListRow]:
    known = set(columns)
    for number, cells in table.rows:
        row = ListRow(number)
        if any(cells[len(table.columns) :]):
            row.refuse(NON_FIELD, TOO_WIDE_MESSAGE)
        for name, cell in zip(table.columns, cells, strict=False):
            if cell and name in known:
                row.cells[name] = cell
                if wrong := what_is_wrong_with(cell):
                    row.refuse(name, wrong)
                row.values[name] = _as_typed(name, cell)
        yield row


def _as_typed(name: str, cell: str) -> str:
    cell = spreadsheets.undefused(cell)
    if name in DAY_COLUMNS:
        day = readings(cell).get(DayOrder.DMY)  # as people here write it
        return day.isoformat() if day else cell
    return cell.casefold() if name == "kind" else cell


def _find_people(rows: Iterable[ListRow], own: Mapping[str, str], by: User) -> None:
    """Whose each row is, in one query."""
    asked = {}
    for row in rows:
        name = next((name for name in ("number", *own) if row.values.get(name)), "")
        row.identifier = row.values.get(name, "")
        asked[row.number] = name
        if not name:
            row.refuse("number", _("Say whose absence it is."))
    everybody: Any = Person.objects.filter(kind__in=kinds_with_days()).seen_by(by)
    known = ByIdentifier(everybody, (row.identifier for row in rows))
    for row in rows:
        if name := asked[row.number]:
            kind = own.get(name) or row.values.get("kind", "")
            row.person, problem = known.find(row.identifier, kind)
            if problem:
                row.refuse(name, problem)


def _validate(row: ListRow, serializer: Any) -> None:
    """As the API validates one."""
    if serializer.is_valid():
        read = serializer.validated_data
        row.said = {name: value for name, value in read.items() if name != "apply_to_closed"}
        if "name" in row.said:
            row.said.pop("reason", None)
        return
    for name, messages in serializer.errors.items():
        for message in messages_in(messages):
            if name not in row.errors:
                row.refuse(name, message)


Key = tuple[Any, ...]


def _key(said: Mapping[str, Any]) -> Key:
    person = said.get("person")
    words = said["reason"] if person else said["name"]
    times = (said.get(name) for name in TIME_COLUMNS)
    return (person and person.pk, said["first_day"], said["last_day"], *times, words)


def _key_of(row: Holiday | Absence) -> Key:
    is_absence = isinstance(row, Absence)
    words = row.reason if isinstance(row, Absence) else row.name
    person = row.person_id if isinstance(row, Absence) else None
    assert person or not is_absence
    return (person, row.first_day, row.last_day, row.starts_at, row.ends_at, words)


def _mark(rows: Iterable[ListRow], there: set[Key]) -> None:
    """Which rows bring something; one that stands in the list twice is brought once."""
    seen: dict[Key, int] = {}
    for row in rows:
        if row.errors:
            continue
        key = _key(row.said)
        if key in seen:
            same = _("Row {number} of this file says the same.").format(number=seen[key])
            row.refuse(NON_FIELD, same)
            continue
        seen[key] = row.number
        row.is_new = key not in there
        if row.is_new:
            row.changes = {name: {"before": None, "after": v} for name, v in _plain(row.said)}


def _plain(said: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """As the API names and shows it."""
    names = {"first_day": "from", "last_day": "to"}
    for name, value in said.items():
        if name == "person":
            yield value.kind, str(value.pk)
        elif isinstance(value, (date, time)):
            yield names.get(name, name), value.isoformat()
        elif value:
            yield name, value


def _columns(table: spreadsheets.Table, columns: Iterable[str]) -> list[Column]:
    known = set(columns)
    return [
        Column(header, name, EXACT) if name in known else Column(header, None, IGNORED)
        for name, header in zip(table.columns, table.headings, strict=True)
        if name and name not in REFUSAL_COLUMNS
    ]
