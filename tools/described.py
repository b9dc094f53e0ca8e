"""Whether an answer of the API is what the schema says: status, content type, headers and body.

`conftest.py` holds every answer that a test client gets against this, `tools/e2e` those that the
browser gets. What is described is closed here: a key that the schema does not know is a difference,
though clients are told to expect new ones.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from threading import Lock
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from drf_spectacular.generators import SchemaGenerator

from core.schema_components import BY_STATUS, RESPONSES

PREFIXES = ("/api/", "/auth/", "/v/")
# The schema itself and the page that shows it; and what is Frappe's API, not ours.
NOT_DESCRIBED = frozenset({"schema", "docs", "frappe-checkin", "frappe-shift"})
# Of HTTP, of browsers' safety and of caches: the same at every address, and nothing to a program.
EVERYWHERE = frozenset(
    {
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-security-policy",
        "content-type",
        "cross-origin-opener-policy",
        "date",
        "expires",
        "permissions-policy",
        "referrer-policy",
        "server",
        "set-cookie",
        "strict-transport-security",
        "transfer-encoding",
        "vary",
        "x-accel-buffering",
        "x-content-type-options",
        "x-frame-options",
        "x-replica-age",
        "x-request-id",
        "x-robots-tag",
    }
)
CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
ROOT = "urn:trackxpert"
LONGEST, MOST = 300, 8


class NotAsDescribed(AssertionError):
    """An answer differs from the schema; the message says where, in what, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAnswer:
    """What came back. `body` is None if nobody may read it, such as that of a stream."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def has_body(self) -> bool:
        return self.body is None or bool(self.body)


def check(answer: ApiAnswer) -> None:
    """Raises NotAsDescribed."""
    if not answer.path.startswith(PREFIXES):
        return
    match = _match(answer.path)
    if match and match.url_name in NOT_DESCRIBED:
        return
    if answer.method == "OPTIONS" and answer.status < 400:
        return  # what a browser asks before it asks, and DRF's own description
    described = description()
    path = described.path_of(match.route) if match else None
    method = "get" if answer.method == "HEAD" else answer.method.lower()
    operation = described.schema["paths"].get(path or "", {}).get(method)
    try:
        _check(described, operation, answer)
    except NotAsDescribed as error:
        where = f"{answer.method} {path or answer.path} -> {answer.status}"
        raise NotAsDescribed(f"{where}: {error}") from None


def _match(path: str) -> Any:
    """With the last slash or without: whichever is described comes first."""
    for spelling in (path.removesuffix("/"), path, f"{path}/"):
        try:
            return resolve(spelling)
        except Resolver404:
            continue
    return None


def _check(described: "Description", operation: Any, answer: ApiAnswer) -> None:
    status = str(answer.status)
    # Where there is no operation there is no other answer than an error.
    shared = {code: RESPONSES[name] for code, name in BY_STATUS.items()}
    responses = operation["responses"] if operation else shared
    if status not in responses:
        raise NotAsDescribed(f"no such status; {', '.join(responses)} are described")
    response = described.followed(responses[status])
    _check_headers(described, response.get("headers", {}), answer)
    if answer.method == "HEAD" or (not answer.has_body and "content" not in response):
        return
    content = response.get("content", {})
    if answer.media_type not in content:
        raise NotAsDescribed(f"{answer.media_type or 'no content type'}, not {', '.join(content)}")
    if answer.media_type != "application/json" or answer.body is None:
        return
    schema = content[answer.media_type]["schema"]
    problem = described.problem_in(json.loads(answer.body), schema)
    if problem:
        raise NotAsDescribed(problem)


def _check_headers(described: "Description", headers: dict[str, Any], answer: ApiAnswer) -> None:
    known = {name.lower(): described.followed(header) for name, header in headers.items()}
    sent = {name.lower() for name in answer.headers}
    cors = {name for name in sent if name.startswith("access-control-")}
    if unknown := sent - known.keys() - EVERYWHERE - cors:
        raise NotAsDescribed(f"header {', '.join(sorted(unknown))} is not described")
    required = {name for name, header in known.items() if header.get("required")}
    if missing := required - sent:
        raise NotAsDescribed(f"header {', '.join(sorted(missing))} is missing")


class Description:
    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        self.validators: dict[str, Any] = {}

    @cached_property
    def registry(self) -> Any:
        components = _closed(_rooted(self.schema["components"]))
        return jsonschema_rs.Registry([(ROOT, {"components": components})])

    def path_of(self, route: str) -> str:
        return "/" + CONVERTER.sub(r"{\1}", route)

    def followed(self, part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part:
            target: Any = self.schema
            for key in part["$ref"].removeprefix("#/").split("/"):
                target = target[key]
            part = target
        return part

    def problem_in(self, body: Any, schema: dict[str, Any]) -> str:
        """Where and how a body differs; nothing if it does not."""
        key = json.dumps(schema)
        if key not in self.validators:
            self.validators[key] = jsonschema_rs.Draft202012Validator(
                _closed(_rooted(schema)), registry=self.registry, validate_formats=True
            )
        errors = sorted(self.validators[key].iter_errors(body), key=lambda e: -len(e.instance_path))
        return "; ".join(
            f"/{'/'.join(map(str, error.instance_path))}: {error.message:.{LONGEST}}"
            for error in errors[:MOST]
        )


MAKING = Lock()


def description() -> Description:
    with MAKING:  # drf-spectacular makes one at a time
        return _description()


@cache
def _description() -> Description:
    generator: Any = SchemaGenerator(urlconf="trackxpert.urls")  # type: ignore[no-untyped-call]
    return Description(generator.get_schema(request=None, public=True))


def _rooted(schema: Any) -> Any:
    """With references from anywhere into the one registry."""
    if isinstance(schema, dict):
        return {
            key: f"{ROOT}{value}" if key == "$ref" else _rooted(value)
            for key, value in schema.items()
        }
    return [_rooted(part) for part in schema] if isinstance(schema, list) else schema


def _closed(schema: Any) -> Any:
    """With no keys but those that are described."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    is_object = closed.get("type") == "object" and isinstance(closed.get("properties"), dict)
    return {"additionalProperties": False, **closed} if is_object else closed


# --- the test clients ---------------------------------------------------------------------------


@contextmanager
def every_answer_checked() -> Iterator[None]:
    """While this lasts, each answer that a test client gets is held against the schema."""
    ask: Callable[..., Any] = Client.request

    def request(client: Client, **environ: Any) -> Any:
        response = ask(client, **environ)
        check(
            ApiAnswer(
                method=environ.get("REQUEST_METHOD", "GET"),
                path=response.wsgi_request.path_info,
                status=response.status_code,
                headers={name.lower(): value for name, value in response.items()},
                body=None if response.streaming else response.content,
            )
        )
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request", request)
        yield
