"""Reports and lists may be read from a replica (`DATABASE_REPLICA_URL`), and say how old they are.

Never what decides: a tap, who is signed in, what is about to be changed. So a view asks for it
(`from_replica`), for a GET, and only models of apps that are not in `NEVER_FROM_REPLICA` are read
there. The dashboard reads where all is written: it goes on from a position in what is committed
(`outbox.positions`), of which a replica does not know what is still under way.

Whoever writes sees it in the next list: after a request that may have written, `OwnWrites` notes
where the log of the database has come to, for its user, whichever session or token it was and
whichever node. Until the replica has come as far, that user's lists are read where all is written.
Of others' writes that is not promised: whoever must have them sends `Cache-Control: no-cache`.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, TypeVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

REPLICA: Final = "replica"
# Said of an answer: how old its figures are at most, in seconds.
AGE_HEADER: Final = "X-Replica-Age"
# One that did not answer, or lags too far, is not asked again for so long.
REST_SECONDS: Final = 5.0
# When it last got something to write: the pulse of the worker comes every few seconds, so this is
# never much more than how far it is behind. Null where nothing came since it started. And whether
# it has come to a position: one that is no replica any more has all.
AGE: Final = """
    SELECT CASE WHEN pg_is_in_recovery()
        THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) ELSE 0 END,
        NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() - '0/0' >= %s
"""
# Two requests of one user take turns at the row, so the position is asked for where that is over.
NOTE: Final = """
    INSERT INTO core_lastwrite (user_id, position, written_at)
    VALUES (%s, pg_current_wal_insert_lsn() - '0/0', clock_timestamp())
    ON CONFLICT (user_id) DO UPDATE
    SET position = pg_current_wal_insert_lsn() - '0/0', written_at = clock_timestamp()
"""
# A replica that is read from is never as far behind. It ends what positions of before would do in a
# database that was restored, whose log begins anew.
NOTED: Final = """
    SELECT position FROM core_lastwrite
    WHERE user_id = %s AND written_at > clock_timestamp() - interval '1 hour'
"""

V = TypeVar("V", bound=Callable[..., Any])


class _Here(threading.local):
    age: float | None = None
    """Of the replica that this thread reads from; None: it reads where it writes."""


_here: Final = _Here()


class _Rest:
    until = 0.0


_rest: Final = _Rest()


class ReplicaRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """Never nothing, by which Django would ask where the object came from that leads there."""
        if _here.age is None or model._meta.app_label in settings.NEVER_FROM_REPLICA:
            return DEFAULT_DB_ALIAS
        return REPLICA

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, *objects: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, *names: str, **hints: Any) -> bool | None:
        return False if db == REPLICA else None


@contextmanager
def reading_from_replica(request: HttpRequest) -> Iterator[float | None]:
    """Within, lists are read from the replica, which is so many seconds old; None: from where all
    is written, for there is none, it is away or too far behind, or the newest is asked for."""
    fresh = "no-cache" in request.headers.get("Cache-Control", "")
    is_wanted = REPLICA in connections and request.method in {"GET", "HEAD"} and not fresh
    before, _here.age = _here.age, _age(request) if is_wanted else None
    try:
        yield _here.age
    finally:
        _here.age = before


def reading_alias() -> str:
    """Where lists are read now: for SQL of our own, and for what has to be of one moment."""
    return DEFAULT_DB_ALIAS if _here.age is None else REPLICA


def from_replica(view: V) -> V:
    """Of a method of a view. Its answer says how old its figures are; a stream reads for itself,
    later, where all is written."""

    @wraps(view)
    def read(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        with reading_from_replica(request) as age:
            answer = view(self, request, *args, **kwargs)
            if age is not None and not answer.streaming:
                answer[AGE_HEADER] = f"{age:.1f}"
            return answer

    return read  # type: ignore[return-value]


class OwnWrites:
    """The middleware that notes who has written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in {"GET", "HEAD", "OPTIONS"}:
            note_write(request)
        return response


def note_write(request: HttpRequest) -> None:
    """What is written so far, by a job too, is in the next list that this user reads.

    Readers read no lists, and are not noted.
    """
    if REPLICA not in connections or not isinstance(request.user, AbstractBaseUser):
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(NOTE, [request.user.pk])
    except Error as error:  # what was asked for is done all the same
        logger.warning("Not noted that somebody has written: %s", str(error).strip())


def _age(request: HttpRequest) -> float | None:
    """None, for a while, of one that does not answer or is too far behind; and, for this request,
    of one that lacks what its user has written."""
    if time.monotonic() < _rest.until:
        return None
    with connection.cursor() as cursor:
        cursor.execute(NOTED, [request.user.pk])
        (written,) = cursor.fetchone() or (0,)
    try:
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(AGE, [written])
            age, has_all = cursor.fetchone()
    except Error as error:
        logger.warning("The replica does not answer: %s", str(error).strip())
        connections[REPLICA].close()
        age = None
    if age is None or age > settings.REPLICA_MOST_SECONDS:
        _rest.until = time.monotonic() + REST_SECONDS
        return None
    return float(age) if has_all else None
