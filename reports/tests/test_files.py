"""The files: that they parse, show what they should, and are made bit by bit."""

import io
import re
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import openpyxl
import pypdfium2
import pytest
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext
from pypdf import PdfReader
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Attendance
from cards.tests.factories import make_student
from institution.paper import institution
from reports import counting
from reports.counting import Report
from reports.formats import written
from reports.kinds import ATTENDANCE, DISCIPLINE, KITCHEN, GroupBy
from reports.paper import look
from reports.periods import Span
from reports.tests.factories import (
    NOVEMBER,
    URL,
    csv_rows,
    download,
    make_day,
    make_incident,
    make_meal,
    make_period,
)
from students.models import Student

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 2)
FORMULA = '=HYPERLINK("http://x","y")'
SPAN = Span(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def hundred(db: None) -> list[Student]:
    """A hundred students who were there on a Monday."""
    students = [
        make_student(first_name="Wanjikũ", surname=f"Kĩragũ{n:03}", class_code=f"C{n:03}")
        for n in range(100)
    ]
    for student in students:
        make_day(student, DAY, "Present")
    return students


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def colours_of(content: bytes, page: int = 0) -> dict[tuple[int, ...], int]:
    """How many dots of the page have each colour."""
    document = pypdfium2.PdfDocument(content)
    try:
        image = document[page].render(scale=1).to_pil().convert("RGB")
        counted: Any = image.getcolors(image.width * image.height)
        return {colour: number for number, colour in counted}
    finally:
        document.close()


def dots(colour: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(round(part * 255) for part in colour)


# --- CSV --------------------------------------------------------------------------------------


def test_a_csv_is_a_download_that_a_spreadsheet_reads_as_utf8(administrator: APIClient) -> None:
    make_day(make_student(first_name="Wanjikũ"), DAY, "Late")
    response = administrator.get(
        f"{URL}attendance/", {"format": "csv", "group_by": "student", **NOVEMBER}
    )
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    name = "attendance-by-student-2026-11-01-2026-11-30.csv"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    row, total = csv_rows(content)
    assert row["full_name"].startswith("Wanjikũ Mushi")
    assert (row["late"], row["attendance_rate"], total["late"]) == ("1", "100.0", "1")
    assert total["registration_number"] == "Total"


def test_an_empty_csv_is_its_header(administrator: APIClient) -> None:
    content = download(administrator, "kitchen", "csv", **NOVEMBER)
    heads = "class_code,class_level,students,served,doubles,extra"
    assert content.decode("utf-8-sig").strip() == heads


def test_formulas_are_defused(administrator: APIClient) -> None:
    student = make_student(first_name=FORMULA, department="@SUM(1)", class_code="-1")
    make_meal(student, DAY, make_period("+cmd", 12), "12:10")
    asked = {"group_by": "student", **NOVEMBER}
    text = download(administrator, "kitchen", "csv", **asked).decode("utf-8-sig")
    (row, _) = csv_rows(text.encode())
    assert row["full_name"].startswith("'" + FORMULA)
    assert (row["department"], row["class_code"], row["'+cmd"]) == ("'@SUM(1)", "'-1", "1")


class Watched:
    """Rows that tell how many have been taken."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self.rows = rows
        self.taken = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self.rows:
            self.taken += 1
            yield row


@pytest.mark.usefixtures("hundred")
def test_a_csv_goes_out_while_it_is_counted(
    administrator: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[Watched] = []
    rows = Report.rows.fget  # type: ignore[attr-defined]

    def watch(report: Report) -> Watched:
        watched.append(Watched(rows(report)))
        return watched[-1]

    monkeypatch.setattr(Report, "rows", property(watch))
    monkeypatch.setattr(counting, "CHUNK", 10)
    response: Any = administrator.get(
        f"{URL}attendance/", {"format": "csv", "group_by": "student", **NOVEMBER}
    )
    lines = iter(response.streaming_content)
    for expected in (0, 0, 1, 2):  # the header, then a row for each line
        assert sum(each.taken for each in watched) == expected
        next(lines)
    assert len([*lines]) == 100 - 3 + 1


# --- XLSX -------------------------------------------------------------------------------------


def test_a_workbook_has_groups_days_and_what_it_is(administrator: APIClient, settings: Any) -> None:
    settings.INSTITUTION_NAME = "=Chuo cha Wanjikũ"
    make_day(make_student(class_code=FORMULA, class_level="#N/A"), DAY, "Present")
    content = download(administrator, "attendance", "xlsx", **NOVEMBER)
    book = openpyxl.load_workbook(io.BytesIO(content))
    groups, days, about = book.worksheets
    assert book.sheetnames == ["Attendance", "Days", "About"]
    assert groups["A2"].value == FORMULA
    assert (groups["A2"].data_type, groups["B2"].data_type) == ("s", "s")
    assert groups.freeze_panes == "A2"
    heading = [cell.value for cell in groups[1]]
    assert heading[:4] == ["Class", "Class level", "Students", "Days recorded"]
    assert days["A2"].value.date() == DAY
    assert [row[1].value for row in about][:2] == [
        "=Chuo cha Wanjikũ",
        "Attendance report, by class",
    ]


def test_a_control_character_stops_no_workbook(administrator: APIClient) -> None:
    day = make_day(make_student(), DAY, "Present")
    Attendance.objects.filter(pk=day.pk).update(department="Law\x0b")
    content = download(administrator, "attendance", "xlsx", group_by="department", **NOVEMBER)
    assert openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]["A2"].value == "Law"


# --- PDF --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("hundred")
def test_every_page_has_its_number_and_the_institutions_name(administrator: APIClient) -> None:
    texts = pages(download(administrator, "attendance", "pdf", group_by="student", **NOVEMBER))
    assert len(texts) == 3
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of 3" in text
        assert text.count(institution().name) == 2
        assert "November 2026" in text
        assert "Registration number" in text
    names = re.findall(r"Wanjikũ Kĩragũ(\d{3})", "".join(texts))
    assert names == [f"{number:03}" for number in range(100)]
    assert texts[-1].count("Total") == 1
    assert "Total" not in texts[0] + texts[1]


def test_paper_speaks_the_language_of_whoever_asks(administrator: APIClient) -> None:
    make_day(make_student(), DAY, "Late")
    asked = {"format": "pdf", "group_by": "class", **NOVEMBER}
    response = administrator.get(f"{URL}attendance/", asked, headers={"accept-language": "sw"})
    content = response.getvalue()
    (text,) = pages(content)
    with translation.override("sw"):
        for words in (
            gettext("Attendance report"),
            gettext("Page {number} of {pages}").format(number=1, pages=1),
            gettext("Total"),
            date_format(DAY, "F Y"),
        ):
            assert words in text
    assert "report" not in text
    assert PdfReader(io.BytesIO(content)).trailer["/Root"]["/Lang"] == "sw"  # type: ignore[index]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_what_programs_read_is_headed_in_english(
    file_format: str, administrator: APIClient
) -> None:
    make_meal(make_student(), DAY, make_period("Lunch", 12), "12:10")
    make_meal(make_student(), DAY, None, "22:10")
    asked = {"format": file_format, "group_by": "student", **NOVEMBER}
    english, swahili = (
        administrator.get(f"{URL}kitchen/", asked, headers={"accept-language": language})
        for language in ("en", "sw")
    )
    if file_format == "csv":
        assert english.getvalue() == swahili.getvalue()
        return
    one, other = (
        openpyxl.load_workbook(io.BytesIO(answer.getvalue())) for answer in (english, swahili)
    )
    assert one.sheetnames == other.sheetnames
    for name in ("Kitchen", "Days"):
        assert [*one[name].values] == [*other[name].values]


@pytest.mark.parametrize("rows", [0, 1, 23, 24, 25, 68, 69, 70, 113])
def test_the_pages_are_as_many_as_they_say(rows: int, administrator: APIClient) -> None:
    for number in range(rows):
        make_day(make_student(class_code=f"C{number:03}"), DAY, "Late")
    texts = pages(download(administrator, "attendance", "pdf", **NOVEMBER))
    assert f"Page {len(texts)} of {len(texts)}" in texts[-1]
    assert "Total" in texts[-1]
    assert len(re.findall(r"\bC\d{3}\b", "".join(texts))) == rows


def test_the_fonts_are_in_the_file(administrator: APIClient) -> None:
    make_day(make_student(first_name="ዓለም", surname="محمد"), DAY, "Present")
    content = download(administrator, "attendance", "pdf", group_by="student", **NOVEMBER)
    fonts: Any = PdfReader(io.BytesIO(content)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    for font in fonts.get_object().values():
        (descendant,) = font.get_object()["/DescendantFonts"]
        assert "/FontFile2" in descendant.get_object()["/FontDescriptor"]
    assert "ዓለም" in pages(content)[0]


def test_the_chart_shows_each_day_in_the_colours_of_its_legend(administrator: APIClient) -> None:
    empty = colours_of(download(administrator, "attendance", "pdf", **NOVEMBER))
    for day in range(2, 28):
        for status in ("Present", "Late", "Absent", "Excused"):
            make_day(make_student(), date(2026, 11, day), status)
    content = download(administrator, "attendance", "pdf", **NOVEMBER)
    text = pages(content)[0]
    for word in ("Students by day", "Day of November 2026", "Present", "Late", "Absent", "30"):
        assert word in text
    full = colours_of(content)
    for colour in map(dots, look().layers):
        # 26 bars, each about three points wide and a quarter of the chart high.
        assert full[colour] - empty.get(colour, 0) > 26 * 3 * 30


def test_an_empty_chart_says_so(administrator: APIClient) -> None:
    (text,) = pages(download(administrator, "kitchen", "pdf", **NOVEMBER))
    assert "Nothing was recorded in these days." in text
    assert "Page 1 of 1" in text


def test_many_days_are_charted_by_week(administrator: APIClient) -> None:
    make_incident(make_student(), DAY, 5)
    year = {"from": "2026-01-01", "to": "2026-12-31"}
    (text,) = pages(download(administrator, "discipline", "pdf", **year))
    assert "Incidents by week" in text
    assert "1 Jan" in text


def test_more_parts_than_paper_holds_stand_together(administrator: APIClient) -> None:
    for hour in range(12):
        make_meal(make_student(), DAY, make_period(f"Meal{hour:02}", hour), f"{hour:02}:10")
    content = download(administrator, "kitchen", "pdf", **NOVEMBER)
    (text,) = pages(content)
    assert "Meal07" in text
    assert "Meal08" not in text
    assert "All other" in text
    page = PdfReader(io.BytesIO(content)).pages[0]
    assert page.mediabox.width > page.mediabox.height


def test_a_long_name_ends_within_its_column(administrator: APIClient) -> None:
    make_day(make_student(first_name="W" * 90, surname="M" * 90), DAY, "Present")
    (text,) = pages(download(administrator, "attendance", "pdf", group_by="student", **NOVEMBER))
    assert "WWW" in text
    assert "…" in text


def test_equal_reports_are_equal_files(administrator: APIClient) -> None:
    make_day(make_student(), DAY, "Present")
    one = download(administrator, "attendance", "pdf", **NOVEMBER)
    assert one == download(administrator, "attendance", "pdf", **NOVEMBER)


# --- memory -----------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "pdf"])
def test_many_students_take_no_more_memory_than_few(
    file_format: str, monkeypatch: pytest.MonkeyPatch, make_user: Callable[..., User]
) -> None:
    """A tenth of the rows that follow, kept as dicts, would take more than is allowed."""
    monkeypatch.setattr(counting, "CHUNK", 100)
    make_day(make_student(), DAY, "Present")

    reader = make_user("administrator")

    def peak(students: int) -> int:
        report = Report(ATTENDANCE, SPAN, GroupBy.STUDENT, seen_by=reader)
        (sample,) = report.groups
        many = [dict(sample) for _ in range(100)]
        report.__dict__["totals"] = {**report.totals, "students": students}
        fake = FakeGroups(students, many)
        monkeypatch.setattr(Report, "groups", property(lambda _: fake))
        tracemalloc.start()
        written(report, file_format).close()
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        monkeypatch.undo()
        return highest

    peak(10)  # fonts and modules are loaded once
    assert peak(3000) - peak(300) < 1_000_000


class FakeGroups:
    """As many groups as one likes, made while they are taken."""

    def __init__(self, number: int, sample: list[dict[str, Any]]) -> None:
        self.number = number
        self.sample = sample

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for number in range(self.number):
            yield dict(self.sample[number % len(self.sample)])


def test_all_three_reports_print(administrator: APIClient) -> None:
    for kind in (ATTENDANCE, DISCIPLINE, KITCHEN):
        for group_by in GroupBy.values:
            asked = {"group_by": group_by, **NOVEMBER}
            (text,) = pages(download(administrator, kind.subject, "pdf", **asked))
            assert str(kind.title) in text
            assert f"By {group_by}" in text
