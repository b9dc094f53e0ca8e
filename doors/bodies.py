"""Bodies of terminals, read as a stream: after an outage they are ten megabytes long."""

from collections.abc import Collection, Iterator
from typing import Final

from django.http import HttpRequest
from django.utils.http import parse_header_parameters

LONGEST_LINE: Final = 4096
MOST_TEXT: Final = 1024 * 1024


class TooLongLine(str):
    """The beginning of a line of which the rest was passed over unread."""

    __slots__ = ()


def lines_of(request: HttpRequest, *, encoding: str = "utf-8") -> Iterator[str]:
    """Each line without its end, whatever the content type says; empty ones are left out.

    One of nothing but tabs is none of them: a terminal counts it.
    What is no text of that encoding is replaced. A line beyond LONGEST_LINE bytes comes as a
    TooLongLine: of no tap is it one, and of a picture nothing but its beginning was read.
    """
    while line := request.readline(LONGEST_LINE):
        is_whole = line.endswith(b"\n") or len(line) < LONGEST_LINE
        text = line.decode(encoding, "replace").strip("\r\n\0")
        if not is_whole:
            _pass_over(request)
            yield TooLongLine(text)
        elif text.strip(" "):
            yield text


def _pass_over(request: HttpRequest) -> None:
    while rest := request.readline(LONGEST_LINE):
        if rest.endswith(b"\n"):
            return


def texts_of(request: HttpRequest, *, names: Collection[str]) -> Iterator[bytes]:
    """The body; of a form the parts of these names, and what says that it is JSON.

    Up to MOST_TEXT bytes of each. All else of a form, such as pictures, is passed over unread.
    """
    if not (request.content_type or "").startswith("multipart/"):
        yield request.read(MOST_TEXT)
        return
    boundary = (request.content_params or {}).get("boundary", "")
    begins_line, is_wanted, part = True, False, b""
    while line := request.readline(LONGEST_LINE):
        if begins_line and line.startswith(f"--{boundary}".encode()):
            if is_wanted:
                yield part
            is_wanted, part = _is_wanted(request, names), b""
        elif is_wanted and len(part) < MOST_TEXT:
            part += line
        begins_line = line.endswith(b"\n")
    if is_wanted:
        yield part


def _is_wanted(request: HttpRequest, names: Collection[str]) -> bool:
    """By the headers of a part, which end with an empty line."""
    is_wanted = False
    while header := request.readline(LONGEST_LINE).strip():
        name, _, said = header.decode("latin-1").partition(":")
        value, parameters = parse_header_parameters(said)
        of_name = name.lower() == "content-disposition" and parameters.get("name") in names
        of_type = name.lower() == "content-type" and value == "application/json"
        is_wanted = is_wanted or of_name or of_type
    return is_wanted
