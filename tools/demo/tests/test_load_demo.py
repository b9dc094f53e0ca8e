"""The demo as a stranger finds it: logins that work, people worth looking at, always the same."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.models import User
from cards.models import Card
from core.tests.test_statistics import counted
from discipline.models import Incident
from notifications.models import Guardian, Notice
from outbox.dispatch import dispatch_events
from people.models import Person
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student
from tools.demo.people import DemoPeople

pytestmark = pytest.mark.django_db


def load(**options: bool) -> str:
    """People and cards; `test_taps` has the rest."""
    out = StringIO()
    call_command("load_demo", stdout=out, **{"without_taps": True, **options})
    return out.getvalue()


def test_it_brings_everybody_the_contract_names() -> None:
    load(without_photos=True)
    assert Student.objects.count() == 400
    assert StaffMember.objects.count() == 40
    assert SecurityPersonnel.objects.count() == 12
    assert Student.objects.values("class_code").distinct().count() > 5
    assert Student.objects.values("department").distinct().count() > 3
    assert Student.objects.search("wanjiku").exists()


def test_the_planner_knows_at_once_how_many_they_are() -> None:
    """Else the office's lists of the first minute are planned for one row in each table."""
    load(without_photos=True)
    assert counted(Student) == 400
    assert counted(Person) == 452
    assert counted(Card) == Card.objects.count()


LOGINS = {
    "admin": "administrator",
    "officer": "registration_officer",
    "attendance": "attendance_admin",
    "kitchen": "kitchen_admin",
    "discipline": "discipline_admin",
    "head": "leadership",
    "teacher": "class_teacher",
}


def test_the_published_logins_work(anybody: APIClient) -> None:
    load(without_photos=True)
    for username, role in LOGINS.items():
        credentials = {"username": username, "password": "trackxpert-demo"}
        response = anybody.post("/auth/admin/login/", credentials)
        assert response.json()["admin"]["role"] == role


def test_the_teacher_has_two_classes_with_students(anybody: APIClient) -> None:
    load(without_photos=True)
    credentials = {"username": "teacher", "password": "trackxpert-demo"}
    login = anybody.post("/auth/admin/login/", credentials).json()
    anybody.credentials(HTTP_AUTHORIZATION=f"Bearer {login['access']}")
    first, second = login["admin"]["classes"]
    for code in (first, second):
        assert anybody.get("/api/students/", {"class_code": code}).json()["count"] > 10
    assert anybody.get("/api/students/").json()["count"] < 100


def test_it_is_the_same_each_time() -> None:
    first = [sitter.person for sitter in DemoPeople().everybody()]
    second = [sitter.person for sitter in DemoPeople().everybody()]
    assert [vars(p) | {"_state": None} for p in first] == [
        vars(p) | {"_state": None} for p in second
    ]


def test_its_people_pass_the_checks_of_the_forms() -> None:
    for sitter in DemoPeople().everybody():
        sitter.person.clean_fields()


def test_most_people_have_cards_and_cards_have_stories() -> None:
    load(without_photos=True)
    assert 380 < Card.objects.current().count() < 440
    assert Card.objects.current().filter(is_active=False).exists()
    assert Card.objects.filter(replaced_by__isnull=False).count() == 8
    lost = Card.objects.get(retired_reason="lost", replaced_by__isnull=True)
    assert not Card.objects.current().of(lost.person).exists()


def test_some_students_have_incidents_and_guardians_who_were_told_nothing_yet() -> None:
    load(without_photos=True)
    assert Incident.objects.count() == 18
    assert Incident.objects.filter(voided_at__isnull=False).count() == 2
    assert Student.objects.filter(points_deducted__gt=0).count() == 16
    assert Guardian.objects.count() == 100
    dispatch_events()
    assert not Notice.objects.exists()


def test_everybody_who_was_photographed_has_the_photo_and_nobody_else() -> None:
    load()
    people = [*Student.objects.all(), *StaffMember.objects.all(), *SecurityPersonnel.objects.all()]
    expected = {sitter.person.pk for sitter in DemoPeople().everybody() if sitter.look}
    assert {person.pk for person in people if person.photo} == expected
    assert all(person.photo.size > 5_000 for person in people if person.photo)


def test_no_page_of_a_list_shows_a_face_twice() -> None:
    load()
    students = list(Student.objects.exclude(photo=""))
    for start in range(0, len(students), 25):
        page = students[start : start + 25]
        assert len({student.photo.read() for student in page}) == len(page)


def test_it_never_touches_a_database_in_use() -> None:
    User.objects.create_user("somebody", role="administrator")
    assert load(if_empty=True) == ""
    with pytest.raises(CommandError, match="empty"):
        load()
    assert User.objects.count() == 1
