"""The wire format of every error (contract section 4), in one place.

Shapes, by status:

* 400: field errors are `{"field": ["message", ...]}`; anything else is
  `{"error": message, "detail": message, "code": code}`.
* 404: `{"success": false, "message": message, "detail": message, "code": code}`.
* 500: `{"success": false, "error": message, "detail": message, "code": "server_error"}`.
* everything else: `{"detail": message, "code": code}`.

409, 429 and 503 carry `Retry-After` (seconds) when waiting helps. No stack trace, SQL or driver
text ever leaves. Messages speak the language of whoever asked; keys and codes are the same in each.

What no rule, no constraint's words and no outage of the database explains is our mistake: a 500,
with its traceback in the log.
"""

import logging
import math
import sys
from typing import TYPE_CHECKING, Any

from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response

from core.constraints import refusal_in
from core.errors import DomainError, InvalidFields
from core.outages import READ_ONLY, Outage, outage_of
from core.renderers import JSONRenderer

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)

API_PREFIXES = ("/api/", "/auth/")


class PreconditionFailed(exceptions.APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = _("Somebody changed this since you read it. Read it again, then repeat.")


class UnknownHost(exceptions.APIException):
    """Not 400: a reader drops what is 400, and a changed name at a proxy is no fault of a tap."""

    status_code = status.HTTP_421_MISDIRECTED_REQUEST
    default_code = "unknown_host"
    default_detail = _("This server does not answer for the host that was asked for.")


class PayloadTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("The request is too large.")


def error_body(status_code: int, message: "StrOrPromise", code: str) -> dict[str, Any]:
    """The body of an error that is not about single fields."""
    body: dict[str, Any] = {"detail": message, "code": code}
    if status_code == status.HTTP_400_BAD_REQUEST:
        return {"error": message, **body}
    if status_code == status.HTTP_404_NOT_FOUND:
        return {"success": False, "message": message, **body}
    if status_code == status.HTTP_500_INTERNAL_SERVER_ERROR:
        return {"success": False, "error": message, **body}
    return body


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: turn any exception of a view into the contract's answer."""
    request = context["request"]
    # An error is JSON also where a spreadsheet or a picture was asked for.
    request.accepted_renderer = JSONRenderer()
    request.accepted_media_type = JSONRenderer.media_type
    known = _as_api_exception(exc)
    if known is None:
        return None  # Django's handler500 below answers, and logs the traceback
    if outage := outage_of(exc):
        _leave_standby(outage)
        _log_outage(request, outage, exc)
    elif known.status_code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
        logger.error("%s: %s", request.path, exc)
    return Response(_body(known), status=known.status_code, headers=_headers(known))


def _as_api_exception(exc: Exception) -> exceptions.APIException | None:
    if isinstance(exc, exceptions.APIException):
        return exc
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return PayloadTooLarge()
    if isinstance(exc, DisallowedHost):
        return UnknownHost()
    if isinstance(exc, SuspiciousOperation):
        return exceptions.ParseError(gettext("The request is malformed."))
    if refusal := refusal_in(exc):
        return _from_domain_error(refusal)
    if outage := outage_of(exc):
        return _from_outage(outage)
    return None


def _from_domain_error(exc: DomainError) -> exceptions.APIException:
    if isinstance(exc, InvalidFields):
        return exceptions.ValidationError(exc.fields, exc.code)
    answer = exceptions.APIException(exc.message, exc.code)
    answer.status_code = exc.status_code
    if exc.retry_after is not None:
        answer.wait = exc.retry_after.total_seconds()  # type: ignore[attr-defined]
    return answer


def _from_outage(outage: Outage) -> exceptions.APIException:
    answer = exceptions.APIException(outage.message, outage.code)
    answer.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    answer.wait = outage.retry_after.total_seconds()  # type: ignore[attr-defined]
    return answer


def _leave_standby(outage: Outage) -> None:
    """Perhaps it is one since a moment ago: the next request asks where one can write by now."""
    if outage is READ_ONLY:
        connection.close_at = 0.0


def _log_outage(request: HttpRequest, outage: Outage, exc: BaseException | None) -> None:
    """With the place that met it, unless there was no database to meet: that one line says all."""
    where = None if outage.is_loss else exc
    logger.error("%s: %s: %s", request.path, outage.cause, str(exc).strip(), exc_info=where)


def _body(exc: exceptions.APIException) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        if isinstance(exc.detail, dict):
            return exc.detail
        first = exc.detail[0]
        return error_body(exc.status_code, str(first), str(getattr(first, "code", "invalid")))
    detail: Any = exc.detail
    if isinstance(detail, dict):  # simplejwt's: {"detail": ..., "code": ..., "messages": ...}
        return error_body(exc.status_code, str(detail["detail"]), str(detail["code"]))
    return error_body(exc.status_code, str(detail), str(detail.code))


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


# --- outside DRF's views ----------------------------------------------------------------------


def error_response(
    request: HttpRequest, status_code: int, message: "StrOrPromise", code: str
) -> HttpResponse:
    """JSON for API clients, a page for browsers; also for what fails before any view runs."""
    if request.path.startswith(API_PREFIXES):
        return JsonResponse(error_body(status_code, message, code), status=status_code)
    context = {"status_code": status_code, "message": message}
    return render(request, "error.html", context, status=status_code)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return error_response(request, 413, gettext("The request is too large."), "too_large")
    if isinstance(exception, DisallowedHost):
        known = UnknownHost()
        code = known.default_code
        return error_response(request, known.status_code, known.default_detail, code)
    return error_response(request, 400, gettext("The request is malformed."), "bad_request")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    message = gettext("You do not have permission to perform this action.")
    return error_response(request, 403, message, "permission_denied")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = gettext("This form has expired. Go back, reload the page and try again.")
    return error_response(request, 403, message, "csrf_failed")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 404, gettext("There is nothing at this address."), "not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort; Django calls it inside the `except` block and logs the traceback."""
    error = sys.exc_info()[1]
    if refusal := refusal_in(error):
        return error_response(request, refusal.status_code, refusal.message, refusal.code)
    if outage := outage_of(error):
        _leave_standby(outage)
        _log_outage(request, outage, error)
        response = error_response(request, 503, outage.message, outage.code)
        response["Retry-After"] = outage.wait
        return response
    return error_response(
        request, 500, gettext("Something went wrong on our side."), "server_error"
    )
