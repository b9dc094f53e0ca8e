"""Plumbing around every view: bounded bodies, addresses with or without the last slash, headers."""

from collections.abc import Callable
from io import BytesIO
from typing import TypeVar
from urllib.parse import urlsplit

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.urls import Resolver404, resolve
from django.utils.translation import gettext
from gunicorn.http.errors import ParseException

from core.error_responses import API_PREFIXES, error_response

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestBodyLimit:
    """Answer 413 before a huge body is read, and read a chunked one up to that limit.

    DRF's parsers read the stream themselves, past Django's own limit; and Django takes a body whose
    length nobody says (streams of Java, node, curl) for an empty one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            try:
                _read_chunks(request)
            except (ParseException, OSError):
                message = gettext("The chunks of the body cannot be read.")
                return error_response(request, 400, message, "parse_error")
        if _declared_length(request) > _limit(request):
            return error_response(request, 413, gettext("The request is too large."), "too_large")
        return self.get_response(request)


def _read_chunks(request: HttpRequest) -> None:
    """Take in the body, as if its length had been said; of one that is too long only the start."""
    body = request.META["wsgi.input"].read(_limit(request) + 1)
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)  # noqa: SLF001


def _declared_length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _limit(request: HttpRequest) -> int:
    is_upload = request.META.get("CONTENT_TYPE", "").startswith("multipart/")
    is_long = is_upload or request.path_info.startswith(settings.LONG_BODY_PATHS)
    return settings.MAX_UPLOAD_BYTES if is_long else settings.MAX_BODY_BYTES


class TerminalHost:
    """Let terminals of other makers ask for any host, or for none.

    They say what somebody has typed into their menu, the address of this machine in some network;
    older ones say nothing (HTTP/1.0). No door answers with an address that is made from it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(settings.TERMINAL_PATHS):
            request.get_host = _our_host  # type: ignore[method-assign]
        return self.get_response(request)


def _our_host() -> str:
    return urlsplit(settings.PUBLIC_URL).netloc


class OptionalTrailingSlash:
    """Serve `/api/...` and `/auth/...` without the last slash as well, never by a redirect.

    A redirect would lose the body of a POST (contract section 4).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith(API_PREFIXES) and not path.endswith("/") and not _is_served(path):
            request.path_info += "/"
            request.path += "/"
        return self.get_response(request)


def _is_served(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


Answer = TypeVar("Answer", bound=HttpResponseBase)


def with_camera(response: Answer) -> Answer:
    """Let this page use the camera, which others may not."""
    allowed = settings.PERMISSIONS_POLICY.replace("camera=()", "camera=(self)")
    response.headers["Permissions-Policy"] = allowed
    return response


class PagePolicy(CSPMiddleware):
    """What a browser may do with an answer: keep it, run it, use the camera for it.

    Whatever does not say that it may be kept is not: the next person at a shared PC presses "back".
    JSON runs nothing, and building the policy is a twentieth of what a tap costs.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Cache-Control", "no-store")
        if response.headers.get("Content-Type") == "application/json":
            return response
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return super().process_response(request, response)


class CompressedPages(GZipMiddleware):
    """Send pages compressed, and nothing else: no answer to a tap, no events, no file.

    Whoever could see how long pages are, and have words of theirs set into them many times, might
    guess what else is there (BREACH). No form's token is twice the same; names and the addresses of
    portraits are. Django adds up to a hundred random bytes, which makes it slow, not impossible
    (docs/security.md).
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.headers.get("Content-Type", "").startswith("text/html"):
            return super().process_response(request, response)
        return response
