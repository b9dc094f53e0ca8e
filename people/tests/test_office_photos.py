"""Portraits in the office: by ZIP, and one after the other at the desk."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from html import unescape
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from accounts.tests.test_office import browser_of
from people import albums, photo_uploads
from people.deed_models import Deed
from people.models import Import, ImportPart, ImportPicture, Person
from people.office import photo_desk
from people.previews import discard_old_imports
from people.tests.kinds import STAFF, STUDENTS
from people.tests.pictures import decoded, jpeg
from people.tests.test_import_jobs import work
from people.tests.test_photo_uploads import picture, zipped
from privacy.erasure import InWaitingImport, erase_person
from students.kind import STUDENT

pytestmark = pytest.mark.django_db

PHOTOS = "/admin/people/photos/"
DESK = "/admin/people/photos/desk/"


def uploaded(office: Client, album: bytes, **form: Any) -> Import:
    file = SimpleUploadedFile("4A.zip", album)
    sent = office.post(f"{PHOTOS}?kind=student", {"file": file, **form})
    assert sent.status_code == 302, sent.content.decode()
    one = Import.objects.latest("uploaded_at")
    assert sent["Location"] == page_address(one)
    return one


def page_address(album: Import) -> str:
    return f"/admin/people/import/{album.pk}/change/"


def page_of(office: Client, album: Import) -> str:
    return str(office.get(page_address(album)).content.decode())


def confirm(office: Client, album: Import, *middle: int) -> str:
    """As the page's button sends it."""
    (digest,) = re.findall('name="digest" value="([^"]+)"', page_of(office, album))
    address = f"/admin/people/import/{album.pk}/photos/"
    done = office.post(address, {"digest": digest, "middle": middle}, follow=True)
    return str(done.content.decode())


def has_photo(*people: Person) -> list[bool]:
    for person in people:
        person.refresh_from_db()
    return [bool(person.photo) for person in people]


def test_a_class_is_looked_at_and_then_set_of_a_file_that_was_chosen_once(
    make_user: Callable[..., User],
) -> None:
    office = browser_of(make_user("registration_officer"))
    person = STUDENTS.add(1)
    album = zipped(("DIT_2024_00001.jpg", picture()), ("x.jpg", picture()))
    assert "Show what would happen" in office.get(PHOTOS).content.decode()
    one = uploaded(office, album)
    looked = page_of(office, one)
    assert "1 fit, 1 are nobody&#x27;s." in looked
    assert "Would be set" in looked
    assert has_photo(person) == [False]
    done = confirm(office, one)
    assert "1 photo set." in done
    assert f"/admin/people/changes/{Deed.objects.get().pk}/undo/" in done
    assert has_photo(person) == [True]
    assert not ImportPicture.objects.exists()
    assert "The same already" in page_of(office, uploaded(office, album))
    assert office.post(f"/admin/people/import/{one.pk}/photos/").status_code == 302
    assert Deed.objects.count() == 1


def test_a_file_that_is_no_album_is_refused_in_words(make_user: Callable[..., User]) -> None:
    office = browser_of(make_user("registration_officer"))
    assert b"Choose a file first" in office.post(PHOTOS).content
    page = office.post(PHOTOS, {"file": SimpleUploadedFile("x.zip", b"x")})
    assert (page.status_code, b"not a readable ZIP" in page.content) == (400, True)
    assert not Import.objects.exists()
    assert browser_of(make_user("leadership")).get(PHOTOS).status_code == 403


def test_an_album_waits_among_the_imports_and_goes_when_it_is_discarded(
    make_user: Callable[..., User],
) -> None:
    office = browser_of(make_user("registration_officer"))
    person = STUDENTS.add(1)
    one = uploaded(office, zipped(("DIT_2024_00001.jpg", picture())))
    assert "4A.zip" in office.get("/admin/people/import/").content.decode()
    assert "import waits for your decision" in office.get("/admin/").content.decode()
    # What lists are asked is asked of no album.
    for address in ("columns/", "refused.csv"):
        assert office.get(f"/admin/people/import/{one.pk}/{address}").status_code == 404
    assert office.post(f"/admin/people/import/{one.pk}/confirm/").status_code == 404
    office.post(f"/admin/people/import/{one.pk}/discard/")
    assert "No photo was set." in page_of(office, one)
    assert not ImportPicture.objects.exists()
    assert has_photo(person) == [False]


def test_each_wide_picture_shows_what_is_cut_off_and_is_ticked_by_itself(
    make_user: Callable[..., User],
) -> None:
    office = browser_of(make_user("registration_officer"))
    taken, left, upright = (STUDENTS.add(n) for n in (1, 2, 3))
    wide = {"DIT_2024_00001.jpg": jpeg((820, 638)), "DIT_2024_00002.jpg": jpeg((820, 638))}
    album = zipped(*wide.items(), ("DIT_2024_00003.jpg", picture()), ("x.jpg", b"none"))
    one = uploaded(office, album)
    looked = page_of(office, one)
    assert re.findall('name="middle" value="([^"]*)"( form="album" checked)?', looked) == [
        ("1", ""),
        ("2", ""),
    ]
    shown = re.findall('<img class="shown" loading="lazy" src="([^"]+)"', looked)
    assert len(shown) == 3
    framed = decoded(office.get(shown[0]).content)
    assert framed.size == (185, 144)
    brightness = framed.convert("L")
    at_the_edge, in_the_middle = (brightness.crop((x, 72, x + 1, 73)) for x in (5, 92))
    assert at_the_edge.tobytes()[0] < in_the_middle.tobytes()[0] / 2
    assert decoded(office.get(shown[2]).content).size == (108, 144)
    assert office.get(shown[0].replace("/1.jpg", "/4.jpg")).status_code == 404
    outsider = browser_of(make_user("attendance_admin"))
    assert outsider.get(shown[0]).status_code == 403
    assert "2 photos set." in confirm(office, one, 1, 4)
    assert has_photo(taken, left, upright) == [True, False, True]
    assert decoded(photo_uploads.picture_of(taken) or b"").size == (494, 638)


def test_all_wide_pictures_are_ticked_where_that_was_asked_for(
    make_user: Callable[..., User],
) -> None:
    office = browser_of(make_user("registration_officer"))
    taken, left = STUDENTS.add(1), STUDENTS.add(2)
    wide = [(f"DIT_2024_0000{n}.jpg", jpeg((820, 638))) for n in (1, 2)]
    one = uploaded(office, zipped(*wide), crop="on")
    looked = page_of(office, one)
    assert "2 fit." in looked
    assert looked.count('form="album" checked') == 2
    confirm(office, one, 1)
    assert has_photo(taken, left) == [True, False]


def test_what_somebody_has_changed_since_is_shown_anew_and_nothing_is_set(
    make_user: Callable[..., User],
) -> None:
    office = browser_of(make_user("registration_officer"))
    person = STUDENTS.add(1)
    one = uploaded(office, zipped(("DIT_2024_00001.jpg", picture()), ("LATE.jpg", picture())))
    (digest,) = re.findall('name="digest" value="([^"]+)"', page_of(office, one))
    late = STUDENTS.add(2, registration_number="LATE")
    address = f"/admin/people/import/{one.pk}/photos/"
    for seen in (digest, "", "x"):
        page = office.post(address, {"digest": seen}, follow=True).content.decode()
        assert "somebody has changed these people" in page
    assert "2 fit." in page
    assert has_photo(person, late) == [False, False]
    assert "2 photos set." in confirm(office, one)


# --- a large file, in parts -----------------------------------------------------------------------


def send_part(office: Client, content: bytes, **said: Any) -> Any:
    file = SimpleUploadedFile("blob", content)
    return office.post(f"{PHOTOS}part/?kind=student", {"file": file, **said})


def sent_in_parts(office: Client, album: bytes, length: int) -> Any:
    """The answer to the last."""
    said = {"name": "4A.zip", "size": len(album)}
    for start in range(0, len(album), length):
        answer = send_part(office, album[start : start + length], start=start, **said).json()
        said = {"album": answer["album"]}
    return answer


def test_a_large_file_comes_in_parts_and_is_one(make_user: Callable[..., User]) -> None:
    office = browser_of(make_user("registration_officer"))
    people = [STUDENTS.add(number) for number in (1, 2)]
    album = zipped(*((f"DIT_2024_0000{n}.jpg", picture()) for n in (1, 2)))
    answer = sent_in_parts(office, album, 999)
    one = Import.objects.get()
    assert answer == {"album": str(one.pk), "received": len(album), "next": page_address(one)}
    assert not ImportPart.objects.exists()
    again = send_part(office, album[-9:], start=len(album) - 9, album=one.pk)
    assert (again.status_code, again.json()["next"]) == (200, page_address(one))
    confirm(office, one)
    assert has_photo(*people) == [True, True]


def test_a_part_that_does_not_follow_is_told_where_to_go_on(
    make_user: Callable[..., User],
) -> None:
    office = browser_of(make_user("registration_officer"))
    first = send_part(office, b"12345", start=0, size=12, name="4A.zip")
    album = first.json()["album"]
    assert first.json() == {"album": album, "received": 5}
    for start in (0, 4, 6, 12):
        other = send_part(office, b"678", start=start, album=album)
        assert (other.status_code, other.json()) == (409, {"received": 5})
    too_much = send_part(office, b"6789abcdef", start=5, album=album)
    assert (too_much.status_code, "More has come" in too_much.json()["error"]) == (400, True)
    strangers = browser_of(make_user("administrator"))
    assert send_part(strangers, b"678", start=5, album=album).status_code == 409
    page = page_of(office, Import.objects.get())
    assert "Not all of the file has come" in page
    assert "import waits for your decision" not in office.get("/admin/").content.decode()
    no_zip = send_part(office, b"6789abc", start=5, album=album)
    assert (no_zip.status_code, "not a readable ZIP" in no_zip.json()["error"]) == (400, True)
    assert not ImportPart.objects.exists()


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"start": 0}, 409),
        ({"start": 0, "size": -1}, 409),
        ({"start": "x", "size": 5}, 400),
        ({"start": 0, "size": 5, "album": "00000000-0000-0000-0000-000000000000"}, 409),
        ({"start": 0, "size": 301 * 2**20}, 413),
    ],
)
def test_what_is_no_part_is_refused(
    make_user: Callable[..., User], said: dict[str, Any], status: int
) -> None:
    office = browser_of(make_user("registration_officer"))
    refused = send_part(office, b"x", **said)
    assert (refused.status_code, bool(refused.json()["error"])) == (status, True)
    assert not Import.objects.exists()


def test_an_album_of_which_not_all_has_come_goes_after_a_day(
    make_user: Callable[..., User],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    office = browser_of(make_user("registration_officer"))
    send_part(office, b"12345", start=0, size=12, name="half.zip")
    part = str(ImportPart.objects.get().file.name)
    assert default_storage.exists(part)
    now = timezone.now()
    assert discard_old_imports(at=now + timedelta(hours=23)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert discard_old_imports(at=now + timedelta(hours=25)) == 1
    assert not default_storage.exists(part)
    page = page_of(office, Import.objects.get())
    assert "Discarded by itself" in page


def test_parts_are_read_as_the_file_that_they_are(make_user: Callable[..., User]) -> None:
    whole = bytes(range(256)) * 40
    office = browser_of(make_user("registration_officer"))
    for start in range(0, 9_999, 3_333):  # all but the last
        said = {"album": Import.objects.get().pk} if start else {"size": len(whole)}
        send_part(office, whole[start : start + 3_333], start=start, **said)
    there = whole[:9_999]
    with albums.whole(Import.objects.get()) as file:
        assert file.read() == there
        for offset, whence in ((0, io.SEEK_SET), (3_330, io.SEEK_SET), (-3, io.SEEK_END)):
            file.seek(offset, whence)
            at = file.tell()
            assert file.read(9) == there[at : at + 9]
        with pytest.raises(OSError, match="-1"):
            file.seek(-1)


def test_many_pictures_are_looked_at_and_set_by_the_worker(
    make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(albums, "AT_ONCE", 1)
    office = browser_of(make_user("registration_officer"))
    people = [STUDENTS.add(number) for number in (1, 2)]
    pictures = [("DIT_2024_00001.jpg", picture()), ("DIT_2024_00002.jpg", jpeg((820, 638)))]
    one = uploaded(office, zipped(*pictures))
    assert "Waiting for its turn" in page_of(office, one)
    work()
    assert "1 fit, 1 are wider than high." in page_of(office, one)
    assert "Waiting for its turn" in confirm(office, one, 2)
    assert has_photo(*people) == [False, False]
    work()
    assert "2 photos set." in page_of(office, one)
    assert has_photo(*people) == [True, True]


def test_whoever_is_erased_is_in_no_album_that_waits(make_user: Callable[..., User]) -> None:
    office = browser_of(make_user("registration_officer"))
    STUDENTS.add(1, is_active=False)
    theirs = uploaded(office, zipped(("dit-2024-00001.png", picture())))
    others = uploaded(office, zipped(("DIT_2024_00009.jpg", picture())))
    erased = partial(erase_person, kind=STUDENT, number="DIT/2024/00001", really=True)
    with pytest.raises(InWaitingImport, match=r"4A\.zip of "):
        erased()
    assert erased(discard_imports=True).done["imports that wait"] == 1
    assert set(ImportPicture.objects.values_list("of_import", flat=True)) == {others.pk}
    theirs.refresh_from_db()
    assert theirs.state == Import.State.DISCARDED


# --- at the desk ----------------------------------------------------------------------------------


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
