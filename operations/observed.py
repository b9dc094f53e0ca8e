"""Around every request, outside of Django: its id, and how long its answer took.

Here and not in a middleware, because the door of taps (`pos.door`) answers before any of those.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Any, Final

from core.logs import begin_request
from embedded.together import Answer
from embedded.work import Work, work_of
from operations.measures import ANSWERED, AT_WORK, TAP_ANSWERED

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

# Another's id is taken over if it can stand in a log and in a header without harm.
SANE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}")
TAPS: Final = ("/api/pos/taps/", "/api/pos/taps")


class Observed:
    """WSGI: `X-Request-ID` in every answer, and the measures of `operations.measures`."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        began = perf_counter()
        request_id = environ["HTTP_X_REQUEST_ID"] = _id_of(environ)
        begin_request(request_id)
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        work = _work_of(environ, method, path)
        told = "500"

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal told
            told = status
            return start_response(status, [*headers, ("X-Request-ID", request_id)], *error)

        at_work = AT_WORK[work]
        at_work.inc()
        try:
            return self._application(environ, start)
        finally:
            took = perf_counter() - began
            at_work.dec()
            _measure(work, told, took, is_tap=method == "POST" and path in TAPS)
            begin_request("")

    def answer_together(self, environs: Sequence[dict[str, Any]]) -> list[Answer | None]:
        """As `embedded.together` asks it; who gets no answer is measured when it goes alone."""
        door: Any = self._application
        began = perf_counter()
        at_work = AT_WORK[Work.TAPS]
        at_work.inc()
        try:
            answers: Sequence[Answer | None] = door.answer_together(environs)
        finally:
            at_work.dec()
        took = perf_counter() - began
        return [
            answer and _named(answer, environ, took)
            for answer, environ in zip(answers, environs, strict=True)
        ]


def _measure(work: Work, told: str, took: float, *, is_tap: bool) -> None:
    """`told`: a status, or the line that begins with it."""
    of_kind = f"{told[0]}xx"
    ANSWERED.labels(work, of_kind).observe(took)
    if is_tap:
        TAP_ANSWERED.labels(of_kind).observe(took)


def _named(answer: Answer, environ: dict[str, Any], took: float) -> Answer:
    _measure(Work.TAPS, answer.status, took, is_tap=True)
    named = ("X-Request-ID", _id_of(environ))
    return Answer(answer.status, [*answer.headers, named], answer.content)


def _id_of(environ: dict[str, Any]) -> str:
    said = environ.get("HTTP_X_REQUEST_ID", "")
    return said if SANE.fullmatch(said) else uuid.uuid4().hex


def _work_of(environ: dict[str, Any], method: str, path: str) -> Work:
    query = environ.get("QUERY_STRING")
    return work_of(method, f"{path}?{query}" if query else path)
