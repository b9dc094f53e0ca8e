"""Somebody is erased: nothing tells who it was, and everything is still counted."""

from collections.abc import Callable
from io import StringIO
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Attendance
from cards import services
from cards.models import Card
from cards.tests.factories import make_card, make_student, make_temporary_card
from core.models import ThrottleWindow
from discipline.models import Incident
from discipline.services import record_incidents
from kitchen.models import KitchenService
from office.models import SavedView
from people.models import Person
from people.tests.pictures import jpeg
from pos.models import Tap
from pos.tests.factories import make_reader
from privacy.erasure import NobodyOfThisNumber, StillActive, erase_person
from privacy.tests import cast
from staff.kind import STAFF
from students.kind import STUDENT
from students.models import Student

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]
LEAVERS = (cast.make_pupil, cast.make_teacher, cast.make_watchman, cast.make_guest)
# Facts: an erasure leaves each of them where it was.
LEDGERS = {
    "people_person",
    "people_look",
    "students_student",
    "staff_staffmember",
    "security_securitypersonnel",
    "visitors_visitor",
    "cards_card",
    "cards_idcardprintlog",
    "cards_idcardverificationlog",
    "cards_printjob",
    "attendance_attendance",
    "attendance_attendancecorrection",
    "kitchen_kitchenservice",
    "pos_tap",
    "pos_conflictingtap",
    "discipline_incident",
    "discipline_merit",
    "discipline_proposal",
    "django_admin_log",
}


@pytest.fixture(params=LEAVERS)
def leaver(
    request: pytest.FixtureRequest, make_user: Callable[..., User], officer: APIClient
) -> Person:
    person: Person = request.param()
    by = make_user("administrator", "grace")
    cast.leave_traces(person, by=by, office=officer)
    if isinstance(person, Student):
        cast.leave_a_students_traces(person, by=by)
    type(person)._default_manager.filter(pk=person.pk).update(is_active=False)
    person.refresh_from_db()
    return person


def run(person: Person, *options: str) -> str:
    out = StringIO()
    call_command("erase_person", person.kind, cast.NUMBER, *options, stdout=out)
    return out.getvalue()


@pytest.mark.dialect
def test_nothing_in_the_database_tells_who_it_was(
    leaver: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    words = cast.words_about(leaver)
    # Who looked a card up is counted by address for a minute; that tells nothing of whose it was.
    ThrottleWindow.objects.all().delete()
    before, known = cast.rows(), cast.tables_with(words)
    assert len(known) > 8, known  # the search finds what there is
    files = {str(leaver.photo.name), *_files()}
    assert all(map(default_storage.exists, files))
    with django_capture_on_commit_callbacks(execute=True):
        said = run(leaver, "--yes")
    assert cast.tables_with(words) == {}, said
    assert not any(map(default_storage.exists, files))
    after = cast.rows()
    assert {t: after[t] for t in LEDGERS} == {t: before[t] for t in LEDGERS}
    leaver.refresh_from_db()
    assert leaver.full_name == "Erased person"
    assert leaver.identifier == f"ERASED-{leaver.pk.hex[:12].upper()}"


def _files() -> list[str]:
    """Of print jobs and of evidence."""
    return [
        f"{folder}/{name}"
        for folder in ("prints", "evidence")
        if default_storage.exists(folder)
        for name in default_storage.listdir(folder)[1]
    ]


def test_a_dry_run_says_the_same_and_changes_nothing(
    leaver: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    words = cast.words_about(leaver)
    before, known = cast.rows(), cast.tables_with(words)
    with django_capture_on_commit_callbacks(execute=True):
        said = run(leaver)
    assert (cast.rows(), cast.tables_with(words)) == (before, known)
    assert default_storage.exists(str(leaver.photo.name))
    assert "Nothing was changed" in said
    done = run(leaver, "--yes")
    assert said.splitlines()[1:-1] == done.splitlines()[1:]


def test_what_is_counted_stays_counted(
    make_user: Callable[..., User], officer: APIClient, administrator: APIClient
) -> None:
    student, by = cast.make_pupil(), make_user("administrator", "grace")
    cast.leave_traces(student, by=by, office=officer)
    cast.leave_a_students_traces(student, by=by)
    Student.objects.update(is_active=False)
    taps = Tap.objects.filter(person=student).count()
    erase_person(kind=STUDENT, number=cast.NUMBER.lower(), really=True)
    student.refresh_from_db()
    assert Tap.objects.filter(person=student).count() == taps > 0
    assert KitchenService.objects.filter(person=student).count() == 1
    assert Attendance.objects.get(person=student).status == "Late"
    assert sorted(student.incidents.values_list("points_deducted", flat=True)) == [5, 10]
    assert student.discipline_points == 90
    assert student.department == "Computer Studies"
    history = administrator.get(f"/api/students/{student.pk}/history/").json()
    assert "Zyskowski" not in str(history)


def test_the_card_opens_nothing_and_its_code_leads_nowhere(
    make_user: Callable[..., User], officer: APIClient, anybody: APIClient
) -> None:
    student = cast.make_pupil()
    code = make_card(student, cast.CHIP).code
    Student.objects.update(is_active=False)
    erase_person(kind=STUDENT, number=cast.NUMBER, really=True)
    assert anybody.get(f"/v/{code}").status_code == 404
    answer = make_reader()[1].post(cast.TAPS, {"event_id": "late", "card": cast.CHIP}).json()
    assert (answer["decision"], answer["code"]) == ("denied", "unknown_card")
    # The chip itself can be given to somebody else.
    assert make_card(make_student(), cast.CHIP).pk
    assert not Card.objects.get(person=student).is_active


def test_others_keep_what_is_theirs(leaver: Person) -> None:
    other = make_student(first_name="Rehema", phone_number="+255754990099")
    card = make_card(other, "04FFFFFF")
    words = {"Rehema", "04FFFFFF", card.code, "+255754990099"}
    known = cast.tables_with(words)
    erase_person(kind=leaver.declared, number=cast.NUMBER, really=True)
    assert cast.tables_with(words) == known


def test_the_evidence_of_several_stays_until_the_last_of_them_is_erased(
    make_user: Callable[..., User],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    two = [make_student(is_active=False), make_student(is_active=False)]
    evidence = SimpleUploadedFile("window.jpg", jpeg())
    facts: dict[str, Any] = {
        "incident_description": "A window",
        "points_deducted": 5,
        "group": uuid4(),
    }
    record_incidents(students=two, by=make_user("administrator"), evidence=evidence, **facts)
    for student, stay in ((two[0], 1), (two[1], 0)):
        with django_capture_on_commit_callbacks(execute=True):
            erase_person(kind=STUDENT, number=student.identifier, really=True)
        assert Incident.objects.exclude(evidence="").count() == stay
        assert len(_files()) == stay


def test_a_chip_that_went_from_hand_to_hand_is_the_others_as_well() -> None:
    pool, (_, gate) = "04AA0001", make_reader()
    leaver, other = cast.make_pupil(), make_student()
    for holder in (other, leaver):
        card = make_temporary_card(holder, pool)
        gate.post("/api/pos/taps/", {"card": pool, "event_id": holder.pk.hex})
        services.return_card(card=card)
    Student.objects.filter(pk=leaver.pk).update(is_active=False)
    erased = erase_person(kind=STUDENT, number=cast.NUMBER, really=True)
    assert erased.left == {}
    numbers = dict(Tap.objects.values_list("person", "number"))
    assert numbers == {other.pk: pool, leaver.pk: ""}
    assert list(Card.objects.filter(rfid_number=pool).values_list("person", flat=True)) == [
        other.pk
    ]


def test_a_temporary_card_that_is_out_is_over_and_its_chip_free() -> None:
    leaver = cast.make_pupil()
    own, lent = make_card(leaver, "04A32B1C"), make_temporary_card(leaver, "04AA0001")
    Student.objects.filter(pk=leaver.pk).update(is_active=False)
    erase_person(kind=STUDENT, number=cast.NUMBER, really=True)
    lent.refresh_from_db()
    own.refresh_from_db()
    assert (lent.retired_reason, own.suspended_until) == ("expired", None)
    assert not cast.tables_with({"04A32B1C", "04AA0001"})
    assert make_temporary_card(rfid_number="04AA0001").pk != lent.pk


def test_what_is_left_elsewhere_is_shown(make_user: Callable[..., User]) -> None:
    cast.make_pupil()
    make_student(phone_number=cast.PHONE)  # a sister, with the family's telephone
    Student.objects.filter(identifier=cast.NUMBER).update(is_active=False)
    erasure = erase_person(kind=STUDENT, number=cast.NUMBER, really=True)
    assert erasure.left == {"people_person": 1, "people_personevent": 1}


def test_views_of_lists_that_name_somebody_go_whole(make_user: Callable[..., User]) -> None:
    cast.make_pupil()
    Student.objects.filter(identifier=cast.NUMBER).update(is_active=False)
    boss = make_user("administrator")
    views = {
        "Zyskowski": "",
        "Xiomara Zyskowski": "",  # two that would have the same name without hers
        "by number": cast.NUMBER,
        "by phone": cast.PHONE,
        "by e-mail": cast.EMAIL,
        "by accent": "Xiomára Zyskówski",
        "Form 2": "Form 2, and others",
    }
    for name, said in views.items():
        query = urlencode({"o": "1", "q": said})
        SavedView.objects.create(user=boss, list_name="students_student", name=name, query=query)
    erasure = erase_person(kind=STUDENT, number=cast.NUMBER, really=True)
    assert erasure.done["views of lists"] == 6
    assert SavedView.objects.get().name == "Form 2"


def test_who_has_not_left_is_not_erased() -> None:
    student = cast.make_pupil()
    with pytest.raises(StillActive):
        erase_person(kind=STUDENT, number=cast.NUMBER, really=True)
    with pytest.raises(CommandError, match="active"):
        run(student, "--yes")
    student.refresh_from_db()
    assert student.surname == "Zyskowski"


def test_nobody_is_erased_by_a_wrong_number() -> None:
    cast.make_pupil()
    for kind, number in ((STUDENT, "REG/9931/77"), (STAFF, cast.NUMBER)):
        with pytest.raises(NobodyOfThisNumber):
            erase_person(kind=kind, number=number, really=True)


@pytest.mark.dialect
def test_the_guards_stand_again_afterwards(leaver: Person) -> None:
    erase_person(kind=leaver.declared, number=cast.NUMBER, really=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        Tap.objects.update(card_text="x")
    if isinstance(leaver, Student):
        with pytest.raises(DatabaseError), transaction.atomic():
            Incident.objects.update(incident_description="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        Person.pgh_event_model.objects.update(pgh_created_at=timezone.now())  # type: ignore[attr-defined]
