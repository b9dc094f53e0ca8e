"""Two officers decide about one import at the same moment, on real connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.tests.races import PATIENCE, at_once
from accounts.tests.test_office import browser_of
from people import import_jobs, previews
from people.imports import NO_WISHES
from people.models import Import
from people.previews import Outcome
from people.tests.kinds import STUDENTS
from people.tests.sheets import csv_file
from people.tests.test_import_races import waiting
from people.tests.test_office_import import confirm, students, uploaded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def officers(make_user: Callable[..., User]) -> list[User]:
    return [make_user("registration_officer", name) for name in ("asha", "juma")]


@pytest.fixture
def offices(officers: list[User]) -> list[Client]:
    return [browser_of(user) for user in officers]


def test_two_officers_who_confirm_import_once(offices: list[Client]) -> None:
    one = uploaded(offices[0], csv_file(students(100)))
    pages = at_once(*(partial(confirm, office, one) for office in offices))
    assert STUDENTS.people.count() == STUDENTS.events.count() == 100
    assert sum("decided before" in page for page in pages) == 1


def test_of_a_confirmation_and_a_discard_one_wins(officers: list[User]) -> None:
    one = uploaded(browser_of(officers[0]), csv_file(students(50)))
    seen = one.digest
    confirmed, discarded = at_once(
        lambda: previews.confirm_import(import_=one, seen=seen, by=officers[0]) is Outcome.APPLIED,
        lambda: previews.discard_import(import_=one, by=officers[1]),
    )
    assert confirmed != discarded
    assert STUDENTS.people.count() == (50 if confirmed else 0)
    assert not Import.objects.get().is_waiting


def test_two_previews_of_the_same_people_register_them_once(offices: list[Client]) -> None:
    """The second is shown what is left to do, which is nothing."""
    both = [uploaded(office, csv_file(students(50))) for office in offices]
    pages = at_once(*(partial(confirm, *pair) for pair in zip(offices, both, strict=True)))
    assert STUDENTS.people.count() == STUDENTS.events.count() == 50
    assert sum("somebody has changed these people" in page for page in pages) == 1


def test_an_answer_a_moment_after_a_confirmation_is_not_taken(
    officers: list[User], settings: Settings
) -> None:
    one = uploaded(browser_of(officers[0]), csv_file(students(2)))
    settings.IMPORT_BACKGROUND_ROWS = 1
    is_queued, may_commit = Event(), Event()

    def confirm_slowly() -> None:
        with closing(connection), transaction.atomic():
            import_jobs.confirm(import_=one, seen=one.digest, by=officers[0])
            is_queued.set()
            assert may_commit.wait(PATIENCE)

    def answer() -> Outcome:
        with closing(connection):
            return import_jobs.compare_anew(import_=one, wishes=NO_WISHES, by=officers[1])

    with ThreadPoolExecutor(2) as threads:
        confirmed = threads.submit(confirm_slowly)
        assert is_queued.wait(PATIENCE)
        answered = threads.submit(answer)
        waiting(1)
        may_commit.set()
        confirmed.result()
        assert answered.result() is Outcome.BUSY
    assert one.jobs.get().seen == one.digest
    assert Import.objects.get().digest == one.digest
