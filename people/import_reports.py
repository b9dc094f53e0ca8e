"""What an import did, or would do, row by row (contract section 5)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from people.cells import Cell
from people.headings import Column, ReadColumns
from people.reports import P, Report, ReportRow

TOO_WIDE_MESSAGE = _(
    "This row has more cells than the header: a text with a comma lacks its quotes."
)


@dataclass
class FileRow(ReportRow[P]):
    """One line of the file; `person` is as they will be, once the row has been matched."""

    cells: dict[str, str] = field(default_factory=dict)  # as in the file
    values: dict[str, str] = field(default_factory=dict)  # as the API would be sent them
    # What another app keeps of the person, by column.
    beside: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)  # what was left out of cells
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

    @property
    def action(self) -> str:
        if self.is_new and not self.errors:
            return "created"
        return "updated" if self.beside and not self.errors else super().action

    def as_dict(self) -> dict[str, Any]:
        return {
            **super().as_dict(),
            "changes": {} if self.errors else {**self.changes, **self.beside},
            "notes": self.notes,
            "possible_duplicate_of": self.possible_duplicate_of,
        }


@dataclass
class ImportReport(Report[P]):
    """`as_dict` is the contract's answer."""

    rows: list[FileRow[P]]
    ignored_columns: list[str] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    sheet: str = ""
    unread_sheets: list[str] = field(default_factory=list)
    """Names of further sheets of the workbook that are lists as well."""
    asks_date_order: bool = False
    """Whether rows are refused because nobody has said in which order the list writes its days."""

    @classmethod
    def of(cls, read: ReadColumns, rows: list[FileRow[P]], *, dry_run: bool) -> Self:
        """With what there is to say of the file."""
        return cls(
            dry_run,
            rows,
            columns=read.columns,
            ignored_columns=read.ignored,
            sheet=read.table.sheet,
            unread_sheets=read.table.unread_sheets,
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            **super().as_dict(),
            "columns": [column.as_dict() for column in self.columns],
            "ignored_columns": self.ignored_columns,
            "unread_sheets": self.unread_sheets,
        }
