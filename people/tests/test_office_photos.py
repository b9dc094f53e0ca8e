"""Portraits in the office: by ZIP, and one after the other at the desk."""

import re
from base64 import b64decode
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.test_office import browser_of
from people import photo_uploads
from people.deed_models import Deed
from people.office import photo_desk
from people.tests.kinds import STAFF, STUDENTS
from people.tests.pictures import decoded, jpeg
from people.tests.test_photo_uploads import picture, zipped

pytestmark = pytest.mark.django_db

PHOTOS = "/admin/people/photos/"
DESK = "/admin/people/photos/desk/"


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


# --- at the desk ----------------------------------------------------------------------------------


def test_the_middle_is_taken_of_what_was_looked_at_so(make_user: Callable[..., User]) -> None:
    """The file is chosen once more; how it was looked at is not."""
    office = browser_of(make_user("registration_officer"))
    person = STUDENTS.add(1)
    album = zipped(("DIT_2024_00001.jpg", jpeg((820, 638))))

    def send(**form: Any) -> str:
        file = SimpleUploadedFile("4A.zip", album)
        return str(office.post(f"{PHOTOS}?kind=student", {"file": file, **form}).content.decode())

    ticked = 'name="middle" value="DIT_2024_00001.jpg" form="album" checked'
    assert ticked not in send(step="preview")
    looked = send(step="preview", crop="on")
    assert "4A.zip: 1 fit" in looked
    assert ticked in looked
    send(step="write", middle="DIT_2024_00001.jpg")
    person.refresh_from_db()
    assert person.photo


def test_each_wide_picture_shows_what_is_cut_off_and_is_ticked_by_itself(
    make_user: Callable[..., User],
) -> None:
    office = browser_of(make_user("registration_officer"))
    taken, left, upright = (STUDENTS.add(n) for n in (1, 2, 3))
    wide = {"DIT_2024_00001.jpg": jpeg((820, 638)), "DIT_2024_00002.jpg": jpeg((820, 638))}
    album = zipped(*wide.items(), ("DIT_2024_00003.jpg", picture()), ("x.jpg", jpeg((820, 638))))

    def send(**form: Any) -> str:
        file = SimpleUploadedFile("4A.zip", album)
        return str(office.post(f"{PHOTOS}?kind=student", {"file": file, **form}).content.decode())

    looked = send(step="preview")
    assert re.findall('name="middle" value="([^"]*)"', looked) == list(wide)
    shown = re.findall('<img class="framed" src="data:image/jpeg;base64,([^"]+)"', looked)
    assert len(shown) == 2
    framed = decoded(b64decode(shown[0]))
    assert framed.size == (185, 144)
    brightness = framed.convert("L")
    at_the_edge, in_the_middle = (brightness.crop((x, 72, x + 1, 73)) for x in (5, 92))
    assert at_the_edge.tobytes()[0] < in_the_middle.tobytes()[0] / 2
    assert 'name="crop"' not in looked
    send(step="write", middle="DIT_2024_00001.jpg")
    for person in (taken, left, upright):
        person.refresh_from_db()
    assert [bool(person.photo) for person in (taken, left, upright)] == [True, False, True]
    assert decoded(photo_uploads.picture_of(taken) or b"").size == (494, 638)


def shot() -> SimpleUploadedFile:
    return SimpleUploadedFile("portrait.jpg", jpeg((638, 820)))


def action_in(page: str) -> str:
    """Where the desk's form sends the picture."""
    (action,) = re.findall('action="([^"]*)" enctype', page)
    return unescape(action)


def test_a_class_is_served_one_after_the_other(make_user: Callable[..., User]) -> None:
    office = browser_of(make_user("registration_officer"))
    first = STUDENTS.add(1, class_code="4A", surname="Kwanza")
    second = STUDENTS.add(2, class_code="4A", surname="Pili")
    STUDENTS.add(3, class_code="4B")
    gone = STUDENTS.add(4, class_code="4A", surname="Zamani", is_active=False)
    of_class = f"{DESK}?kind=student&class_code=4A"
    page = office.get(of_class).content.decode()
    assert "2 students without a photo: Class code: 4A" in page
    assert gone.full_name not in page
    shown, other = (first, second) if f"<h2>{first.full_name}<" in page else (second, first)
    done = office.post(action_in(page), {"photo": shot()})
    assert done["Location"] == f"{DESK}?class_code=4A&kind=student&person={other.pk}"
    shown.refresh_from_db()
    assert shown.photo
    page = office.get(done["Location"]).content.decode()
    assert f"{shown.full_name} has a photo." in page
    assert f"<h2>{other.full_name}<" in page
    assert "Leave out" not in page
    done = office.post(action_in(page), {"photo": shot()})
    assert done["Location"] == f"{DESK}?class_code=4A&kind=student"
    assert "Everybody here has a photo." in office.get(done["Location"]).content.decode()


def test_while_nobody_is_registered_nobody_is_said_to_have_a_photo(
    make_user: Callable[..., User],
) -> None:
    STUDENTS.add(1)
    page = browser_of(make_user("registration_officer")).get(f"{DESK}?kind=staff").content.decode()
    assert "Everybody here has a photo." not in page
    assert "Nobody is registered here yet." in page
    assert 'href="/admin/people/import/add/?kind=staff"' in page


def test_a_picture_is_of_whom_the_page_shows_whatever_other_desks_have_done(
    make_user: Callable[..., User],
) -> None:
    office = browser_of(make_user("registration_officer"))
    people = {str(STAFF.add(n).pk) for n in (1, 2)}
    page = office.get(f"{DESK}?kind=staff")
    shown = str(page.context["person"].pk)
    (other,) = people - {shown}
    action = action_in(page.content.decode())
    assert action == f"{DESK}?kind=staff&person={shown}"
    office.post(action, {"photo": shot()})  # from another desk
    first = STAFF.people.get(pk=shown).photo.name
    late = office.post(action, {"photo": shot()}, follow=True)
    assert "has a photo already" in late.content.decode()
    assert str(late.context["person"].pk) == other
    assert STAFF.people.get(pk=shown).photo.name == first
    assert not STAFF.people.get(pk=other).photo
    assert office.post(f"{DESK}?kind=staff", {"photo": shot()}).status_code == 404
    assert office.get(action)["Location"] == f"{DESK}?kind=staff&person={other}"


def test_whoever_is_left_out_comes_again_after_the_last(make_user: Callable[..., User]) -> None:
    office = browser_of(make_user("registration_officer"))
    people = {str(STAFF.add(n).pk) for n in (1, 2, 3)}
    place, seen = f"{DESK}?kind=staff", []
    for _ in range(4):
        context = office.get(place).context
        seen.append(str(context["person"].pk))
        place = context["skip"]
    assert (set(seen[:3]), seen[3]) == (people, seen[0])


def test_more_wait_than_are_served_and_no_page_of_the_list_is_read(
    make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_desk, "MOST_WAITING", 2)
    office = browser_of(make_user("registration_officer"))
    for n in (1, 2, 3):
        STAFF.add(n)
    with CaptureQueriesContext(connection) as asked:
        page = office.get(f"{DESK}?kind=staff")
    assert "3 members of staff without a photo" in page.content.decode()
    # Who waits, how many, and whoever is shown.
    assert sum('"staff_staffmember"' in each["sql"] for each in asked) == 3


def test_what_is_no_picture_is_refused_in_place(make_user: Callable[..., User]) -> None:
    office = browser_of(make_user("registration_officer"))
    person = STUDENTS.add(1)
    at = f"{DESK}?kind=student&person={person.pk}"
    nothing = office.post(at)
    assert (nothing.status_code, b"Take or choose a picture" in nothing.content) == (400, True)
    broken = office.post(at, {"photo": SimpleUploadedFile("x.jpg", b"x")})
    assert (broken.status_code, b"not a readable JPEG" in broken.content) == (400, True)
    person.refresh_from_db()
    assert not person.photo


def test_the_desk_serves_only_whom_the_list_shows(make_user: Callable[..., User]) -> None:
    office = browser_of(make_user("registration_officer"))
    person = STUDENTS.add(1)
    for nobody in ("x", "00000000-0000-0000-0000-000000000000"):
        assert office.get(f"{DESK}?kind=student&person={nobody}").status_code == 404
    assert office.get(f"{DESK}?kind=staff&person={person.pk}").status_code == 404
    assert office.post(f"{DESK}?kind=staff").status_code == 404
    assert office.get(f"{DESK}?kind=cat").status_code == 200
    assert office.get(f"{DESK}?kind=student&nosuch=1")["Location"] == DESK
    for role in ("leadership", "attendance_admin", "class_teacher"):
        assert browser_of(make_user(role)).get(DESK).status_code == 403
