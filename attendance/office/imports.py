"""Absences and days of the calendar from a list: upload, the preview of a change, confirm.

Nothing is kept meanwhile: the rows go along in the preview.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from attendance.imports import (
    ABSENCE_COLUMNS,
    HOLIDAY_COLUMNS,
    ReadList,
    read_absences,
    read_holidays,
)
from attendance.office.changing import Draft, RuleChangeView
from core.errors import DomainError
from people import spreadsheets
from people.views import csv_download

SHOWN = 200


class NoFile(DomainError):
    code = "no_file"
    message = "Choose a file first."


class ImportListView(RuleChangeView):
    template_name = "attendance/import.html"
    preview_template = "attendance/import_preview.html"
    columns: ClassVar[Sequence[str]]
    hints: ClassVar[dict[str, str]] = {
        "date": "2026-12-09 or 09/12/2026, for one day",
        "from": "2026-12-20 or 20/12/2026, the first of several days",
        "to": "The last of them; empty: that one day",
        "starts_at": "10:00, for a part of each day",
        "ends_at": "12:00",
    }
    nouns: ClassVar[str]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "template" in request.GET:
            lines = spreadsheets.csv_stream(self.columns, [])
            return csv_download(lines, f"{self.nouns.replace(' ', '-')}-import.csv")  # type: ignore[return-value]
        return super().get(request, *args, **kwargs)

    def read(self, content: bytes) -> ReadList:
        raise NotImplementedError

    @cached_property
    def brought(self) -> ReadList:
        """Raises SpreadsheetRefused and NoFile."""
        return self.read(self._content)

    @property
    def _content(self) -> bytes:
        file = self.request.FILES.get("file")
        if isinstance(file, UploadedFile):
            content: bytes = file.read()
            return content
        rows = self.request.POST.get("rows", "")
        if not rows:
            raise NoFile
        return rows.encode()

    def draft(self) -> Draft | None:
        read = self.brought
        if self.request.POST.get("step") == "rest":
            read = self.brought = self.read(read.without_refused())
        if read.report().failed or not read.new:
            return None
        number = len(read.new)
        return Draft(
            what=f"{number} {self.nouns} imported",
            write=read.write,
            scope=read.scope,
            after=f"{number} {self.nouns} would be added.",
            done=f"{number} {self.nouns} were added.",
        )

    def kept(self) -> Sequence[tuple[str, str]]:
        table = self.brought.table
        rows = [cells for _, cells in table.rows]
        return [("rows", spreadsheets.csv_bytes(table.columns, rows).decode())]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "columns": [(name, self.hints.get(name, "")) for name in self.columns],
            "nouns": self.nouns,
        }
        if self.request.method == "POST":
            try:
                report = self.brought.report()
            except DomainError:
                pass
            else:
                rows = [row for row in report.rows if row.errors] or report.rows
                shown |= {
                    "report": report,
                    "summary": report.summary,
                    "rows": rows[:SHOWN],
                    "kept_rows": self.kept()[0][1],
                    "good": report.summary["total"] - report.summary["failed"],
                }
        return super().get_context_data(**{**shown, **kwargs})


class ImportHolidaysView(ImportListView):
    route = "attendance/calendar/import/"
    url_name = "attendance_holidays_import"
    title = "Import holidays"
    columns = HOLIDAY_COLUMNS
    hints = {**ImportListView.hints, "name": "Independence Day"}
    nouns = "holidays"
    back_name = "Holidays"

    @property
    def back(self) -> str:
        return reverse("admin:attendance_holiday_changelist")

    def read(self, content: bytes) -> ReadList:
        return read_holidays(content)


class ImportAbsencesView(ImportListView):
    route = "attendance/absences/import/"
    url_name = "attendance_absences_import"
    title = "Import absences"
    columns = ABSENCE_COLUMNS
    hints = {
        **ImportListView.hints,
        "number": "By which the person is known: registration or staff number, employee ID",
        "reason": "Ill, school trip, funeral",
        "kind": "student, staff or security, where two have the same number",
    }
    nouns = "absences"
    back_name = "Absences"

    @property
    def back(self) -> str:
        return reverse("admin:attendance_absence_changelist")

    def read(self, content: bytes) -> ReadList:
        return read_absences(content, by=self.user)
