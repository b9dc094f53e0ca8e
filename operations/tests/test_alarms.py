"""Faults are told once when they begin and once when they are over, by mail and webhook."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from institution.tests.factories import decide
from notifications.tests.gateway import Mailbox, running_mail_server
from operations.alarms import _see_again, note_faults, tell_by_mail, watch_faults
from operations.faults import Fault, Kind
from operations.models import FaultRecord, Pulse
from operations.pulses import beat
from outbox.models import Event
from pos.models import Heartbeat
from pos.tests.factories import make_reader
from webhooks.tests.receiver import make_webhook, running_receiver

START = datetime.fromisoformat("2026-11-20T06:00:00+00:00")
STUCK = Fault(Kind.WORKER_STUCK, "The background worker was last seen 1000 s ago.")
SKEW = Fault(Kind.CLOCK_SKEW, "The clock of web2 is +3.0 s off the database's.", "web2")


@pytest.fixture
def mailbox(settings: Settings, db: None) -> Iterator[Mailbox]:
    with running_mail_server() as mailbox:
        settings.EMAIL_BACKEND = "institution.mail.ConfiguredBackend"
        settings.MAIL_SERVER, settings.MAIL_PORT = "127.0.0.1", mailbox.port
        settings.MAIL_SECURITY = "none"
        decide(ALERT_RECIPIENTS="ict@dit.example, head@dit.example", INSTITUTION_SHORT_NAME="DIT")
        yield mailbox


def look(minute: float, *faults: Fault) -> None:
    at = START + timedelta(minutes=minute)
    note_faults(faults, at=at)
    tell_by_mail(at=at)


def subjects(mailbox: Mailbox) -> list[str]:
    """Of each mail, to the first recipient."""
    return [mail["Subject"] for mail in mailbox.mails if mail["To"] == "ict@dit.example"]


def test_a_fault_is_told_once_reminded_of_and_told_to_be_over(mailbox: Mailbox) -> None:
    for minute in (0, 1, 2, 30):
        look(minute, STUCK)
    assert subjects(mailbox) == ["DIT: The background worker is stuck"]
    assert [mail["To"] for mail in mailbox.mails] == ["ict@dit.example", "head@dit.example"]
    assert "- since 20 Nov 09:00: The background worker was last seen" in str(mailbox.mails[0])
    for minute in (24 * 60, 24 * 60 + 2, 24 * 60 + 3):
        look(minute, STUCK)
    assert subjects(mailbox)[1:] == ["DIT: The background worker is stuck: it is still so"]
    for minute in (8, 20, 3000):
        look(24 * 60 + minute)
    assert subjects(mailbox)[2:] == ["DIT: The background worker is stuck: it is over"]
    assert "20 Nov 09:00 to 21 Nov 09:03" in str(mailbox.mails[-1])
    # It is another one when it begins anew.
    for minute in (3001, 3002):
        look(minute, STUCK)
    assert len(subjects(mailbox)) == 4


def test_what_comes_and_goes_makes_no_storm(mailbox: Mailbox) -> None:
    look(0, STUCK)
    look(6)
    assert not FaultRecord.objects.exists()
    for minute in range(10, 30):
        look(minute, *([SKEW] if minute % 4 else []))
    assert subjects(mailbox) == ["DIT: A clock is wrong"]
    readers = [Fault(Kind.READER_SILENT, f"Gate {n} is silent.", str(n)) for n in range(20)]
    for minute in range(30, 52):
        look(minute, SKEW, *readers[: minute - 29])
    # Twenty faults, one a minute, and not as many mails.
    assert len(subjects(mailbox)) == 1 + 5
    assert subjects(mailbox)[2] == "DIT: began: 5"


def test_what_flaps_is_one_fault_that_is_over_when_it_stays_away(mailbox: Mailbox) -> None:
    for minute in range(120):  # three minutes there, seven away
        look(minute, *([STUCK] if minute % 10 < 3 else []))
    title = "DIT: The background worker is stuck"
    assert subjects(mailbox) == [title, f"{title}: it is over", title]
    look(174)
    assert subjects(mailbox)[3:] == [f"{title}: it is over"]
    assert FaultRecord.objects.count() == 1


def test_a_look_does_not_take_back_what_was_told_meanwhile(db: None) -> None:
    for minute in (0, 1):
        note_faults([STUCK], at=START + timedelta(minutes=minute))
    late = FaultRecord.objects.get()
    FaultRecord.objects.update(told_at=START, leased_until=START)
    _see_again(late, STUCK, START + timedelta(minutes=2))
    record = FaultRecord.objects.get()
    assert (record.told_at, record.leased_until) == (START, START)
    assert record.seen_at == START + timedelta(minutes=2)


def test_what_no_server_took_is_told_later(mailbox: Mailbox) -> None:
    mailbox.refuses = dict.fromkeys(("ict@dit.example", "head@dit.example"), "451 Later")
    for minute in (0, 1, 2, 3):
        look(minute, STUCK)
    assert not mailbox.mails
    # One address that is wrong keeps it from no other.
    del mailbox.refuses["head@dit.example"]
    for minute in (5, 6, 7, 12):
        look(minute, STUCK)
    assert [mail["To"] for mail in mailbox.mails] == ["head@dit.example"]


def test_nobody_is_told_who_did_not_ask(mailbox: Mailbox) -> None:
    decide(ALERT_RECIPIENTS="", ALERT_REMINDER_HOURS="0")
    for minute in (0, 1):
        look(minute, STUCK)
    assert not mailbox.mails
    decide(ALERT_RECIPIENTS="ict@dit.example")
    for minute in (2, 24 * 60, 48 * 60):
        look(minute, STUCK)
    assert len(mailbox.mails) == 1


@pytest.mark.django_db(transaction=True)
def test_when_events_are_stuck_the_worker_tells_webhooks(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = settings.WEBHOOK_ALLOW_HTTP = True
    settings.BACKUP_WITHIN = timedelta()
    decide(ALERT_ON_SILENT_READERS="no")
    Heartbeat.objects.create(device=make_reader()[0], heard_at="2026-01-01T00:00Z", queue_depth=0)
    beat(Pulse.Name.EVENTS)
    Pulse.objects.update(beat_at=timezone.now() - timedelta(hours=1))
    with running_receiver() as receiver:
        make_webhook(receiver.url, "alert.fault_began", "alert.fault_ended")
        call_command("watch_over")
        record = FaultRecord.objects.get()
        FaultRecord.objects.update(began_at=record.began_at - timedelta(minutes=1))
        call_command("watch_over")
        call_command("watch_over")
        (began,) = receiver.events
        assert began["type"] == "alert.fault_began"
        assert began["data"].pop("began_at")
        assert began["data"].pop("detail").startswith("Who acts upon events was last seen 36")
        assert began["data"] == {"fault": "events_stuck", "subject": ""}
    beat(Pulse.Name.EVENTS)
    FaultRecord.objects.update(seen_at=timezone.now() - timedelta(minutes=6))
    watch_faults()
    assert Event.objects.latest("pk").payload["alert"] == "fault_ended"
    assert FaultRecord.objects.get().ended_at


def test_silent_readers_have_alerts_of_their_own(db: None) -> None:
    for minute in (0, 1):
        look(minute, Fault(Kind.READER_SILENT, "Gate is silent.", "1"))
    assert FaultRecord.objects.raised().exists()
    assert not Event.objects.exists()
