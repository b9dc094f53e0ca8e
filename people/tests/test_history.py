"""A person's history: two tables are written, and one story is told."""

from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from people.history import history_of_person
from people.models import Person
from people.tests.kinds import GUARDS, KINDS, STUDENTS, Kind
from people.tests.sheets import csv_file, real
from students.models import Student

# Entries are dated by their transactions, so each has to be one.
pytestmark = pytest.mark.django_db(transaction=True)

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
# A field of each kind's own table, and what becomes of it.
OWN = {
    "student": "program",
    "staff": "position",
    "security": "badge_number",
    "visitor": "company",
}


def history(client: APIClient, kind: Kind, person: Person) -> Any:
    return client.get(f"{kind.url}{person.pk}/history/").json()


@every_kind
def test_a_registration_is_one_entry_in_the_names_of_the_api(
    officer: APIClient, kind: Kind
) -> None:
    officer.post(kind.url, kind.row(1))
    person = kind.people.get()
    (entry,) = history(officer, kind, person)
    assert (entry["action"], entry["by"]) == ("created", "registration_officer")
    told = {name: str(change["after"]) for name, change in entry["changes"].items()}
    assert told.items() >= kind.row(1).items()
    assert told[kind.declared.uuid_key] == str(person.pk)
    shown = officer.get(f"{kind.url}{person.pk}/").json()
    assert set(told) <= {*shown, "photo", "points_deducted"}


@every_kind
def test_one_change_of_both_tables_is_one_entry(officer: APIClient, kind: Kind) -> None:
    person, own = kind.add(1), OWN[kind.declared.key]
    officer.patch(f"{kind.url}{person.pk}/", {"email": "new@example.org", own: "New"})
    changed, created = history(officer, kind, person)
    assert set(changed["changes"]) == {"email", own}
    assert changed["changes"][own] == {"before": kind.row(1).get(own, ""), "after": "New"}
    assert created["action"] == "created"


@every_kind
def test_a_change_of_what_only_the_kind_has_is_told(officer: APIClient, kind: Kind) -> None:
    person, own = kind.add(1), OWN[kind.declared.key]
    officer.patch(f"{kind.url}{person.pk}/", {own: "New"})
    changed, _ = history(officer, kind, person)
    assert list(changed["changes"]) == [own]
    assert changed["by"] == "registration_officer"


@every_kind
def test_an_import_is_told_once_for_each_file(officer: APIClient, kind: Kind) -> None:
    own = OWN[kind.declared.key]
    real(officer, kind.url, csv_file([kind.row(1)]))
    real(officer, kind.url, csv_file([kind.row(1, **{own: "New", "email": "new@example.org"})]))
    person = kind.people.get()
    changed, created = history(officer, kind, person)
    assert (changed["action"], created["action"]) == ("changed", "created")
    assert set(changed["changes"]) == {own, "email"}


def test_changes_of_either_table_stand_in_the_order_of_time() -> None:
    student = STUDENTS.add(1)
    Student.objects.filter(pk=student.pk).update(program="Law")
    Person.objects.filter(pk=student.pk).update(surname="Otieno")
    Student.objects.filter(pk=student.pk).update(academic_status="Retake")
    told = [list(change.changes) for change in history_of_person(student)[:-1]]
    assert told == [["academic_status"], ["surname"], ["program"]]
    assert history_of_person(Person.objects.get()) == history_of_person(student)


def test_two_writes_of_one_transaction_are_two_entries() -> None:
    student = STUDENTS.add(1)
    with transaction.atomic():
        student.program, student.surname = "Law", "Otieno"
        student.save(update_fields=["program", "surname", "updated_at"])
        student.photo = "photos/x.jpg"
        student.save(update_fields=["photo", "updated_at"])
    told = [set(change.changes) for change in history_of_person(student)[:-1]]
    assert told == [{"photo"}, {"program", "surname"}]


def test_what_a_guard_is_found_by_is_kept_in_silence(officer: APIClient) -> None:
    guard = GUARDS.add(1)
    assert len(history(officer, GUARDS, guard)) == 1
    officer.patch(f"{GUARDS.url}{guard.pk}/", {"badge_number": "BADGE77"})
    assert len(history(officer, GUARDS, guard)) == 2
    assert officer.get(GUARDS.url, {"search": "badge77"}).json()["count"] == 1
    assert officer.get(GUARDS.url, {"search": "badge00001"}).json()["count"] == 0
