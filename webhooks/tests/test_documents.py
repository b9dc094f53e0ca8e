"""docs/webhooks.md is true: its examples run, and its tables name each field of each event."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from accounts.models import User
from attendance.closing import close_day
from attendance.models import Attendance, Status
from cards.services import retire_card, switch_card
from cards.tests.factories import make_card, make_student
from discipline.services import void_incident
from discipline.tests.factories import make_incident, make_officer
from notifications.tests.factories import correct, tap, today
from outbox.models import Event
from pos.alerts import raise_clock_off, raise_unknown_cards
from pos.annulling import annul_tap
from pos.models import Device, Heartbeat, Tap
from pos.readers import silent_readers
from pos.tests.factories import make_reader
from webhooks.events import (
    event_of_a_test,
    facts_of_events,
    facts_of_taps,
    news_of_readers,
)
from webhooks.models import FAMILIES, EventName
from webhooks.signing import signature

DOCUMENT = Path(settings.BASE_DIR, "docs/webhooks.md").read_text()


def example(language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    return str(found)


def deliveries() -> list[tuple[str, dict[str, str], bool]]:
    """What a receiver with the secret `txw_new` or `txw_old` is shown, and whether it is ours."""
    now, old = str(int(time.time())), str(int(time.time()) - 3600)
    body = b'{"a":"\xc3\xa9"}'

    def headers(stamp: str, *secrets: str) -> dict[str, str]:
        names = ("X-TrackXpert-Signature", "X-TrackXpert-Signature-Previous")
        signed = {
            name: signature(secret, stamp, body)
            for name, secret in zip(names, secrets, strict=False)
        }
        return {"X-TrackXpert-Timestamp": stamp, **signed}

    return [
        ("txw_new", headers(now, "txw_new"), True),
        ("txw_old", headers(now, "txw_new", "txw_old"), True),
        ("txw_new", headers(now, "txw_new", "txw_old"), True),
        ("txw_old", headers(now, "txw_new"), False),
        ("txw_new", headers(old, "txw_new"), False),
        ("txw_new", {**headers(old, "txw_new"), "X-TrackXpert-Timestamp": now}, False),
        ("txw_new", {**headers(now, "txw_new"), "X-TrackXpert-Signature": "sha256=é"}, False),
        ("txw_new", {"X-TrackXpert-Timestamp": "soon"}, False),
        ("txw_new", {}, False),
    ]


BODY = b'{"a":"\xc3\xa9"}'


def test_the_example_in_python_tells_ours_from_others() -> None:
    names: dict[str, Any] = {}
    exec(example("python"), names)  # noqa: S102
    check = names["is_from_trackxpert"]
    for secret, headers, is_ours in deliveries():
        assert check(secret, headers, BODY) is is_ours, headers
    assert not check("txw_new", deliveries()[0][1], BODY + b" ")


@pytest.mark.skipif(not shutil.which("node"), reason="node is missing")
def test_the_example_in_javascript_tells_ours_from_others(tmp_path: Path) -> None:
    cases = [
        [secret, {name.lower(): value for name, value in headers.items()}, is_ours]
        for secret, headers, is_ours in deliveries()
    ]
    run = f"""
        for (const [secret, headers, expected] of {json.dumps(cases)}) {{
          const body = Buffer.from({json.dumps(BODY.decode())});
          if (isFromTrackXpert(secret, headers, body) !== expected) throw new Error(headers);
          if (isFromTrackXpert(secret, headers, Buffer.concat([body, Buffer.from(" ")])))
            throw new Error("another body");
        }}
    """
    script = tmp_path / "check.mjs"
    script.write_text(example("javascript") + run)
    done = subprocess.run(["node", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- the tables -------------------------------------------------------------------------------


def documented() -> dict[str, set[str]]:
    """The keys of `data`, by the type that a heading names."""
    tables = {}
    for section in re.split(r"\n### ", DOCUMENT)[1:]:
        heading, _, text = section.partition("\n")
        rows = re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
        keys = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
        tables.update(dict.fromkeys(re.findall(r"`([\w.]+)`", heading), keys))
    tables["tap.annulled"] |= tables["tap.accepted"]  # as the document says
    return tables


def test_each_event_and_each_family_stands_in_the_document() -> None:
    assert set(documented()) == {*EventName.values, "test"}
    assert {family for family, _ in FAMILIES} == {
        name.partition(".")[0] for name in EventName.values
    }


@pytest.mark.django_db
def test_each_event_holds_what_its_table_says(
    gate: APIClient, make_user: Callable[..., User]
) -> None:
    student = make_student()
    card = make_card(student)
    tap(gate, card.rfid_number)
    somebody = make_user("administrator")
    correct(Attendance.objects.get(), Status.EXCUSED, somebody)
    close_day(day=today(), by=None)
    incident = make_incident(student)
    void_incident(incident=incident, reason="Not him", by=make_officer())
    switch_card(card=card, is_active=False)
    retire_card(card=card, reason="lost")
    tap(gate, card.rfid_number)
    annul_tap(tap=Tap.objects.latest("tap_id"), reason="A test", by=somebody)
    raise_unknown_cards(reader=Device.objects.get(), number=100)
    raise_clock_off(reader=Device.objects.get(), offset_ms=-130_000)
    fault = {"fault": "worker_stuck", "subject": "", "detail": "Stuck.", "began_at": "2026-01-01"}
    for alert in ("fault_began", "fault_ended"):
        Event.objects.create(kind=Event.Kind.ALERT, payload={"alert": alert, **fault})
    make_card(student).delete()
    quiet = make_reader(name="Back gate")[0]
    Heartbeat.objects.create(
        device=quiet, heard_at="2026-01-01T00:00:00Z", clock_offset_ms=0, queue_depth=3
    )
    now = incident.recorded_at
    silent = silent_readers(at=now)
    fell, known = news_of_readers({}, silent, at=now)
    heard, _ = news_of_readers(known, {}, at=now)
    facts = [
        *facts_of_taps(list(Tap.objects.with_names())),
        *facts_of_events(list(Event.objects.all())),
        *(*fell, *heard),
    ]
    told = {str(fact.name): set(fact.data) for fact in facts}
    told["test"] = set(event_of_a_test()["data"])
    assert told == documented()
