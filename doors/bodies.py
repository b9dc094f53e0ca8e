"""Bodies of terminals, read as a stream: after an outage they are ten megabytes long."""

from collections.abc import Iterator
from typing import Final

from django.http import HttpRequest

LONGEST_LINE: Final = 4096


class TooLongLine(str):
    """The beginning of a line of which the rest was passed over unread."""

    __slots__ = ()


def lines_of(request: HttpRequest, *, encoding: str = "utf-8") -> Iterator[str]:
    """Each line without its end, whatever the content type says; empty ones are left out.

    What is no text of that encoding is replaced. A line beyond LONGEST_LINE bytes comes as a
    TooLongLine: of no tap is it one, and of a picture nothing but its beginning was read.
    """
    while line := request.readline(LONGEST_LINE):
        is_whole = line.endswith(b"\n") or len(line) < LONGEST_LINE
        text = line.decode(encoding, "replace").strip("\r\n\0")
        if not is_whole:
            _pass_over(request)
            yield TooLongLine(text)
        elif text.strip():
            yield text


def _pass_over(request: HttpRequest) -> None:
    while rest := request.readline(LONGEST_LINE):
        if rest.endswith(b"\n"):
            return
