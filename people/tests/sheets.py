"""Spreadsheet files as programs write them, and some as no program should."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from rest_framework.test import APIClient

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
TYPES = "[Content_Types].xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def csv_text(rows: Sequence[Mapping[str, str]], delimiter: str = ",", line_end: str = "\n") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator=line_end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def csv_file(rows: Sequence[Mapping[str, str]], delimiter: str = ",") -> bytes:
    return csv_text(rows, delimiter).encode()


def xlsx_file(lines: Iterable[list[Any]]) -> bytes:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for line in lines:
        sheet.append(line)
    return saved(workbook)


def xlsx_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return xlsx_file([list(rows[0]), *(list(row.values()) for row in rows)])


def book_of(sheets: Mapping[str, Iterable[Sequence[Any]]]) -> bytes:
    """A workbook of several sheets, by their names."""
    workbook = Workbook(write_only=True)
    for name, lines in sheets.items():
        sheet = workbook.create_sheet(name)
        for line in lines:
            sheet.append(line)
    return saved(workbook)


def saved(workbook: Workbook) -> bytes:
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def repacked(workbook: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The workbook with some of its parts replaced, or added."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name])
    return file.getvalue()


def excel_file(lines: Sequence[list[Any]]) -> bytes:
    """As Excel itself saves a sheet: every text once, in a part of its own."""
    strings = sorted({cell for line in lines for cell in line if isinstance(cell, str)})
    rows = "".join(f"<row>{''.join(_cell(cell, strings) for cell in line)}</row>" for line in lines)
    return with_strings(
        repacked(xlsx_file([["x"]]), {SHEET: sheet_xml(rows)}),
        "".join(f"<si><t>{escape(text)}</t></si>" for text in strings),
    )


def _cell(value: str | float | None, strings: list[str]) -> str:
    if isinstance(value, str):
        return f'<c t="s"><v>{strings.index(value)}</v></c>'
    return "<c/>" if value is None else f"<c><v>{value}</v></c>"


def with_strings(workbook: bytes, items: str, *, before: str = "") -> bytes:
    """The workbook with a table of shared strings, which openpyxl reads but does not write."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        types = archive.read(TYPES).decode()
    entry = f'<Override PartName="/{STRINGS}" ContentType="{STRINGS_TYPE}"/></Types>'
    parts = {
        STRINGS: f'{before}<sst xmlns="{NAMESPACE}">{items}</sst>'.encode(),
        TYPES: types.replace("</Types>", entry).encode(),
    }
    return repacked(workbook, parts)


def sheet_xml(rows: str, *, before: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{before}<worksheet xmlns="{NAMESPACE}">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    ).encode()


def upload(client: APIClient, url: str, content: bytes | str, **form: Any) -> Any:
    """POST the file to the import of `url`; `dry_run` only if the test says so."""
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("people.csv", data)
    return client.post(f"{url}import/", {"file": file, **form}, format="multipart")


def real(client: APIClient, url: str, content: bytes | str) -> Any:
    return upload(client, url, content, dry_run="false")
