"""The door of taps: live taps from the bytes of their requests to their rows, and back.

A reader at a gate waits with a person before it, and a whole school comes within a quarter of an
hour. Here is all that happens to such a tap: two statements, and nothing of what a reader never
uses (middleware, content negotiation, sessions). What is decided is decided by the functions that
decide everywhere (`pos.ledger`, `attendance.passes`); what is not plain goes on to the ordinary
view, which does all of it again and has the words for what is wrong. So this door has no answers of
its own: the tests of taps ask both (`pos/tests/conftest.py`), and the difference is none.

* Two statements instead of seven, as functions whose plans are kept: `pos/sql/tap_door.sql`. The
  second is a transaction of its own. Nothing is locked while Python thinks: the second statement
  finds out whether the day, the rules or the meal have moved on; then the tap is not plain.
* Taps that wait at the same moment go through both together (`embedded.together`): to begin and to
  end a statement costs more than another tap in it.
* The settings of a reader are known from its last tap, so that the number can be read before the
  first statement. That one brings the reader as it is by now; if it is another, no tap is plain.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import lru_cache
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
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string
from django.utils.translation import override

from attendance.passes import AtTurn, judge_passes
from attendance.recording import DayRow, day_row
from attendance.roll import Holders
from attendance.rulebook import LOCK, RulesInForce, book_of
from cards.lookup import FoundCard
from core.clock import received_now
from core.error_responses import server_error
from core.errors import DomainError
from core.outages import outage_of
from core.waits import begin
from embedded.together import Answer
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
from pos.protocol import (
    DEVICE_TIME,
    FIELDS,
    IncomingTap,
    addresses_at,
    answer_body,
    clock_ahead,
    read_tap,
)
from pos.words import language_for

logger = logging.getLogger(__name__)

PATHS: Final = frozenset({"/api/pos/taps/", "/api/pos/taps"})
MAX_BYTES: Final = 4096
JSON: Final = "application/json"
PLAIN_TYPES: Final = frozenset({"", "*/*", JSON})
# A request that has one of these wants more than a tap.
WANTS_MORE: Final = ("HTTP_ORIGIN", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "QUERY_STRING")
# By which way a request came.
WAY: Final = (
    "PATH_INFO",
    "HTTP_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "SERVER_NAME",
    "SERVER_PORT",
    "wsgi.url_scheme",
)
# What our middleware puts around every answer; the rest of it is about people, and languages, which
# no middleware chooses here: whatever a thread spoke before stays as it was.
AROUND: Final = (
    "django.middleware.security.SecurityMiddleware",
    "core.middleware.PagePolicy",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
ALLOW: Final = "GET, POST, HEAD, OPTIONS"
LANGUAGE_HEADERS: Final = ("Accept-Language",)
MOST_READERS: Final = 1000
# Who has waited for the database for longer does not wait a second time.
SPENT_SECONDS: Final = 1.0

FACTS: Final = "SELECT * FROM pos_tap_facts(%s, %s, %s::date[], %s)"
WRITE: Final = "SELECT pos_write_taps(%s, %s, %s::jsonb, %s::jsonb, %s::jsonb, %s)"
# None of several taps waits for long for what another of them needs.
PATIENCE: Final = "100ms"
# With these WRITE says that something has moved on.
OVERTAKEN: Final = frozenset({"TX001", "TX002"})
# The columns of FACTS, after the place of the tap.
READER, RULES, CARD, DAY, PERIODS = slice(1, 11), slice(11, 13), slice(13, 39), slice(39, 49), 49

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class NotPlain(Exception):
    """A matter for the ordinary view."""


class TapDoor:
    """WSGI: plain taps are answered here, all else is handed on as it came."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        (answer,) = self.answer_together([environ])
        if answer is None:
            return self._application(environ, start_response)
        start_response(answer.status, answer.headers)
        return [answer.content]

    def answer_together(self, environs: Sequence[dict[str, Any]]) -> list[Answer | None]:
        """As `embedded.together` asks it."""
        if all(environ["PATH_INFO"] not in PATHS for environ in environs):
            return [None for _ in environs]
        # As Django's own handler does it: a connection that has had its time is replaced.
        request_started.send(sender=type(self), environ=environs[0])
        return plain_answers(environs)


def plain_answers(environs: Sequence[dict[str, Any]]) -> list[Answer | None]:
    """In their order. None: this is no plain tap, and its environ can be read as if nobody had."""
    began = monotonic()
    answers: list[Answer | None] = [None for _ in environs]
    is_alone = len(environs) == 1
    begin(Work.TAPS)
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.health_check_done = True  # the first statement tells
    waiting = []
    for place, environ in enumerate(environs):
        if monotonic() - began > SPENT_SECONDS:
            break  # with readers that were not known: the others do not wait as long again
        with _only_plain():
            waiting.append(_asked(place, environ))
    while waiting:
        # Of a card one at a time: the second finds the day as the first has left it.
        first = {asked.number: asked for asked in reversed(waiting)}
        together = [asked for asked in waiting if first[asked.number] is asked]
        waiting = [asked for asked in waiting if first[asked.number] is not asked]
        with _only_plain():  # those before keep their answers
            for asked in _record(together, began, is_alone=is_alone):
                answers[asked.place] = asked.answer
    return answers


@contextmanager
def _only_plain() -> Iterator[None]:
    try:
        yield
    except (NotPlain, DomainError, DisallowedHost, ValueError, RecursionError, Error):
        # Whatever the database says, the view meets it too, and has words for it.
        pass
    except Exception:
        # A mistake of ours: the tap is not to wait for it.
        logger.exception("The door of taps failed, and the view goes on.")


# --- a request ----------------------------------------------------------------------------------


class _Way(NamedTuple):
    """What all requests have in common that come by the same way, their bodies and keys apart."""

    request: HttpRequest
    origin: str
    headers: list[tuple[str, str]]


@dataclass(slots=True)
class _Asked:
    """A tap on its way through. `place`: among those that came together."""

    place: int
    way: _Way
    digest: str
    reader: ReaderUser
    source: Source
    received_at: datetime
    entry: Entry
    number: str
    language: str
    judged: "_Judged | None" = None
    answer: Answer | None = None


def _asked(place: int, environ: dict[str, Any]) -> _Asked:
    received_at = received_now()  # its own: of two of one person, one came first
    digest, body = _key_and_body(environ)
    way = _way_of(*map(environ.get, WAY), *settings.ALLOWED_HOSTS)
    if settings.SECURE_SSL_REDIRECT and not way.request.is_secure():
        raise NotPlain
    reader = _readers.get(digest) or _meet(digest, received_at)
    source = reader.source
    entry = entry_of(source, _tap_in(body, received_at, source), received_at)
    reading = entry.reading
    if reading is None or not entry.fits_format or reading.is_lossy or not reading.number:
        raise NotPlain
    language = language_for(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    return _Asked(place, way, digest, reader, source, received_at, entry, reading.number, language)


@lru_cache(maxsize=64)
def _way_of(*said: str | None) -> _Way:
    """Of what a request says of its way here, and the hosts that are ours."""
    environ = {name: value for name, value in zip(WAY, said, strict=False) if value is not None}
    request = WSGIRequest({**environ, "REQUEST_METHOD": "POST", "wsgi.input": BytesIO()})
    origin = f"{request.scheme}://{request.get_host()}"  # refuses a host that is none of ours
    answer = _in_middleware(_bare_answer, request)
    patch_vary_headers(answer, LANGUAGE_HEADERS)
    return _Way(request, origin, [*answer.items()])


def _key_and_body(environ: dict[str, Any]) -> tuple[str, bytes]:
    scheme, _, key = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    length = environ.get("CONTENT_LENGTH") or "0"
    if (
        environ["PATH_INFO"] not in PATHS
        or environ["REQUEST_METHOD"] != "POST"
        or scheme.lower() != SCHEME.lower()
        or any(environ.get(name) for name in WANTS_MORE)
        or environ.get("HTTP_ACCEPT", "") not in PLAIN_TYPES
        or not (length.isascii() and length.isdigit() and 0 < int(length) <= MAX_BYTES)
    ):
        raise NotPlain
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    return Device.digest_of(key.strip()), body


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


# By the digest of the key, as of the last tap; compared with what is before a tap counts.
_readers: dict[str, ReaderUser] = {}


def _meet(digest: str, at: datetime) -> ReaderUser:
    rows = _look_up([digest], [""], [at.date()], at)
    if not rows:
        raise NotPlain
    reader = ReaderUser(*rows[0][READER])
    # Kept are those of whom taps can be plain: for them it is enough that they are as they were.
    if not reader.is_active or reader.is_muster or reader.strays:
        raise NotPlain
    if len(_readers) >= MOST_READERS:
        _readers.clear()
    _readers[digest] = reader
    return reader


# --- what is known, what it means, what is written ------------------------------------------------


class _Facts(NamedTuple):
    reader: ReaderUser
    book: RulesInForce
    version: int | None
    card: FoundCard
    days: dict[tuple[UUID, date], DayRow]
    periods: str | None


class _Judged(NamedTuple):
    """What is to be written of a tap: `version` is that of the rules which its day goes by."""

    row: dict[str, Any]
    version: int | None = None
    day: dict[str, Any] | None = None
    meal: dict[str, Any] | None = None


def _record(together: list[_Asked], began: float, *, is_alone: bool) -> list[_Asked]:
    """Those that have an answer now: what was written was written whole, each once.

    `is_alone`: nobody else waits for this.
    """
    try:
        plain = _judged(together)
        if plain:
            _write(plain, is_alone=is_alone)
    except Error as error:
        if len(together) > 1 and getattr(error.__cause__, "pgcode", None) in OVERTAKEN:
            one_by_one = (_record([asked], began, is_alone=False) for asked in together)
            return [asked for recorded in one_by_one for asked in recorded]
        if not outage_of(error) or monotonic() - began <= SPENT_SECONDS:
            return []  # whatever it is, the view meets it too, and has words for it
        for asked in together:
            asked.answer = _unavailable(asked)
        return together
    for asked in plain:
        with _only_plain():  # it is written: the view finds it there
            asked.answer = _answer(asked)
    return plain


def _judged(together: list[_Asked]) -> list[_Asked]:
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in _look_up(
        [asked.digest for asked in together],
        [asked.number for asked in together],
        # The two on which a pass can count: some people's days begin after midnight.
        [asked.entry.timing.date for asked in together],
        together[-1].received_at,
    ):
        rows[row[0]].append(row)
    plain, people = [], set()
    for place, asked in enumerate(together, start=1):
        with _only_plain():
            facts = _facts(rows[place])
            if facts.reader != asked.reader:
                _readers.pop(asked.digest, None)
                raise NotPlain
            if facts.card.holder in people:
                raise NotPlain  # another card of theirs is among these
            asked.judged = _judge(asked.source, asked.entry, facts, asked.received_at)
            people.add(facts.card.holder)
            plain.append(asked)
    return plain


def _facts(rows: list[Any]) -> _Facts:
    if not rows or rows[0][CARD.start] is None:
        raise NotPlain  # unknown cards are counted: see `pos.strays`
    version, token = rows[0][RULES]
    days = [day_row(row[DAY]) for row in rows if row[DAY.start] is not None]
    return _Facts(
        ReaderUser(*rows[0][READER]),
        book_of((version, token) if version is not None else None),
        version,
        FoundCard(*rows[0][CARD]),
        {(day.person, day.date): day for day in days},
        rows[0][PERIODS],
    )


def _look_up(digests: list[str], numbers: list[str], dates: list[date], at: datetime) -> list[Any]:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(FACTS, [digests, numbers, dates, at])
        rows: list[Any] = cursor.fetchall()
    return rows


def _judge(source: Source, entry: Entry, facts: _Facts, received_at: datetime) -> _Judged:
    # It may have been judged before, by what has moved on since.
    entry.day, entry.period, entry.service_id, entry.is_again = None, None, None, False
    judge_card(source, entry, [facts.card])
    if source.activity != Activity.ATTENDANCE:
        return _judge_meal(source, entry, facts, received_at)
    card = entry.day_of() or entry.sent_back_out()
    if card is None:
        if entry.counts_for():  # days are kept of nobody like them: see `pos.double_reads`
            raise NotPlain
        return _Judged(row_of(source, entry, received_at))
    passes = {card.holder: [pass_of_entry(source, entry, card)]}
    holders = Holders({card.holder: holder_of(card)})
    try:
        (day,), states = judge_passes(passes, holders, facts.book, facts.days)
    except AtTurn as error:  # the days around are not at hand
        raise NotPlain from error
    (state,) = states.values()
    if state.marks:  # of other taps too, which are not at hand
        raise NotPlain
    if entry.decision == Decision.ACCEPTED:
        entry.day, entry.is_again = state, state.is_again
    return _Judged(row_of(source, entry, received_at), facts.version, day=day.columns())


def _judge_meal(source: Source, entry: Entry, facts: _Facts, received_at: datetime) -> _Judged:
    meal = meal_for(source, entry, _periods(facts.periods))
    if meal is None:
        return _Judged(row_of(source, entry, received_at))
    if meal.portions != 1 or meal.period is None:
        raise NotPlain
    entry.service_id = meal.service_id
    return _Judged(row_of(source, entry, received_at), meal=asdict(meal))


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


def _write(plain: list[_Asked], *, is_alone: bool) -> None:
    """A transaction of its own; within somebody else's, a refusal may not end that."""
    judged = [asked.judged for asked in plain if asked.judged]
    days = [one.day for one in judged if one.day]
    meals = [one.meal for one in judged if one.meal]
    version = next((one.version for one in judged if one.day), None)
    rows = _as_json([one.row for one in judged])
    patience = None if is_alone else PATIENCE
    said = [LOCK, version, (days and _as_json(days)) or None, (meals and _as_json(meals)) or None]
    database = connections[DEFAULT_DB_ALIAS]
    alone = transaction.atomic() if database.in_atomic_block else nullcontext()
    with alone, database.cursor() as cursor:
        cursor.execute(WRITE, [*said, rows, patience])


def _as_json(value: Any) -> str:
    return orjson.dumps(value).decode()


# --- the answer -----------------------------------------------------------------------------------


def _answer(asked: _Asked) -> Answer:
    answer = answer_of(asked.source, asked.entry, asked.received_at)
    address = addresses_at(asked.way.origin)
    content = orjson.dumps(answer_body(answer, address, language=asked.language))
    headers = [
        *asked.way.headers,
        ("X-Decision", str(answer.decision)),
        ("Content-Language", asked.language),
        ("Content-Length", str(len(content))),
    ]
    return Answer("201 Created", headers, content)


def _unavailable(asked: _Asked) -> Answer:
    """503 in the words of every view; called where the error is handled."""
    with override(asked.language):
        response = _in_middleware(server_error, asked.way.request)
    patch_vary_headers(response, LANGUAGE_HEADERS)
    headers = [
        *response.items(),
        ("Content-Language", asked.language),
        ("Content-Length", str(len(response.content))),
    ]
    return Answer("503 Service Unavailable", headers, response.content)


def _in_middleware(
    handler: Callable[[HttpRequest], HttpResponse], request: HttpRequest
) -> HttpResponse:
    for name in reversed(AROUND):
        handler = import_string(name)(handler)
    return handler(request)


def _bare_answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse(content_type=JSON, headers={"Allow": ALLOW})
