"""What the log says, and how much of it; with the id of the request that a line is about.

That id is the client's, or its proxy's, or made here (`operations.observed`). A thread answers one
request at a time, so it is the thread's.
"""

import logging
import threading
from logging import Filter, LogRecord


class _Request(threading.local):
    id = ""


_request = _Request()


def begin_request(request_id: str) -> None:
    """From here on this thread's lines are about this request; empty: about none."""
    _request.id = request_id


class WithoutTraceback(Filter):
    """One line for what was refused: where in Django that was, nobody need know."""

    def filter(self, record: LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True


class WithRequest(Filter):
    """Says which request a line is about, if it is about one."""

    def filter(self, record: LogRecord) -> bool:
        if _request.id:
            record.request_id = _request.id
        return True


class LineFormatter(logging.Formatter):
    """For people: the id stands in brackets behind the logger's name."""

    def format(self, record: LogRecord) -> str:
        request_id = getattr(record, "request_id", "")
        record.about = f" [{request_id}]" if request_id else ""
        return super().format(record)
