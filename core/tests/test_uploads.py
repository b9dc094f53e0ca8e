"""Whatever is uploaded, nothing comes back that a browser would run."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from cards.tests.factories import make_student
from discipline.tests.factories import URL as INCIDENTS
from discipline.tests.factories import body
from people.tests.pictures import encoded, jpeg, plain

pytestmark = pytest.mark.django_db

SCRIPT = b"<html><script>alert(document.domain)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
PAGES = {
    "html": SCRIPT,
    "svg": SVG,
    "html that begins like a GIF": b"GIF89a/*" + SCRIPT,
    "html that begins like a JPEG": b"\xff\xd8\xff\xe0" + SCRIPT,
    "html that begins like a PNG": b"\x89PNG\r\n\x1a\n" + SCRIPT,
    "xml": b'<?xml version="1.0"?><?xml-stylesheet href="javascript:alert(1)"?><x/>',
}
# Real pictures that are pages as well, for whoever looks at them so.
POLYGLOTS = {
    "jpeg with a page in its comment": encoded(plain(), "JPEG", comment=SCRIPT),
    "jpeg with a page behind it": jpeg() + SCRIPT,
    "png with a page behind it": encoded(plain(), "PNG") + SCRIPT,
}


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("x.jpg", content, content_type="text/html")


def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def put_photo(officer: APIClient, content: bytes) -> Any:
    address = f"/api/students/{make_student().pk}/photo/"
    return officer.put(address, {"photo": upload(content)}, format="multipart")


def record_evidence(administrator: APIClient, content: bytes) -> Any:
    sent = {**body(make_student()), "evidence": upload(content)}
    return administrator.post(INCIDENTS, sent, format="multipart")


def assert_runs_nothing(response: Any, content_type: str) -> None:
    assert response.status_code == 200
    assert response["Content-Type"] == content_type
    assert response["X-Content-Type-Options"] == "nosniff"
    policy = response["Content-Security-Policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'; sandbox"


@pytest.mark.parametrize("content", PAGES.values(), ids=PAGES)
def test_a_page_is_neither_a_photo_nor_evidence(
    officer: APIClient, administrator: APIClient, content: bytes
) -> None:
    assert put_photo(officer, content).json()["code"] == "invalid_photo"
    assert record_evidence(administrator, content).json()["code"] == "invalid_evidence"


@pytest.mark.parametrize("content", POLYGLOTS.values(), ids=POLYGLOTS)
def test_a_picture_that_is_a_page_too_is_only_a_picture_as_a_photo(
    officer: APIClient, content: bytes
) -> None:
    served = Client().get(put_photo(officer, content).json()["photo_url"])
    assert_runs_nothing(served, "image/jpeg")
    assert b"script" not in content_of(served)


@pytest.mark.parametrize("content", POLYGLOTS.values(), ids=POLYGLOTS)
def test_a_picture_that_is_a_page_too_is_a_download_as_evidence(
    administrator: APIClient, content: bytes
) -> None:
    address = record_evidence(administrator, content).json()["evidence_url"]
    served: Any = administrator.get(address, headers={"accept": "text/html"})
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    assert_runs_nothing(served, f"image/{kind}")
    assert served["Content-Disposition"].startswith("attachment; ")
    assert b"script" not in content_of(served)  # the pixels stay, what hides behind them goes


def test_a_page_imported_as_a_spreadsheet_comes_back_as_json(officer: APIClient) -> None:
    for content in PAGES.values():
        sent = {"file": SimpleUploadedFile("x.html", content, content_type="text/html")}
        headers = {"accept": "text/html,application/json;q=0.5"}
        response: Any = officer.post(
            "/api/students/import/", sent, format="multipart", headers=headers
        )
        assert response["Content-Type"] == "application/json"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response.status_code == 400 or response.json()["summary"]["created"] == 0


def test_a_list_as_a_spreadsheet_is_a_download(officer: APIClient) -> None:
    make_student(first_name="<script>alert(1)</script>")
    response: Any = officer.get("/api/students/?format=csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith("attachment; ")
    assert response["X-Content-Type-Options"] == "nosniff"
