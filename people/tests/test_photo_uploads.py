"""Many portraits at once: a ZIP of pictures named by identification number."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from people import deeds, photo_uploads
from people.deed_models import UNDOABLE_FOR, Deed, DeedRow
from people.deeds import forget_pictures
from people.tests.kinds import GUARDS, KINDS, STUDENTS, Kind
from people.tests.pictures import decoded, encoded, jpeg, plain, png_bomb

pytestmark = pytest.mark.django_db

URL = f"{STUDENTS.url}photos/"
PORTRAIT = (300, 400)


def zipped(*files: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()


def send(client: APIClient, content: bytes, status: int = 200, url: str = URL, **form: Any) -> Any:
    file = SimpleUploadedFile("class.zip", content)
    response = client.post(url, {"file": file, **form}, format="multipart")
    assert response.status_code == status, response.content
    return response.json()


def picture(colour: str = "red", size: tuple[int, int] = PORTRAIT, kind: str = "JPEG") -> bytes:
    return encoded(plain(size, colour), kind)


def shown(person: Any) -> Any:
    """The colour of the middle of somebody's portrait."""
    person.refresh_from_db()
    image = decoded(photo_uploads.picture_of(person) or b"")
    return image.getpixel((image.width // 2, image.height // 2))


def outcomes(report: Any) -> list[str]:
    return [row["outcome"] for row in report["rows"]]


def test_names_are_numbers_in_any_case_and_without_slashes(officer: APIClient) -> None:
    people = [STUDENTS.add(number) for number in (1, 2, 3)]
    album = zipped(
        ("class 5/dit_2024_00001.jpg", picture()),
        ("class 5/DIT-2024-00002.PNG", picture("blue", kind="PNG")),
        ("DIT_2024-00003.jpeg", picture("lime")),
        ("__MACOSX/class 5/._dit_2024_00001.jpg", b"x"),
        ("class 5/.DS_Store", b"x"),
        ("class 5/Thumbs.db", b"x"),
    )
    preview = send(officer, album)
    assert (preview["dry_run"], preview["change_id"]) == (True, None)
    assert outcomes(preview) == ["matched"] * 3
    assert not any(person.photo for person in STUDENTS.people.all())
    done = send(officer, album, dry_run="false")
    assert done == {**preview, "dry_run": False, "change_id": str(Deed.objects.get().pk)}
    assert done["summary"]["updated"] == done["summary"]["matched"] == 3
    assert done["rows"][0] == {
        "row": 1,
        "file": "dit_2024_00001.jpg",
        "outcome": "matched",
        "action": "updated",
        "identifier": "DIT/2024/00001",
        "changes": {"photo": {"before": "", "after": "dit_2024_00001.jpg"}},
        "errors": {},
    }
    red, blue, lime = map(shown, people)
    assert red[0] > 200 > 50 > red[2]
    assert blue[2] > 200 > 50 > blue[0]
    assert lime[1] > 200
    again = send(officer, album, dry_run="false")
    assert (again["summary"]["unchanged"], again["change_id"]) == (3, None)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_portraits(officer: APIClient, kind: Kind) -> None:
    person = kind.add(1)
    name = person.identifier.replace("/", "_")
    send(officer, zipped((f"{name}.jpg", picture())), url=f"{kind.url}photos/", dry_run="false")
    assert shown(person)[0] > 200


def test_what_cannot_be_used_is_told_and_stops_a_real_run(officer: APIClient) -> None:
    for number in range(1, 8):
        STUDENTS.add(number)
    album = zipped(
        ("DIT_2024_00001.jpg", picture()),
        ("DIT_2024_99999.jpg", picture()),
        ("DIT_2024_00002.jpg", b"no picture"),
        ("DIT_2024_00003.jpg", jpeg((64, 80))),
        ("DIT_2024_00004.jpg", picture(size=(400, 300))),
        ("DIT_2024_00005.jpg", picture()),
        ("again/DIT-2024-00005.jpg", picture("blue")),
        ("DIT_2024_00006.png", png_bomb(9000, 9000)),
        ("DIT_2024_00007.gif", picture(kind="GIF")),
    )
    preview = send(officer, album)
    assert outcomes(preview) == [
        *("matched", "unmatched", "unreadable", "too_small", "landscape"),
        *("duplicate", "duplicate", "unreadable", "unreadable"),
    ]
    assert preview["summary"] == {
        "total": 9,
        "created": 0,
        "updated": 1,
        "unchanged": 0,
        "failed": 8,
        "matched": 1,
        "unmatched": 1,
        "unreadable": 3,
        "too_small": 1,
        "landscape": 1,
        "duplicate": 2,
    }
    assert preview["rows"][1]["errors"] == {
        "file": ["DIT_2024_99999 is no student's number."],
    }
    assert send(officer, album, 400, dry_run="false") == {**preview, "dry_run": False}
    assert not Deed.objects.exists()
    done = send(officer, album, dry_run="false", skip_failed="true", crop_landscape="true")
    assert (done["summary"]["updated"], done["summary"]["failed"]) == (2, 7)
    with_photo = STUDENTS.people.exclude(photo="").order_by("identifier")
    assert [person.identifier[-1] for person in with_photo] == ["1", "4"]
    cropped = decoded(photo_uploads.picture_of(with_photo[1]) or b"")
    assert cropped.height > cropped.width


def test_undo_brings_the_old_photo_back(
    officer: APIClient, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    had, had_none = STUDENTS.add(1), STUDENTS.add(2)
    old = SimpleUploadedFile("old.jpg", picture("blue"))
    officer.put(f"{STUDENTS.url}{had.pk}/photo/", {"photo": old}, format="multipart")
    had.refresh_from_db()
    before = photo_uploads.picture_of(had)
    album = zipped(("DIT_2024_00001.jpg", picture()), ("DIT_2024_00002.jpg", picture()))
    with django_capture_on_commit_callbacks(execute=True):
        change_id = send(officer, album, dry_run="false")["change_id"]
    assert shown(had)[0] > 200
    with django_capture_on_commit_callbacks(execute=True):
        assert officer.post(f"/api/changes/{change_id}/undo/").status_code == 200
    had.refresh_from_db()
    assert photo_uploads.picture_of(had) == before
    had_none.refresh_from_db()
    assert not had_none.photo
    assert officer.get(f"{STUDENTS.url}{had_none.pk}/").json()["photo_url"] is None


def test_pictures_are_written_down_few_at_a_time(
    officer: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "PICTURES_AT_ONCE", 2)
    album = zipped(*((f"DIT_2024_{number:05}.jpg", picture()) for number in (1, 2, 3)))
    for number in (1, 2, 3):
        STUDENTS.add(number)
    with CaptureQueriesContext(connection) as done:
        send(officer, album, dry_run="false")
    written = [each for each in done if 'INSERT INTO "people_deedrow"' in each["sql"]]
    assert (len(written), DeedRow.objects.count()) == (2, 3)


def test_two_uploads_are_taken_back_in_turn(officer: APIClient) -> None:
    person = STUDENTS.add(1)
    red, blue = (
        send(officer, zipped(("DIT_2024_00001.jpg", picture(colour))), dry_run="false")["change_id"]
        for colour in ("red", "blue")
    )
    assert officer.post(f"/api/changes/{blue}/undo/").status_code == 200
    assert shown(person)[0] > 200
    assert officer.post(f"/api/changes/{red}/undo/").status_code == 200
    person.refresh_from_db()
    assert not person.photo


def test_a_photo_that_was_changed_since_is_not_overwritten(officer: APIClient) -> None:
    person = STUDENTS.add(1)
    album = zipped(("DIT_2024_00001.jpg", picture()))
    change_id = send(officer, album, dry_run="false")["change_id"]
    assert officer.delete(f"{STUDENTS.url}{person.pk}/photo/").status_code == 204
    refusal = officer.post(f"/api/changes/{change_id}/undo/")
    assert (refusal.status_code, refusal.json()["rows"][0]["fields"]) == (409, ["photo"])


def test_the_old_photo_is_kept_for_a_day(officer: APIClient) -> None:
    person = STUDENTS.add(1)
    for colour in ("red", "blue"):
        send(officer, zipped(("DIT_2024_00001.jpg", picture(colour))), dry_run="false")
    assert shown(person)[2] > 200
    assert DeedRow.objects.exclude(photo=None).count() == 1
    Deed.objects.update(made_at=timezone.now() - UNDOABLE_FOR - timedelta(minutes=1))
    assert forget_pictures(at=timezone.now()) == 1
    assert not DeedRow.objects.exclude(photo=None).exists()


def test_two_people_whose_numbers_are_written_alike(officer: APIClient) -> None:
    GUARDS.add(1, employee_id="SEC/1")
    GUARDS.add(2, employee_id="SEC_1")
    GUARDS.add(3, employee_id="SEC/2-1")
    GUARDS.add(4, employee_id="SEC-2/1")
    album = zipped(("SEC_1.jpg", picture()), ("sec_2_1.jpg", picture()))
    report = send(officer, album, url=f"{GUARDS.url}photos/")
    assert outcomes(report) == ["matched", "unmatched"]
    assert report["rows"][0]["identifier"] == "SEC_1"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"no archive", 400, "invalid_zip"),
        (zipped(("__MACOSX/a.jpg", b"x")), 400, "invalid_zip"),
        (zipped(("a.jpg", bytes(40 * 2**20)), ("b.jpg", bytes(40 * 2**20))), 413, "zip_too_large"),
        (zipped(*((f"{number}.jpg", b"") for number in range(1001))), 413, "zip_too_large"),
    ],
    ids=["no zip", "empty", "bomb", "many"],
)
def test_a_file_that_is_no_album_is_refused(
    officer: APIClient, content: bytes, status: int, code: str
) -> None:
    assert send(officer, content, status)["code"] == code


def test_a_picture_that_lies_about_its_size_is_read_no_further(
    officer: APIClient, settings: Settings
) -> None:
    STUDENTS.add(1)
    settings.PHOTO_MAX_BYTES = 1000
    report = send(officer, zipped(("DIT_2024_00001.jpg", bytes(10**6))))
    assert outcomes(report) == ["unreadable"]
