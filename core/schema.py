"""OpenAPI: what drf-spectacular cannot see, so that the description is the whole truth.

Every operation names the errors it can answer; single objects say how their entity tags work;
a spreadsheet is a file, not a page of JSON.
"""

from typing import Any

from drf_spectacular import openapi
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny

from core.viewsets import ConditionalModelViewSet

_MESSAGE = {"type": "string", "description": "For people."}
_CODE = {"type": "string", "description": "Stable, for programs."}


def _error(description: str, required: list[str], **properties: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {**properties, "detail": _MESSAGE, "code": _CODE},
        "required": [*required, "detail", "code"],
    }
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _retry_after(response: dict[str, Any]) -> dict[str, Any]:
    seconds = {"schema": {"type": "integer"}, "description": "Seconds to wait."}
    return {**response, "headers": {"Retry-After": seconds}}


_BAD_REQUEST = _error("The request itself is wrong.", ["error"], error=_MESSAGE)
_FIELD_ERRORS = {
    "type": "object",
    "description": "Messages by field.",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
}
_BAD_REQUEST["content"]["application/json"]["schema"] = {
    "oneOf": [_FIELD_ERRORS, _BAD_REQUEST["content"]["application/json"]["schema"]]
}

# The shapes that core.error_responses writes.
ERROR_RESPONSES = {
    "BadRequest": _BAD_REQUEST,
    "Unauthorized": _error("No valid credentials.", []),
    "Forbidden": _error("The caller's role does not allow this.", []),
    "NotFound": _error(
        "There is no such thing.",
        ["success", "message"],
        success={"type": "boolean", "enum": [False]},
        message=_MESSAGE,
    ),
    "Conflict": _error("The request is fine, but the present state forbids it.", []),
    "PreconditionFailed": _error("It has changed since the client read it.", []),
    "TooLarge": _error("The body is too large.", []),
    "UnsupportedMediaType": _error("The body has a content type that is not read here.", []),
    "TooManyRequests": _retry_after(_error("Too many requests or wrong passwords.", [])),
    "Unavailable": _retry_after(_error("The database cannot do this now; repeat the request.", [])),
}


class AutoSchema(openapi.AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        if not self._is_single_object():
            return []
        header = "If-None-Match" if self.method == "GET" else "If-Match"
        description = "The `ETag` of what the client has."
        return [OpenApiParameter(header, str, OpenApiParameter.HEADER, description=description)]

    def _is_single_object(self) -> bool:
        is_own = getattr(self.view, "action", "") in {
            "retrieve",
            "update",
            "partial_update",
            "destroy",
            "photo",
            "delete_photo",
        }
        return is_own and isinstance(self.view, ConditionalModelViewSet)

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(*args, **kwargs)
        for name, code in self._errors():
            responses.setdefault(code, {"$ref": f"#/components/responses/{name}"})
        if self._is_single_object() and self.method == "GET":
            responses["304"] = {"description": "Unchanged since the client read it."}
        return responses

    def _errors(self) -> list[tuple[str, str]]:
        errors = [("NotFound", "404"), ("TooManyRequests", "429"), ("Unavailable", "503")]
        is_public = any(isinstance(p, AllowAny) for p in self.view.get_permissions())
        if not is_public:
            errors.append(("Forbidden", "403"))
        errors.append(("Unauthorized", "401"))
        errors.append(("BadRequest", "400"))
        if self.method in {"POST", "PUT", "PATCH"}:
            errors += [("TooLarge", "413"), ("UnsupportedMediaType", "415"), ("Conflict", "409")]
        if self._is_single_object() and self.method != "GET":
            errors.append(("PreconditionFailed", "412"))
        return errors

    def _get_response_for_code(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        response: dict[str, Any] = super()._get_response_for_code(*args, **kwargs)
        if "text/csv" in response.get("content", {}):
            response["content"]["text/csv"] = {"schema": {"type": "string", "format": "binary"}}
        return response


def add_error_responses(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Put the shapes that the operations refer to beside the other components."""
    result["components"]["responses"] = ERROR_RESPONSES
    return result
