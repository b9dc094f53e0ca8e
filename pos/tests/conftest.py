"""Taps go through both doors: what a test says of one holds of the other (`pos.door`)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test.client import ClientHandler

from pos import door

BOTH_DOORS = frozenset(
    {
        "test_annulling",
        "test_counts",
        "test_derived_ids",
        "test_device_time",
        "test_double_reads",
        "test_ignored",
        "test_reader_decision",
        "test_restarts",
        "test_sent_back_out",
        "test_strays",
        "test_taps",
        "test_turns_of_days",
        "test_wire",
    }
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if Path(metafunc.definition.path).stem in BOTH_DOORS:
        metafunc.fixturenames.append("which_door")
        metafunc.parametrize("which_door", ["view", "door"], indirect=True)


@pytest.fixture
def which_door(request: pytest.FixtureRequest) -> None:
    if request.param == "door":
        request.getfixturevalue("through_the_door")()


@pytest.fixture
def through_the_door(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Calling it puts the door before the view, as the web server does."""
    door._readers.clear()
    ordinary = ClientHandler.get_response

    def answer(handler: ClientHandler, request: HttpRequest) -> HttpResponseBase:
        (plain,) = door.plain_answers([request.META])
        if plain is not None:
            return HttpResponse(
                plain.content, status=int(plain.status[:3]), headers=dict(plain.headers)
            )
        again: Any = WSGIRequest(request.META)  # the first one has been read
        again._dont_enforce_csrf_checks = True
        return ordinary(handler, again)

    return lambda: monkeypatch.setattr(ClientHandler, "get_response", answer)
