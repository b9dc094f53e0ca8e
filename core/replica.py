"""Reports and lists may be read from a replica (`DATABASE_REPLICA_URL`), and say how old they are.

Never what decides: a tap, who is signed in, what is about to be changed. So a view asks for it
(`from_replica`), for a GET, and only models of apps that are not in `NEVER_FROM_REPLICA` are read
there. Whoever must have the newest sends `Cache-Control: no-cache`. The dashboard reads where all
is written: it goes on from a position in what is committed (`outbox.positions`), of which a replica
does not know what is still under way.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.models import Model
from django.http import HttpRequest

logger = logging.getLogger(__name__)

REPLICA: Final = "replica"
# Said of an answer: how old its figures are at most, in seconds.
AGE_HEADER: Final = "X-Replica-Age"
# One that did not answer, or lags too far, is not asked again for so long.
REST_SECONDS: Final = 5.0
# When it last got something to write: the pulse of the worker comes every few seconds, so this is
# never much more than how far it is behind. Null where nothing came since it started.
AGE: Final = """
    SELECT CASE WHEN pg_is_in_recovery()
        THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) ELSE 0 END
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
    before, _here.age = _here.age, _age() if is_wanted else None
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


def _age() -> float | None:
    """None, for a while, of one that does not answer or is too far behind."""
    if time.monotonic() < _rest.until:
        return None
    try:
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(AGE)
            (age,) = cursor.fetchone()
    except Error as error:
        logger.warning("The replica does not answer: %s", str(error).strip())
        connections[REPLICA].close()
        age = None
    if age is None or age > settings.REPLICA_MOST_SECONDS:
        _rest.until = time.monotonic() + REST_SECONDS
        return None
    return float(age)
