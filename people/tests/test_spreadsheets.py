"""Files of every sort become rows of text, or are refused as a whole."""

import io
import random
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from people import spreadsheets, workbooks
from people.spreadsheets import (
    CERTAIN,
    SpreadsheetRefused,
    SpreadsheetTooLarge,
    csv_bytes,
    read_table,
)
from people.tests.kinds import STUDENTS, student_row
from people.tests.sheets import (
    NAMESPACE,
    SHEET,
    book_of,
    csv_file,
    excel_file,
    real,
    repacked,
    saved,
    sheet_xml,
    upload,
    with_strings,
    xlsx_file,
    xlsx_of,
)

# openpyxl tells its user about odd workbooks; here that is the log.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

QUICKLY = 10  # seconds, on any machine; what goes wrong takes minutes


def rows_of(content: bytes) -> list[list[str]]:
    return [cells for _, cells in read_table(content).rows]


def refusal(content: bytes) -> str:
    with pytest.raises(SpreadsheetRefused) as refused:
        read_table(content)
    return str(refused.value)


# --- CSV ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "BOM"])
def test_csv_is_read_as_any_program_writes_it(delimiter: str, line_end: str, mark: str) -> None:
    lines = [["a", "b", "c"], ["1", "x, y; z", "Wanjikũ محمد"], ["2", '"q"', ""]]
    text = line_end.join(
        delimiter.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line) for line in lines
    )
    table = read_table((mark + text).encode())
    assert table.columns == lines[0]
    assert table.rows == [(2, lines[1]), (3, lines[2])]


def test_a_cell_may_hold_line_ends_and_rows_are_counted_as_a_spreadsheet_does() -> None:
    table = read_table(b'a,b\n"1\n\n2",x\r\n\n3,y\n')
    assert table.rows == [(2, ["1\n\n2", "x"]), (4, ["3", "y"])]


def test_columns_are_known_in_any_case_and_with_spaces() -> None:
    header = b'"  Registration  Number ",FIRST_NAME,Sur name\n1,2,3\n'
    assert read_table(header).columns == ["registration_number", "first_name", "sur_name"]


def test_short_rows_are_filled_and_empty_ones_left_out() -> None:
    assert read_table(b"a,b,c\n1\n,,\n\n  , \n2,3\n").rows == [
        (2, ["1", "", ""]),
        (6, ["2", "3", ""]),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"\n\n , \n", "The file is empty."),
        (b"registration_number,surname\n1,Ami\x81na", "neither XLSX nor text"),
        (b"\xff\xfea\x00,", "neither XLSX nor text"),
        (b"registration_number,surname\n1,Ami\x00na", "null characters"),
        (b'a,b\n"1,2\n', "Line 2 is not CSV"),
        (b'a,b\n"1"x,2\n', "Line 2 is not CSV"),
        (b"a,b\n" + b"x" * 200_000, "Line 2 is not CSV"),
        (b"a,B,b\n1,2,3", "These columns appear twice: b."),
        (b"First name,first_name\n1,2", "These columns appear twice: first_name."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "neither XLSX nor text"),
    ],
    ids=[
        *("empty", "blank", "no letter", "half of UTF-16", "null", "open quote"),
        *("text after a quote", "endless cell", "column twice", "column twice in other words"),
        "old Excel or a password",
    ],
)
def test_what_is_no_table_is_refused(content: bytes, message: str) -> None:
    assert message in refusal(content)


# --- XLSX ---------------------------------------------------------------------------------------


def test_cells_are_read_as_a_person_would_type_them() -> None:
    cells = [
        *(1234, 1234.0, 1234.5, 999_999_999_999_999, -3, "  text ", "", None, True, False),
        *(date(2001, 12, 31), datetime(2001, 12, 31), "0712", "Wanjikũ"),  # noqa: DTZ001
        datetime(2001, 12, 31, 8, 30),  # noqa: DTZ001
    ]
    header = [f"c{number}" for number in range(len(cells))]
    assert rows_of(xlsx_file([header, cells])) == [
        [
            *("1234", "1234", "1234.5", "999999999999999", "-3", "text", "", "", "true", "false"),
            *("2001-12-31", "2001-12-31", "0712", "Wanjikũ", "2001-12-31 08:30:00"),
        ]
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1234.0", "1234"),
        ("1.234E3", "1234"),
        ("0.1", "0.1"),
        ("1.23E+17", "1.23E+17"),
        ("123456789012345678", "1.23E+17"),
        ("-1e15", "-1.00E+15"),
    ],
)
def test_numbers_are_read_however_a_program_writes_them(written: str, read: str) -> None:
    rows = f'<row><c t="str"><v>a</v></c></row><row><c><v>{written}</v></c></row>'
    assert rows_of(repacked(xlsx_file([["a"]]), {SHEET: sheet_xml(rows)})) == [[read]]


def test_a_table_of_strings_is_looked_up() -> None:
    lines: list[list[Any]] = [["number", "name"]]
    lines += [["DIT & <1>", "Wanjikũ"], [2.0, None], ["Wanjikũ", "number"]]
    assert rows_of(excel_file(lines)) == [
        ["DIT & <1>", "Wanjikũ"],
        ["2", ""],
        ["Wanjikũ", "number"],
    ]


def test_text_that_looks_like_a_formula_is_told_from_one() -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["formula", "text", "defused"])
    sheet.append(["=1+1", None, "'=1+1"])
    sheet.cell(2, 2).value = "=1+1"
    sheet.cell(2, 2).data_type = "s"  # typed with an apostrophe before it
    assert rows_of(saved(workbook)) == [["=", "'=1+1", "'=1+1"]]


def test_rows_beyond_a_wrong_size_are_read() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in (1, 2, 5))
    xml = sheet_xml(rows).replace(b"<sheetData>", b'<dimension ref="A1"/><sheetData>')
    table = read_table(repacked(xlsx_file([["a"]]), {SHEET: xml}))
    assert table.rows == [(2, ["2"]), (5, ["5"])]


def test_a_claimed_size_costs_nothing() -> None:
    xml = sheet_xml("<row><c><v>1</v></c></row><row><c><v>2</v></c></row>").replace(
        b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'
    )
    started = time.monotonic()
    assert rows_of(repacked(xlsx_file([["a"]]), {SHEET: xml})) == [["2"]]
    assert time.monotonic() - started < QUICKLY


def test_a_formatted_last_row_costs_little() -> None:
    xml = sheet_xml('<row r="1"><c><v>1</v></c></row><row r="2"><c><v>2</v></c></row>').replace(
        b"</sheetData>", b'<row r="1048576" s="1" customFormat="1"/></sheetData>'
    )
    started = time.monotonic()
    assert rows_of(repacked(xlsx_file([["a"]]), {SHEET: xml})) == [["2"]]
    assert time.monotonic() - started < QUICKLY


def test_the_first_visible_sheet_is_read() -> None:
    workbook = Workbook()
    workbook.worksheets[0].append(["lookup"])
    workbook.worksheets[0].sheet_state = "hidden"
    workbook.create_sheet().append(["a"])
    assert read_table(saved(workbook)).columns == ["a"]


def weigh(names: list[str]) -> int:
    return CERTAIN if "a" in names else 0


def test_the_sheet_that_is_read_has_all_of_what_a_workbook_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is too large or broken among the others is no list that was not read."""
    rows = [[str(number)] for number in range(3000)]
    content = book_of({"One": [["a"], *rows], "Two": [["a"], *rows], "Three": [["a"], ["1"]]})
    table = read_table(content, weigh)
    assert (table.sheet, table.unread_sheets) == ("One", ["Two", "Three"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        read = (name for name in archive.namelist() if name[-5] not in "23")
        markup = sum(archive.read(name).count(b"<") for name in read)
    monkeypatch.setattr(workbooks, "MAX_MARKUP", markup)
    table = read_table(content, weigh)
    assert (len(table.rows), table.unread_sheets) == (3000, [])
    broken = repacked(content, {"xl/worksheets/sheet2.xml": b"<worksheet"})
    monkeypatch.undo()
    assert read_table(broken, weigh).unread_sheets == ["Three"]


def test_a_csv_file_that_can_be_divided_in_two_ways_is_one_list() -> None:
    table = read_table(b"a,b;a\n1,2;3\n", weigh)
    assert (table.columns, table.unread_sheets) == (["a", "b;a"], [])


def test_of_further_sheets_no_more_is_read_than_names_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [[str(number)] for number in range(9000)]
    content = book_of({"One": [["a"], ["1"]], **{f"More {n}": [["a"], *rows] for n in range(3)}})
    taken: list[str] = []
    lines = spreadsheets._xlsx_lines

    def counted(sheet: Iterator[tuple[int, list[Any]]]) -> Iterator[spreadsheets.Line]:
        for line in lines(sheet):
            taken.append(line.cells[0])
            yield line

    monkeypatch.setattr(spreadsheets, "_xlsx_lines", counted)
    assert read_table(content, weigh).unread_sheets == ["More 0", "More 1", "More 2"]
    assert taken == ["a", "1", *["a", "0"] * 3]


def billion_laughs() -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE x [<!ENTITY l0 "lol">{entities}]>'


def zip_of(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return file.getvalue()


BOOK = xlsx_of([student_row(1)])
LAUGH = billion_laughs()


@pytest.mark.parametrize(
    "content",
    [
        zip_of(readme=b"hello"),
        zip_of(word__document=b"<document/>", **{"[Content_Types].xml": b"<Types/>"}),
        b"PK",
        b"PK\x03\x04" + bytes(100),
        BOOK[: len(BOOK) // 2],
        BOOK[:-30],
        repacked(BOOK, {SHEET: b""}),
        with_strings(
            repacked(BOOK, {SHEET: sheet_xml('<row><c t="s"><v>999</v></c></row>')}), "<si/>"
        ),
        repacked(BOOK, {SHEET: sheet_xml('<row><c t="n"><v>' + "9" * 400 + "</v></c></row>")}),
        repacked(BOOK, {SHEET: sheet_xml('<row r="x"/>')}),
        repacked(BOOK, {SHEET: sheet_xml("<row><c><v>&l9;</v></c></row>", before=LAUGH)}),
        with_strings(BOOK, "<si><t>&l9;</t></si>", before=LAUGH),
        repacked(BOOK, {"xl/workbook.xml": f"{LAUGH}<workbook>&l9;</workbook>".encode()}),
        repacked(
            BOOK,
            {SHEET: sheet_xml("<row/>", before='<!DOCTYPE x SYSTEM "file:///etc/passwd">')},
        ),
        repacked(BOOK, {"xl/workbook.xml": b"<workbook/>"}),
    ],
    ids=[
        *("plain zip", "docx", "PK", "zip without end", "half", "cut", "empty sheet"),
        *("missing string", "huge number", "no row number", "laughs in the sheet"),
        *("laughs in the strings", "laughs in the workbook", "outside entity", "no sheet"),
    ],
)
def test_a_broken_or_hostile_workbook_is_refused(content: bytes) -> None:
    started = time.monotonic()
    assert refusal(content) in {"This is not a readable XLSX workbook.", "The file is empty."}
    assert time.monotonic() - started < QUICKLY


def test_what_is_not_looked_at_harms_nobody() -> None:
    content = repacked(BOOK, {"docProps/core.xml": f"{LAUGH}<x>&l9;</x>".encode()})
    assert len(rows_of(content)) == 1


@pytest.mark.parametrize(
    "parts",
    [
        {SHEET: bytes(300 * 2**20)},
        {SHEET: sheet_xml("<row>" + "<c/>" * 4_000_000 + "</row>")},
        {"xl/sharedStrings.xml": b"<sst>" + b"<si/>" * 4_000_000 + b"</sst>"},
        {"xl/media/unused.bin": bytes(65 * 2**20)},
        {SHEET: sheet_xml('<row r="2000000"><c><v>1</v></c></row>')},
    ],
    ids=["zeros", "cells", "strings", "something else", "row two million"],
)
def test_a_zip_bomb_is_too_large(parts: dict[str, bytes]) -> None:
    content = repacked(BOOK, parts)
    assert len(content) < 2**20
    started = time.monotonic()
    with pytest.raises(SpreadsheetTooLarge):
        read_table(content)
    assert time.monotonic() - started < QUICKLY


def spoilt(content: bytes, dice: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(dice.choice([1, 1, 2, 6])):
        place = dice.randrange(len(data) or 1)
        match dice.randrange(3):
            case 0:
                data[place : place + 1] = dice.choice([b"<", b'"', b"9", b"-", b"\xff", b"\x00"])
            case 1:
                del data[place : place + dice.randrange(1, 20)]
            case _:
                data[place:place] = dice.choice([b"9" * 400, b"1e999", b"NaN", b"-1", b"&amp;"])
    return bytes(data)


def test_a_spoilt_workbook_is_a_table_or_a_refusal() -> None:
    dice = random.Random(2026)  # noqa: S311
    book = xlsx_file([["a", "b"], [date(2001, 2, 3), True], ["=1+1", 1.5]])
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        names = [name for name in archive.namelist() if "theme" not in name]
        parts = {name: archive.read(name) for name in names}
    refused = 0
    for number in range(700):
        name = dice.choice(names)
        whole = number % 4 == 0
        content = spoilt(book, dice) if whole else repacked(book, {name: spoilt(parts[name], dice)})
        try:
            read_table(content)
        except SpreadsheetRefused:
            refused += 1
    assert 100 < refused < 700


# --- limits -------------------------------------------------------------------------------------

# Times counting to ten million, which takes any machine about 0.2 s of its processor, and a busy
# one as much longer as the file. Each of these took 25 to 85 times that.
LITTLE_WORK = 10


def sheet_of(rows: str) -> bytes:
    return repacked(BOOK, {SHEET: sheet_xml(f'<row r="1"><c t="str"><v>a</v></c></row>{rows}')})


def last_column(cell: str) -> str:
    return "".join(f'<row r="{n}"><c r="XFD{n}" {cell}</row>' for n in range(2, 9000))


def styles_of(cells: str) -> bytes:
    xml = f'<styleSheet xmlns="{NAMESPACE}"><cellXfs>{cells}</cellXfs></styleSheet>'
    return repacked(BOOK, {"xl/styles.xml": xml.encode()})


ATTRIBUTES = " ".join(f'a{number}="1"' for number in range(10**6))
EXPENSIVE = {
    "a cell in the last column": lambda: sheet_of(last_column("><v>1</v></c>")),
    "an empty cell in the last column": lambda: sheet_of(last_column('s="1"/>')),
    "empty cells": lambda: sheet_of("<row>" + "<c/>" * 2_900_000 + "</row>"),
    "rows of empty cells": lambda: sheet_of(("<row>" + "<c/>" * 90 + "</row>") * 30_000),
    "empty rows": lambda: sheet_of("<row/>" * 900_000),
    "empty texts": lambda: sheet_of(("<row>" + '<c t="str"><v/></c>' * 90 + "</row>") * 9_000),
    "strings": lambda: with_strings(BOOK, "<si/>" * 2_900_000),
    "a string of many pieces": lambda: with_strings(
        BOOK, f"<si>{'<r><t>a</t></r>' * 700_000}</si>"
    ),
    "styles": lambda: styles_of("<xf/>" * 900_000),
    "attributes": lambda: sheet_of(f"<row {ATTRIBUTES}/>"),
    "line ends": lambda: b"a,b\n" + b"\n" * 9_000_000,
    "line ends of Windows": lambda: b"a,b\n" + b"\r\n" * 4_500_000,
    "commas": lambda: b"a,b\n" + b"," * 9_000_000,
    "rows of commas": lambda: b"a,b\n" + (b"," * 150 + b"\n") * 60_000,
    "a row of line ends": lambda: b"a,b\n" + b'"\n",' * 1_800_000,
}


@pytest.mark.parametrize("name", EXPENSIVE)
def test_no_file_costs_much(name: str) -> None:
    content = EXPENSIVE[name]()
    before = counting()
    started = time.process_time()
    with suppress(SpreadsheetRefused):
        assert len(read_table(content).rows) <= 1
    cost = time.process_time() - started
    assert cost < LITTLE_WORK * max(before, counting())


def counting() -> float:
    started = time.process_time()
    sum(range(10**7))
    return time.process_time() - started


@pytest.mark.parametrize(
    "content",
    [
        sheet_of('<row r="2"><c r="CW2"><v>1</v></c></row>'),
        sheet_of('<row r="2"><c r="XFD2"><f>1+1</f></c></row>'),
        b"a,b\n" + b"," * 100 + b"x\n",
        b",".join(b"c%d" % number for number in range(101)),
    ],
    ids=["XLSX", "formula", "CSV", "header"],
)
def test_something_beyond_a_hundred_columns_is_refused_as_such(content: bytes) -> None:
    assert refusal(content) == "The file has more than 100 columns."


def test_a_hundred_columns_are_read_and_nothing_beyond_them_is_passed_over() -> None:
    lines = [[f"c{number}" for number in range(100)], [str(number) for number in range(100)]]
    assert rows_of(xlsx_file(lines)) == lines[1:]
    assert rows_of(csv_bytes(lines[0], lines[1:])) == lines[1:]
    assert rows_of(sheet_of('<row r="2"><c r="A2"><v>1</v></c><c r="XFD2" s="1"/></row>')) == [
        ["1"]
    ]


def long_csv(count: int) -> bytes:
    return b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(count))


def test_ten_thousand_rows_are_read_and_no_more() -> None:
    assert len(rows_of(long_csv(10_000))) == 10_000
    with pytest.raises(SpreadsheetTooLarge, match="more than 10000 rows"):
        read_table(long_csv(10_001))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_fifty_thousand_rows_are_refused_quickly(kind: str) -> None:
    xml = "<row><c><v>1</v></c><c><v>2</v></c></row>" * 50_000
    content = long_csv(50_000) if kind == "csv" else repacked(BOOK, {SHEET: sheet_xml(xml)})
    started = time.monotonic()
    with pytest.raises(SpreadsheetTooLarge):
        read_table(content)
    assert time.monotonic() - started < QUICKLY


# --- out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+255712345678", "'+255712345678"),
        ("-5", "'-5"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("''@x", "'''@x"),
        ("'Aisha", "'Aisha"),
        ("Ng'ang'a", "Ng'ang'a"),
        ("a=b", "a=b"),
        ("", ""),
        (None, None),
        (True, True),
        (-5, -5),
    ],
)
def test_text_that_a_spreadsheet_would_run_is_defused(value: Any, written: Any) -> None:
    assert spreadsheets.defused(value) == written
    assert spreadsheets.is_defused(str(written)) == (value != written)


# --- over HTTP ----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"\xff\xfe\x00", 400, "invalid_spreadsheet"),
        (BOOK[:-30], 400, "invalid_spreadsheet"),
        (repacked(BOOK, {SHEET: bytes(300 * 2**20)}), 413, "spreadsheet_too_large"),
        (long_csv(10_001), 413, "spreadsheet_too_large"),
        (b"a" * (10 * 2**20 + 1), 413, "spreadsheet_too_large"),
        (b"a" * (13 * 2**20), 413, "too_large"),
        (b"registration_number,class_code\n1,2\n", 400, "missing_columns"),
    ],
    ids=["encoding", "cut", "bomb", "rows", "10 MB", "13 MB", "columns"],
)
@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_a_file_that_is_refused_as_a_whole_is_an_error_of_the_contract(
    officer: APIClient, content: bytes, status: int, code: str, dry_run: str
) -> None:
    response = upload(officer, STUDENTS.url, content, dry_run=dry_run)
    assert response.status_code == status
    body = response.json()
    assert body["code"] == code
    assert body.keys() == ({"error", "detail", "code"} if status == 400 else {"detail", "code"})
    assert not STUDENTS.people.exists()


@pytest.mark.django_db
def test_imports_are_throttled_with_what_else_changes_many_at_once(
    officer: APIClient, settings: Settings
) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "bulk": "2/min"}
    content = csv_file([student_row()])
    assert [upload(officer, STUDENTS.url, content).status_code for _ in range(2)] == [200, 200]
    refused = upload(officer, STUDENTS.url, content)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60


@pytest.mark.django_db
def test_the_missing_columns_are_named(officer: APIClient) -> None:
    body = real(officer, STUDENTS.url, b"Registration Number\n1\n").json()
    assert body["detail"] == "The file lacks these columns: first_name or surname."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "file"),
        ({"file": "people.csv"}, "file"),
        ({"file": io.BytesIO(b"")}, "file"),
        ({"file": io.BytesIO(csv_file([student_row()])), "dry_run": "banana"}, "dry_run"),
    ],
    ids=["nothing", "text", "empty", "dry_run=banana"],
)
def test_a_wrong_form_names_its_field(officer: APIClient, form: Any, field: str) -> None:
    response = officer.post(f"{STUDENTS.url}import/", form, format="multipart")
    assert response.status_code == 400
    assert list(response.json()) == [field]


@pytest.mark.django_db
def test_json_is_not_a_spreadsheet(officer: APIClient) -> None:
    response = officer.post(f"{STUDENTS.url}import/", {"file": "a,b"})
    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"
