"""The parts of the schema that every operation shares: errors, and the headers of answers.

The shapes are those that `core.error_responses` writes.
"""

from typing import Any

MESSAGE = {"type": "string", "description": "For people."}
CODE = {"type": "string", "description": "Stable, for programs."}


def _object(description: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
    }


def ref(kind: str, name: str) -> dict[str, str]:
    """`ref("schemas", "Error")`."""
    return {"$ref": f"#/components/{kind}/{name}"}


SCHEMAS: dict[str, Any] = {
    "Error": _object("An error that is not about single fields.", detail=MESSAGE, code=CODE),
    "BadRequestError": _object(
        "The request as a whole is wrong.", error=MESSAGE, detail=MESSAGE, code=CODE
    ),
    "NotFoundError": _object(
        "There is no such thing.",
        success={"type": "boolean", "const": False},
        message=MESSAGE,
        detail=MESSAGE,
        code=CODE,
    ),
    "ServerError": _object(
        "Something went wrong on our side; it is in the log.",
        success={"type": "boolean", "const": False},
        error=MESSAGE,
        detail=MESSAGE,
        code=CODE,
    ),
    "FieldErrors": {
        "type": "object",
        "description": "What is wrong with each field. `non_field_errors` are about several.",
        "additionalProperties": ref("schemas", "FieldProblem"),
    },
    "FieldProblem": {
        "description": "Messages for people; of an object or of a list, the errors of its parts.",
        "anyOf": [
            {"type": "array", "items": {"type": "string"}},
            {"type": "array", "items": ref("schemas", "FieldErrors")},
            ref("schemas", "FieldErrors"),
        ],
    },
    "Empty": {"type": "object", "description": "Nothing, as an object.", "maxProperties": 0},
}

BAD_REQUEST = [ref("schemas", "BadRequestError"), ref("schemas", "FieldErrors")]

HEADERS: dict[str, Any] = {
    "ETag": {
        "description": "The tag of what was answered, for `If-Match` and `If-None-Match`.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "Where to go on.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "description": "Seconds to wait; there where waiting helps.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Content-Disposition": {
        "description": "The name of the file.",
        "schema": {"type": "string"},
    },
    "X-Print-Warnings": {
        "description": "Codes of what was not perfect, such as `no_photo`, with commas between; "
        "empty if all was.",
        "required": True,
        "schema": {"type": "string"},
    },
    "X-Decision": {
        "description": "The decision once more, for controllers that read no body.",
        "required": True,
        "schema": {"type": "string", "enum": ["accepted", "denied"]},
    },
    "WWW-Authenticate": {
        "description": "Which credentials are asked for.",
        "schema": {"type": "string"},
    },
}


def _error(description: str, *headers: str, schema: str = "Error") -> dict[str, Any]:
    return {
        "description": description,
        "headers": {name: ref("headers", name) for name in headers},
        "content": {"application/json": {"schema": ref("schemas", schema)}},
    }


RESPONSES: dict[str, Any] = {
    "BadRequest": {
        "description": "The request itself is wrong.",
        "content": {"application/json": {"schema": {"oneOf": BAD_REQUEST}}},
    },
    "Unauthorized": _error("No valid credentials.", "WWW-Authenticate"),
    "Forbidden": _error("The caller's role does not allow this."),
    "NotFound": _error("There is no such thing.", schema="NotFoundError"),
    "MethodNotAllowed": _error("This address knows no such method."),
    "NotAcceptable": _error("There is no answer of a type that the client accepts."),
    "Conflict": _error("The request is fine, but the present state forbids it.", "Retry-After"),
    "PreconditionFailed": _error("It has changed since the client read it."),
    "TooLarge": _error("The body is too large."),
    "UnsupportedMediaType": _error("The body has a content type that is not read here."),
    "UnknownHost": _error("This server does not answer for the host that was asked for."),
    "TooManyRequests": _error("Too many requests or wrong passwords.", "Retry-After"),
    "ServerFault": _error("Our mistake.", schema="ServerError"),
    "NotSwitchedOn": _error("This installation has that switched off."),
    "Unavailable": _error("The database cannot do this now; repeat the request.", "Retry-After"),
}

# The errors by their status, as operations refer to them.
BY_STATUS = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "405": "MethodNotAllowed",
    "406": "NotAcceptable",
    "409": "Conflict",
    "412": "PreconditionFailed",
    "413": "TooLarge",
    "415": "UnsupportedMediaType",
    "421": "UnknownHost",
    "429": "TooManyRequests",
    "500": "ServerFault",
    "501": "NotSwitchedOn",
    "503": "Unavailable",
}
