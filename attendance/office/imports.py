"""Absences and days of the calendar from a list: upload, the preview of a change, confirm.

Nothing is kept meanwhile: the rows go along in the preview.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

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

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SHOWN = 200


class NoFile(DomainError):
    code = "no_file"
    message = _("Choose a file first.")


class ImportListView(RuleChangeView):
    template_name = "attendance/import.html"
    preview_template = "attendance/import_preview.html"
    columns: ClassVar[Sequence[str]]
    hints: "ClassVar[dict[str, StrOrPromise]]" = {
        "date": _("2026-12-09 or 09/12/2026, for one day"),
        "from": _("2026-12-20 or 20/12/2026, the first of several days"),
        "to": _("The last of them; empty: that one day"),
        "starts_at": _("10:00, for a part of each day"),
        "ends_at": "12:00",
    }
    nouns: ClassVar[str]
    """As files and the list of changes call them."""
    would_be_added: "ClassVar[StrOrPromise]"
    were_added: "ClassVar[StrOrPromise]"

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
            after=self.would_be_added.format(n=number),
            done=self.were_added.format(n=number),
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
    title = _("Import holidays")
    columns = HOLIDAY_COLUMNS
    hints = {**ImportListView.hints, "name": _("Independence Day")}
    nouns = "holidays"
    would_be_added = ngettext_lazy(
        "{n} holiday would be added.", "{n} holidays would be added.", "n"
    )
    were_added = ngettext_lazy("{n} holiday was added.", "{n} holidays were added.", "n")
    back_name = _("Holidays")

    @property
    def back(self) -> str:
        return reverse("admin:attendance_holiday_changelist")

    def read(self, content: bytes) -> ReadList:
        return read_holidays(content)


class ImportAbsencesView(ImportListView):
    route = "attendance/absences/import/"
    url_name = "attendance_absences_import"
    title = _("Import absences")
    columns = ABSENCE_COLUMNS
    hints = {
        **ImportListView.hints,
        "number": _("By which the person is known: registration or staff number, employee ID"),
        "reason": _("Ill, school trip, funeral"),
        "kind": _("student, staff or security, where two have the same number"),
    }
    nouns = "absences"
    would_be_added = ngettext_lazy(
        "{n} absence would be added.", "{n} absences would be added.", "n"
    )
    were_added = ngettext_lazy("{n} absence was added.", "{n} absences were added.", "n")
    back_name = _("Absences")

    @property
    def back(self) -> str:
        return reverse("admin:attendance_absence_changelist")

    def read(self, content: bytes) -> ReadList:
        return read_absences(content, by=self.user)
