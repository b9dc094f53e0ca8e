"""Every operation that the schema describes, with whatever the schema allows and forbids.

It is refused or done; it never breaks: no 5xx, and every answer is as the schema says. The same
requests each time, so that a red gate is red for everybody; FUZZ_RANDOM=1 makes others,
FUZZ_EXAMPLES how many.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker
from schemathesis import Case, GenerationMode
from schemathesis.core.transport import Response

from accounts.tokens import issue_tokens
from tools.described import ApiAnswer, NotAsDescribed, description
from tools.described import check as check_described
from tools.fuzz.seeds import known_values, make_administrator, make_reader
from tools.template_database import copied_database

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES") or 8)
IS_RANDOM = os.environ.get("FUZZ_RANDOM") == "1"
FOR_READERS = {
    "/api/pos/taps/",
    "/api/pos/taps/batch/",
    "/api/pos/taps/annul/",
    "/api/pos/heartbeat/",
}
# Said on purpose: what this installation has switched off, and when to come back.
MEANT = {501, 503}

# The client leaves a response whose body nobody reads, and with it its file, to the garbage
# collector; a server closes both.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*BufferedRandom:pytest.PytestUnraisableExceptionWarning",
    "ignore:.*FileIO:pytest.PytestUnraisableExceptionWarning",
)

described = schemathesis.openapi.from_dict(description().schema)
described.app = get_wsgi_application()
described.config.generation.modes = list(GenerationMode)


@dataclass
class Callers:
    """Fresh for each operation: another may have switched one off."""

    bearer: str
    reader_key: str
    known: dict[str, Any]

    @classmethod
    def make(cls) -> "Callers":
        tokens = issue_tokens(user=make_administrator())
        return cls(
            bearer=f"Bearer {tokens['access']}",
            reader_key=f"Device {make_reader()[1]}",
            known=known_values(make_administrator()),
        )

    def headers_for(self, case: Case[Any]) -> dict[str, str]:
        is_reader = case.path in FOR_READERS and case.method == "POST"
        # A stream would never end.
        return {
            "Authorization": self.reader_key if is_reader else self.bearer,
            "Accept": "application/json",
        }


@pytest.fixture(scope="module")
def database(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database of its own, and no transaction around the tests.

    A statement that fails spoils its own request only, as for real.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with django_db_blocker.unblock(), copied_database():
        yield


@pytest.fixture
def callers(database: None, monkeypatch: pytest.MonkeyPatch) -> Callers:
    for name in settings.THROTTLE_RATES:
        monkeypatch.setitem(settings.THROTTLE_RATES, name, "1000000/min")
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["*"])
    return Callers.make()


def asked(times: int) -> hypothesis_settings:
    """How often an operation is asked, the same way each time unless FUZZ_RANDOM says otherwise."""
    return hypothesis_settings(
        max_examples=times,
        derandomize=not IS_RANDOM,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@described.parametrize()
@asked(EXAMPLES)
def test_an_operation_does_not_break(case: Case[Any], callers: Callers) -> None:
    check(case, case.call(headers=callers.headers_for(case)))
    if aim(case, callers.known):
        check(case, case.call(headers=callers.headers_for(case)))


def aim(case: Case[Any], known: dict[str, Any]) -> bool:
    """Let it ask for what is there; whether that makes another request of it."""
    before = repr((case.path_parameters, case.body, case.headers))
    for name in case.path_parameters or {}:
        case.path_parameters[name] = known[meaning(name, case.path)]
    if isinstance(case.body, dict):
        case.body |= {name: known[name] for name in case.body if name in known}
    if case.headers:
        case.headers.pop("If-Match", None)  # nobody guesses a tag
    return repr((case.path_parameters, case.body, case.headers)) != before


def meaning(name: str, path: str) -> str:
    """Whose id it is: two names stand for other things at other addresses."""
    kind = path.removeprefix("/api/cards/verify/").partition("/")[0]
    if name == "holder":
        return kind
    is_staffs = name == "attendance_id" and "/staff/" in path
    if name == "schedule_id" and "/attendance/" in path:
        return "attendance_schedule_id"
    return "staff_attendance_id" if is_staffs else name


def check(case: Case[Any], response: Response) -> None:
    status = response.status_code
    assert status < 500 or status in MEANT, case.as_curl_command()
    answer = ApiAnswer(
        method=case.method,
        path=unquote(urlsplit(response.request.url or "").path),
        status=status,
        headers={name.lower(): values[0] for name, values in response.headers.items()},
        body=response.content,
    )
    try:
        check_described(answer)
    except NotAsDescribed as error:
        raise AssertionError(f"{error}\n{case.as_curl_command()}") from None
