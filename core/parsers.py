"""JSON as clients may send it: UTF-8, finite numbers, text that PostgreSQL can store."""

import codecs
import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class NotJSON(Exception):
    """This is no plain JSON text; the message says why."""


def _refuse_constant(name: str) -> NoReturn:
    raise NotJSON(gettext("JSON parse error: {reason}").format(reason=f"{name} is not JSON"))


def parse_json(body: bytes, *, keeps_halves: bool = False) -> Any:
    """Raises NotJSON.

    Beyond `json` it refuses what would fail later, far from its cause: lone surrogates
    (no UTF-8 form), nesting that exhausts the stack, and a body that is not UTF-8.
    With `keeps_halves` a lone surrogate is U+FFFD instead.
    """
    try:
        text = body.removeprefix(codecs.BOM_UTF8).decode()
        parsed = json.loads(text, parse_constant=_refuse_constant)
        # Only an escape can smuggle in a surrogate that UTF-8 itself would have refused.
        if "\\u" in text:
            parsed = _without_halves(parsed, are_kept=keeps_halves)
    except UnicodeEncodeError as error:
        raise NotJSON(gettext("JSON parse error: text holds half a surrogate pair.")) from error
    except UnicodeDecodeError as error:
        raise NotJSON(gettext("JSON parse error: the body is not UTF-8.")) from error
    except RecursionError as error:
        raise NotJSON(gettext("JSON parse error: nested too deeply.")) from error
    except json.JSONDecodeError as error:
        raise NotJSON(gettext("JSON parse error: {reason}").format(reason=error)) from error
    except ValueError as error:
        # Python reads no number of more than some thousand digits.
        raise NotJSON(gettext("JSON parse error: a number has too many digits.")) from error
    return parsed


def _without_halves(parsed: Any, *, are_kept: bool) -> Any:
    text = json.dumps(parsed, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        if not are_kept:
            raise
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return json.loads(whole)
    return parsed


class StrictJSONParser(BaseParser):
    """A request body; everything that is not plain JSON text is a 400."""

    media_type = "application/json"
    keeps_halves = False

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return parse_json(stream.read(), keeps_halves=self.keeps_halves)
        except NotJSON as error:
            raise ParseError(str(error)) from error


class AnyTypeJSONParser(StrictJSONParser):
    """JSON whatever it is called: controllers send it as a form, as text, or say nothing at all.

    What one tap holds may not keep a whole queue from being taken: a character that is none is
    as one that is unknown.
    """

    media_type = "*/*"
    keeps_halves = True
