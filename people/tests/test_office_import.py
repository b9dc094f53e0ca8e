"""Imports in the registration office: upload, preview, confirm or discard."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override
from openpyxl import load_workbook
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from people import previews
from people.models import Import, ImportRow
from people.office.import_rows import shown_value
from people.tests.kinds import GUARDS, KINDS, STAFF, STUDENTS, Kind, student_row
from people.tests.sheets import book_of, csv_file, saved, xlsx_file, xlsx_of
from people.tests.test_photo_uploads import picture, zipped
from privacy.erasure import erase_person
from students.kind import STUDENT
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
LIST = "/admin/people/import/"
ADD = f"{LIST}add/"
MAY = [Role.ADMINISTRATOR, Role.REGISTRATION_OFFICER]
MAY_NOT = [role for role in Role if role not in MAY]
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def asha(make_user: MakeUser) -> User:
    return make_user("registration_officer", "asha", full_name="Asha Mushi")


@pytest.fixture
def office(asha: User) -> Client:
    return browser_of(asha)


def upload(client: Client, content: bytes, kind: str = "student", name: str = "x.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(f"{ADD}?kind={kind}", {"file": file})


def uploaded(client: Client, content: bytes, kind: str = "student", name: str = "x.csv") -> Import:
    response = upload(client, content, kind, name)
    assert response.status_code == 302, response.content.decode()
    return Import.objects.get(state="waiting", uploaded_at__gte=newest().uploaded_at)


def newest() -> Import:
    return Import.objects.order_by("-uploaded_at")[0]


def page_of(client: Client, one: Import, query: str = "") -> str:
    response = client.get(f"{LIST}{one.pk}/change/{query}")
    assert response.status_code == 200
    return str(response.content.decode())


def confirm(client: Client, one: Import, digest: str | None = None) -> str:
    data = {"digest": one.digest if digest is None else digest}
    response = client.post(f"{LIST}{one.pk}/confirm/", data, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def has_file(one: Import) -> bool:
    return default_storage.exists(str(one.file.name))


def students(count: int, **changes: str) -> list[dict[str, str]]:
    return [student_row(number, **changes) for number in range(1, count + 1)]


def with_bad_row() -> bytes:
    return csv_file([*students(3), student_row(4, date_of_birth="yesterday")])


# --- upload ----------------------------------------------------------------------------------


@every_kind
def test_a_file_is_previewed_and_nobody_is_changed(office: Client, kind: str) -> None:
    people: Kind = KINDS[kind]
    one = uploaded(office, csv_file([people.row(number) for number in range(1, 4)]), kind)
    assert one.summary["created"] == 3
    assert people.people.count() == 0
    assert "Register 3 " in page_of(office, one)


def test_whose_list_a_row_is_of_is_said_though_its_column_is_no_field(office: Client) -> None:
    header = "sourcedId,role,givenName,familyName,identifier"
    one = uploaded(office, f"{header}\na,student,A,B,1\nb,teacher,C,D,2\n".encode())
    assert (one.summary["created"], one.summary["failed"]) == (1, 1)
    page = unescape(page_of(office, one, "?rows=failed"))
    assert "“teacher” belongs in the list of members of staff." in page
    assert ">Role<" in page


def test_a_workbook_is_as_good_as_csv(office: Client) -> None:
    one = uploaded(office, xlsx_of(students(2)), name="faculty.xlsx")
    confirm(office, one)
    assert Student.objects.count() == 2


@every_kind
def test_the_page_names_the_columns_and_has_the_template(office: Client, kind: str) -> None:
    page = office.get(f"{ADD}?kind={kind}").content.decode()
    template = b"".join(office.get(f"{LIST}template/{kind}/"))
    header = template.decode("utf-8-sig").strip().split(",")
    assert KINDS[kind].identifier in header
    assert all(f"<code>{name}</code>" in page for name in header)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"first_name\nAsha\n", b"PK\x03\x04 no workbook", b"a\x00b"]
)
def test_a_file_that_is_no_table_of_people_is_refused_on_the_page(
    office: Client, content: bytes
) -> None:
    response = upload(office, content)
    assert response.status_code == 400
    assert b"errornote" in response.content
    assert Import.objects.count() == 0


def test_no_file_at_all_is_said(office: Client) -> None:
    response = office.post(ADD, {})
    assert response.status_code == 400
    assert b"Choose a file first" in response.content


def test_too_many_files_in_a_minute_are_refused_on_the_page(
    office: Client, settings: Settings
) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "bulk": "1/min"}
    assert upload(office, csv_file(students(1))).status_code == 302
    response = upload(office, csv_file(students(1)))
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60
    assert b"Too many files" in response.content
    assert Import.objects.count() == 1


def test_too_many_rows_are_refused_as_a_whole(office: Client, settings: Settings) -> None:
    settings.IMPORT_MAX_ROWS = 2
    response = upload(office, csv_file(students(3)))
    assert b"more than 2 rows" in response.content


def test_an_unknown_kind_is_students_and_its_template_is_not_found(office: Client) -> None:
    assert office.get(f"{ADD}?kind=%00").status_code == 200
    assert office.get(f"{LIST}template/cats/").status_code == 404


# --- preview -----------------------------------------------------------------------------------


def test_changes_are_shown_field_by_field(office: Client) -> None:
    STUDENTS.add(1)
    one = uploaded(office, csv_file([student_row(1, class_code="CS22", is_active="false")]))
    page = page_of(office, one)
    assert "<del>CS21</del>" in page
    assert "<ins>CS22</ins>" in page
    assert "<del>yes</del>" in page
    assert "Change 1 student" in page


def test_refused_rows_come_first_with_the_cell_and_the_reason(office: Client) -> None:
    one = uploaded(office, with_bad_row())
    page = page_of(office, one)
    assert "<code>yesterday</code>" in page
    assert "This is no day" in page
    assert "nothing is imported yet" in page
    assert "Register" not in page


def test_a_refused_cell_is_shown_as_it_stands_in_the_file(office: Client) -> None:
    one = uploaded(office, csv_file([student_row(1, date_of_birth="31/02/2005")]))
    assert "<code>31/02/2005</code>" in page_of(office, one)


def test_columns_that_mean_nothing_are_named(office: Client) -> None:
    one = uploaded(office, csv_file([{**student_row(1), "shoe_size": "42"}]))
    assert "<code>shoe_size</code>" in page_of(office, one)


def test_what_a_file_says_is_text_on_the_page(office: Client) -> None:
    row = student_row(1, surname="<script>alert(1)</script>", date_of_birth="<b>no</b>")
    one = uploaded(office, csv_file([{**row, "<i>": "x"}]), name="<u>.csv")
    page = page_of(office, one)
    assert not any(tag in page for tag in ("<script>alert", "<b>no", "<i>", "<u>"))


def test_a_hundred_rows_are_a_page(office: Client) -> None:
    one = uploaded(office, csv_file(students(250)))
    assert page_of(office, one).count('<th scope="row"') == 100
    last = page_of(office, one, "?show=created&page=3")
    assert last.count('<th scope="row"') == 50
    assert "Page 3 of 3" in last
    assert "No such row" in page_of(office, one, "?show=unchanged")


@pytest.mark.parametrize("query", ["?show=%00", "?page=%00", "?page=99", "?show=all&page=-1"])
def test_a_strange_question_is_answered(office: Client, query: str) -> None:
    page_of(office, uploaded(office, csv_file(students(1))), query)


@pytest.mark.parametrize("pk", ["nobody", "00000000-0000-0000-0000-000000000000", "%00"])
def test_an_unknown_import_is_not_found(office: Client, pk: str) -> None:
    assert office.get(f"{LIST}{pk}/change/").status_code == 404


def test_pages_take_as_many_queries_for_few_rows_as_for_many(office: Client) -> None:
    counts = set()
    for number in (2, 300):
        one = uploaded(office, csv_file(students(number)))
        page_of(office, one)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page_of(office, one)
            office.get(LIST)
        counts.add(len(queries))
    (count,) = counts
    assert count <= 25


# --- confirm -----------------------------------------------------------------------------------


def test_confirming_writes_what_was_shown_and_forgets_the_file(
    office: Client, asha: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    STUDENTS.add(1)
    one = uploaded(office, csv_file(students(20, class_code="IT26")))
    assert has_file(one)
    with django_capture_on_commit_callbacks(execute=True):
        page = confirm(office, one)
    assert "19 students registered, 1 changed." in page
    assert Student.objects.filter(class_code="IT26").count() == 20
    one.refresh_from_db()
    assert (one.state, one.closed_by, one.file.name) == ("applied", asha, "")
    assert not default_storage.listdir("imports")[1]
    assert not ImportRow.objects.exists()


def test_confirming_twice_imports_once(office: Client) -> None:
    one = uploaded(office, csv_file(students(2)))
    confirm(office, one)
    assert "decided before" in confirm(office, one)
    assert Student.objects.count() == 2


def test_the_history_says_who_imported(office: Client, asha: User) -> None:
    confirm(office, uploaded(office, csv_file(students(1))))
    event = STUDENTS.events.get()
    assert event.pgh_context.metadata["user"] == str(asha.pk)


def test_what_has_changed_since_the_preview_is_shown_instead_of_written(office: Client) -> None:
    one = uploaded(office, csv_file(students(2)))
    STUDENTS.add(1, surname="Somebody else")
    assert "somebody has changed these people" in confirm(office, one)
    assert Student.objects.get().surname == "Somebody else"
    one.refresh_from_db()
    assert one.summary == {"total": 2, "created": 1, "updated": 1, "unchanged": 0, "failed": 0}
    confirm(office, one)
    assert Student.objects.count() == 2


@pytest.mark.parametrize("digest", ["", "x" * 64, "\x00"])
def test_only_what_was_seen_can_be_confirmed(office: Client, digest: str) -> None:
    one = uploaded(office, csv_file(students(2)))
    confirm(office, one, digest)
    assert Student.objects.count() == 0


def test_nothing_is_written_while_a_row_is_refused(office: Client) -> None:
    one = uploaded(office, with_bad_row())
    confirm(office, one)
    assert Student.objects.count() == 0
    assert Import.objects.get().is_waiting


def test_a_file_that_has_vanished_is_said(office: Client) -> None:
    one = uploaded(office, with_bad_row())
    one.file.storage.delete(str(one.file.name))
    assert "Upload it again" in confirm(office, one)
    for action in ("rest/", "discard/"):
        assert office.post(f"{LIST}{one.pk}/{action}").status_code == 302
    assert office.get(f"{LIST}{one.pk}/refused.csv").status_code == 302


def test_a_file_without_news_has_no_button_to_confirm(office: Client) -> None:
    STUDENTS.add(1)
    page = page_of(office, uploaded(office, csv_file([student_row(1)])))
    assert "Everything in this file is here already" in page
    assert "/confirm/" not in page


# --- after an import ----------------------------------------------------------------------------


def test_from_the_import_there_is_a_way_to_cards_photos_the_list_and_back(office: Client) -> None:
    STUDENTS.add(1)
    one = uploaded(office, csv_file(students(4)), name="faculty.csv")
    page = confirm(office, one)
    one.refresh_from_db()
    ways = dict(re.findall(r'<a class="button[^"]*" href="([^"]+)">([^<]+)</a>', page))
    links = {words: unescape(url) for url, words in ways.items()}
    people = office.get(links["Show these 3"]).content.decode()
    assert "DIT/2024/00004" in people
    assert "DIT/2024/00001" not in people
    photos = office.get(links["Photos for these 3"]).content.decode()
    assert "<code>DIT_2024_00002.jpg</code>" in photos
    album = SimpleUploadedFile("4A.zip", zipped(("DIT_2024_00002.jpg", picture())))
    office.post(links["Photos for these 3"], {"file": album})
    photos_import = Import.objects.get(what=Import.What.PHOTOS)
    digest = {"digest": photos_import.digest}
    kept = office.post(f"{LIST}{photos_import.pk}/photos/", digest, follow=True)
    assert "1 photo set." in kept.content.decode()
    address = links["Issue cards to these 3"]
    assert address in kept.content.decode()  # who has set the photos goes on from there
    assert "3 of them are here and have no card" in office.get(address).content.decode()
    issued = office.post(address, follow=True).content.decode()
    assert "3 cards issued" in issued
    page = page_of(office, one)
    assert "Issue cards to these" not in page
    assert links["Undo"] in page
    assert (
        links["Photos for these 3"].replace("&", "&amp;")
        in office.get(links["What became of each"]).content.decode()
    )


def test_an_import_that_was_taken_back_leads_to_nobody(office: Client) -> None:
    one = uploaded(office, csv_file(students(2)))
    confirm(office, one)
    one.refresh_from_db()
    office.post(f"/admin/people/changes/{one.change_id}/undo/")
    page = page_of(office, one)
    assert "It was taken back on" in page
    assert "Photos for these" not in page
    photos = office.get(f"/admin/people/photos/?kind=student&change={one.change_id}")
    assert "who came with" not in photos.content.decode()


@pytest.mark.parametrize("change", ["%00", "x", "00000000-0000-0000-0000-000000000000"])
def test_an_import_that_is_none_narrows_no_list(office: Client, change: str) -> None:
    STUDENTS.add(1)
    for address in ("/admin/students/student/?", "/admin/people/photos/?kind=student&"):
        assert office.get(f"{address}change={change}", follow=True).status_code == 200


# --- a workbook of several lists -----------------------------------------------------------------


def of_three_classes() -> bytes:
    header, *_ = lines = [list(STUDENTS.row(1)), list(STUDENTS.row(1).values())]
    return book_of(
        {
            "Form 1A": lines,
            "Form 1B": [header, list(STUDENTS.row(2).values())],
            "Form <1C>": [header, list(STUDENTS.row(3).values())],
        }
    )


def test_the_preview_and_what_follows_say_which_sheets_were_not_read(office: Client) -> None:
    one = uploaded(office, of_three_classes(), name="school.xlsx")
    assert (one.sheet, one.unread_sheets) == ("Form 1A", ["Form 1B", "Form <1C>"])
    page = page_of(office, one)
    assert "Only the sheet “Form 1A” was read." in page
    assert "<strong>Form 1B</strong>, <strong>Form &lt;1C&gt;</strong>." in page
    with override("sw"):
        office.defaults["HTTP_ACCEPT_LANGUAGE"] = "sw"
        assert "Laha “Form 1A” peke yake limesomwa." in page_of(office, one)
        assert "<strong>Form 1B</strong>" in confirm(office, one)
    assert Student.objects.count() == 1


def test_of_one_list_no_sheet_is_told(office: Client) -> None:
    for content in (xlsx_of(students(1)), csv_file(students(1))):
        assert "Only the sheet" not in page_of(office, uploaded(office, content))


def test_a_row_of_totals_waits_with_its_reason(office: Client) -> None:
    total = dict.fromkeys(student_row(), "") | {"registration_number": "JUMLA:", "surname": "1"}
    one = uploaded(office, csv_file([*students(1), total]))
    assert one.summary["failed"] == 1
    assert "This looks like a row of totals." in page_of(office, one)


# --- going on after a refusal --------------------------------------------------------------------


def test_the_refused_rows_come_as_a_file_to_correct_and_bring_again(office: Client) -> None:
    one = uploaded(office, with_bad_row())
    answer = office.get(f"{LIST}{one.pk}/refused.csv")
    text = b"".join(answer).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["row"] == "5"
    assert row["problem"].startswith("date_of_birth: ")
    assert row["registration_number"] == "DIT/2024/00004"
    again = uploaded(office, text.replace("yesterday", "2003-02-01").encode())
    assert again.summary["created"] == 1
    assert again.ignored_columns == []


def test_refused_cells_of_a_workbook_come_back_as_they_were(office: Client) -> None:
    lines: list[list[Any]] = [
        ["registration_number", "first_name", "class_code", "date_of_birth", "department"],
        [17, "Amina", date(2026, 3, 1), date(2003, 5, 17), 0.5],
        ["=1+1", "Juma", True, "yesterday", 2.5],
    ]
    one = uploaded(office, xlsx_file(lines), name="faculty.xlsx")
    answer = office.get(f"{LIST}{one.pk}/refused.xlsx")
    content = b"".join(answer)
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    header, first, second = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert header == ["row", "problem", *lines[0]]
    assert [str(value) for value in first[2:]] == [
        *("17", "Amina", "2026-03-01 00:00:00", "2003-05-17 00:00:00", "0.5")
    ]
    assert isinstance(first[2], int)
    assert second[2:] == [None, "Juma", True, "yesterday", 2.5]
    again = uploaded(office, content, name="again.xlsx")
    assert again.summary["failed"] == 2
    assert [{*row.errors} & {"class_code", "date_of_birth"} for row in again.rows.all()] == [
        {"class_code"},
        {"class_code", "date_of_birth"},
    ]
    assert office.get(f"{LIST}{one.pk}/refused.pdf").status_code == 404


def test_in_the_empty_workbook_numbers_stay_as_they_are_typed(office: Client) -> None:
    content = b"".join(office.get(f"{LIST}template/student/?format=xlsx"))
    book = load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    assert {sheet.cell(2, at).number_format for at in (1, 3, 9)} == {"@"}
    sheet.cell(2, 1).value, sheet.cell(2, 2).value = "007", "Amina"
    assert uploaded(office, saved(book), name="filled.xlsx").summary["created"] == 1


def test_refused_rows_that_come_back_wrong_have_their_problem_once(office: Client) -> None:
    one = uploaded(office, with_bad_row())
    text = b"".join(office.get(f"{LIST}{one.pk}/refused.csv"))
    again = uploaded(office, text)
    text = b"".join(office.get(f"{LIST}{again.pk}/refused.csv"))
    assert text.decode("utf-8-sig").splitlines()[0].count("problem") == 1


def test_a_corrected_file_takes_the_place_of_the_refused_one(office: Client) -> None:
    one = uploaded(office, with_bad_row())
    address = f"{ADD}?kind=student&instead={one.pk}"
    assert f"instead={one.pk}" in office.get(address).content.decode()
    office.post(address, {"file": SimpleUploadedFile("x.csv", b"")})
    assert Import.objects.get().is_waiting  # what was refused as a whole replaces nothing
    office.post(address, {"file": SimpleUploadedFile("x.csv", csv_file(students(4)))})
    assert Import.objects.get(state="waiting").summary["created"] == 4
    assert Import.objects.get(pk=one.pk).state == "discarded"
    assert office.get(f"{ADD}?instead=%00").status_code == 200


def test_the_good_rows_can_go_first(office: Client) -> None:
    one = uploaded(office, with_bad_row(), name="faculty.csv")
    office.post(f"{LIST}{one.pk}/rest/")
    rest = Import.objects.get(state="waiting")
    assert rest.file_name == "Rest of faculty.csv"
    assert rest.summary == {"total": 3, "created": 3, "updated": 0, "unchanged": 0, "failed": 0}
    confirm(office, rest)
    assert Student.objects.count() == 3
    assert set(Import.objects.values_list("state", flat=True)) == {"applied", "discarded"}


def test_the_rest_of_a_workbook_is_read_as_the_workbook_was(office: Client) -> None:
    odd = student_row(1, surname='O"Brien, "Jr"', program="two\nlines; and\ttab")
    bad = student_row(2, date_of_birth="yesterday")
    one = uploaded(office, xlsx_of([odd, bad]), name="faculty.xlsx")
    office.post(f"{LIST}{one.pk}/rest/")
    confirm(office, Import.objects.get(state="waiting"))
    assert Student.objects.get().surname == 'O"Brien, "Jr"'


# --- discarding and forgetting -------------------------------------------------------------------


def test_a_discarded_import_keeps_its_line_and_loses_its_people(
    office: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    one = uploaded(office, csv_file(students(2)))
    with django_capture_on_commit_callbacks(execute=True):
        office.post(f"{LIST}{one.pk}/discard/")
    assert not has_file(one)
    assert not ImportRow.objects.exists()
    assert "Nothing was imported" in page_of(office, one)
    assert "decided before" in confirm(office, one)
    assert Student.objects.count() == 0


def test_after_a_week_housekeeping_discards_what_waits(
    office: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    old, new = uploaded(office, csv_file(students(1))), uploaded(office, csv_file(students(2)))
    week_ago = timezone.now() - previews.KEPT_FOR - timedelta(minutes=1)
    Import.objects.filter(pk=old.pk).update(uploaded_at=week_ago)
    with django_capture_on_commit_callbacks(execute=True):
        call_command("housekeeping")
    assert not has_file(old)
    assert has_file(new)
    assert "by itself" in page_of(office, old)
    assert page_of(office, new)


def test_an_erased_person_takes_the_imports_along_that_name_them(
    office: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    leaver = STUDENTS.add(1, is_active=False)
    theirs = uploaded(office, csv_file(students(2)))
    other = student_row(7, surname="Mushi", phone_number="+255712345679")
    others = uploaded(office, csv_file([other]))
    with django_capture_on_commit_callbacks(execute=True):
        done = erase_person(
            kind=STUDENT, number=leaver.identifier, really=True, discard_imports=True
        ).done
    assert done["imports that wait"] == 1
    assert not has_file(theirs)
    assert has_file(others)


def test_a_file_has_no_address(office: Client) -> None:
    one = uploaded(office, csv_file(students(1)))
    assert office.get(f"/media/{one.file.name}").status_code == 404


# --- who, and where ------------------------------------------------------------------------------


def addresses(one: Import) -> list[tuple[str, str]]:
    return [
        ("get", LIST),
        ("get", ADD),
        ("post", ADD),
        ("get", f"{LIST}template/student/"),
        ("get", f"{LIST}{one.pk}/change/"),
        ("get", f"{LIST}{one.pk}/refused.csv"),
        *(("post", f"{LIST}{one.pk}/{action}/") for action in ("confirm", "rest", "discard")),
    ]


@pytest.mark.parametrize("role", MAY_NOT)
def test_others_find_no_door(office: Client, make_user: MakeUser, role: str) -> None:
    one = uploaded(office, csv_file(students(1)))
    client = browser_of(make_user(role))
    for method, address in addresses(one):
        assert getattr(client, method)(address).status_code == 403, address
    assert LIST not in client.get("/admin/").content.decode()
    assert ADD not in client.get("/admin/students/student/").content.decode()


def test_nobody_is_led_to_the_login_page(office: Client) -> None:
    one = uploaded(office, csv_file(students(1)))
    for method, address in addresses(one):
        response = getattr(Client(), method)(address)
        assert response.status_code == 302, address
        assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("role", MAY)
@every_kind
def test_the_lists_of_people_have_the_door(make_user: MakeUser, role: str, kind: str) -> None:
    address = KINDS[kind].model._meta.label_lower.replace(".", "/")
    page = browser_of(make_user(role)).get(f"/admin/{address}/").content.decode()
    assert f"{ADD}?kind={kind}" in page


def test_the_list_has_what_waits_on_top_and_the_home_page_says_so(office: Client) -> None:
    waiting = uploaded(office, csv_file(students(1)), name="first.csv")
    confirm(office, uploaded(office, csv_file([STAFF.row(1)]), "staff", "second.csv"))
    confirm(office, uploaded(office, csv_file([GUARDS.row(1)]), "security", "third.csv"))
    page = office.get(LIST).content.decode()
    assert [page.index(name) for name in ("first.csv", "third.csv", "second.csv")] == sorted(
        page.index(name) for name in ("first.csv", "second.csv", "third.csv")
    )
    assert "import waits for your decision" in office.get("/admin/").content.decode()
    previews.discard_import(import_=waiting, by=None)
    assert "import waits" not in office.get("/admin/").content.decode()


@pytest.mark.parametrize("values", [{"kind": "cats"}, {"state": "applied"}, {"state": "gone"}])
def test_the_database_refuses_an_import_that_cannot_be(
    office: Client, values: dict[str, str]
) -> None:
    one = uploaded(office, csv_file(students(1)))
    with pytest.raises(IntegrityError), transaction.atomic():
        Import.objects.filter(pk=one.pk).update(**values)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "yes"), (None, ""), (["arrival", "late"], "arrival, late"), ([], ""), (7, "7")],
)
def test_a_value_is_shown_as_people_write_it(value: Any, shown: str) -> None:
    assert shown_value(value) == shown
