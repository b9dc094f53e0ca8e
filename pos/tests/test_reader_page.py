"""The reader in the browser: its page, its service worker, its manifest."""

import json
import re
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django.fixtures import Settings

from pos.reader_page import FOLDER, SHARED

pytestmark = pytest.mark.django_db

PAGE, WORKER, MANIFEST = "/reader/", "/reader/sw.js", "/reader/manifest.webmanifest"


def script(name: str) -> str:
    return (FOLDER / "pos/reader" / name).read_text()


def shell() -> list[str]:
    found = re.search(r"SHELL = (\[.*?\]);", Client().get(WORKER).content.decode(), re.DOTALL)
    assert found
    paths: list[str] = json.loads(found[1])
    return paths


def test_the_page_needs_no_login_and_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = Client().get(PAGE)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in response


def test_the_page_keeps_the_strict_policy() -> None:
    response = Client().get(PAGE)
    html = response.content.decode()
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert " style=" not in html
    assert not re.search(r"<script(?![^>]* src=)", html)
    assert not re.search(r"\son\w+=", html)
    assert "//" not in re.sub(r"https?://www\.w3\.org/\S+", "", html).replace("<!--", "")


def test_the_worker_is_a_script_that_is_asked_for_each_time() -> None:
    response = Client().get(WORKER)
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "no-cache"


def test_the_worker_keeps_every_file_of_the_page_and_no_answer_of_the_api() -> None:
    own = [path.relative_to(FOLDER) for path in (FOLDER / "pos/reader").rglob("*.js")]
    modules = {f"/static/{name}" for name in [*own, *SHARED]}
    linked = set(re.findall(r'(?:href|src)="(/[^"#]+)"', Client().get(PAGE).content.decode()))
    assert modules | linked | {PAGE} == set(shell())
    assert not [path for path in shell() if path.startswith(("/api/", "/media/"))]


def test_what_its_modules_import_is_kept_too() -> None:
    for path in (FOLDER / "pos/reader").glob("*.js"):
        for name in re.findall(r'from "(\..+?)"', path.read_text()):
            assert urljoin(f"/static/pos/reader/{path.name}", name) in shell(), (path, name)


def test_what_the_worker_keeps_is_there() -> None:
    for path in shell():
        if path.startswith("/static/"):
            assert finders.find(path.removeprefix("/static/")), path
        else:
            assert Client().get(path).status_code == 200, path


def test_other_colours_are_another_release(settings: Settings) -> None:
    before = Client().get(WORKER).content
    assert before == Client().get(WORKER).content
    settings.INSTITUTION_PRIMARY_COLOUR = "#123456"
    assert before != Client().get(WORKER).content


def test_a_phone_can_install_it() -> None:
    response = Client().get(MANIFEST)
    body = response.json()
    assert response["Content-Type"] == "application/manifest+json"
    assert body["start_url"] == body["scope"] == PAGE
    assert finders.find(body["icons"][0]["src"].removeprefix("/static/"))


@pytest.mark.parametrize("path", [PAGE, WORKER, MANIFEST])
def test_they_are_only_read(path: str) -> None:
    assert Client().post(path).status_code == 405
    assert Client().head(path).status_code == 200


def test_every_refusal_has_words_in_both_languages_and_advice() -> None:
    from pos.models import Code

    words, advice = script("words.js"), script("verdict.js")
    for code in set(Code) - {Code.OK}:
        assert len(re.findall(rf"^  {code}:", words, re.MULTILINE)) == 2, code
        assert re.search(rf"^  {code}:", advice, re.MULTILINE), code


def test_both_languages_say_the_same_things() -> None:
    english, swahili = script("words.js").split("const SW")
    names = [re.findall(r"^  (\w+):", half, re.MULTILINE) for half in (english, swahili)]
    assert names[0] == names[1]
