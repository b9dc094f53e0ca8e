"""`/metrics` as Prometheus reads it: what processes measured, and what the database knows."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.outages import outage_of
from embedded.work import REQUEST_WORK
from operations.counting import count_taps
from operations.figures import Figures, figures
from operations.measures import measured
from operations.models import TapCount

T = TypeVar("T")


def exposition() -> bytes:
    """Whatever the database does, what processes measured is told."""
    registry = CollectorRegistry()
    known = _unless_away(figures)
    if known is None:
        registry.register(_Away())
    else:
        # A count that is not to be had says nothing of the rest.
        registry.register(_Known(known, _unless_away(partial(count_taps, may_begin=False)) or []))
    return generate_latest(measured()) + generate_latest(registry)


def _unless_away(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except (DatabaseError, InterfaceError) as error:
        if outage_of(error) is None:
            raise
        return None


class _Away(Collector):
    def collect(self) -> Iterator[Metric]:
        yield _gauge("database_up", "Whether the database answers.", 0)


class _Known(Collector):
    def __init__(self, known: Figures, taps: list[TapCount]) -> None:
        self.known, self.taps = known, taps

    def collect(self) -> Iterator[Metric]:
        known = self.known
        yield _gauge("database_up", "Whether the database answers.", 1)
        yield self._taps()
        for name, queue in known.queues.items():
            age = f"{name}_oldest_age_seconds"
            yield _gauge(f"{name}_waiting", f"What waits to be done: {name}.", queue.waiting)
            yield _gauge(age, f"How long the oldest has waited: {name}.", queue.oldest_seconds)
        yield _gauge("notices_failed", "Notices that were given up.", known.failed_notices)
        yield _age("worker_heartbeat", "Since the background worker last lived.", known.worker_age)
        yield _age("backup", "Since the last good backup was made.", known.backup_age)
        failing = known.archive_failing_for or 0.0
        help_text = "Since when the archive of the database takes nothing."
        yield _gauge("archive_failing_seconds", help_text, failing)
        yield _age("events_heartbeat", "Since who acts on events last lived.", known.events_age)
        yield _by("clock_ahead_seconds", "Before the database's clock.", "host", known.clocks_ahead)
        yield _by("readers", "Readers, by state.", "state", known.readers)
        yield _gauge("readers_silent", "Readers that are silent.", known.readers["silent"])
        yield _gauge("streams_open", "Open streams of the live feed.", known.streams)
        yield _by("database_connections", "By what they do.", "state", known.connections)
        yield _gauge("database_connections_most", "max_connections.", known.max_connections)
        yield _gauge("database_bytes", "Size of the database.", known.database_bytes)
        threads = {str(work): settings.WEB_THREADS[work] for work in REQUEST_WORK}
        yield _by("threads_per_process", "Of the web server, by work.", "work", threads)

    def _taps(self) -> Metric:
        help_text = "Taps in the ledger; the same on every node."
        taps = CounterMetricFamily("trackxpert_taps", help_text, labels=["decision", "code"])
        for each in self.taps:
            taps.add_metric([each.decision, each.code], each.number)
        return taps


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"trackxpert_{name}", help_text, value=value)


def _age(name: str, help_text: str, seconds: float | None) -> Metric:
    """Of what never was there is no sample; Prometheus calls that absent."""
    return GaugeMetricFamily(f"trackxpert_{name}_age_seconds", help_text, value=seconds)


def _by(name: str, help_text: str, label: str, values: Mapping[str, float]) -> Metric:
    gauge = GaugeMetricFamily(f"trackxpert_{name}", help_text, labels=[label])
    for key, value in values.items():
        gauge.add_metric([key], value)
    return gauge
