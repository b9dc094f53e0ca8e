"""How long work waits in the database: decided by what kind of work it is (contract section 4).

A thread has one kind of work at a time, and its connection the timeouts of that (`settings.WAITS`).
The web server gives each kind threads of its own (`embedded.lanes`), so a connection is told once,
when it is made, and an ordinary tap pays no round trip for this. Only a thread that goes over to
another kind of work tells its connection again, in one: where the server has no lanes, in tests,
or when migrations begin. SET LOCAL would cost every transaction a statement instead, and a second
alias for long work a second connection in every thread, outside of the first one's transactions.
Behind a pooler it is SET LOCAL all the same, sent with the first statement of each transaction: the
session belongs to whoever comes next.
"""

import threading
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse

from core.watch import watch
from embedded.work import Work, work_of

# The database ends a wait by itself; after so much more it is taken to be gone.
GRACE_SECONDS: Final = 2.0
# A request is answered in time whatever becomes of the database; other work goes on waiting.
WATCHED: Final = frozenset(Work) - {Work.BACKGROUND, Work.MIGRATIONS}


class _Here(threading.local):
    """This thread's work, and for which work its connection was told how long to wait."""

    work = Work.BACKGROUND
    told = Work.BACKGROUND


_here: Final = _Here()


class WaitsByWork:
    """The middleware that asks what a request is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begin(_work_of(request))
        return self.get_response(request)


def _work_of(request: HttpRequest) -> Work:
    query = request.META.get("QUERY_STRING", "")
    target = f"{request.path_info}?{query}" if query else request.path_info
    work = work_of(request.method or "", target)
    if work is Work.PAGES and _asks_for_spreadsheet(request):
        return Work.REPORTS
    return work


def _asks_for_spreadsheet(request: HttpRequest) -> bool:
    wanted = request.META.get("HTTP_ACCEPT", "")
    return "text/csv" in wanted or "spreadsheetml.sheet" in wanted


def begin(work: Work) -> None:
    """From here on this thread does work of this kind, and its connection waits as that may."""
    _here.work = work
    if _here.told is work or connection.in_atomic_block:
        return  # whoever began a transaction has said how long it waits
    connection.close_if_health_check_failed()
    if connection.connection is not None:
        _tell(connection)
        _here.told = work


def tell_new_connection(sender: object, connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    """Receives `connection_created`. Its options made it one of BACKGROUND, without a pooler."""
    if settings.DATABASE_POOLED or _here.work is not Work.BACKGROUND:
        _tell(connection)
    if connection.alias == DEFAULT_DB_ALIAS:
        _here.told = _here.work


def _tell(connection: BaseDatabaseWrapper) -> None:
    """Past Django's cursor, for it is no query of the work itself."""
    waits = settings.WAITS[_here.work]
    raw: Any = connection.connection
    if settings.DATABASE_POOLED:
        raw.preface = "".join(f"SET LOCAL {name} = {at}; " for name, at in waits.settings.items())
    else:
        with raw.cursor() as cursor:
            cursor.execute("; ".join(f"SET {name} = {at}" for name, at in waits.settings.items()))
    is_watched = _here.work in WATCHED and waits.statement
    watch(raw, longest=waits.statement + GRACE_SECONDS if is_watched else 0)


def before_migrations(sender: object, **kwargs: object) -> None:
    """Receives `pre_migrate`."""
    begin(Work.MIGRATIONS)


def after_migrations(sender: object, **kwargs: object) -> None:
    """Receives `post_migrate`."""
    begin(Work.BACKGROUND)
