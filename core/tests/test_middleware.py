"""Bodies are bounded, however their length is said (contract sections 4 and 8)."""

from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from gunicorn.config import Config
from gunicorn.http import get_parser
from pytest_django.fixtures import Settings

from core.middleware import RequestBodyLimit


def chunked(body: bytes) -> WSGIRequest:
    """A POST as gunicorn hands it over when it came in chunks: a stream, and no length."""
    return WSGIRequest(
        {
            **RequestFactory().post("/api/pos/taps/").META,
            "CONTENT_LENGTH": "",
            "CONTENT_TYPE": "application/json",
            "HTTP_TRANSFER_ENCODING": "chunked",
            "wsgi.input": BytesIO(body),
        }
    )


def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.read())


def test_a_body_that_comes_in_chunks_is_read() -> None:
    response = RequestBodyLimit(echo)(chunked(b'{"card": "04A32B1C"}'))
    assert (response.status_code, response.content) == (200, b'{"card": "04A32B1C"}')


def test_a_chunked_body_past_the_limit_is_refused_without_reading_on(settings: Settings) -> None:
    settings.MAX_BODY_BYTES = 100
    request = chunked(b"x" * 1000)
    assert RequestBodyLimit(echo)(request).status_code == 413
    assert request.META["wsgi.input"].tell() == 101


@pytest.mark.parametrize(
    "chunks",
    [
        b"not a size\r\n",
        b"2\r\n{}and more\r\n0\r\n\r\n",
        b"2;=\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}\r\n0\r\nno trailer\r\n\r\n",
        b"2\r\n{",
    ],
)
def test_chunks_that_cannot_be_read_are_the_client_s_fault(chunks: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    request = chunked(b"")
    request.META["wsgi.input"] = next(get_parser(Config(), iter([head + chunks]), ("", 0))).body
    response = RequestBodyLimit(echo)(request)
    assert (response.status_code, b"parse_error" in response.content) == (400, True)
