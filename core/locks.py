"""Locks that are taken on purpose, and who gives up on one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Less than a tap waits: what it holds meanwhile, or what queues behind it, is free again in time.
YIELDING_MS: Final = 1000
# A lock that was not to be had in time, and a circle of waits that the database broke up here.
GAVE_UP: Final = frozenset({"55P03", "40P01"})

# How often somebody who waits for an answer lets others go first.
MOST_TRIES: Final = 5

M = TypeVar("M", bound=Model)
T = TypeVar("T")


def for_change(rows: QuerySet[M]) -> QuerySet[M]:
    """The rows, locked until the transaction ends, with those of the tables they inherit from.

    Not FOR UPDATE, which would hold up each row that refers to one of them, such as a tap.
    """
    return rows.select_for_update(of=("self", *_ways_to_parents(rows.model)), no_key=True)


def _ways_to_parents(model: type[Model]) -> Iterator[str]:
    """`person`, for a table of one kind of people: the links that `of` names."""
    for parent, link in model._meta.parents.items():
        if link is not None:
            yield link.name
            yield from (f"{link.name}__{way}" for way in _ways_to_parents(parent))


def take_turns(*keys: str) -> None:
    """Hold the advisory locks of these names until the transaction ends; who comes next waits.

    One after the other: of those who take several, each has them sorted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s::text[]) AS key",
            [list(keys)],
        )


def share_turns(key: str) -> None:
    """Hold it together with others who share it; whoever takes turns by this name waits for all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [key])


class Yielded(DomainError):
    """Somebody else holds what is wanted; whoever comes again later may find it free."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    code = "database_busy"
    message: "StrOrPromise" = _(
        "Somebody else is writing the same at the moment; the request may be repeated."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=timedelta(seconds=5))


@contextmanager
def yielding() -> Iterator[None]:
    """A transaction that waits for no lock longer than a tap would.

    For work that can be done later as well, on rows that taps write: waiting, it holds those that
    it has, and everybody queues behind it for those that it wants. Raises Yielded.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {YIELDING_MS}")
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) in GAVE_UP:
            raise Yielded from error
        raise


def patiently(work: Callable[[], T]) -> T:
    """What `work` returns, `yielding`; and again when it gave up, with all others let in between.

    For what somebody has asked for and waits for. Raises Yielded after a few times.
    """
    for _turn in range(MOST_TRIES - 1):
        with suppress(Yielded), yielding():
            return work()
    with yielding():
        return work()
