"""OpenAPI 3.1: what drf-spectacular cannot see, so that the description is the whole truth.

Every operation names the errors that it can answer and the headers that it sends; single objects
say how their entity tags work; a spreadsheet is a file, not a page of JSON. The test suite holds
every answer of the API against the result (`tools/described.py`).

Of a view or a serializer it reads, beside what drf-spectacular reads:

* `responses={409: None}` in `extend_schema`: this operation can answer that error as well.
* `sends("Location", 202)` among the `parameters`: a header of the answer.
* `may_be_absent` of a serializer: the keys that an answer may leave out. All others are always
  there, whatever a request may leave out.
"""

import json
import re
from typing import Any

from drf_spectacular import openapi
from drf_spectacular.plumbing import get_doc
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny

from core.renderers import CSVRenderer, XLSXRenderer
from core.schema_components import BAD_REQUEST, BY_STATUS, HEADERS, RESPONSES, SCHEMAS, ref
from core.viewsets import ConditionalModelViewSet

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
TIME_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"
STANDARD = {
    "list": "List",
    "retrieve": "Read",
    "create": "Add",
    "update": "Replace",
    "partial_update": "Change",
    "destroy": "Delete",
}
FIRST_WORDS = re.compile(r"[.;:](?:\s|$)|\n")
PAGES = frozenset({"application/json", "text/html", "text/event-stream"})


def sends(header: str, *statuses: int) -> OpenApiParameter:
    """Say that the answers with these statuses carry one of `core.schema_components.HEADERS`."""
    return OpenApiParameter(
        header, str, OpenApiParameter.HEADER, response=[str(status) for status in statuses]
    )


class ConstantField(serializers.Field[Any, Any, Any, Any]):
    """A key of an answer that always has this value; only ever described."""

    def __init__(self, value: bool) -> None:
        super().__init__(read_only=True)
        self.schema = {"type": "boolean", "const": value}


class AutoSchema(openapi.AutoSchema):
    def get_summary(self) -> str:
        """Of what every resource can do the same words; else the first words of the docstring."""
        action = getattr(self.view, "action", None) or self.method.lower()
        if action in STANDARD and isinstance(self.view, GenericAPIView):
            return self._standard_summary(action)
        doc = get_doc(getattr(self.view, action)) or get_doc(type(self.view))
        return FIRST_WORDS.split(doc, maxsplit=1)[0].removesuffix(".")

    def _standard_summary(self, action: str) -> str:
        view: Any = self.view
        own = get_doc(getattr(view, action))
        if action == "create" and own:
            return FIRST_WORDS.split(own, maxsplit=1)[0].removesuffix(".")
        names = view.queryset.model._meta
        many, one = str(names.verbose_name_plural), str(names.verbose_name)
        article = "an" if one[0] in "aeiou" else "a"
        verb = STANDARD[action]
        return f"{verb} {many}" if action == "list" else f"{verb} {article} {one}"

    # --- what is asked -------------------------------------------------------------------------

    def map_parsers(self) -> list[str]:
        """JSON that is read whatever it is called is still JSON."""
        return ["application/json" if name == "*/*" else name for name in super().map_parsers()]

    def get_override_parameters(self) -> list[Any]:
        if not self._is_about_one():
            return []
        header = "If-None-Match" if self.method == "GET" else "If-Match"
        description = "The `ETag` of what the client has."
        return [OpenApiParameter(header, str, OpenApiParameter.HEADER, description=description)]

    def get_auth(self) -> list[Any]:
        """Where nobody signs in nothing is said: clients take `{}` alone for a scheme."""
        schemes: list[Any] = super().get_auth()
        return [] if schemes == [{}] else schemes

    def _is_about_one(self) -> bool:
        """Whether the operation compares entity tags."""
        view = self.view
        if not isinstance(view, ConditionalModelViewSet):
            return False
        if self.method == "GET":
            return view.action == "retrieve"
        action = view.action or ""
        return action in view.tagged_actions or (
            f"{{{view.lookup_url_kwarg or view.lookup_field}}}" in self.path
            and action not in view.unlocked_actions
        )

    # --- what is answered ----------------------------------------------------------------------

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(*args, **kwargs)
        for response in responses.values():
            if response.get("content", {}).keys() - PAGES:
                file_name = {"Content-Disposition": ref("headers", "Content-Disposition")}
                response["headers"] = {**file_name, **response.get("headers", {})}
        for status in self._errors():
            responses.setdefault(status, {})
        for status in [status for status in responses if status in BY_STATUS]:
            responses[status] = _with_shared_error(status, responses[status])
        if self._is_about_one() and self.method == "GET":
            responses["304"] = {
                "description": "Unchanged since the client read it.",
                "headers": {"ETag": ref("headers", "ETag")},
            }
        return dict(sorted(responses.items()))

    def _errors(self) -> list[str]:
        view = self.view
        # 404 also of an unknown `?format=`.
        errors = ["400", "404", "406", "421", "500", "503"]
        is_public = any(isinstance(permission, AllowAny) for permission in view.get_permissions())
        if view.get_authenticators():
            errors.append("401")
        if not is_public:
            errors.append("403")
        if self.method in UNSAFE:
            # A body is read also where none is asked for: it must not say what nobody heeds.
            errors += ["409", "413", "415"]
        if self.method in UNSAFE and self._is_about_one():
            errors.append("412")
        if view.get_throttles():
            errors.append("429")
        return errors

    def _get_response_for_code(
        self,
        serializer: Any,
        status_code: str,
        media_types: Any = None,
        direction: Any = "response",
    ) -> dict[str, Any]:
        response: dict[str, Any] = super()._get_response_for_code(
            serializer, status_code, media_types, direction
        )
        content = response.get("content", {})
        for spreadsheet in {CSVRenderer.media_type, XLSXRenderer.media_type} & content.keys():
            content[spreadsheet] = {"schema": {"type": "string", "format": "binary"}}
        headers = [*response.get("headers", {})]
        if status_code in {"200", "201"} and self._is_tagged(serializer):
            headers.append("ETag")
        if headers:
            response["headers"] = {name: ref("headers", name) for name in sorted(headers)}
        return response

    def _is_tagged(self, answered: Any) -> bool:
        """Whether this is the object that the view set shows, or that with something beside."""
        if not isinstance(self.view, ConditionalModelViewSet) or self._is_list_view(answered):
            return False
        shown = getattr(answered, "response", answered)
        shown = getattr(shown, "serializers", [shown])[0]
        kind = shown if isinstance(shown, type) else type(shown)
        usual = self.view.get_serializer_class()
        return issubclass(kind, usual) or issubclass(usual, kind)

    # --- what the parts of a body are ----------------------------------------------------------

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        """Of an answer every key is there, whatever a request may leave out."""
        mapped: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        for part in mapped.get("properties", {}).values():
            _tell_default(part)
        if direction == "response":
            optional = getattr(serializer, "may_be_absent", ())
            required = sorted(mapped.get("properties", {}).keys() - set(optional))
            mapped.pop("required", None)
            if required:
                mapped["required"] = required
        return mapped

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        if direction == "response" and _may_be_blank(field):
            field.allow_blank = True
        if isinstance(field, ConstantField):
            return field.schema
        mapped = super()._map_serializer_field(field, direction, bypass_extensions)
        if isinstance(field, serializers.TimeField) and isinstance(mapped, dict):
            # JSON Schema's `time` has an offset, which a time of day on campus has not.
            mapped = {**mapped, "pattern": TIME_OF_DAY}
            mapped.pop("format", None)
        return mapped


def _may_be_blank(field: Any) -> bool:
    """DRF drops `allow_blank` of what is only read; the row may still hold none of the choices."""
    if not isinstance(field, serializers.ChoiceField) or not field.read_only:
        return False
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    names = {known.name: known for known in model._meta.get_fields()} if model else {}
    return bool(getattr(names.get(field.source), "blank", False))


def _tell_default(part: dict[str, Any]) -> None:
    """In words: generators take a key with a `default` for one that is always there."""
    if "default" in part:
        default = json.dumps(part.pop("default"))
        told = f"{part.get('description', '')}\n\nLeft out: {default}."
        part["description"] = told.strip()


def _with_shared_error(status: str, declared: dict[str, Any]) -> dict[str, Any]:
    """The shared answer, or if the operation has an answer of its own as well, either of both."""
    name = BY_STATUS[status]
    if "content" not in declared:
        return ref("responses", name)
    shared = RESPONSES[name]
    content = {**shared["content"], **declared["content"]}
    if "application/json" in declared["content"]:
        shapes = BAD_REQUEST if status == "400" else [_json_of(shared)]
        content["application/json"] = {"schema": {"anyOf": [_json_of(declared), *shapes]}}
    description = declared["description"] or shared["description"]
    return {**shared, "description": description, "content": content}


def _json_of(response: dict[str, Any]) -> Any:
    return response["content"]["application/json"]["schema"]


def without_second_spellings(endpoints: list[Any], **kwargs: Any) -> list[Any]:
    """`/V/` is `/v/` as the QR has it, with a last slash or without: one operation, not four."""
    seconds = ("/V/{code}", "/V/{code}/", "/v/{code}/")
    return [endpoint for endpoint in endpoints if endpoint[0] not in seconds]


def add_shared_components(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Put what the operations refer to beside the other components."""
    components = result["components"]
    components["schemas"] = dict(sorted({**components["schemas"], **SCHEMAS}.items()))
    components["responses"] = RESPONSES
    components["headers"] = HEADERS
    for schema in components["schemas"].values():
        # One shape may be part of another: whatever fits the larger fits both.
        if "oneOf" in schema and "discriminator" not in schema:
            schema["anyOf"] = schema.pop("oneOf")
    return result
