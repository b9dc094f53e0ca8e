"""The door of taps: one live tap from the bytes of its request to the row, and back.

A reader at a gate waits with a person before it, and a whole school comes within a quarter of an
hour. Here is all that happens to such a tap: two statements, and nothing of what a reader never
uses (middleware, content negotiation, sessions). What is decided is decided by the functions that
decide everywhere (`pos.ledger`, `attendance.recording`); what is not plain goes on to the ordinary
view, which does all of it again and has the words for what is wrong. So this door has no answers of
its own: the tests of taps ask both (`pos/tests/conftest.py`), and the difference is none.

* Two statements instead of seven, as functions whose plans are kept: `pos/sql/tap_door.sql`. The
  second is a transaction of its own. Nothing is locked while Python thinks: the second statement
  finds out whether the day, the rules or the meal have moved on; then the tap is not plain.
* The settings of a reader are known from its last tap, so that the number can be read before the
  first statement. That one brings the reader as it is by now; if it is another, no tap is plain.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import lru_cache, partial
from io import BytesIO
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_started
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string

from attendance.recording import DayRow, day_row, judge_passes
from attendance.roll import Holders
from attendance.rulebook import LOCK, RulesInForce, book_of
from attendance.rules import ONE_DAY
from cards.lookup import FoundCard
from core.error_responses import server_error
from core.errors import DomainError
from core.outages import outage_of
from core.waits import begin
from embedded.work import Work
from kitchen.models import PeriodVersion
from pos.authentication import SCHEME, ReaderUser
from pos.ledger import (
    Entry,
    Source,
    answer_of,
    entry_of,
    holder_of,
    judge_card,
    meal_for,
    pass_of_entry,
    row_of,
)
from pos.models import Activity, Decision, Device
from pos.protocol import DEVICE_TIME, FIELDS, IncomingTap, answer_body, clock_ahead, read_tap

logger = logging.getLogger(__name__)

PATHS: Final = frozenset({"/api/pos/taps/", "/api/pos/taps"})
MAX_BYTES: Final = 4096
JSON: Final = "application/json"
PLAIN_TYPES: Final = frozenset({"", "*/*", JSON})
# A request that has one of these wants more than a tap.
WANTS_MORE: Final = ("HTTP_ORIGIN", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "QUERY_STRING")
# What our middleware puts around every answer; the rest of it is about people.
AROUND: Final = (
    "django.middleware.security.SecurityMiddleware",
    "core.middleware.PagePolicy",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
ALLOW: Final = "GET, POST, HEAD, OPTIONS"
MOST_READERS: Final = 1000
# Who has waited for the database for longer does not wait a second time.
SPENT_SECONDS: Final = 1.0

FACTS: Final = "SELECT * FROM pos_tap_facts(%s, %s, %s::date[], %s)"
WRITE_TAP: Final = "SELECT pos_write_tap(%s::jsonb)"
WRITE_PASSING: Final = "SELECT pos_write_pass(%s, %s, %s::jsonb, %s::jsonb)"
WRITE_MEAL: Final = "SELECT pos_write_meal(%s::jsonb, %s::jsonb)"
# The columns of FACTS.
READER, RULES, CARD, DAY, PERIODS = slice(10), slice(10, 12), slice(12, 38), slice(38, 48), 48

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class NotPlain(Exception):
    """A matter for the ordinary view."""


class TapDoor:
    """WSGI: plain taps are answered here, all else is handed on as it came."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] not in PATHS:
            return self._application(environ, start_response)
        # As Django's own handler does it: a connection that has had its time is replaced.
        request_started.send(sender=type(self), environ=environ)
        answer = plain_answer(environ)
        if answer is None:
            return self._application(environ, start_response)
        start_response(answer.status, answer.headers)
        return [answer.content]


class Answer(NamedTuple):
    """To a tap that is new, or to one that has waited in the database for as long as a tap may."""

    status: str
    headers: list[tuple[str, str]]
    content: bytes


def plain_answer(environ: dict[str, Any]) -> Answer | None:
    """None: this is no plain tap, and `environ` can be read as if nobody had."""
    if environ["PATH_INFO"] not in PATHS or environ["REQUEST_METHOD"] != "POST":
        return None
    began = monotonic()
    try:
        digest, body = _key_and_body(environ)
        begin(Work.TAPS)
        return _answer(WSGIRequest(environ), digest, body)
    except (NotPlain, DomainError, DisallowedHost, ValueError, RecursionError):
        return None
    except Error as error:
        if outage_of(error) and monotonic() - began > SPENT_SECONDS:
            return _unavailable(WSGIRequest(environ))
        # Whatever it is, the view meets it too, and has words for it. What was written here was
        # written whole: the view finds it there.
        return None
    except Exception:
        # A mistake of ours: the tap is not to wait for it.
        logger.exception("The door of taps failed, and the view goes on.")
        return None


def _key_and_body(environ: dict[str, Any]) -> tuple[str, bytes]:
    scheme, _, key = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    length = environ.get("CONTENT_LENGTH") or "0"
    if (
        scheme.lower() != SCHEME.lower()
        or any(environ.get(name) for name in WANTS_MORE)
        or environ.get("HTTP_ACCEPT", "") not in PLAIN_TYPES
        or not (length.isascii() and length.isdigit() and 0 < int(length) <= MAX_BYTES)
    ):
        raise NotPlain
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    return Device.digest_of(key.strip()), body


# --- from the body to the answer ----------------------------------------------------------------


def _answer(request: HttpRequest, digest: str, body: bytes) -> Answer:
    origin = f"{request.scheme}://{request.get_host()}"  # refuses a host that is none of ours
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        raise NotPlain
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.health_check_done = True  # the first statement tells
    received_at = timezone.now()
    reader = _readers.get(digest) or _meet(digest, received_at)
    source = reader.source
    entry = entry_of(source, _tap_in(body, received_at, source), received_at)
    facts = _facts(digest, entry, received_at)
    if facts.reader != reader:
        _readers.pop(digest, None)
        raise NotPlain
    judge_card(source, entry, [facts.card])
    if source.activity == Activity.ATTENDANCE:
        _record_pass(source, entry, facts, received_at)
    else:
        _record_meal(source, entry, facts, received_at)
    answer = answer_of(source, entry, received_at)
    content = orjson.dumps(answer_body(answer, partial(_address, origin)))
    headers = [
        *_headers_around(request),
        ("X-Decision", str(answer.decision)),
        ("Content-Length", str(len(content))),
    ]
    return Answer("201 Created", headers, content)


def _unavailable(request: HttpRequest) -> Answer:
    """503 in the words of every view; called where the error is handled."""
    response = _in_middleware(server_error, request)
    length = ("Content-Length", str(len(response.content)))
    return Answer("503 Service Unavailable", [*response.items(), length], response.content)


def _address(origin: str, path: str) -> str:
    """As `HttpRequest.build_absolute_uri`, of what is a path or a whole address already."""
    return f"{origin}{path}" if path.startswith("/") else path


def _tap_in(body: bytes, received_at: datetime, source: Source) -> IncomingTap:
    said = orjson.loads(body)
    if not isinstance(said, dict):
        raise NotPlain
    ahead = clock_ahead(said.pop(DEVICE_TIME, None), received_at=received_at)
    if not said.keys() <= FIELDS.keys():
        raise NotPlain
    tap = read_tap(said, received_at=received_at, direction=source.direction)
    if tap.offline:
        raise NotPlain
    return replace(tap, clock_ahead=ahead) if ahead else tap


# By whether the request came by HTTPS.
_around: dict[bool, list[tuple[str, str]]] = {}


def _headers_around(request: HttpRequest) -> list[tuple[str, str]]:
    is_secure = request.is_secure()
    if is_secure not in _around:
        _around[is_secure] = [*_in_middleware(_bare_answer, request).items()]
    return _around[is_secure]


def _in_middleware(
    handler: Callable[[HttpRequest], HttpResponse], request: HttpRequest
) -> HttpResponse:
    for name in reversed(AROUND):
        handler = import_string(name)(handler)
    return handler(request)


def _bare_answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(content_type=JSON, headers={"Allow": ALLOW})


# --- what is known when a tap comes -------------------------------------------------------------


class _Facts(NamedTuple):
    reader: ReaderUser
    book: RulesInForce
    version: int | None
    card: FoundCard
    days: dict[tuple[UUID, date], DayRow]
    periods: str | None


# By the digest of the key, as of the last tap; compared with what is before a tap counts.
_readers: dict[str, ReaderUser] = {}


def _meet(digest: str, at: datetime) -> ReaderUser:
    rows = _look_up(digest, "", [], at)
    if not rows:
        raise NotPlain
    if len(_readers) >= MOST_READERS:
        _readers.clear()
    reader = _readers[digest] = ReaderUser(*rows[0][READER])
    if not reader.is_active or reader.is_muster or reader.strays:
        raise NotPlain
    return reader


def _facts(digest: str, entry: Entry, at: datetime) -> _Facts:
    reading = entry.reading
    if reading is None or not entry.fits_format or reading.is_lossy or not reading.number:
        raise NotPlain
    # The two on which a pass can count: some people's days begin after midnight.
    dates = [entry.timing.date, entry.timing.date - ONE_DAY]
    rows = _look_up(digest, reading.number, dates, at)
    if not rows or rows[0][CARD.start] is None:
        raise NotPlain  # unknown cards are counted: see `pos.strays`
    version, token = rows[0][RULES]
    book = book_of((version, token) if version is not None else None)
    days = [day_row(row[DAY]) for row in rows if row[DAY.start] is not None]
    return _Facts(
        ReaderUser(*rows[0][READER]),
        book,
        version,
        FoundCard(*rows[0][CARD]),
        {(day.person, day.date): day for day in days},
        rows[0][PERIODS],
    )


def _look_up(digest: str, number: str, dates: list[date], at: datetime) -> list[Any]:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(FACTS, [digest, number, dates, at])
        rows: list[Any] = cursor.fetchall()
    return rows


# --- what is written ----------------------------------------------------------------------------


def _record_pass(source: Source, entry: Entry, facts: _Facts, at: datetime) -> None:
    card = entry.day_of() or entry.sent_back_out()
    if card is None:
        if entry.counts_for():  # days are kept of nobody like them: see `pos.double_reads`
            raise NotPlain
        _write(WRITE_TAP, _as_json(row_of(source, entry, at)))
        return
    passes = {card.holder: [pass_of_entry(source, entry, card)]}
    holders = Holders({card.holder: holder_of(card)})
    judged, states = judge_passes(passes, holders, facts.book, facts.days)
    (state,) = states.values()
    if state.marks:  # of other taps too, which are not at hand
        raise NotPlain
    if entry.decision == Decision.ACCEPTED:
        entry.day, entry.is_again = state, state.is_again
    days = _as_json([day.columns() for day in judged])
    _write(WRITE_PASSING, LOCK, facts.version, days, _as_json(row_of(source, entry, at)))


def _record_meal(source: Source, entry: Entry, facts: _Facts, at: datetime) -> None:
    meal = meal_for(source, entry, _periods(facts.periods))
    if meal is None:
        _write(WRITE_TAP, _as_json(row_of(source, entry, at)))
        return
    if meal.portions != 1 or meal.period is None:
        raise NotPlain
    entry.service_id = meal.service_id
    _write(WRITE_MEAL, _as_json(asdict(meal)), _as_json(row_of(source, entry, at)))


@lru_cache(maxsize=16)
def _periods(said: str | None) -> list[PeriodVersion]:
    """As the first statement brought them: those that hold at this moment."""
    fields = {field.column: field for field in PeriodVersion._meta.concrete_fields}
    always = DateTimeTZRange(None, None)
    return [
        PeriodVersion(
            **{
                fields[name].attname: always if name == "held" else fields[name].to_python(value)
                for name, value in row.items()
                if name in fields
            }
        )
        for row in orjson.loads(said or "[]")
    ]


def _as_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _write(statement: str, *said: Any) -> None:
    """A transaction of its own; within somebody else's, a refusal may not end that."""
    database = connections[DEFAULT_DB_ALIAS]
    alone = transaction.atomic() if database.in_atomic_block else nullcontext()
    with alone, database.cursor() as cursor:
        cursor.execute(statement, said)
