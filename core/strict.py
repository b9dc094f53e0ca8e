"""Nothing is ignored in silence (contract section 4): a request says only what we know.

An unknown key of a body and an unknown query parameter are a 400 on that name: otherwise
`{"is_activ": false}` would be a 200 that changes nothing, and `?stauts=Absent` all rows there are.
What is known is what `/api/schema/` says of the operation: to be described is to be strict.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from threading import Lock
from typing import Any, ClassVar

from django.utils.translation import gettext
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import ComponentRegistry, build_mock_request, force_instance
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

# How many unknown names an answer tells, and up to which length one is looked for.
MOST_NAMED, LONGEST_NAME = 20, 64
# Which of several representations is asked for everywhere, and what it cannot be is refused there.
FORMAT = "format"

# The keys of an object, and those of the objects in it; None: whatever stands there.
Keys = Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """What one operation reads; `passed_over` are keys that we send, and take back unread."""

    parameters: frozenset[str]
    body: Keys
    passed_over: frozenset[str]


class StrictView(APIView):
    """The base of every view of the API."""

    more_parameters: ClassVar[frozenset[str]] = frozenset()
    """Known besides those that the schema tells of."""

    @property
    def is_strict(self) -> bool:
        """Whether this request is refused for what is not known of it."""
        return True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After the walls: who may not is told so, whatever was asked."""
        super().initial(request, *args, **kwargs)
        if request.method == "OPTIONS":
            # What may be asked here is said in JSON, also where a spreadsheet may be asked for.
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
            return
        is_served = request.method in self.allowed_methods
        if is_served and self.is_strict and (errors := self._unknown(request)):
            raise ValidationError(errors)

    def _unknown(self, request: Request) -> dict[str, Any]:
        match = request._request.resolver_match
        assert match
        method = request.method or ""
        known = known_to(match.func, "GET" if method == "HEAD" else method)
        wrong = self._unknown_parameters(request, known.parameters)
        # What is no object at all is for the serializer to refuse.
        if method not in {"GET", "HEAD"} and isinstance(request.data, dict):
            wrong |= unknown_keys(request.data, known.body, known.passed_over)
        return wrong

    def _unknown_parameters(self, request: Request, parameters: frozenset[str]) -> dict[str, Any]:
        asked = list(request.query_params)
        if not asked:
            return {}
        known = parameters | self.more_parameters | {FORMAT}
        return {
            name: [_unknown_parameter(_meant(name, known))]
            for name in asked[:MOST_NAMED]
            if name not in known
        }


def unknown_keys(said: Any, known: Keys, passed_over: frozenset[str] = frozenset()) -> Any:
    """What is wrong with the keys of this body, in its own shape; empty if nothing is."""
    if isinstance(said, list):
        errors = [unknown_keys(item, known) for item in said]
        return errors if any(errors) else []
    if not isinstance(said, dict):
        return {}
    found: dict[str, Any] = {}
    for name, value in said.items():
        if len(found) == MOST_NAMED:
            break
        if name not in known:
            if name not in passed_over:
                found[name] = [_unknown_key(_meant(name, known))]
        elif known[name] is not None and (errors := unknown_keys(value, known[name])):
            found[name] = errors
    return found


def _meant(name: str, known: Iterable[str]) -> str | None:
    likely = get_close_matches(name, known, n=1) if len(name) <= LONGEST_NAME else []
    return likely[0] if likely else None


def _unknown_parameter(meant: str | None) -> str:
    if meant:
        return gettext("Unknown parameter; did you mean {name}?").format(name=meant)
    return gettext("Unknown parameter.")


def _unknown_key(meant: str | None) -> str:
    if meant:
        return gettext("Unknown key; did you mean {name}?").format(name=meant)
    return gettext("Unknown key.")


# --- what is known -------------------------------------------------------------------------------

_DESCRIBING = Lock()


@cache
def known_to(callback: Any, method: str) -> Known:
    """What `/api/schema/` says that this address reads with this method."""
    # The generator looks its extensions up as it goes, in lists that all threads share.
    with _DESCRIBING:
        return _described(callback, method)


def _described(callback: Any, method: str) -> Known:
    generator = SchemaGenerator()  # what it makes lives no longer than it
    view: Any = generator.create_view(callback, method)
    view.request = build_mock_request(method, "/", view, None)
    # One of its own: what the class has is shared with whoever describes another view just now.
    view.schema = schema = view.schema.__class__()
    operation = schema.get_operation("/", "/", "^/", method, ComponentRegistry()) or {}
    parameters = operation.get("parameters", ())
    own = _serializers(schema.get_request_serializer()) if "requestBody" in operation else []
    sent = _serializers(schema.get_response_serializers()) if _changes(callback, method) else []
    return Known(
        parameters=frozenset(part["name"] for part in parameters if part["in"] == "query"),
        body={name: keys for shape in own for name, keys in _keys(shape).items()},
        passed_over=frozenset(name for shape in sent for name in _keys(shape)),
    )


def _changes(callback: Any, method: str) -> bool:
    """Whether this changes what is read at the same address, so that it may come back as read."""
    served = getattr(callback, "actions", None) or {}
    return "get" in served and (
        method in {"PUT", "PATCH"} or (method == "POST" and "put" in served)
    )


def _serializers(described: Any) -> list[serializers.Serializer[Any]]:
    """Those that `@extend_schema` names: one, or one for each media type or status."""
    several = list(described.values()) if isinstance(described, dict) else [described]
    answers = [getattr(each, "response", each) for each in several]
    shapes = [shape for each in answers for shape in getattr(each, "serializers", [each])]
    found = [force_instance(shape) for shape in shapes]
    return [each for each in found if isinstance(each, serializers.Serializer)]


def _keys(shape: serializers.Serializer[Any]) -> Keys:
    return {name: _keys_within(field) for name, field in shape.fields.items()}


def _keys_within(field: Any) -> Keys | None:
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        return _keys_within(field.child)
    is_read = isinstance(field, serializers.Serializer) and not field.read_only
    return _keys(field) if is_read else None


# --- what is said of it --------------------------------------------------------------------------

NAMES_IGNORED = "x-names-what-it-ignores"
"""Marks an operation, in `/api/schema/`, that takes keys which it does not know."""


def close_requests(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A hook of the schema's: no request has other keys than those that are named."""
    described = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            if not operation.get(NAMES_IGNORED):
                for media in operation.get("requestBody", {}).get("content", {}).values():
                    _close(media["schema"], described)
    return result


def _close(schema: dict[str, Any], described: dict[str, Any]) -> None:
    if "$ref" in schema:
        schema = described[schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    within = [*schema.get("properties", {}).values()]
    within += [part for way in ("allOf", "anyOf", "oneOf") for part in schema.get(way, ())]
    if "items" in schema:
        within.append(schema["items"])
    for part in within:
        _close(part, described)
