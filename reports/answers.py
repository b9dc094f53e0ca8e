"""A report in each of its formats, over HTTP."""

import tempfile
from collections.abc import Callable
from typing import Any, BinaryIO

from django.conf import settings
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from core.pagination import PageNumberPagination
from reports.counting import Report, group_name, one_moment
from reports.kinds import GroupBy
from reports.pdf import write_pdf
from reports.spreadsheets import csv_lines, write_csv, write_xlsx

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WRITERS: dict[str, Callable[[Report, BinaryIO], None]] = {
    "csv": write_csv,
    "pdf": write_pdf,
    "xlsx": write_xlsx,
}


class GroupPages(PageNumberPagination):
    """Groups have no keys that a search could be found by."""

    def found_keys(self, queryset: Any) -> None:
        return None


def as_json(report: Report, request: Request) -> Response:
    with one_moment():
        body: dict[str, Any] = {
            "report": report.kind.subject,
            "from": report.span.first,
            "to": report.span.last,
            "group_by": report.group_by,
            "institution": settings.INSTITUTION_NAME,
            "generated_at": timezone.localtime(),
            "totals": report.totals,
            "days": report.days,
        }
        if report.group_by != GroupBy.STUDENT:
            return Response({**body, "groups": [_named(report, row) for row in report.rows]})
        pages = GroupPages()
        page = pages.paginate_queryset(report.groups, request) or []
        listed = pages.get_paginated_response([_named(report, report.row(row)) for row in page])
        return Response({**body, **listed.data})


def _named(report: Report, row: dict[str, Any]) -> dict[str, Any]:
    return {"group": group_name(report, row), **row}


def as_file(report: Report, file_format: str) -> HttpResponseBase:
    """CSV goes out while it is counted; the others are complete before their first byte goes."""
    name = f"{report.file_name}.{file_format}"
    if file_format == "csv":
        return StreamingHttpResponse(
            csv_lines(report),
            content_type=CONTENT_TYPES["csv"],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    return FileResponse(
        written(report, file_format),
        as_attachment=True,
        filename=name,
        content_type=CONTENT_TYPES[file_format],
    )


def written(report: Report, file_format: str) -> BinaryIO:
    """The report in a temporary file, which goes when it is closed."""
    out = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        WRITERS[file_format](report, out)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out
