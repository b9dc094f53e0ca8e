"""Wake whoever has to act upon what happened.

An event is a wake-up and no message: its handler looks at the facts as they are now and at what it
has done before, so the order of events and their repetition cannot matter. What a handler does
and the mark that it was done are one transaction: a dispatcher that is killed has done nothing.

Any number of dispatchers may run. Each claims events that no other holds; two that are woken for
the same thing have to take turns, and the handler says how.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from operator import attrgetter

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from core.outages import outage_of
from outbox.models import Event

logger = logging.getLogger(__name__)

Handler = Callable[[Sequence[Event]], None]

# So many events are one transaction: a handler works on sets.
BATCH = 500
# They are done with as soon as they are claimed: a handler that does not get through rolls it back.
# One statement, for to read them and then to name 500 keys costs more than twice as much, and a
# morning has thousands. `free`: which are waiting.
CLAIM = """
    WITH free (event_id) AS MATERIALIZED ({free})
    UPDATE outbox_event AS event SET dispatched_at = %s
    FROM free WHERE event.event_id = free.event_id
    RETURNING event.event_id, event.kind, event.subject, event.payload, event.happened_at
"""
# What could not be done waits so long, and holds up nobody else.
RETRY_AFTER = timedelta(minutes=1)


class HandlerFailed(Exception):
    """A handler did not get through; nothing of it was done."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        super().__init__(", ".join(map(str, events)))


@cache
def handlers() -> dict[Event.Kind, list[Handler]]:
    """Who is woken by which kind, as each app's AppConfig has it in `event_handlers`.

    Raises ValueError for a kind that is none.
    """
    found: dict[Event.Kind, list[Handler]] = {kind: [] for kind in Event.Kind}
    for config in apps.get_app_configs():
        for kind, path in getattr(config, "event_handlers", {}).items():
            found[Event.Kind(kind)].append(import_string(path))
    return found


def dispatch_events() -> int:
    """Dispatch what is waiting; how many events that were.

    An outage of the database ends it at once; its error is raised.
    """
    waiting = Event.objects.waiting(at=timezone.now()).order_by()
    kinds = waiting.values_list("kind", flat=True).distinct()
    return sum(_dispatch_kind(Event.Kind(kind)) for kind in list(kinds))


def _dispatch_kind(kind: Event.Kind) -> int:
    """When a batch fails, each of its events goes alone, and holds up no other."""
    dispatched = 0
    while True:
        try:
            number = _dispatch_batch(kind)
        except HandlerFailed as failure:
            logger.warning("%s events go one by one.", kind, exc_info=failure)
            number = sum(_dispatch_alone(kind, event) for event in failure.events)
        if not number:
            return dispatched
        dispatched += number


def _dispatch_batch(kind: Event.Kind, **only: int) -> int:
    """Of one kind, so that each handler takes its locks in one order. Raises HandlerFailed."""
    events: list[Event] = []
    try:
        with transaction.atomic():
            events += _claimed(kind, **only)
            if not events:
                return 0
            for handle in handlers()[kind]:
                handle(events)
    except Exception as error:
        if not events or outage_of(error):
            raise
        raise HandlerFailed(events) from error
    return len(events)


def _claimed(kind: Event.Kind, **only: int) -> list[Event]:
    """The oldest that are waiting, of this kind."""
    now = timezone.now()
    waiting = Event.objects.waiting(at=now).filter(kind=kind, **only).values("pk")
    # The race of two dispatchers for one event: who comes second passes on to the next.
    free = waiting.select_for_update(skip_locked=True, no_key=True)[:BATCH]
    text, parameters = free.query.sql_with_params()
    claimed = Event.objects.raw(CLAIM.format(free=text), [*parameters, now])
    return sorted(claimed, key=attrgetter("pk"))


def _dispatch_alone(kind: Event.Kind, event: Event) -> int:
    """What fails is tried later."""
    try:
        return _dispatch_batch(kind, pk=event.pk)
    except HandlerFailed:
        logger.exception("%s could not be dispatched.", event)
        again = timezone.now() + RETRY_AFTER
        return Event.objects.filter(pk=event.pk).update(retry_at=again)
