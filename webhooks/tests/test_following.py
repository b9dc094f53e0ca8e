"""What is committed becomes deliveries: each fact once, to whoever wants it, and none is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.races import at_once
from attendance.closing import close_day
from attendance.models import Attendance, Status
from cards.services import replace_card, retire_card, switch_card
from cards.tests.factories import make_card, make_student
from discipline.services import void_incident
from discipline.tests.factories import make_incident, make_officer
from notifications.tests.factories import TAPS, correct, tap
from pos.models import Heartbeat
from pos.tests.factories import make_reader
from privacy.erasure import erase_person
from students.kind import STUDENT
from students.models import Student
from webhooks import following
from webhooks.events import HookFact
from webhooks.following import follow
from webhooks.models import Delivery, Follower, Webhook
from webhooks.services import change_webhook, delete_webhook
from webhooks.tests.factories import make_delivery, time_to_look, told
from webhooks.tests.receiver import make_webhook

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://hooks.example.org/in"


@pytest.fixture
def webhook(db: None) -> Webhook:
    """Told of everything from now on."""
    webhook, _ = make_webhook(URL)
    follow()
    return webhook


@pytest.fixture
def student(db: None) -> Student:
    return make_student(phone_number="+255754990017", email="xiomara@leaver.example")


def data_of(webhook: Webhook, event: str) -> dict[str, Any]:
    data: dict[str, Any] = webhook.deliveries.get(event=event).data
    return data


HOLDER_FIELDS = {"id", "type", "identifier", "full_name"}


def test_a_tap_and_the_day_that_it_makes(
    gate: APIClient, webhook: Webhook, student: Student
) -> None:
    card = make_card(student)
    answer = tap(gate, card.rfid_number)
    tap(gate, "04DEAD00")
    follow()
    assert told(webhook) == ["tap.accepted", "tap.denied", "card.issued", "day.changed"]
    accepted = data_of(webhook, "tap.accepted")
    assert accepted["event_id"] == answer["event_id"]
    assert accepted["card"] == str(card.pk)
    assert accepted["holder"] == {
        "id": str(student.pk),
        "type": "student",
        "identifier": student.identifier,
        "full_name": student.full_name,
    }
    assert data_of(webhook, "tap.denied")["code"] == "unknown_card"
    assert data_of(webhook, "tap.denied")["holder"] is None
    day = data_of(webhook, "day.changed")
    assert (day["status"], day["source"]) == ("Present", "tap")
    assert webhook.deliveries.get(event="tap.accepted").person_id == student.pk


def test_nothing_that_is_told_holds_a_number_of_a_chip_or_a_telephone(
    gate: APIClient, webhook: Webhook, student: Student
) -> None:
    card = make_card(student, "04A32B1C")
    tap(gate, "04A32B1C")
    make_incident(student, incident_description="Xiomara fought")
    retire_card(card=card, reason="stolen")
    tap(gate, "04A32B1C")
    follow()
    everything = str(list(webhook.deliveries.values_list("data", flat=True)))
    private = ["04A32B1C", "+255754990017", "xiomara@leaver.example", "fought", card.code]
    assert [word for word in private if word in everything] == []


def test_the_life_of_a_card(webhook: Webhook, student: Student, make_user: Any) -> None:
    card = make_card(student)
    switch_card(card=card, is_active=False)
    switch_card(card=card, is_active=True)
    new = replace_card(card=card, reason="lost", rfid_number="04A32B1D", by=None)
    new_pk = str(new.pk)
    new.delete()
    follow()
    assert told(webhook) == [
        *("card.issued", "card.switched", "card.switched"),
        *("card.retired", "card.issued", "card.deleted"),
    ]
    assert data_of(webhook, "card.retired")["retired_reason"] == "lost"
    deleted = data_of(webhook, "card.deleted")
    assert (deleted["card"], deleted["replaces"]) == (new_pk, str(card.pk))
    assert set(deleted["holder"]) == HOLDER_FIELDS


def test_days_that_are_corrected_and_closed(
    webhook: Webhook, student: Student, make_user: Callable[..., User]
) -> None:
    day = Attendance.objects.create(person=student, date=timezone.localdate(), status="Present")
    correct(day, Status.EXCUSED, make_user("administrator"))
    close_day(day=timezone.localdate() - timedelta(days=1), by=None)
    follow()
    assert {"day.changed", "day.corrected", "day.closed"} == set(told(webhook))
    assert data_of(webhook, "day.corrected")["status"] == "Excused"
    yesterday = timezone.localdate() - timedelta(days=1)
    assert data_of(webhook, "day.closed") == {"date": yesterday.isoformat()}


def test_incidents_without_their_words(webhook: Webhook, student: Student) -> None:
    incident = make_incident(student, points=7)
    void_incident(incident=incident, reason="It was not him", by=make_officer())
    follow()
    assert told(webhook) == ["incident.recorded", "incident.voided"]
    recorded = data_of(webhook, "incident.recorded")
    assert recorded["points_deducted"] == 7
    assert set(recorded) == {
        *("discipline_id", "category", "points_deducted", "is_voided", "holder")
    }
    assert data_of(webhook, "incident.voided")["is_voided"] is True


def test_a_stolen_card_is_an_alert(gate: APIClient, webhook: Webhook, student: Student) -> None:
    stolen, damaged = make_card(student), make_card(make_student())
    retire_card(card=stolen, reason="stolen")
    retire_card(card=damaged, reason="damaged")
    for card in (stolen, damaged):
        tap(gate, card.rfid_number)
    follow()
    assert told(webhook).count("tap.denied") == 2
    alert = data_of(webhook, "alert.lost_card")
    assert (alert["reason"], alert["tap"]["card"]) == ("stolen", str(stolen.pk))


def test_unknown_cards_in_a_row_are_an_alert(gate: APIClient, webhook: Webhook) -> None:
    taps = [{"event_id": f"u{number}", "card": f"04{number:08X}"} for number in range(100)]
    gate.post(f"{TAPS}batch/", {"taps": taps})
    follow()
    alert = data_of(webhook, "alert.unknown_cards")
    assert (alert["number"], set(alert["reader"])) == (100, {"pos_id", "name", "location"})


def test_a_reader_that_falls_silent_and_is_heard_again(webhook: Webhook) -> None:
    device = make_reader(name="Back gate")[0]
    long_ago = timezone.now() - timedelta(hours=1)
    Heartbeat.objects.create(device=device, heard_at=long_ago, clock_offset_ms=0)
    for _ in range(2):
        time_to_look()
        follow()
    assert told(webhook) == ["alert.reader_silent"]
    assert data_of(webhook, "alert.reader_silent")["reader"]["name"] == "Back gate"
    Heartbeat.objects.update(heard_at=timezone.now())
    time_to_look()
    follow()
    assert told(webhook) == ["alert.reader_silent", "alert.reader_heard"]


def test_each_is_told_what_it_asked_for(gate: APIClient, student: Student) -> None:
    card = make_card(student)
    denied, _ = make_webhook(URL, "tap.denied")
    taps, _ = make_webhook(URL, "tap")
    days, _ = make_webhook(URL, "day")
    off, _ = make_webhook(URL, is_active=False)
    follow()
    tap(gate, card.rfid_number)
    tap(gate, "04DEAD00")
    follow()
    assert told(denied) == ["tap.denied"]
    assert told(taps) == ["tap.accepted", "tap.denied"]
    assert told(days) == ["day.changed"]
    assert told(off) == []
    ids = Delivery.objects.filter(event="tap.denied").values_list("event_id", flat=True)
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_what_happened_before_or_while_it_was_off_is_not_told(
    gate: APIClient, student: Student
) -> None:
    card = make_card(student)
    tap(gate, card.rfid_number)
    webhook, _ = make_webhook(URL, "tap")
    follow()
    change_webhook(webhook=webhook, is_active=False)
    tap(gate, card.rfid_number)
    follow()
    tap(gate, card.rfid_number)
    change_webhook(webhook=webhook, is_active=True)
    follow()
    assert told(webhook) == []
    tap(gate, card.rfid_number)
    follow()
    assert told(webhook) == ["tap.accepted"]


def test_a_tap_that_is_committed_after_later_ones_is_told(
    gate: APIClient, webhook: Webhook
) -> None:
    """Its number was given before theirs: whoever asks for higher numbers never sees it."""

    def overtaken() -> None:
        try:
            with transaction.atomic():
                assert gate.post(TAPS, {"card": "04DEAD01", "event_id": "slow"}).status_code == 201
                with ThreadPoolExecutor(1) as other:
                    other.submit(quick).result()
        finally:
            connection.close()

    def quick() -> None:
        try:
            reader = make_reader(name="Other gate")[1]
            assert reader.post(TAPS, {"card": "04DEAD02", "event_id": "q"}).status_code == 201
            assert follow() == 1
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as one:
        one.submit(overtaken).result()
    assert told(webhook) == ["tap.denied"]
    assert follow() == 1
    assert [each.data["event_id"] for each in webhook.deliveries.order_by("id")] == ["q", "slow"]


def test_two_followers_at_once_tell_everything_once(gate: APIClient, webhook: Webhook) -> None:
    gate.post(
        f"{TAPS}batch/", {"taps": [{"card": "04DEAD00", "event_id": str(n)} for n in range(50)]}
    )
    at_once(follow, follow, follow)
    follow()
    assert Delivery.objects.count() == 50


def test_a_follower_that_is_stopped_before_its_commit_has_done_nothing(
    gate: APIClient, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    tap(gate, "04DEAD00")

    def die(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Follower, "save", die)
        with pytest.raises(KeyboardInterrupt):
            follow()
    assert told(webhook) == []
    follow()
    assert told(webhook) == ["tap.denied"]


def test_a_position_of_another_database_is_given_up(
    gate: APIClient, webhook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    Follower.objects.update(position="9000000000:9000000000:")
    time_to_look()
    follow()
    assert "another database" in caplog.text
    tap(gate, "04DEAD00")
    follow()
    assert told(webhook) == ["tap.denied"]


def test_a_tap_is_no_statement_longer_for_a_webhook(gate: APIClient) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            tap(gate, "04DEAD00")
        return len(queries)

    statements()
    without = statements()
    make_webhook(URL)
    follow()
    assert statements() == without


def test_the_number_of_statements_does_not_grow_with_what_happened(
    gate: APIClient, webhook: Webhook, django_assert_max_num_queries: Any
) -> None:
    def happen(number: int) -> int:
        taps = []
        for n in range(number):
            card = make_card(make_student())
            taps.append({"card": card.rfid_number, "event_id": f"{number}-{n}"})
            make_incident(card.person.student)
        gate.post(f"{TAPS}batch/", {"taps": taps})
        with CaptureQueriesContext(connection) as queries:
            assert follow() == 4 * number
        return len(queries)

    assert happen(2) == happen(30)


def test_a_night_costs_three_reads_and_no_write(webhook: Webhook) -> None:
    follow()
    with CaptureQueriesContext(connection) as queries:
        assert follow() == 0
    statements = [query["sql"] for query in queries]
    assert len(statements) <= 4
    assert all(statement.startswith("SELECT") for statement in statements)


def test_an_erasure_waits_for_a_follower_who_has_read_the_name(
    gate: APIClient, webhook: Webhook, student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    tap(gate, make_card(student).rfid_number)
    Student.objects.update(is_active=False)
    erase = partial(erase_person, kind=STUDENT, number=student.identifier, really=True)
    write = following._deliver

    def try_meanwhile(facts: list[HookFact], webhooks: list[Webhook]) -> int:
        if facts:
            with ThreadPoolExecutor(1) as other, pytest.raises(DatabaseError):
                other.submit(impatient, erase).result()
        return write(facts, webhooks)

    monkeypatch.setattr(following, "_deliver", try_meanwhile)
    assert follow() > 0
    erase()
    assert not webhook.deliveries.filter(person=student.pk).exists()
    assert student.full_name not in str(list(webhook.deliveries.values_list("data", flat=True)))


def test_who_deletes_a_webhook_waits_for_a_follower_who_writes_for_it(
    gate: APIClient, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    tap(gate, "04DEAD00")
    delete = partial(delete_webhook, webhook=webhook)
    write = following._deliver

    def try_meanwhile(facts: list[HookFact], webhooks: list[Webhook]) -> int:
        if facts:
            with ThreadPoolExecutor(1) as other, pytest.raises(DatabaseError):
                other.submit(impatient, delete).result()
        return write(facts, webhooks)

    monkeypatch.setattr(following, "_deliver", try_meanwhile)
    assert follow() == 1
    delete()
    assert not Delivery.objects.exists()


def impatient(call: Callable[[], object]) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '300ms'")
            call()
    finally:
        connection.close()


def test_housekeeping_deletes_what_was_kept_for_long_enough(
    webhook: Webhook, settings: Settings
) -> None:
    old = timezone.now() - timedelta(days=31)
    make_delivery(webhook, created_at=old)
    young = make_delivery(webhook, created_at=old + timedelta(days=2))
    settings.RETAIN_WEBHOOK_DELIVERY_DAYS = 0
    call_command("housekeeping")
    assert webhook.deliveries.count() == 2
    settings.RETAIN_WEBHOOK_DELIVERY_DAYS = 30
    call_command("housekeeping")
    assert webhook.deliveries.get() == young
