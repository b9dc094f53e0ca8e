"""What an import did, or would do, row by row (contract section 5)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from people.cells import Cell
from people.headings import Column
from people.models import Person

P = TypeVar("P", bound=Person)

TOO_WIDE_MESSAGE = "This row has more cells than the header: a text with a comma lacks its quotes."


@dataclass
class FileRow(Generic[P]):
    """One line of the file and what becomes of it."""

    number: int
    identifier: str = ""
    cells: dict[str, str] = field(default_factory=dict)  # as in the file
    values: dict[str, str] = field(default_factory=dict)  # as the API would be sent them
    errors: dict[str, list[str]] = field(default_factory=dict)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    # What another app keeps of the person, by column.
    beside: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)  # what was left out of cells
    person: P | None = None  # as it will be; set once the row has been matched
    possible_duplicate_of: list[dict[str, Any]] = field(default_factory=list)
    said_pk: UUID | None = None  # that the row carries
    is_new: bool = False

    def take(self, cells: Iterable[tuple[str, str, Cell]]) -> None:
        """What `CellReader.cells` has read."""
        for name, text, cell in cells:
            self.cells[name] = text
            self.values[name] = cell.value
            if cell.wrong:
                self.refuse(name, cell.wrong)
            if cell.note:
                self.notes[name] = [cell.note]

    def refuse(self, name: str, message: str) -> None:
        self.errors.setdefault(name, []).append(message)

    @property
    def action(self) -> str:
        if self.errors:
            return "failed"
        if self.is_new:
            return "created"
        return "updated" if self.changes or self.beside else "unchanged"


@dataclass(frozen=True)
class ImportReport(Generic[P]):
    """What an import did, or would do; `as_dict` is the contract's answer."""

    dry_run: bool
    rows: list[FileRow[P]]
    ignored_columns: list[str] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    change_id: UUID | None = None
    """By which it can be taken back, if it has changed anything."""
    asks_date_order: bool = False
    """Whether rows are refused because nobody has said in which order the list writes its days."""

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
                    "changes": {} if row.errors else {**row.changes, **row.beside},
                    "errors": row.errors,
                    "notes": row.notes,
                    "possible_duplicate_of": row.possible_duplicate_of,
                }
                for row in self.rows
            ],
            "columns": [column.as_dict() for column in self.columns],
            "ignored_columns": self.ignored_columns,
            "change_id": self.change_id and str(self.change_id),
        }
