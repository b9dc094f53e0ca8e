"""Portraits by ZIP in the office."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from accounts.tests.test_office import browser_of
from people.deed_models import Deed
from people.tests.kinds import STUDENTS
from people.tests.test_photo_uploads import picture, zipped

pytestmark = pytest.mark.django_db

PHOTOS = "/admin/people/photos/"


def test_a_class_is_looked_at_and_then_set(make_user: Callable[..., User]) -> None:
    office = browser_of(make_user("registration_officer"))
    person = STUDENTS.add(1)
    album = zipped(("DIT_2024_00001.jpg", picture()), ("x.jpg", picture()))

    def send(**form: Any) -> str:
        file = SimpleUploadedFile("4A.zip", album)
        page = office.post(f"{PHOTOS}?kind=student", {"file": file, **form})
        assert page.status_code == 200
        return page.content.decode()

    assert "Show what would happen" in office.get(PHOTOS).content.decode()
    looked = send(step="preview")
    assert "4A.zip: 1 fit, 1 are nobody&#x27;s. Nothing is set yet." in looked
    assert "Would be set" in looked
    assert not Deed.objects.exists()
    done = send(step="write")
    assert "1 photo set." in done
    assert f"/admin/people/changes/{Deed.objects.get().pk}/undo/" in done
    person.refresh_from_db()
    assert person.photo
    assert "The same already" in send(step="write", crop="on")


def test_a_file_that_is_no_album_is_refused_in_words(make_user: Callable[..., User]) -> None:
    office = browser_of(make_user("registration_officer"))
    assert b"Choose a file first" in office.post(PHOTOS).content
    page = office.post(PHOTOS, {"file": SimpleUploadedFile("x.zip", b"x")})
    assert (page.status_code, b"not a readable ZIP" in page.content) == (400, True)
    assert browser_of(make_user("leadership")).get(PHOTOS).status_code == 403
