"""Whoever asks gets everything that is kept about them, and nothing of anybody else."""

import io
import json
import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from discipline.models import Incident
from people.models import Look, Person
from privacy.own_data import LEFT_OUT, TOPICS, everything_about
from privacy.tests import cast
from students.models import Student

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]


@pytest.fixture
def student(make_user: MakeUser, officer: APIClient) -> Student:
    by = make_user("administrator", "grace")
    student = cast.make_pupil()
    cast.leave_traces(student, by=by, office=officer)
    cast.leave_a_students_traces(student, by=by)
    student.refresh_from_db()
    return student


def contents(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def exported(tmp_path: Path) -> dict[str, bytes]:
    path = tmp_path / "out.zip"
    call_command("export_person", "student", cast.NUMBER.lower(), to=str(path), stdout=StringIO())
    return contents(path.read_bytes())


def test_a_whole_life_is_in_the_zip(student: Student, tmp_path: Path) -> None:
    files = exported(tmp_path)
    told = {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}
    of_students = {
        f"{topic.name}.json"
        for topic in TOPICS
        if not {"staff", "security", "visitor"} & set(topic.name.split("-"))
    }
    assert set(told) == of_students
    (person,) = told["person.json"]
    assert (person["First name"], person["Number"]) == ("Xiomara", cast.NUMBER)
    assert told["student.json"][0]["Date of birth"] == "2004-05-06"
    assert {row["Name"] for row in told["guardians.json"]} == {"Mama Xiomara"}
    assert len(told["incidents.json"]) == 2
    assert told["days.json"][0]["Correction reason"] == "Xiomara overslept"
    assert len(told["taps.json"]) >= 4
    everything = json.dumps(told)
    # Who looked a card up is somebody else.
    assert "203.0.113.77" not in everything
    assert cast.USER_AGENT not in everything
    assert len([name for name in files if name.startswith("photo/")]) == 1
    assert files[next(name for name in files if name.startswith("evidence/"))] == b"\xff\xd8"


def test_the_pdf_can_be_read(student: Student, tmp_path: Path) -> None:
    document = pypdfium2.PdfDocument(  # type: ignore[no-untyped-call]
        exported(tmp_path)["everything.pdf"]
    )
    words = "".join(page.get_textpage().get_text_range() for page in document)
    for said in ("Who you are (1)", cast.NUMBER, "Date of birth: 2004-05-06", "Incidents (2)"):
        assert said in words
    assert f"Page {len(document)} of {len(document)}" in words


def test_nothing_of_others_is_in_it(student: Student) -> None:
    other = make_student(first_name="Rehema", phone_number="+255754990099")
    Incident.objects.create(
        student=other,
        incident_description="Rehema with Xiomara",
        points_deducted=1,
        recorded_by=User.objects.get(username="grace"),
    )
    told = json.dumps([rows for _, rows in everything_about(student)], default=str)
    assert "Rehema" not in told
    assert "+255754990099" not in told


def test_a_missing_file_is_passed_over(student: Student, tmp_path: Path) -> None:
    student.photo.storage.delete(str(student.photo.name))
    assert not [name for name in exported(tmp_path) if name.startswith("photo/")]


def test_every_table_that_leads_to_a_person_is_given_or_left_out_for_a_reason() -> None:
    managed = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
    about: set[Any] = {model for model in managed if issubclass(model, Person)}
    while more := {model for model in managed if model not in about and _targets(model) & about}:
        about |= more
    assert {topic.label for topic in TOPICS} | set(LEFT_OUT) == {m._meta.label for m in about}
    assert all(LEFT_OUT.values())


def _targets(model: type[models.Model]) -> set[Any]:
    return {field.related_model for field in model._meta.concrete_fields if field.is_relation}


def test_the_command_writes_over_nothing_and_knows_nobody_else(
    student: Student, tmp_path: Path
) -> None:
    exported(tmp_path)
    with pytest.raises(CommandError, match="File exists"):
        exported(tmp_path)
    with pytest.raises(CommandError, match="Nobody has this number"):
        call_command("export_person", "staff", cast.NUMBER)


@pytest.mark.parametrize("role", Role.values)
def test_only_administrators_get_it_in_the_office(
    student: Student, make_user: MakeUser, role: str
) -> None:
    browser: Client = browser_of(make_user(role, f"a-{role}"))
    at = f"/admin/people/{student.pk}/everything/"
    response: Any = browser.get(at)
    page = browser.get(f"/admin/students/student/{student.pk}/change/")
    if role != "administrator":
        assert response.status_code == 403
        assert at not in page.content.decode()
        return
    assert "person.json" in contents(b"".join(response.streaming_content))
    assert Look.objects.filter(person=student.pk, path=at).count() == 1
    assert response["Content-Type"] == "application/zip"
    assert response["Cache-Control"] == "no-store"
    assert at in page.content.decode()


def test_nobody_of_this_id_is_not_found(make_user: MakeUser) -> None:
    browser = browser_of(make_user("administrator"))
    nobody = "00000000-0000-4000-8000-000000000000"
    assert browser.get(f"/admin/people/{nobody}/everything/").status_code == 404


def test_a_visitor_and_a_guard_have_theirs() -> None:
    for make in (cast.make_guest, cast.make_watchman, cast.make_teacher):
        told = dict(everything_about(make()))
        assert {topic.name for topic in told} >= {"person", "history-person"}
