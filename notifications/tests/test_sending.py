"""What reaches guardians, over a real SMTP server and a real HTTP gateway, and what becomes of a
notice that does not."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Attendance, Status
from attendance.tests.factories import number_of
from attendance.tests.saying import correct_people
from cards.tests.factories import make_student
from discipline.services import record_incident, void_incident
from notifications import sending
from notifications.channels import Undelivered
from notifications.models import Notice
from notifications.sending import send_due
from notifications.services import remove_guardian
from notifications.tests.factories import (
    absent,
    as_if_sent,
    claim_sms,
    correct,
    declare_holiday,
    make_day,
    make_guardian,
    make_pupil,
    send,
    tap,
    today,
    told,
)
from notifications.tests.gateway import DROP, HANG, Gateway, Mailbox
from outbox.dispatch import dispatch_events

pytestmark = pytest.mark.django_db(transaction=True)

NAME = {"first_name": "N'Gozi", "middle_name": "", "surname": "O'Brien & Co"}


@pytest.fixture
def boss(make_user: Callable[..., User]) -> User:
    return make_user("administrator", "boss")


def an_arrival(**guardian: Any) -> Attendance:
    student, _ = make_pupil(**guardian)
    return make_day(student, Status.PRESENT)


def by_mail(**fields: Any) -> dict[str, Any]:
    return {"channels": ["email"], "email": "mama@example.org", "name": "Mama Neema", **fields}


def only(**fields: Any) -> Notice:
    dispatch_events()
    return Notice.objects.get(**fields)


# --- SMS --------------------------------------------------------------------------------------


def test_an_sms_goes_to_the_gateway_with_an_idempotency_key(
    gateway: Gateway, settings: Settings
) -> None:
    settings.SMS_GATEWAY_HEADERS = '{"Authorization": "Bearer s3cret"}'
    settings.INSTITUTION_SHORT_NAME = "DIT"
    student = make_student(**NAME)
    guardian = make_guardian(student)
    day = make_day(student, Status.PRESENT)
    assert day.attendance_time
    came = timezone.localtime(day.attendance_time)
    assert send() == {"sent": 1}
    (request,) = gateway.requests
    notice = only()
    text = f"DIT: N'Gozi O'Brien & Co arrived at {came:%H:%M} on {came:%d/%m/%Y}."
    assert (request["method"], request["path"]) == ("POST", "/send")
    assert request["headers"]["authorization"] == "Bearer s3cret"
    assert request["headers"]["content-type"] == "application/json"
    assert request["headers"]["idempotency-key"] == str(notice.pk)
    assert json.loads(request["body"]) == {
        "to": guardian.phone,
        "text": f"{text} Reply STOP to end.",
        "reference": str(notice.pk),
    }
    assert (notice.state, notice.attempts, notice.recipient) == ("sent", 1, guardian.phone)
    assert (notice.subject, notice.body, notice.reason) == ("", text, "")
    assert notice.sent_at
    assert send() == {}
    assert len(gateway.requests) == 1


def test_a_gateway_can_want_a_form_and_digits(gateway: Gateway, settings: Settings) -> None:
    settings.SMS_GATEWAY_HEADERS = (
        '{"Content-Type": "application/x-www-form-urlencoded", "apiKey": "k"}'
    )
    settings.SMS_GATEWAY_BODY = "to={digits}&message={text}&from=DIT"
    student = make_student(**{**NAME, "surname": "A&to={to}"})
    make_guardian(student, phone="+255712000001")
    make_day(student, Status.PRESENT)
    assert send() == {"sent": 1}
    body = gateway.requests[0]["body"]
    assert body.startswith("to=255712000001&message=")
    assert body.endswith("&from=DIT")
    assert "A%26to%3D%7Bto%7D" in body


def test_a_text_cannot_break_out_of_its_place_in_json(gateway: Gateway, settings: Settings) -> None:
    settings.SMS_GATEWAY_BODY = '{"message": "{text}", "to": [{"number": "{digits}"}], "n": 1}'
    student = make_student(first_name='A", "to": "{digits}', surname="B\\")
    make_guardian(student, phone="+255712000001")
    make_day(student, Status.PRESENT)
    send()
    sent = json.loads(gateway.requests[0]["body"])
    assert (sent["to"], sent["n"]) == ([{"number": "255712000001"}], 1)
    assert 'A", "to": "{digits} B\\' in sent["message"]


# --- e-mail -----------------------------------------------------------------------------------


def test_a_mail_has_a_subject_a_greeting_and_an_id_of_its_own(mailbox: Mailbox) -> None:
    student = make_student(**NAME)
    make_guardian(student, **by_mail())
    make_day(student, Status.LATE)
    assert send() == {"sent": 1}
    (mail,) = mailbox.mails
    notice = only()
    assert mail["To"] == "mama@example.org"
    assert mail["From"] == "DIT <notices@dit.example>"
    assert mail["Subject"] == f"N'Gozi O'Brien & Co, {notice.date:%d/%m/%Y}: arrived late"
    assert mail["Message-ID"] == f"<{notice.pk}@dit.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert text.startswith("Dear Mama Neema,")
    assert "N'Gozi O'Brien & Co arrived late" in text
    assert text.split()[: len(notice.body.split())] == notice.body.split()


def test_one_connection_carries_many_mails(mailbox: Mailbox) -> None:
    for number in range(3):
        an_arrival(**by_mail(email=f"m{number}@example.org"))
    assert send() == {"sent": 3}
    assert {mail["To"] for mail in mailbox.mails} == {f"m{n}@example.org" for n in range(3)}


def test_an_address_that_the_server_refuses_has_failed(mailbox: Mailbox) -> None:
    an_arrival(**by_mail(email="gone@example.org"))
    an_arrival(**by_mail())
    mailbox.refuses["gone@example.org"] = "550 No such user"
    assert send() == {"failed": 1, "sent": 1}
    failed = only(state="failed")
    assert failed.reason == "The mail server refused the address (550)."
    assert not failed.may_have_arrived


def test_a_full_mailbox_is_tried_again(mailbox: Mailbox) -> None:
    an_arrival(**by_mail())
    mailbox.refuses["mama@example.org"] = "452 Mailbox full"
    assert send() == {"pending": 1}
    mailbox.refuses.clear()
    mailbox.answers.append("451 Try later")
    assert send() == {"pending": 1}
    assert only().reason == "The mail server refused the message (451)."
    assert send() == {"sent": 1}
    assert len(mailbox.raw) == 2


def test_a_mail_server_that_breaks_off_may_have_taken_it(mailbox: Mailbox) -> None:
    an_arrival(**by_mail())
    mailbox.answers.append("DROP")
    assert send() == {"pending": 1}
    assert only().may_have_arrived
    assert send() == {"sent": 1}
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


def test_a_mail_server_that_is_not_there_is_tried_again(
    mailbox: Mailbox, settings: Settings
) -> None:
    settings.MAIL_PORT = 1
    an_arrival(**by_mail())
    assert send() == {"pending": 1}
    assert only().reason == "The mail server cannot be reached: ConnectionRefusedError."
    assert not only().may_have_arrived


# --- texts ------------------------------------------------------------------------------------

ENGLISH = {
    "absence": "DIT: Asha Mushi was absent on {day}. If you know the reason, please tell us.",
    "attendance_correction": "DIT: correction. On {day} Asha Mushi was excused."
    " Our earlier message was wrong; we are sorry.",
    "incident": "DIT: a discipline incident of {day} concerns Asha Mushi. Points deducted: 5.",
    "incident_correction": "DIT: correction. The discipline incident of {day} about Asha Mushi"
    " was withdrawn and its points given back.",
}
SWAHILI = {
    "absence": "DIT: Asha Mushi hakuhudhuria tarehe {day}. Kama unajua sababu, tafadhali"
    " tujulishe.",
    "attendance_correction": "DIT: marekebisho. Tarehe {day} Asha Mushi alikuwa na ruhusa."
    " Ujumbe wetu wa awali haukuwa sahihi; samahani.",
    "incident": "DIT: kuna tukio la nidhamu la tarehe {day} linalomhusu Asha Mushi."
    " Alama zilizokatwa: 5.",
    "incident_correction": "DIT: marekebisho. Tukio la nidhamu la tarehe {day} linalomhusu"
    " Asha Mushi limefutwa na alama zimerudishwa.",
}


HOW_TO_STOP = {"en": "Reply STOP to end.", "sw": "Jibu ACHA kusitisha."}


@pytest.mark.parametrize(("language", "texts"), [("en", ENGLISH), ("sw", SWAHILI)])
def test_the_texts_are_short_and_in_the_guardians_language(
    language: str, texts: dict[str, str], gateway: Gateway, mailbox: Mailbox, boss: User
) -> None:
    student = make_student(first_name="Asha", surname="Mushi")
    number_of(student)
    make_guardian(student, **by_mail(channels=["email", "sms"], language=language))
    record = absent(student)
    incident = record_incident(
        student=student, incident_description="Broke a <window>.", points_deducted=5, by=boss
    )
    send()
    correct(record, Status.EXCUSED, boss)
    void_incident(incident=incident, reason="It was the wind.", by=boss)
    send()
    day = f"{record.date:%d/%m/%Y}"
    end = HOW_TO_STOP[language]
    assert sorted(gateway.texts) == sorted(
        f"{text.format(day=day)} {end}" for text in texts.values()
    )
    assert max(map(len, gateway.texts)) <= 160
    mails = [mail.get_content() for mail in mailbox.mails]
    greeting = {"en": "Dear", "sw": "Ndugu"}[language]
    assert all(mail.startswith(f"{greeting} Mama Neema,") for mail in mails)
    assert len([mail for mail in mails if "Broke a <window>." in mail]) == 1


@pytest.mark.parametrize(("language", "word"), [("en", "present"), ("sw", "alihudhuria")])
def test_a_correction_says_when_they_came(
    language: str, word: str, gateway: Gateway, gate: APIClient
) -> None:
    student, card = make_pupil(language=language)
    absent(student)
    send()
    tap(gate, card)
    send()
    came = Attendance.objects.get().attendance_time
    assert came
    assert f" {word}, " in gateway.texts[1]
    assert f"{timezone.localtime(came):%H:%M}" in gateway.texts[1]


@pytest.mark.parametrize(
    ("language", "words", "sorry"),
    [
        ("en", "For {day} nothing is recorded of", "we are sorry"),
        ("sw", "Tarehe {day} hakuna kumbukumbu za", "samahani"),
    ],
)
def test_a_correction_says_that_nothing_is_recorded_and_what_follows_is_no_mistake(
    language: str, words: str, sorry: str, gateway: Gateway, boss: User
) -> None:
    student, _ = make_pupil(language=language)
    record = absent(student)
    send()
    declare_holiday(boss)
    assert send() == {"sent": 1}
    correct_people(
        day=today(),
        kind=student.kind,
        people=[student.pk],
        status=Status.LATE,
        reason="We asked.",
        by=boss,
    )
    assert send() == {"sent": 1}
    nothing, late = gateway.texts[1:]
    assert words.format(day=f"{record.date:%d/%m/%Y}") in nothing
    assert sorry in nothing
    assert sorry not in late


# --- what is held back ----------------------------------------------------------------------------


def test_an_absence_is_held_back_and_then_sent(gateway: Gateway, settings: Settings) -> None:
    settings.NOTICE_ABSENCE_HOLD_BACK = timedelta(minutes=15)
    absent(make_pupil()[0])
    dispatch_events()
    with time_machine.travel(timezone.now() + timedelta(minutes=14)):
        assert send_due() == {}
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert send_due() == {"sent": 1}


def test_an_absence_that_turns_wrong_while_it_is_held_back_reaches_nobody(
    gateway: Gateway, settings: Settings, boss: User
) -> None:
    settings.NOTICE_ABSENCE_HOLD_BACK = timedelta(minutes=15)
    record = absent(make_pupil()[0])
    dispatch_events()
    correct(record, Status.EXCUSED, boss)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        # Whoever sends looks once more, should nobody have been woken in time.
        assert send_due() == {"cancelled": 1}
    assert gateway.requests == []


# --- what fails -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408, 401])
def test_what_may_pass_is_tried_again_later(status: int, gateway: Gateway) -> None:
    an_arrival()
    gateway.script = [status, status]
    for minutes in (1, 5):
        assert send() == {"pending": 1}
        notice = only()
        assert notice.reason == f"The gateway answered {status}."
        waits = notice.next_attempt_at - timezone.now()
        assert timedelta(minutes=minutes - 1) < waits <= timedelta(minutes=minutes)
        assert sending.send_due() == {}  # not before its time
    assert send() == {"sent": 1}
    assert len(set(gateway.keys)) == 1
    assert (only().attempts, only().reason) == (3, "")


@pytest.mark.parametrize("status", [400, 404, 422, 302])
def test_what_is_refused_for_good_is_not_tried_again(status: int, gateway: Gateway) -> None:
    an_arrival()
    gateway.script = [status]
    gateway.headers["Location"] = gateway.url
    assert send() == {"failed": 1}
    assert send() == {}
    assert (only().state, only().reason) == ("failed", f"The gateway answered {status}.")
    assert [request["method"] for request in gateway.requests] == ["POST"]


def test_a_gateway_says_how_long_to_wait(gateway: Gateway) -> None:
    an_arrival()
    gateway.script, gateway.headers["Retry-After"] = [429], "1800"
    send()
    waits = only().next_attempt_at - timezone.now()
    assert timedelta(minutes=29) < waits <= timedelta(minutes=30)


@pytest.mark.parametrize(
    ("behaviour", "reason"), [(HANG, "TimeoutError"), (DROP, "RemoteDisconnected")]
)
def test_a_gateway_that_says_nothing_may_have_sent_it(
    behaviour: int, reason: str, gateway: Gateway, settings: Settings
) -> None:
    settings.SMS_GATEWAY_TIMEOUT = 0.3
    an_arrival()
    gateway.script = [behaviour]
    assert send() == {"pending": 1}
    assert only().reason == f"The gateway did not answer: {reason}."
    assert only().may_have_arrived
    assert send() == {"sent": 1}


def test_a_dead_gateway_is_given_up_where_everybody_can_see_it(settings: Settings) -> None:
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:1/"
    settings.NOTICE_MAX_ATTEMPTS = 3
    settings.SMS_GATEWAY_HEADERS = '{"Authorization": "Bearer s3cret"}'
    an_arrival()
    assert send(2) == {"pending": 1}
    assert send() == {"failed": 1}
    assert send() == {}
    notice = only()
    assert (notice.state, notice.attempts) == ("failed", 3)
    assert notice.reason == "The gateway cannot be reached: ConnectionRefusedError."
    assert not notice.may_have_arrived


def test_a_gateway_that_fails_is_left_alone_until_the_next_run(
    gateway: Gateway, mailbox: Mailbox
) -> None:
    for number in range(6):
        an_arrival(**by_mail(channels=["sms", "email"], email=f"m{number}@example.org"))
    gateway.script = [503] * 20
    assert send() == {"pending": 3, "sent": 6}
    assert len(gateway.requests) == 3
    assert len(mailbox.mails) == 6


def test_a_gateway_that_fails_has_a_rest_between_the_runs_of_a_process(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        an_arrival()
    dispatch_events()
    gateway.script = [503] * 3
    process = sending.Sending()
    assert process.send_due() == {"pending": 3}
    assert process.send_due() == {}
    process.rests_until = dict.fromkeys(process.rests_until, 0)
    assert process.send_due() == {"sent": 1}


def test_a_process_that_is_to_stop_begins_with_no_other_notice(gateway: Gateway) -> None:
    an_arrival()
    dispatch_events()
    process = sending.Sending()
    process.stop.set()
    assert process.send_due() == {}
    assert gateway.requests == []


# --- what is not sent -------------------------------------------------------------------------


def test_no_notice_is_sent_without_its_channel_and_none_is_lost(
    gateway: Gateway, settings: Settings
) -> None:
    an_arrival(**by_mail(channels=["email", "sms"]))
    assert send() == {"sent": 1}
    assert told("channel", "state", "attempts") == [("email", "pending", 0), ("sms", "sent", 1)]
    settings.SMS_GATEWAY_URL = ""
    assert send() == {}


def test_what_nobody_could_send_in_time_is_cancelled(settings: Settings) -> None:
    an_arrival()
    with time_machine.travel(timezone.now() + timedelta(hours=5)):
        assert send() == {"cancelled": 1}
    assert only().reason == "It could not be sent in time."


def test_of_a_day_that_is_gone_with_its_correction_nothing_is_told(gateway: Gateway) -> None:
    absent(make_pupil()[0])
    dispatch_events()
    Attendance.objects.all().delete()
    assert send_due() == {"cancelled": 1}, "nobody has woken whoever cancels it"
    assert only().reason == "It was not true any more."


def test_what_was_tried_in_vain_until_it_was_old_has_failed(gateway: Gateway) -> None:
    an_arrival()
    gateway.script = [503]
    send()
    with time_machine.travel(timezone.now() + timedelta(hours=5)):
        assert send() == {"failed": 1}
    assert only().reason == "The gateway answered 503."


def test_quiet_hours_hold_everything_until_they_are_over(
    gateway: Gateway, settings: Settings
) -> None:
    absent(make_pupil()[0])
    now = timezone.localtime()
    hours = [f"{now + timedelta(minutes=minutes):%H:%M}" for minutes in (-60, 60)]
    settings.NOTICE_QUIET_HOURS = "-".join(hours)
    assert send() == {}
    settings.NOTICE_QUIET_HOURS = "-".join(reversed(hours))
    assert send() == {"sent": 1}
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"channels": []}])
def test_who_does_not_want_it_any_more_does_not_get_it(
    change: dict[str, Any], gateway: Gateway
) -> None:
    an_arrival()
    guardian = only().guardian
    assert guardian
    for name, value in change.items():
        setattr(guardian, name, value)
    guardian.save(update_fields=list(change))
    assert send() == {"cancelled": 1}
    assert gateway.requests == []


def test_a_guardian_who_was_removed_gets_nothing_and_the_notices_stay(gateway: Gateway) -> None:
    an_arrival()
    guardian = only().guardian
    assert guardian
    remove_guardian(guardian=guardian)
    remove_guardian(guardian=guardian)
    assert send() == {"cancelled": 1}
    assert only().guardian is None
    assert gateway.requests == []


def test_a_notice_that_turns_wrong_while_it_is_being_sent_is_followed_by_a_correction(
    gateway: Gateway, boss: User
) -> None:
    record = absent(make_pupil()[0])
    claimed = claim_sms()
    assert claimed
    correct(record, Status.EXCUSED, boss)
    assert send(before=lambda: None) == {}, "the correction waits"
    sending._sent(claimed.notice)
    assert send() == {"sent": 1}
    assert told() == [("absence", "sent"), ("attendance_correction", "sent")]


def test_what_turned_wrong_and_was_refused_needs_no_correction(
    gateway: Gateway, boss: User
) -> None:
    record = absent(make_pupil()[0])
    claimed = claim_sms()
    assert claimed
    correct(record, Status.EXCUSED, boss)
    dispatch_events()
    sending._failed(claimed, Undelivered("Refused."))
    assert send() == {"cancelled": 2}
    assert gateway.requests == []


def test_what_turned_wrong_and_is_in_doubt_is_corrected_at_once(
    gateway: Gateway, boss: User
) -> None:
    record = absent(make_pupil()[0])
    claimed = claim_sms()
    assert claimed
    correct(record, Status.EXCUSED, boss)
    dispatch_events()
    sending._failed(claimed, Undelivered("No answer.", may_have_arrived=True))
    assert send(before=lambda: None) == {"sent": 1}
    assert send() == {"cancelled": 1}
    assert told() == [("absence", "cancelled"), ("attendance_correction", "sent")]


def test_a_notice_whose_student_is_erased_while_it_is_being_sent_leaves_nothing(
    gateway: Gateway,
) -> None:
    an_arrival()
    claimed = claim_sms()
    assert claimed
    Notice.objects.all().delete()
    sending._sent(claimed.notice)
    assert not Notice.objects.exists()


# --- the worker -------------------------------------------------------------------------------


def test_the_command_says_what_it_did(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("send_notices")
    an_arrival()
    call_command("send_notices")
    assert capsys.readouterr().out == "sent: 1\n"


def test_a_tap_asks_no_gateway(gateway: Gateway, gate: APIClient, mailbox: Mailbox) -> None:
    _, card = make_pupil(**by_mail(channels=["sms", "email"]))
    tap(gate, card)
    assert (gateway.requests, mailbox.raw) == ([], [])
    assert send() == {"sent": 2}


def test_as_if_sent_is_like_sent(gateway: Gateway, mailbox: Mailbox) -> None:
    """The other tests' short cut leaves what the worker leaves."""
    names = ("state", "may_have_arrived")
    an_arrival(**by_mail(channels=["sms", "email"]))
    send()
    sent = told(*names)
    Notice.objects.update(state="pending", sent_at=None, may_have_arrived=False)
    as_if_sent()
    assert told(*names) == sent
