"""A logo is drawn and does nothing else, on pages and on paper."""

import io
import re

import pytest
from django.test import Client
from PIL import Image
from pytest_django.fixtures import Settings

from core.errors import InvalidFields
from institution.logo import MOST_BYTES, keep_logo
from institution.paper import institution
from institution.tests.factories import CREST, decide

pytestmark = pytest.mark.django_db
OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


def png(size: tuple[int, int] = (40, 40)) -> bytes:
    written = io.BytesIO()
    Image.new("RGBA", size, "#00ff00").save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<g><script href='//evil.example/x.js'/></g>",
        "<rect onload='alert(1)' width='1' height='1'/>",
        "<rect OnClick='alert(1)' width='1' height='1'/>",
        "<a href='javascript:alert(1)'><rect width='1' height='1'/></a>",
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>",
        "<image href='https://evil.example/x.png'/>",
        "<use href='https://evil.example/x.svg#a'/>",
        "<use xlink:href='data:image/svg+xml;base64,AAAA'/>",
        "<animate attributeName='href' to='javascript:alert(1)'/>",
        "<set attributeName='onload' to='alert(1)'/>",
        "<style>@import url(https://evil.example/x.css);</style>",
        "<style>rect { fill: url('https://evil.example/x') }</style>",
        "<rect style='fill:url(//evil.example/x)' width='1' height='1'/>",
        "<iframe src='//evil.example'/>",
    ],
)
def test_an_svg_that_runs_or_loads_something_is_refused(inside: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        keep_logo(f"{OPEN}{inside}</svg>".encode())
    assert list(refused.value.fields) == ["INSTITUTION_LOGO"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n broken",
        b"<html><body/></html>",
        f"<!DOCTYPE svg [<!ENTITY a 'b'>]>{OPEN}<text>&a;</text></svg>".encode(),
        f"<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>{OPEN}&a;</svg>".encode(),
        CREST.encode("utf-16"),
        b" " * (MOST_BYTES + 1),
        (OPEN + "<g/>" * 5001 + "</svg>").encode(),
    ],
)
def test_what_is_no_logo_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidFields):
        keep_logo(content)


def test_what_a_drawing_program_notes_for_itself_is_left_out() -> None:
    kept = keep_logo(
        b'<?xml version="1.0" encoding="UTF-8"?><!-- Inkscape -->'
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"'
        b' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" inkscape:version="1.3">'
        b"<metadata><secret/></metadata><inkscape:page/><!-- who drew it -->"
        b'<defs><linearGradient id="a"><stop offset="0" stop-color="#f00"/></linearGradient></defs>'
        b'<rect width="10" height="10" fill="url(#a)" inkscape:label="x"/></svg>'
    )
    content = bytes(kept.content).decode()
    assert not re.search("inkscape|metadata|secret|who drew", content)
    assert 'fill="url(#a)"' in content


def test_nothing_rides_along_behind_a_picture() -> None:
    kept = keep_logo(png() + b"<script>alert(1)</script>")
    assert b"script" not in bytes(kept.content)


@pytest.mark.parametrize(
    ("content", "media_type"), [(CREST.encode(), "image/svg+xml"), (png(), "image/png")]
)
def test_pages_show_it_and_nothing_in_it_can_run(
    content: bytes, media_type: str, client: Client
) -> None:
    kept = keep_logo(content)
    decide(INSTITUTION_LOGO=kept.pk)
    assert f"/logo/{kept.pk}" in client.get("/admin/login/", follow=True).content.decode()
    response = client.get(f"/logo/{kept.pk}")
    assert response["Content-Type"] == media_type
    assert response["Content-Security-Policy"].endswith("sandbox")
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response["Cache-Control"]
    assert client.get("/logo/" + "0" * 64).status_code == 404


@pytest.mark.parametrize(
    ("content", "colour"), [(CREST.encode(), (255, 0, 0)), (png(), (0, 255, 0))]
)
def test_paper_shows_it(content: bytes, colour: tuple[int, int, int]) -> None:
    decide(INSTITUTION_LOGO=keep_logo(content).pk)
    printed = institution().logo
    assert printed is not None
    with Image.open(io.BytesIO(printed)) as picture:
        middle = picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))
    assert middle == colour


def test_a_file_of_the_environment_is_shown_as_well(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory, client: Client
) -> None:
    path = tmp_path_factory.mktemp("logo") / "logo.png"
    path.write_bytes(png())
    settings.INSTITUTION_LOGO = str(path)
    assert institution().logo == png()
    page = client.get("/admin/login/", follow=True).content.decode()
    found = re.search(r"/logo/[0-9a-f]{64}", page)
    assert found is not None
    assert client.get(found[0])["Content-Type"] == "image/png"
