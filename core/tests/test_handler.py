"""What is left of a request when it has been answered."""

import gc
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import FileResponse, JsonResponse
from django.test import RequestFactory
from django.urls import path
from pytest_django.fixtures import Settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.handler import Handler

pytestmark = pytest.mark.django_db
urlpatterns = [
    path("text", lambda request: JsonResponse({"name": "DIT"})),
    path("file", lambda request: FileResponse(BytesIO(b"a photo"))),
]
OURS = (WSGIRequest, Request, Response, APIView)


@pytest.fixture(autouse=True)
def _nothing_is_collected() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def alive() -> Counter[str]:
    """Those that hold something; a page of Django's keeps the shell of its request.

    Among all objects is a weak reference to one that is gone, which cannot be asked of what kind.
    """
    ours = (one for one in gc.get_objects() if issubclass(type(one), OURS) and vars(one))
    return Counter(type(one).__name__ for one in ours)


def left_of(handler: WSGIHandler, path: str) -> Counter[str]:
    """What is still there, by its class, once the answer was read and closed."""
    gc.collect()
    before = alive()
    environ = RequestFactory(headers={"host": "testserver"}).get(path).environ
    answer: Any = handler(environ, lambda *_: bytes)
    assert b"".join(answer)
    answer.close()
    del answer, environ
    return alive() - before


@pytest.mark.parametrize("path", ["/api/pos/taps/", "/api/school/", "/reader/"])
def test_nothing_waits_for_the_garbage_collector(path: str) -> None:
    left_of(Handler(), path)  # what the first of all requests makes stays for ever
    assert not left_of(Handler(), path)


def test_djangos_own_handler_leaves_what_refers_to_itself() -> None:
    assert "WSGIRequest" in left_of(WSGIHandler(), "/api/school/")


@pytest.mark.parametrize("address", ["/text", "/file"])
def test_head_is_what_get_says_without_its_body(address: str, settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    said: dict[str, tuple[bytes, dict[str, str]]] = {}
    for method in ("get", "head"):
        headers: dict[str, str] = {}
        environ = getattr(RequestFactory(headers={"host": "testserver"}), method)(address).environ
        answer: Any = Handler()(environ, lambda _, got, into=headers: into.update(got))
        said[method] = b"".join(answer), headers
        answer.close()
    assert said["get"][0]
    assert said["head"][0] == b""
    assert said["head"][1]["Content-Length"] == str(len(said["get"][0]))
