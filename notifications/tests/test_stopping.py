"""A contact is confirmed by its first answer or by the office, and stopped by whoever has it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from attendance.models import Status
from cards.tests.factories import make_student
from core.hours import parse_hours
from institution.checks import environment_makes_sense
from notifications.contacts import stop_token
from notifications.models import Guardian, GuardianConsent, Notice
from notifications.sending import WaitsFor, claim, waits_for
from notifications.tests.factories import guardians_of, make_day, make_guardian, send, told
from notifications.tests.gateway import Gateway, Mailbox
from students.models import Student

pytestmark = pytest.mark.django_db

# Senders are threads.
SENDING = pytest.mark.django_db(transaction=True)
INBOUND = "/api/notifications/inbound/"
SECRET = "a-long-secret-of-the-gateway"
PHONE, EMAIL = "+255712345678", "mama@example.org"


@pytest.fixture
def student() -> Student:
    return make_student()


@pytest.fixture
def mother(student: Student) -> Guardian:
    return make_guardian(student, phone=PHONE, email=EMAIL, channels=["sms", "email"])


@pytest.fixture
def answer(settings: Settings, anybody: APIClient) -> Callable[..., Any]:
    """`answer("STOP")`: the gateway hands an SMS of the mother's on."""
    settings.SMS_INBOUND_SECRET = SECRET

    def hand_on(text: str, number: str = "0712 345 678", **more: Any) -> Any:
        body = {"from": number, "text": text, **more}
        response = anybody.post(INBOUND, body, HTTP_X_INBOUND_SECRET=SECRET)
        assert response.status_code == 200, response.content
        return response.json()["understood"]

    return hand_on


def again(guardian: Guardian) -> Guardian:
    return Guardian.objects.get(pk=guardian.pk)


# --- answers by SMS ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["STOP", "stop.", " Acha tafadhali", "SIMAMA!"])
def test_a_word_stops_the_number_for_every_child(
    text: str, mother: Guardian, answer: Callable[..., Any]
) -> None:
    sibling = make_guardian(make_student(), phone=PHONE)
    other = make_guardian(make_student())
    assert answer(text) == "stop"
    for stopped in (again(mother), again(sibling)):
        assert (stopped.stopped, stopped.stopped_by, stopped.confirmed) == (True, "sms", False)
    assert not again(other).stopped


@pytest.mark.parametrize("text", ["START", "anza"])
def test_a_word_takes_the_stop_back(
    text: str, mother: Guardian, answer: Callable[..., Any]
) -> None:
    answer("STOP")
    assert answer(text) == "start"
    assert (again(mother).stopped, again(mother).stopped_by) == (False, "")


@pytest.mark.parametrize("text", ["Asante", "Please do not STOP", "", "stopping"])
def test_any_other_answer_confirms(text: str, mother: Guardian, answer: Callable[..., Any]) -> None:
    assert answer(text) == "answer"
    first = again(mother)
    assert (first.confirmed, first.confirmed_by, first.stopped) == (True, "answer", False)
    answer("And again")
    assert again(mother).confirmed_at == first.confirmed_at


def test_an_answer_of_a_stopped_number_does_not_start_it(
    mother: Guardian, answer: Callable[..., Any]
) -> None:
    answer("STOP")
    answer("ok")
    assert again(mother).stopped


def test_a_stranger_is_answered_the_same(mother: Guardian, answer: Callable[..., Any]) -> None:
    assert answer("STOP", number="+255700000000") == "stop"
    assert answer("STOP", number="DIT", linkId="what gateways say besides") == "stop"
    assert not again(mother).stopped


def test_a_form_is_read_as_well(mother: Guardian, settings: Settings, anybody: APIClient) -> None:
    settings.SMS_INBOUND_SECRET = SECRET
    form = "from=%2B255712345678&text=STOP&date=x"
    response = anybody.generic(
        "POST",
        INBOUND,
        form,
        content_type="application/x-www-form-urlencoded",
        HTTP_X_INBOUND_SECRET=SECRET,
    )
    assert response.status_code == 200
    assert again(mother).stopped


@pytest.mark.parametrize(
    ("setting", "said", "status"), [(SECRET, "wrong", 401), (SECRET, "", 401), ("", "", 501)]
)
def test_nobody_but_the_gateway_hands_answers_on(
    setting: str,
    said: str,
    status: int,
    mother: Guardian,
    settings: Settings,
    anybody: APIClient,
) -> None:
    settings.SMS_INBOUND_SECRET = setting
    body = {"from": PHONE, "text": "STOP"}
    assert anybody.post(INBOUND, body, HTTP_X_INBOUND_SECRET=said).status_code == status
    assert not again(mother).stopped


@pytest.mark.parametrize(("secret", "is_wrong"), [("", False), ("x" * 15, True), (SECRET, False)])
def test_a_short_secret_is_no_secret(secret: str, is_wrong: bool, settings: Settings) -> None:
    settings.SMS_INBOUND_SECRET = secret
    assert [problem.id for problem in environment_makes_sense()] == ["trackxpert.E018"] * is_wrong


# --- the link in a mail -----------------------------------------------------------------------


def stop_address(mail: Any) -> str:
    (address,) = re.findall(r"https?://\S+", mail.get_content())
    assert mail["List-Unsubscribe"].strip() == f"<{address}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return str(address)


@SENDING
def test_the_link_in_a_mail_stops_when_the_button_is_pressed(
    student: Student, mailbox: Mailbox, settings: Settings
) -> None:
    mother = make_guardian(student, email="Mama@Example.org", channels=["email"])
    sibling = make_guardian(make_student(), email=EMAIL)
    make_day(student, Status.PRESENT)
    assert send() == {"sent": 1}
    address = stop_address(mailbox.mails[0]).removeprefix(settings.PUBLIC_URL)
    assert address.startswith("/s/")
    assert address not in Notice.objects.get().body
    browser = Client(enforce_csrf_checks=True)
    for look in (browser.get, browser.head):  # a program that looks where it leads
        assert look(address).status_code == 200
    assert not again(mother).stopped
    page = browser.get(address).content.decode()
    assert "<button" in page
    assert "M…@Example.org" in page
    assert "Mama@" not in page
    assert browser.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert (again(mother).stopped_by, again(sibling).stopped_by) == ("link", "link")
    assert "<button" not in browser.get(address).content.decode()


def test_a_link_that_we_did_not_make_stops_nobody(mother: Guardian) -> None:
    token = stop_token(mother)
    bad = (token[:-1] + ("A" if token[-1] != "A" else "B"), mother.pk.hex, f"{mother.pk.hex}~", "x")
    for wrong in bad:
        assert Client().post(f"/s/{wrong}").status_code == 404
    assert not again(mother).stopped


def test_a_link_to_somebody_who_was_removed_leads_to_nobody(mother: Guardian) -> None:
    token = stop_token(mother)
    mother.delete()
    assert Client().get(f"/s/{token}").status_code == 404


@SENDING
@pytest.mark.parametrize(
    ("language", "ending"), [("en", " Reply STOP to end."), ("sw", " Jibu ACHA kusitisha.")]
)
def test_an_sms_says_how_to_stop(
    language: str, ending: str, student: Student, gateway: Gateway
) -> None:
    make_guardian(student, language=language)
    make_day(student, Status.PRESENT)
    assert send() == {"sent": 1}
    assert gateway.texts[0].endswith(ending)


# --- whoever is stopped gets nothing ----------------------------------------------------------


@SENDING
def test_a_stopped_contact_gets_nothing_and_the_notice_says_why(
    student: Student, mother: Guardian, gateway: Gateway, answer: Callable[..., Any]
) -> None:
    answer("STOP")
    make_day(student, Status.PRESENT)
    assert send() == {"cancelled": 1}
    assert gateway.texts == []
    (reason,) = told("reason", channel="sms")
    assert re.fullmatch(r"This contact was stopped on \d+ \w+ \d{4}, by their sms\.", reason)


@SENDING
def test_whoever_takes_the_stop_back_is_told_again(
    student: Student, mother: Guardian, gateway: Gateway, answer: Callable[..., Any]
) -> None:
    answer("STOP")
    answer("START")
    make_day(student, Status.PRESENT)
    assert send() == {"sent": 1}


@SENDING
@pytest.mark.parametrize("is_needed", [True, False])
def test_where_a_setting_asks_for_it_only_who_is_confirmed_is_told(
    is_needed: bool,
    student: Student,
    mother: Guardian,
    gateway: Gateway,
    answer: Callable[..., Any],
    settings: Settings,
) -> None:
    settings.NOTICES_NEED_CONFIRMATION = is_needed
    make_day(student, Status.PRESENT)
    assert send() == {"cancelled" if is_needed else "sent": 1}
    if is_needed:
        assert told("reason", channel="sms") == ["This contact is not confirmed yet."]
    answer("Asante")
    make_day(student, Status.LATE, timezone.localdate() - timedelta(days=1))
    assert again(mother).confirmed


# --- the office -------------------------------------------------------------------------------


def test_the_office_confirms_stops_and_starts_over_the_api(
    officer: APIClient, student: Student, mother: Guardian
) -> None:
    one = f"{guardians_of(student)}{mother.pk}/"
    assert officer.get(one).json()["confirmed"] is False
    confirmed = officer.post(f"{one}confirm/").json()
    assert (confirmed["confirmed"], confirmed["confirmed_by"]) == (True, "office")
    stopped = officer.post(f"{one}stop/").json()
    assert (stopped["stopped"], stopped["stopped_by"]) == (True, "office")
    assert stopped["stopped_at"]
    assert officer.post(f"{one}start/").json()["stopped"] is False
    told_of = [entry["changes"].keys() for entry in officer.get(f"{one}history/").json()]
    assert [set(keys) for keys in told_of[:3]] == [
        {"stopped_at", "stopped_by"},
        {"stopped_at", "stopped_by"},
        {"confirmed_at", "confirmed_by"},
    ]


def test_nobody_writes_these_facts_by_hand(
    officer: APIClient, student: Student, mother: Guardian
) -> None:
    one = f"{guardians_of(student)}{mother.pk}/"
    officer.post(f"{one}stop/")
    assert officer.patch(one, {"stopped": False, "confirmed": True}).status_code == 200
    assert (again(mother).stopped, again(mother).confirmed) == (True, False)


@pytest.mark.parametrize(("say", "field"), [("confirm", "confirmed_by"), ("stop", "stopped_by")])
def test_the_office_has_a_button_on_the_students_page(
    say: str, field: str, student: Student, mother: Guardian, make_user: Callable[..., User]
) -> None:
    browser = Client()
    browser.force_login(make_user("registration_officer"))
    page = f"/admin/students/student/{student.pk}/change/"
    button = f'value="{say}"'
    assert button in browser.get(page).content.decode()
    address = f"/admin/notifications/guardian/{mother.pk}/contact/"
    assert browser.post(address, {"say": say}).headers["Location"] == page
    assert getattr(again(mother), field) == "office"
    assert button not in browser.get(page).content.decode()
    assert browser.post(address, {"say": "hello"}).status_code == 400
    head = Client()
    head.force_login(make_user("leadership"))
    assert head.post(address, {"say": "start"}).status_code == 403


def test_a_new_number_is_not_confirmed_and_what_was_stopped_stays_so(
    officer: APIClient, student: Student, mother: Guardian, answer: Callable[..., Any]
) -> None:
    one = f"{guardians_of(student)}{mother.pk}/"
    officer.post(f"{one}confirm/")
    assert officer.patch(one, {"name": "Rehema"}).json()["confirmed"] is True
    assert officer.patch(one, {"phone": "0712 000 009"}).json()["confirmed"] is False
    answer("STOP", number="0712 000 009")
    sibling = officer.post(
        guardians_of(make_student()), {"name": "The same", "phone": "0712 000 009"}
    )
    assert (sibling.json()["stopped"], sibling.json()["stopped_by"]) == (True, "sms")


@pytest.mark.parametrize(
    "wrong", [{"stopped_at": timezone.now()}, {"stopped_by": "sms"}, {"confirmed_by": "answer"}]
)
def test_a_fact_has_its_moment_and_its_way(wrong: dict[str, Any], student: Student) -> None:
    with pytest.raises(IntegrityError):
        make_guardian(student, **wrong)


# --- quiet hours of one's own -----------------------------------------------------------------

NIGHT = "20:00-07:00"


@pytest.mark.parametrize("text", ["20:00", "20:00-20:00", "25:00-26:00", "night"])
def test_hours_that_are_none_are_refused(text: str, officer: APIClient, student: Student) -> None:
    body = {"name": "Rehema", "phone": "0712345678", "quiet_hours": text}
    assert set(officer.post(guardians_of(student), body).json()) == {"quiet_hours"}


def test_hours_end_on_the_next_morning_or_on_the_same() -> None:
    hours = parse_hours(NIGHT)
    assert hours
    evening, night = (
        datetime.fromisoformat(f"2026-11-2{moment}:00+03:00") for moment in ("0T22:30", "1T03:00")
    )
    morning = datetime.fromisoformat("2026-11-21T07:00:00+03:00")
    assert (hours.over_at(evening), hours.over_at(night)) == (morning, morning)


@SENDING
def test_in_a_guardians_own_quiet_hours_a_notice_waits(student: Student, gateway: Gateway) -> None:
    now = timezone.localtime()
    hours = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    make_guardian(student, quiet_hours=hours)
    make_day(student, Status.PRESENT)
    assert told("state") == ["pending"]
    claimed = claim(["sms"], at=timezone.now() + timedelta(seconds=1))
    assert claimed
    notice = Notice.objects.get()
    assert (notice.state, notice.attempts, gateway.texts) == ("pending", 0, [])
    assert timedelta(hours=1, minutes=58) < notice.next_attempt_at - now <= timedelta(hours=2)
    assert waits_for(notice, at=timezone.now()) == WaitsFor.QUIET_HOURS
    Guardian.objects.update(quiet_hours="")
    assert send() == {"sent": 1}


# --- consent ----------------------------------------------------------------------------------


@SENDING
@pytest.mark.parametrize("is_needed", [True, False])
@pytest.mark.parametrize("stands", ["given", "withdrawn", "never"])
def test_where_a_setting_asks_for_it_nobody_is_told_without_consent(
    stands: str,
    is_needed: bool,
    student: Student,
    mother: Guardian,
    gateway: Gateway,
    officer: APIClient,
    settings: Settings,
) -> None:
    settings.NOTICES_NEED_CONSENT = is_needed
    url = f"/api/students/{student.pk}/consents/"
    if stands != "never":
        officer.post(url, {"about": "notices", "how": "in_person"})
    if stands == "withdrawn":
        officer.post(f"{url}withdraw/", {"about": "notices"})
    make_day(student, Status.PRESENT)
    is_told = stands == "given" or not is_needed
    assert send() == {"sent" if is_told else "cancelled": 1}
    reason = "" if is_told else "Neither this guardian nor anybody else has agreed to notices."
    assert told("reason", channel="sms") == [reason]


def consents_of(guardian: Guardian) -> str:
    return f"/api/students/{guardian.student_id}/guardians/{guardian.pk}/consents/"


def test_a_guardians_own_consent_is_dated_and_says_who_wrote_it_down(
    mother: Guardian, officer: APIClient
) -> None:
    url = consents_of(mother)
    assert officer.post(f"{url}withdraw/").status_code == 409
    given = officer.post(url, {"how": "paper"})
    assert given.status_code == 201
    assert given.json()["recorded_by"] == "registration_officer"
    assert officer.post(url, {"how": "message"}).status_code == 400  # it holds already
    assert officer.post(url, {"how": "rubbish"}).status_code == 400
    (ended,) = officer.post(f"{url}withdraw/").json()
    assert ended["withdrawn_at"] > ended["given_at"]
    assert ended["withdrawal_recorded_by"] == "registration_officer"
    assert officer.post(url, {"how": "message"}).status_code == 201
    assert [each["how"] for each in officer.get(url).json()] == ["message", "paper"]


def test_what_was_written_of_a_guardians_consent_stays(
    mother: Guardian, officer: APIClient
) -> None:
    officer.post(consents_of(mother), {"how": "paper"})
    with pytest.raises(DatabaseError), transaction.atomic():
        GuardianConsent.objects.update(how="message")
    officer.post(f"{consents_of(mother)}withdraw/")
    with pytest.raises(DatabaseError), transaction.atomic():
        GuardianConsent.objects.update(withdrawn_at=None, withdrawal_recorded_by=None)
    other = make_guardian(mother.student, phone="+255712345679")
    consent = GuardianConsent.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        GuardianConsent.objects.bulk_create(
            GuardianConsent(guardian=other, how="paper", recorded_by=consent.recorded_by)
            for _ in range(2)
        )
    officer.delete(f"/api/students/{mother.student_id}/guardians/{mother.pk}/")
    assert not GuardianConsent.objects.exists()


@SENDING
@pytest.mark.parametrize(
    ("of_student", "own", "is_told"),
    [
        ("given", "never", True),
        ("given", "withdrawn", False),
        ("never", "given", True),
        ("withdrawn", "given", True),
        ("never", "withdrawn", False),
    ],
)
def test_a_guardians_own_consent_stands_before_the_students(
    of_student: str,
    own: str,
    is_told: bool,
    student: Student,
    gateway: Gateway,
    officer: APIClient,
    settings: Settings,
) -> None:
    settings.NOTICES_NEED_CONSENT = True
    guardian = make_guardian(student, phone=PHONE)
    url, notices = f"/api/students/{student.pk}/consents/", {"about": "notices"}
    if of_student != "never":
        officer.post(url, {**notices, "how": "paper"})
    if of_student == "withdrawn":
        officer.post(f"{url}withdraw/", notices)
    if own != "never":
        officer.post(consents_of(guardian), {"how": "paper"})
    if own == "withdrawn":
        officer.post(f"{consents_of(guardian)}withdraw/")
    make_day(student, Status.PRESENT)
    assert send() == {"sent" if is_told else "cancelled": 1}


def test_the_office_writes_down_that_a_guardian_agreed_and_withdrew(
    mother: Guardian, make_user: Callable[..., User]
) -> None:
    browser = Client()
    browser.force_login(make_user("registration_officer"))
    page = f"/admin/students/student/{mother.student_id}/change/"
    address = f"/admin/notifications/guardian/{mother.pk}/contact/"
    assert browser.post(address, {"say": "agree"}).status_code == 400
    browser.post(address, {"say": "agree", "how": "in_person"})
    assert "Agreed to notices</span>" in browser.get(page).content.decode()
    browser.post(address, {"say": "agree", "how": "paper"})
    assert "This consent holds already." in browser.get(page).content.decode()
    browser.post(address, {"say": "withdraw"})
    assert "Withdrew from notices" in browser.get(page).content.decode()
    browser.post(address, {"say": "withdraw"})
    assert "No consent of this guardian holds" in browser.get(page).content.decode()
