"""The API's messages speak the language of whoever asks; its keys and codes never change."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import django_filters
import pytest
import rest_framework
import rest_framework_simplejwt
from rest_framework.test import APIClient

from core import words_of_others

pytestmark = pytest.mark.django_db

STUDENTS, CARDS = "/api/students/", "/api/cards/"
Ask = Callable[..., Any]


def in_both(ask: Ask, *args: Any) -> tuple[Any, Any]:
    """What is answered to somebody who likes English best, and to somebody who likes Swahili."""
    english, swahili = (
        ask(*args, headers={"accept-language": language}) for language in ("en", "sw, en;q=0.5")
    )
    assert english.status_code == swahili.status_code
    assert english.json().keys() == swahili.json().keys()
    return english, swahili


def nothing_there(caller: Callable[[str], APIClient]) -> tuple[Any, Any]:
    return in_both(caller("administrator").get, f"{STUDENTS}0f0e0d0c-0000-4000-8000-000000000000/")


def no_such_address(caller: Callable[[str], APIClient]) -> tuple[Any, Any]:
    return in_both(caller("administrator").get, "/api/nothing/")


def not_allowed(caller: Callable[[str], APIClient]) -> tuple[Any, Any]:
    return in_both(caller("kitchen_admin").post, CARDS, {})


def no_such_method(caller: Callable[[str], APIClient]) -> tuple[Any, Any]:
    return in_both(caller("administrator").delete, STUDENTS)


def no_credentials(caller: Callable[[str], APIClient]) -> tuple[Any, Any]:
    return in_both(APIClient().get, STUDENTS)


def no_token(caller: Callable[[str], APIClient]) -> tuple[Any, Any]:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer none")
    return in_both(client.get, STUDENTS)


REFUSALS = {
    nothing_there: (404, "not_found"),
    no_such_address: (404, "not_found"),
    not_allowed: (403, "permission_denied"),
    no_such_method: (405, "method_not_allowed"),
    no_credentials: (401, "not_authenticated"),
    no_token: (401, "token_not_valid"),
}


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_a_refusal_speaks_swahili_and_keeps_its_code(
    refusal: Callable[..., tuple[Any, Any]], caller: Callable[[str], APIClient]
) -> None:
    english, swahili = refusal(caller)
    status, code = REFUSALS[refusal]
    assert english.status_code == status
    assert english.json()["code"] == swahili.json()["code"] == code
    assert english.json()["detail"] != swahili.json()["detail"]
    assert swahili["Content-Language"] == "sw"


def test_a_missing_field_is_asked_for_in_swahili_under_its_own_name(
    administrator: APIClient,
) -> None:
    english, swahili = in_both(administrator.post, "/api/webhooks/", {})
    assert english.status_code == 400
    assert english.json()["url"] == ["This field is required."]
    for name, messages in swahili.json().items():
        assert messages != english.json()[name], name


def test_what_is_not_known_is_refused_in_swahili(officer: APIClient) -> None:
    english, swahili = in_both(officer.get, f"{STUDENTS}?stauts=x&ordering=x&page_size=none")
    assert english.json().keys() == {"stauts"}
    assert english.json() != swahili.json()


@pytest.mark.parametrize("page", ["/api/schema/?format=json", "/api/schema/", "/api/docs/"])
def test_what_developers_read_is_in_english_whoever_asks(page: str, anybody: APIClient) -> None:
    english = anybody.get(page, headers={"accept-language": "en"})
    swahili = anybody.get(page, headers={"accept-language": "sw"})
    assert english.status_code == 200
    assert english.content == swahili.content
    assert swahili["Content-Language"] == "en"


def test_the_words_of_a_library_are_words_of_that_library() -> None:
    """A text that a new version words anew would stand there untranslated, and nobody know."""
    for library, texts in (
        (rest_framework, words_of_others.REST_FRAMEWORK),
        (django_filters, words_of_others.FILTERS),
        (rest_framework_simplejwt, words_of_others.TOKENS),
    ):
        assert set(texts) <= set(texts_of(library)), library.__name__


def texts_of(library: ModuleType) -> Iterator[str]:
    for path in Path(library.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
