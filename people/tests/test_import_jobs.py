"""Long imports in the background: over HTTP, in the office, killed, and when somebody is erased."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from people import import_jobs
from people.deed_models import Deed
from people.import_jobs import MOST_TRIES
from people.models import Import, ImportJob
from people.tests.kinds import KINDS, STUDENTS, Kind, student_row
from people.tests.sheets import book_of, csv_file, real, upload
from privacy.erasure import InWaitingImport, erase_person
from privacy.housekeeping import keep_house
from students.kind import STUDENT
from students.models import Student

# The file of a job goes with the commit.
pytestmark = pytest.mark.django_db(transaction=True)

LONG = 12
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@pytest.fixture(autouse=True)
def _ten_rows_are_many(settings: Settings) -> None:
    settings.IMPORT_BACKGROUND_ROWS = 10


def rows_of(kind: Kind, count: int = LONG, **changes: str) -> list[dict[str, str]]:
    return [kind.row(number, **changes) for number in range(1, count + 1)]


def work() -> None:
    """What the worker does with what is queued."""
    for task in OrmQ.objects.order_by("pk"):
        import_jobs.run(*task.task["args"])
        task.delete()


def begun(response: Any) -> str:
    """The status address of an import that was taken on."""
    assert response.status_code == 202, response.content[:500]
    body = response.json()
    assert response["Location"] == body["status_url"]
    return str(body["status_url"])


def file_of(job: ImportJob) -> str:
    """Its name in the storage, where it is."""
    name = str(job.file.name)
    assert default_storage.exists(name)
    return name


# --- over HTTP ----------------------------------------------------------------------------------


@every_kind
def test_a_long_file_is_worked_off_in_the_background_with_the_same_report(
    officer: APIClient, settings: Settings, kind: Kind
) -> None:
    kind.add(1)
    content = csv_file([*rows_of(kind), kind.row(1, email="x@example.com") | kind.row(20)])
    settings.IMPORT_BACKGROUND_ROWS = 1000
    at_once = upload(officer, kind.url, content).json()
    settings.IMPORT_BACKGROUND_ROWS = 10
    response = upload(officer, kind.url, content, dry_run="false")
    address = begun(response)
    job = ImportJob.objects.get()
    assert response.json() == {
        "job_id": str(job.pk),
        "status_url": address,
        "state": "queued",
        "done": 0,
        "total": LONG + 1,
    }
    assert kind.people.count() == 1
    assert officer.get(address).json()["report"] is None
    work()
    status = officer.get(address).json()
    assert (status["state"], status["done"], status["total"]) == ("done", LONG + 1, LONG + 1)
    change_id = str(Deed.objects.get().pk)
    assert status["report"] == {**at_once, "dry_run": False, "change_id": change_id}
    assert kind.people.count() == LONG + 1
    assert Deed.objects.get().about == "people.csv"


def test_a_long_file_names_the_lists_that_were_not_read(officer: APIClient, office: Client) -> None:
    lines = [list(STUDENTS.row(1)), *(list(row.values()) for row in rows_of(STUDENTS))]
    content = book_of({"Form 1A": lines, "Form 1B": lines})
    address = begun(upload(officer, STUDENTS.url, content))
    work()
    assert officer.get(address).json()["report"]["unread_sheets"] == ["Form 1B"]
    file = SimpleUploadedFile("x.xlsx", content)
    office.post("/admin/people/import/add/?kind=student", {"file": file})
    assert Import.objects.get().unread_sheets == ["Form 1B"]  # before it is compared
    work()
    assert Import.objects.get().unread_sheets == ["Form 1B"]


def test_as_many_rows_as_the_setting_says_are_answered_at_once(officer: APIClient) -> None:
    assert real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS, 10))).status_code == 200
    assert real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS, 11))).status_code == 202


def test_a_file_that_is_no_list_of_people_is_refused_at_once(officer: APIClient) -> None:
    content = csv_file([{"colour": str(number)} for number in range(20)])
    response = real(officer, STUDENTS.url, content)
    assert response.status_code == 400
    assert response.json()["code"] == "missing_columns"
    assert not ImportJob.objects.exists()


def test_a_dry_run_in_the_background_writes_nothing(officer: APIClient) -> None:
    bad = student_row(99, date_of_birth="yesterday")
    address = begun(upload(officer, STUDENTS.url, csv_file([*rows_of(STUDENTS), bad])))
    work()
    status = officer.get(address).json()
    assert (status["state"], status["report"]["summary"]["failed"]) == ("done", 1)
    assert not Student.objects.exists()


def test_one_bad_row_fails_a_real_run_with_the_report_and_writes_nothing(
    officer: APIClient,
) -> None:
    bad = student_row(99, date_of_birth="yesterday")
    address = begun(real(officer, STUDENTS.url, csv_file([*rows_of(STUDENTS), bad])))
    work()
    status = officer.get(address).json()
    assert (status["state"], status["code"]) == ("failed", "")
    assert "date_of_birth" in status["report"]["rows"][-1]["errors"]
    assert not Student.objects.exists()


def test_the_history_says_who_imported(officer: APIClient) -> None:
    begun(real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS))))
    work()
    (first, *_) = officer.get(f"{STUDENTS.url}{Student.objects.all()[0].pk}/history/").json()
    assert (first["action"], first["by"]) == ("created", "registration_officer")


def test_only_whoever_may_import_sees_the_job_and_under_its_own_kind(
    officer: APIClient, caller: Callable[[str], APIClient], anybody: APIClient
) -> None:
    address = begun(real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS))))
    may = {Role.ADMINISTRATOR, Role.REGISTRATION_OFFICER}
    answers = {role: caller(role).get(address).status_code for role in Role}
    assert answers == {role: 200 if role in may else 403 for role in Role}
    assert anybody.get(address).status_code == 401
    assert officer.get(address.replace("students", "staff")).status_code == 404


def test_the_file_goes_when_the_job_is_over(officer: APIClient) -> None:
    begun(real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS))))
    name = file_of(ImportJob.objects.get())
    work()
    assert not default_storage.exists(name)
    assert ImportJob.objects.get().file == ""


def test_whatever_breaks_the_job_says_so_in_words(officer: APIClient) -> None:
    address = begun(real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS))))
    default_storage.delete(file_of(ImportJob.objects.get()))
    work()
    status = officer.get(address).json()
    assert (status["state"], status["code"]) == ("failed", "file_is_gone")
    assert status["detail"] == "The file is no longer there. Upload it again."


def test_reports_go_after_a_week_and_files_that_no_worker_took(officer: APIClient) -> None:
    begun(real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS))))
    work()
    begun(real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS))))
    waits = ImportJob.objects.get(state="queued")
    name = file_of(waits)
    keep_house(at=timezone.now() + timedelta(days=6))
    assert ImportJob.objects.count() == 2
    keep_house(at=timezone.now() + timedelta(days=7, hours=1))
    assert ImportJob.objects.get() == waits
    assert not default_storage.exists(name)
    assert ImportJob.objects.get().state == "failed"


# --- progress and kills -------------------------------------------------------------------------

# Does the job, and is killed when its progress was told so often; says each number of it.
RUN_AND_DIE = textwrap.dedent(
    """
    import os, signal, sys
    import django
    django.setup()
    from django.db import connection
    from people import import_jobs, imports

    database, job, times = sys.argv[1:]
    connection.settings_dict["NAME"] = database
    import_jobs.TELL_EVERY = 0
    imports.PROGRESS_STEP = imports.BATCH_SIZE = 100
    left = int(times)

    def counted(execute, sql, params, many, context):
        global left
        result = execute(sql, params, many, context)
        if sql.startswith("INSERT INTO \\"people_person\\""):
            with import_jobs.connections.create_connection("default").cursor() as other:
                other.execute("SELECT done FROM people_importjob")
                print(*other.fetchone(), flush=True)
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        return result

    with connection.execute_wrapper(counted):
        import_jobs.run(job)
    """
)


def run_elsewhere(job: ImportJob, *, kill_after: int) -> tuple[int, list[int]]:
    """Its return code, and the progress that others saw before each batch was written."""
    name = str(connection.settings_dict["NAME"])
    arguments = (name, str(job.pk), str(kill_after))
    done = subprocess.run(
        [sys.executable, "-c", RUN_AND_DIE, *arguments],
        cwd=project.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "trackxpert.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, [int(line) for line in done.stdout.split()]


def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_job_is_done_again(
    officer: APIClient,
) -> None:
    address = begun(real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS, 400))))
    job = ImportJob.objects.get()
    code, seen = run_elsewhere(job, kill_after=3)
    assert code == -signal.SIGKILL
    assert seen == [200, 250, 300]
    assert not Student.objects.exists()
    status = officer.get(address).json()
    assert (status["state"], status["done"], status["report"]) == ("running", 300, None)
    import_jobs.run(str(job.pk))
    assert officer.get(address).json()["report"]["summary"]["created"] == 400
    assert Student.objects.count() == 400


def test_a_file_that_kills_the_worker_each_time_fails_with_words(officer: APIClient) -> None:
    address = begun(real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS))))
    ImportJob.objects.update(state="running", tries=MOST_TRIES)
    work()
    status = officer.get(address).json()
    assert (status["state"], status["code"]) == ("failed", "stopped")
    assert status["detail"].startswith("The worker was stopped each time")


# --- in the office ------------------------------------------------------------------------------


@pytest.fixture
def office(make_user: Callable[..., User]) -> Client:
    return browser_of(make_user("registration_officer", "asha"))


def uploaded(office: Client, rows: list[dict[str, str]]) -> Import:
    file = SimpleUploadedFile("people.csv", csv_file(rows))
    response = office.post("/admin/people/import/add/?kind=student", {"file": file})
    assert response.status_code == 302
    return Import.objects.get(state="waiting")


def page_of(office: Client, import_: Import) -> str:
    return office.get(f"/admin/people/import/{import_.pk}/change/").content.decode()


def confirm(office: Client, import_: Import) -> None:
    import_.refresh_from_db()
    path = f"/admin/people/import/{import_.pk}/confirm/"
    assert office.post(path, {"digest": import_.digest}).status_code == 302


def test_the_office_shows_progress_then_the_preview_and_again_while_it_is_written(
    office: Client,
) -> None:
    import_ = uploaded(office, rows_of(STUDENTS))
    job = ImportJob.objects.get()
    shown = page_of(office, import_)
    assert f'data-status-url="/api/students/import/{job.pk}/"' in shown
    assert 'data-words="Comparing"' in shown
    assert "Discard" not in shown
    assert "not compared yet" in office.get("/admin/people/import/").content.decode()
    assert "waits for your decision" not in office.get("/admin/").content.decode()
    work()
    assert "waits for your decision" in office.get("/admin/").content.decode()
    assert f"Register {LONG} students" in page_of(office, import_)
    confirm(office, import_)
    confirm(office, import_)  # a second click is the same job
    assert 'data-words="Importing"' in page_of(office, import_)
    assert not Student.objects.exists()
    work()
    assert f"{LONG} students registered" in page_of(office, import_)
    assert Student.objects.count() == LONG
    assert ImportJob.objects.count() == 2


def test_a_confirmation_while_the_file_is_compared_is_said_to_be_none(office: Client) -> None:
    import_ = uploaded(office, rows_of(STUDENTS))
    path = f"/admin/people/import/{import_.pk}/confirm/"
    page = office.post(path, {"digest": "of the preview before"}, follow=True).content.decode()
    assert "Answer once more when that is done." in page
    work()
    assert not Student.objects.exists()
    confirm(office, import_)
    work()
    assert Student.objects.count() == LONG


def test_a_long_import_is_not_written_if_it_is_not_what_was_shown(office: Client) -> None:
    import_ = uploaded(office, rows_of(STUDENTS))
    work()
    STUDENTS.add(1)
    confirm(office, import_)
    work()
    shown = page_of(office, import_)
    assert "Nothing is imported yet: somebody has changed these people" in shown
    assert "Register 11 students" in shown
    assert Student.objects.count() == 1


def test_a_preview_that_could_not_be_made_can_only_be_discarded(office: Client) -> None:
    import_ = uploaded(office, rows_of(STUDENTS))
    ImportJob.objects.update(tries=MOST_TRIES)
    work()
    shown = page_of(office, import_)
    assert "The worker was stopped each time" in shown
    assert "Discard" in shown
    assert "Nothing to import" not in shown


# --- erasing somebody -------------------------------------------------------------------------


def leaver() -> str:
    """The number of somebody who has left, and is in the rows."""
    student = STUDENTS.add(3)
    Student.objects.update(is_active=False)
    return str(student.identifier)


def test_nobody_is_erased_while_a_waiting_job_would_bring_them_back(officer: APIClient) -> None:
    number = leaver()
    address = begun(real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS))))
    name = file_of(ImportJob.objects.get())
    with pytest.raises(InWaitingImport, match="a file of 12 rows"):
        erase_person(kind=STUDENT, number=number, really=True)
    done = erase_person(kind=STUDENT, number=number, really=True, discard_imports=True)
    assert done.done["imports that wait"] == 1
    assert not default_storage.exists(name)
    work()
    assert officer.get(address).json()["code"] == "discarded"
    assert Student.objects.count() == 1


def test_a_report_that_names_somebody_goes_when_they_are_erased(officer: APIClient) -> None:
    number = leaver()
    address = begun(real(officer, STUDENTS.url, csv_file(rows_of(STUDENTS))))
    work()
    Student.objects.update(is_active=False)
    done = erase_person(kind=STUDENT, number=number, really=True)
    assert done.done["reports of imports"] == 1
    assert officer.get(address).status_code == 404
