"""A report as a file, in each of its formats."""

import tempfile
from collections.abc import Callable
from typing import BinaryIO

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from core.renderers import XLSXRenderer
from reports.counting import Report
from reports.pdf import write_pdf
from reports.spreadsheets import csv_lines, write_csv, write_xlsx

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": XLSXRenderer.media_type,
}
WRITERS: dict[str, Callable[[Report, BinaryIO], None]] = {
    "csv": write_csv,
    "pdf": write_pdf,
    "xlsx": write_xlsx,
}


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
