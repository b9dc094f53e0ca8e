"""Django's handler, after whose answers nothing is left that waits for the garbage collector.

A request of Django and one of DRF refer to themselves, and hold what came and what was said: of a
batch of 500 taps that is a megabyte. Only a collection of everything finds such, so as many of them
stay as come in between; and those collections hold up every thread of the process, with a batch at
work for 20 ms. Freed as they are done with, they leave the collector next to nothing to do
(`embedded.web_worker`).
"""

from functools import partial
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.response import Response


class Handler(WSGIHandler):
    def get_response(self, request: HttpRequest) -> Any:
        response: Any = super().get_response(request)
        if request.method == "HEAD":
            _leave_the_head(response)
        # As Django itself closes the files of a request: when the answer has been sent.
        response._resource_closers.append(partial(_let_go, request, response))  # noqa: SLF001
        return response


def application() -> Handler:
    """As `django.core.wsgi.get_wsgi_application`."""
    django.setup(set_prefix=False)
    return Handler()


def _leave_the_head(response: Any) -> None:
    """Its headers tell of the body; a server that is given one all the same says so in its log."""
    if response.streaming:
        response.streaming_content = ()
    else:
        response.content = b""


def _let_go(request: HttpRequest, response: HttpResponseBase) -> None:
    vars(request).clear()
    if isinstance(response, Response):
        context: dict[str, Any] = getattr(response, "renderer_context", {})
        if asked := context.get("request"):
            asked.parser_context.clear()
        if view := context.get("view"):
            vars(view).clear()
        context.clear()
