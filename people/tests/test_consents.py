"""Consent: dated, with who wrote it down; and what is not done without one."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from cards.jobs import _Deck, _faces
from cards.models import PrintJob
from cards.prints import print_card
from cards.tests.factories import make_card, make_student
from people.models import Consent
from people.photos import keep_photo
from people.tests.kinds import KINDS, Kind
from people.tests.pictures import jpeg
from students.models import Student

pytestmark = pytest.mark.django_db

PHOTO = {"about": "photo_on_card", "how": "paper", "given_by": "Rehema Mushi"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_consent_is_given_and_withdrawn_over_the_api(officer: APIClient, kind: Kind) -> None:
    url = f"{kind.url}{kind.add(1).pk}/consents/"
    given = officer.post(url, PHOTO)
    assert given.status_code == 201
    assert given.json().items() >= {**PHOTO, "recorded_by": "registration_officer"}.items()
    assert officer.post(url, PHOTO).status_code == 400  # it holds already
    (ended,) = officer.post(f"{url}withdraw/", {"about": "photo_on_card"}).json()
    assert ended["withdrawn_at"]
    assert ended["withdrawal_recorded_by"] == "registration_officer"
    assert officer.post(f"{url}withdraw/", {"about": "photo_on_card"}).status_code == 409
    assert officer.post(url, PHOTO).status_code == 201
    assert [each["withdrawn_at"] is None for each in officer.get(url).json()] == [True, False]


def test_who_has_no_guardians_has_no_consent_to_notices(officer: APIClient) -> None:
    staff, students = KINDS["staff"], KINDS["student"]
    notices = {"about": "notices", "how": "paper"}
    assert officer.post(f"{staff.url}{staff.add(1).pk}/consents/", notices).status_code == 400
    assert officer.post(f"{students.url}{students.add(1).pk}/consents/", notices).status_code == 201


def test_what_was_written_down_stays(officer: APIClient) -> None:
    student = make_student()
    officer.post(f"/api/students/{student.pk}/consents/", PHOTO)
    for change in ({"how": "message"}, {"about": "notices"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Consent.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.objects.all().delete()
    officer.post(f"/api/students/{student.pk}/consents/withdraw/", {"about": "photo_on_card"})
    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.objects.update(withdrawn_at=None, withdrawal_recorded_by=None)


def test_the_office_has_the_buttons(make_user: Callable[..., User]) -> None:
    student = make_student()
    browser = Client()
    browser.force_login(make_user("registration_officer"))
    page, address = (
        f"/admin/students/student/{student.pk}/change/",
        f"/admin/people/consent/{student.pk}/",
    )
    assert browser.post(address, {**PHOTO, "say": "give"}).headers["Location"] == page
    assert "by Rehema Mushi" in browser.get(page).content.decode()
    browser.post(address, {**PHOTO, "say": "give"})
    assert "This consent holds already." in browser.get(page).content.decode()
    browser.post(address, {"about": "photo_on_card", "say": "withdraw"})
    assert "Withdrawn" in browser.get(page).content.decode()
    assert browser.post(address, {"about": "rubbish"}).status_code == 400
    cook = Client()
    cook.force_login(make_user("kitchen_admin"))
    assert cook.post(address, {**PHOTO, "say": "give"}).status_code == 403


@pytest.mark.parametrize("is_needed", [True, False])
@pytest.mark.parametrize("stands", ["given", "withdrawn", "never"])
def test_a_photo_is_printed_with_a_consent_that_holds(
    stands: str,
    is_needed: bool,
    officer: APIClient,
    make_user: Callable[..., User],
    settings: Settings,
) -> None:
    settings.PHOTO_ON_CARD_NEEDS_CONSENT = is_needed
    student: Student = make_student()
    keep_photo(person=student, jpeg=jpeg())
    url = f"/api/students/{student.pk}/consents/"
    if stands != "never":
        officer.post(url, PHOTO)
    if stands == "withdrawn":
        officer.post(f"{url}withdraw/", {"about": "photo_on_card"})
    card = make_card(student)
    card.refresh_from_db()
    printed = print_card(card=card, by=make_user("administrator"))
    has_photo = "no_photo" not in [str(warning.code) for warning in printed.warnings]
    assert has_photo is (stands == "given" or not is_needed)
    (face,) = _faces(_Deck(PrintJob()), [card.pk])
    assert (face.photo is not None) is has_photo
