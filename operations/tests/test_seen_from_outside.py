"""`/metrics`, `/status` and request ids, of the product's own server with two processes."""

import json
import logging
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from io import StringIO
from itertools import product
from logging.config import DictConfigurator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from cards.tests.factories import make_card, make_student
from core.logs import WithRequest
from core.tests.product import ask, served
from core.watch import slow
from operations import counting
from operations.counting import count_taps
from operations.exposition import exposition
from operations.models import Counted, Pulse, TapCount
from operations.observed import Observed
from operations.pulses import Heart, beat
from outbox.models import Event
from pos.models import Heartbeat, Tap
from pos.services import register_device
from pos.tests.factories import make_reader

TAPS = "/api/pos/taps/"


def samples(text: str) -> dict[str, float]:
    """By name and labels, as Prometheus writes them."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_who_watches_is_here_or_has_the_token(client: Client, settings: Settings, db: None) -> None:
    settings.METRICS_TOKEN = "look-at-me"
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    for address in ("/metrics", "/status"):
        assert client.get(address).status_code == 200
        assert client.get(address, **elsewhere).status_code == 403  # type: ignore[arg-type]
        # A proxy on this machine, which nobody has told us of, brings everybody from loopback.
        assert client.get(address, headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403
        for token, expected in (("look-at-me", 200), ("look", 403), ("", 403)):
            said = {"Authorization": f"Bearer {token}"}
            answer = client.get(address, headers=said, **elsewhere)  # type: ignore[arg-type]
            assert answer.status_code == expected, token
        assert client.post(address).status_code == 405


@pytest.mark.parametrize(
    ("setting", "value"),
    [("PUBLIC_URL", "https://school.example"), ("TRUSTED_PROXIES", ["10.0.0.1"])],
)
def test_where_others_come_a_token_is_needed_here_too(
    client: Client, settings: Settings, db: None, setting: str, value: Any
) -> None:
    settings.METRICS_TOKEN = "look-at-me"
    setattr(settings, setting, value)
    said = {"Authorization": "Bearer look-at-me"}
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers=said).status_code == 200


def test_without_a_token_no_token_opens(client: Client, db: None) -> None:
    said = {"Authorization": "Bearer "}
    assert client.get("/metrics", headers=said, REMOTE_ADDR="203.0.113.9").status_code == 403


def test_figures_are_those_of_the_database(client: Client, settings: Settings, db: None) -> None:
    settings.BACKUP_WITHIN = timedelta()
    reader, gate = make_reader(name="Back gate")
    card = make_card(make_student())
    for number, event in ((card.rfid_number, "a"), (card.rfid_number, "a"), ("0404040404", "b")):
        gate.post(TAPS, {"card": number, "event_id": event})
    Heartbeat.objects.create(
        device=make_reader(name="Gate")[0], heard_at="2026-01-01T00:00Z", queue_depth=0
    )
    beat(Pulse.Name.WORKER)
    Pulse.objects.update(beat_at=timezone.now() - timedelta(seconds=100))
    Event.objects.update(happened_at=timezone.now() - timedelta(seconds=50))
    known = samples(client.get("/metrics").content.decode())
    assert known["trackxpert_taps_total{code=ok,decision=accepted}"] == 1
    assert known["trackxpert_taps_total{code=unknown_card,decision=denied}"] == 1
    assert known["trackxpert_readers_silent{}"] == 1
    assert known["trackxpert_readers{state=live}"] == 1
    assert known["trackxpert_worker_heartbeat_age_seconds{}"] == pytest.approx(100, abs=5)
    assert known["trackxpert_outbox_waiting{}"] == Event.objects.count() > 0
    assert known["trackxpert_outbox_oldest_age_seconds{}"] == pytest.approx(50, abs=5)
    assert known["trackxpert_database_up{}"] == 1
    assert sum(value for name, value in known.items() if "connections{" in name) >= 1

    said = client.get("/status").json()
    assert said["version"] == project.VERSION
    assert said["worker"]["age_seconds"] == pytest.approx(100, abs=5)
    assert said["events"]["age_seconds"] is None
    assert said["backup"] == {"age_seconds": None, "verified": False}
    assert said["migrations"] == {"missing": 0}
    assert said["outbox"]["waiting"] == Event.objects.count()
    assert said["readers"]["silent"] == 1
    assert said["database"]["state"] == "ok"
    assert said["status"] == "degraded"
    assert {fault["kind"] for fault in said["faults"]} == {"reader_silent", "events_stuck"}
    assert reader.name not in str(said["faults"])


@pytest.mark.django_db(transaction=True)
def test_each_tap_is_counted_once_by_whoever_asks() -> None:
    _, gate = make_reader()

    def tap(event: str) -> None:
        gate.post(TAPS, {"card": "0404040404", "event_id": event})

    def counted() -> list[int]:
        return [row.number for row in count_taps()]

    assert counted() == []
    tap("a")
    assert (counted(), counted()) == ([1], [1])
    tap("b")
    assert counted() == [2] == [Tap.objects.count()]
    # A dump of the rows was loaded into another server, whose transactions have lower numbers.
    Counted.objects.update(position="9000000000:9000000000:")
    TapCount.objects.update(number=70)
    assert counted() == [2]


@pytest.mark.django_db(transaction=True)
def test_a_scrape_does_not_begin_to_count_a_large_ledger(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNTED_AT_ONCE", 1)
    _, gate = make_reader()
    for event in "ab":
        gate.post(TAPS, {"card": "0404040404", "event_id": event})
    name = "trackxpert_taps_total{code=unknown_card,decision=denied}"
    known = samples(client.get("/metrics").content.decode())
    assert (known["trackxpert_database_up{}"], name in known) == (1, False)
    call_command("watch_over")
    gate.post(TAPS, {"card": "0404040404", "event_id": "c"})
    assert samples(client.get("/metrics").content.decode())[name] == 3


@pytest.mark.django_db(transaction=True)
def test_a_count_that_is_busy_is_no_database_that_is_down() -> None:
    count_taps()
    other: Any = connection.copy()
    other.connect()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE operations_tapcount")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    try:
        known = samples(exposition().decode())
    finally:
        other.close()
        connection.close()
    assert known["trackxpert_database_up{}"] == 1


def test_a_heart_beats_now_and_then(db: None) -> None:
    heart = Heart(Pulse.Name.EVENTS)
    heart.beat_if_due()
    Pulse.objects.all().delete()
    heart.beat_if_due()
    assert not Pulse.objects.exists()


def test_machines_that_are_gone_are_forgotten_but_for_the_last_beat(db: None) -> None:
    old = {"clock_ahead_ms": 0, "name": "worker"}
    for host, days in (("a", 3), ("b", 2)):
        Pulse.objects.create(host=host, beat_at=timezone.now() - timedelta(days=days), **old)
    call_command("watch_over")
    assert Pulse.objects.exclude(host__in="ab").get().name == "worker"
    assert Pulse.objects.count() == 1


# --- the server ---------------------------------------------------------------------------------


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[int]:
    with served("--workers", "2", PROMETHEUS_MULTIPROC_DIR=str(tmp_path)) as port:
        yield port


def test_two_processes_count_as_one_and_every_answer_has_an_id(server: int) -> None:
    _, key = register_device(name="Gate", location="Gate", activity_type="attendance", by=None)
    card = make_card(make_student())
    for number in range(8):
        tap = {"card": card.rfid_number, "event_id": str(number)}
        headers = {
            "Authorization": f"Device {key}",
            "Content-Type": "application/json",
            "X-Request-ID": f"tap-{number}",
        }
        answer = ask(server, "POST", TAPS, json.dumps(tap).encode(), headers)
        assert (answer.status, answer.headers["X-Request-ID"]) == (201, f"tap-{number}")
    known = samples(ask(server, "GET", "/metrics").body.decode())
    assert known["trackxpert_tap_duration_seconds_count{status=2xx}"] == 8
    assert known["trackxpert_request_duration_seconds_count{status=2xx,work=taps}"] == 8
    assert known["trackxpert_taps_total{code=ok,decision=accepted}"] == 8
    assert known["trackxpert_threads_busy{work=pages}"] == 1
    for bad in ("", "with space", "x" * 129, "é"):
        made = ask(server, "GET", "/status", headers={"X-Request-ID": bad}).headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f]{32}", made), bad
    assert ask(server, "GET", "/api/nothing").headers["X-Request-ID"]


# --- the log ------------------------------------------------------------------------------------


@pytest.fixture
def log() -> Iterator[dict[str, StringIO]]:
    """What is logged, in each format that the settings know."""
    logs: Any = deepcopy(project.LOGGING)
    made = {name: logging.StreamHandler(StringIO()) for name in ("line", "json")}
    for name, handler in made.items():
        formatter = DictConfigurator(logs).configure_formatter(logs["formatters"][name])
        handler.setFormatter(formatter)
        handler.addFilter(WithRequest())
    loggers = [logging.getLogger(name) for name in ("django.request", "core.watch")]
    for logger, handler in product(loggers, made.values()):
        logger.addHandler(handler)
    yield {name: handler.stream for name, handler in made.items()}
    for logger, handler in product(loggers, made.values()):
        logger.removeHandler(handler)


def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(1 / 0))


urlpatterns = [path("broken", broken)]
handler500 = "core.error_responses.server_error"


@pytest.mark.django_db
def test_a_logged_500_names_its_request(
    log: dict[str, StringIO], rf: RequestFactory, settings: Settings
) -> None:
    settings.ROOT_URLCONF = __name__
    said: list[str] = []
    environ = rf.get("/broken", headers={"X-Request-ID": "look-5"}).environ
    Observed(WSGIHandler())(environ, lambda status, *rest: said.append(status))
    assert said == ["500 Internal Server Error"]
    (line,) = log["json"].getvalue().splitlines()
    told = json.loads(line)
    assert (told["level"], told["logger"], told["request_id"]) == (
        "ERROR",
        "django.request",
        "look-5",
    )
    assert "ZeroDivisionError" in told["exc_info"]
    assert "ERROR django.request [look-5]: Internal Server Error: /broken" in log["line"].getvalue()


@pytest.mark.django_db
def test_slow_queries_are_logged_without_their_values(
    log: dict[str, StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow, "seconds", 0.02)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.execute("SELECT pg_sleep(0.03),  %s", ["Neema"])
    (line,) = log["line"].getvalue().splitlines()
    assert re.search(r"WARNING core.watch: Slow query, 0.0\d s: SELECT pg_sleep\(0.03\), %s$", line)
