"""Evidence: what is taken, how it is kept, and how it is handed out."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.tests.wire import assert_refused
from cards.tests.factories import make_student
from discipline.models import Incident
from discipline.services import record_incident
from discipline.tests.factories import URL, body, make_officer
from files.moving import names_in
from people.tests.pictures import encoded, jpeg, noise, plain

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = encoded(plain(), "PNG")
GOOD = [
    ("photo.JPG", jpeg(), "jpeg", "image/jpeg"),
    ("../../../scan.exe", PNG, "png", "image/png"),
    ("page.html", PDF, "pdf", "application/pdf"),
    ("statement.pdf", b"%PDF-1.4" + b"x" * 3_000_000 + b"%%EOF", "pdf", "application/pdf"),
]


@pytest.fixture
def warden(caller: Callable[[str], APIClient]) -> APIClient:
    return caller("discipline_admin")


def record(client: APIClient, content: bytes, name: str = "evidence.jpg", **headers: Any) -> Any:
    # What the sender says of the file is not believed.
    upload = SimpleUploadedFile(name, content, content_type="text/html")
    sent = {**body(make_student()), "evidence": upload}
    return client.post(URL, sent, format="multipart", **headers)


def kept() -> list[str]:
    return list(names_in(default_storage))


@pytest.mark.parametrize(("name", "content", "ending", "media_type"), GOOD)
def test_evidence_is_kept_and_handed_out_as_a_file(
    warden: APIClient, name: str, content: bytes, ending: str, media_type: str
) -> None:
    response = record(warden, content, name)
    assert response.status_code == 201, response.content
    incident = Incident.objects.get()
    address = response.json()["evidence_url"]
    assert address == f"http://testserver{URL}{incident.pk}/evidence/"
    (path,) = kept()
    assert path.startswith("evidence/")
    assert path.endswith(f".{ending}")
    assert name not in path
    for accept in ("*/*", "text/html", media_type):
        file: Any = warden.get(address, HTTP_ACCEPT=accept)
        assert file.status_code == 200
        assert b"".join(file.streaming_content) == content
        assert file["Content-Type"] == media_type
        assert file["Content-Disposition"] == (
            f'attachment; filename="incident-{incident.pk}.{ending}"'
        )
        assert file["X-Content-Type-Options"] == "nosniff"
        assert "private" in file["Cache-Control"]


@pytest.mark.parametrize(
    "content",
    [
        b"<script>alert(1)</script>",
        b"GIF89a" + b"\0" * 100,
        b"%PDF-1.7 without an end",
        b" %PDF-1.7 %%EOF",
        jpeg()[:200],
        PNG[:-40],
        b"\xff\xd8\xff" + b"\0" * 500,
        b"PK\x03\x04" + b"\0" * 100,
        encoded(plain(), "BMP"),
        encoded(plain(), "TIFF"),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_anything_else_is_refused(warden: APIClient, content: bytes) -> None:
    response = record(warden, content)
    assert_refused(response, 400)
    assert response.json()["code"] == "invalid_evidence"
    assert not Incident.objects.exists()
    assert not kept()


def test_an_empty_file_is_refused_on_its_field(warden: APIClient) -> None:
    response = record(warden, b"")
    assert_refused(response, 400)
    assert list(response.json()) == ["evidence"]


def test_too_much_is_a_413(warden: APIClient, settings: Settings) -> None:
    response = record(warden, b"%PDF-1.7" + b"x" * (5 * 2**20) + b"%%EOF")
    assert_refused(response, 413)
    assert response.json()["code"] == "evidence_too_large"
    settings.PHOTO_MAX_PIXELS = 99
    assert_refused(record(warden, encoded(noise((10, 10)), "PNG")), 413)
    assert not kept()


def test_a_file_goes_with_the_incident_that_cannot_be_written() -> None:
    upload = SimpleUploadedFile("page.pdf", PDF)
    with pytest.raises(IntegrityError):
        record_incident(
            student=make_student(),
            incident_description="",
            points_deducted=5,
            by=make_officer(),
            evidence=upload,
        )
    assert not kept()


def test_a_file_that_is_gone_is_a_404(warden: APIClient) -> None:
    address = record(warden, PDF).json()["evidence_url"]
    for path in kept():
        default_storage.delete(path)
    assert_refused_as_missing(warden.get(address))


def assert_refused_as_missing(response: Any) -> None:
    assert response.status_code == 404
    assert response.json()["success"] is False


def test_evidence_has_no_public_address(warden: APIClient, anybody: APIClient) -> None:
    record(warden, PDF)
    name = Incident.objects.get().evidence.name
    assert anybody.get(f"/media/{name}").status_code == 404
    assert warden.get(f"/media/{name}").status_code == 404


# --- what a camera writes -------------------------------------------------------------------------


def telltale(picture_format: str, orientation: int) -> bytes:
    """A picture that says where and by whom, in every place that there is for it."""
    picture = Image.new("RGB", (60, 40), "white")
    picture.paste((200, 0, 0), (0, 0, 30, 20))
    exif = picture.getexif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "Xiomara"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSMapDatum] = "Xiomara"
    text = PngInfo()
    text.add_text("Author", "Xiomara")
    text.add_itxt("XML:com.adobe.xmp", "<x>Xiomara</x>")
    options: dict[str, Any] = (
        {"pnginfo": text}
        if picture_format == "PNG"
        else {"comment": b"Xiomara", "xmp": b"<x>Xiomara</x>", "progressive": True, "quality": 95}
    )
    file = io.BytesIO()
    picture.save(file, picture_format, exif=exif, **options)
    return file.getvalue() + b"and Xiomara's voice"


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
def test_a_picture_keeps_its_pixels_and_nothing_else(
    warden: APIClient, picture_format: str, orientation: int
) -> None:
    sent = telltale(picture_format, orientation)
    assert sent.count(b"Xiomara") >= 5
    assert record(warden, sent).status_code == 201
    (path,) = kept()
    content = default_storage.open(path).read()
    assert b"Xiomara" not in content
    with Image.open(io.BytesIO(content)) as image, Image.open(io.BytesIO(sent)) as before:
        assert image.getexif().get(ExifTags.Base.Orientation, 1) == orientation
        assert set(image.getexif()) <= {ExifTags.Base.Orientation}
        assert image.tobytes() == before.tobytes()


def test_restart_markers_and_colour_profiles_stay(warden: APIClient) -> None:
    file = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    noise((120, 90)).save(file, "JPEG", restart_marker_rows=1, icc_profile=profile)
    assert record(warden, file.getvalue()).status_code == 201
    assert default_storage.open(kept()[0]).read() == file.getvalue()
