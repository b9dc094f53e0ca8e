"""Notices in the registration office (`/admin/`)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.models import Status
from cards.tests.factories import make_student
from discipline.services import record_incident
from notifications.models import Guardian, Notice
from notifications.tests.factories import make_day, make_guardian
from notifications.tests.gateway import Gateway
from outbox.dispatch import dispatch_events

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
NOTICES = "/admin/notifications/notice/"


@pytest.fixture
def boss(make_user: MakeUser) -> User:
    return make_user("administrator")


@pytest.fixture
def notices(boss: User) -> dict[str, Notice]:
    student = make_student(first_name="Asha", surname="Mushi")
    make_guardian(student)
    make_day(student, Status.PRESENT)
    record_incident(student=student, incident_description="Noise.", points_deducted=1, by=boss)
    dispatch_events()
    Notice.objects.update(state="failed", reason="The gateway answered 503.", attempts=6)
    return {notice.kind: notice for notice in Notice.objects.all()}


def one(notice: Notice) -> str:
    return f"{NOTICES}{notice.pk}/change/"


def test_every_page_loads_and_finds(boss: User, notices: dict[str, Notice]) -> None:
    office = browser_of(boss)
    day = notices["arrival"].date
    for query in (
        "",
        "?state=failed",
        "?kind=arrival",
        "?q=asha",
        f"?q={day}",
        "?channel__exact=sms",
    ):
        response = office.get(f"{NOTICES}{query}")
        assert response.status_code == 200
        assert b"The gateway answered 503." in response.content, query
    for query in ("?state=sent", "?q=juma", "?kind=late"):
        assert b"The gateway answered 503." not in office.get(f"{NOTICES}{query}").content
    for notice in notices.values():
        assert office.get(one(notice)).status_code == 200
    assert office.get(f"{NOTICES}add/").status_code == 403
    assert office.post(one(notices["arrival"]), {"state": "sent"}).status_code == 403


def test_what_the_worker_wrote_down_is_told_in_the_language_of_whoever_reads(
    boss: User, notices: dict[str, Notice]
) -> None:
    english = "It could not be sent in time."
    Notice.objects.update(reason=english)
    office = browser_of(boss)
    with translation.override("sw"):
        swahili = gettext(english)
    assert swahili != english
    for page in (NOTICES, one(notices["arrival"])):
        assert english in office.get(page).content.decode()
        said = office.get(page, headers={"accept-language": "sw"}).content.decode()
        assert swahili in said
        assert english not in said


@pytest.mark.parametrize(
    ("role", "seen"), [("attendance_admin", "arrival"), ("discipline_admin", "incident")]
)
def test_each_sees_the_notices_that_they_answer_for(
    role: str, seen: str, make_user: MakeUser, notices: dict[str, Notice]
) -> None:
    office = browser_of(make_user(role))
    assert NOTICES.encode() in office.get("/admin/").content
    for kind, notice in notices.items():
        assert (one(notice).encode() in office.get(NOTICES).content) == (kind == seen)
        assert office.get(one(notice)).status_code == (200 if kind == seen else 302)


@pytest.mark.parametrize("role", ["registration_officer", "kitchen_admin"])
def test_the_others_see_none(role: str, make_user: MakeUser, notices: dict[str, Notice]) -> None:
    office = browser_of(make_user(role))
    assert NOTICES.encode() not in office.get("/admin/").content
    assert office.get(NOTICES).status_code == 403


def test_what_failed_is_tried_again(make_user: MakeUser, notices: dict[str, Notice]) -> None:
    office = browser_of(make_user("attendance_admin"))
    chosen = [str(notice.pk) for notice in notices.values()]
    response = office.post(NOTICES, {"action": "retry", "_selected_action": chosen}, follow=True)
    assert b"1 will be sent again." in response.content
    states = dict(Notice.objects.values_list("kind", "state"))
    assert states == {"arrival": "pending", "incident": "failed"}


def test_the_list_takes_as_many_queries_for_many(
    boss: User, notices: dict[str, Notice], django_assert_max_num_queries: Any
) -> None:
    for _ in range(10):
        student = make_student()
        make_guardian(student)
        make_day(student, Status.PRESENT)
    dispatch_events()
    office = browser_of(boss)
    with django_assert_max_num_queries(12):
        assert office.get(NOTICES).status_code == 200


# --- one notice ---------------------------------------------------------------------------------


def test_the_page_of_a_notice_says_why_and_hides_the_address(
    boss: User, notices: dict[str, Notice]
) -> None:
    number = notices["arrival"].guardian and notices["arrival"].guardian.phone
    Notice.objects.update(recipient=number, body="Asha has arrived.")
    page = browser_of(boss).get(one(notices["arrival"])).content.decode()
    assert "The gateway answered 503." in page
    assert "Asha has arrived." in page
    assert "Send again" in page
    assert str(number) not in page


def test_one_notice_is_sent_again(make_user: MakeUser, notices: dict[str, Notice]) -> None:
    office = browser_of(make_user("attendance_admin"))
    address = f"{NOTICES}{notices['arrival'].pk}/send-again/"
    assert office.get(address).status_code == 405
    page = office.post(address, follow=True).content
    assert b"It will be sent again within a minute." in page
    assert b"Send again" not in page
    assert b"Only a notice that failed" in office.post(address, follow=True).content
    assert Notice.objects.get(kind="arrival").state == "pending"


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        ("attendance_admin", "incident", 404),
        ("discipline_admin", "arrival", 404),
        ("registration_officer", "arrival", 403),
        ("kitchen_admin", "arrival", 403),
    ],
)
def test_nobody_sends_what_they_do_not_see(
    role: str, kind: str, status: int, make_user: MakeUser, notices: dict[str, Notice]
) -> None:
    office = browser_of(make_user(role))
    assert office.post(f"{NOTICES}{notices[kind].pk}/send-again/").status_code == status
    assert Notice.objects.get(kind=kind).state == "failed"


@pytest.mark.parametrize(
    ("role", "number"),
    [
        ("administrator", 2),
        ("attendance_admin", 1),
        ("discipline_admin", 1),
        ("registration_officer", 0),
    ],
)
def test_failed_notices_wait_for_who_answers_for_them(
    role: str, number: int, make_user: MakeUser, notices: dict[str, Notice], boss: User
) -> None:
    user = boss if role == "administrator" else make_user(role)
    home = browser_of(user).get("/admin/").content.decode()
    assert home.count(f"{NOTICES}?state=failed") == bool(number)
    assert (f'<span class="number">{number}</span>' in home) == bool(number)


# --- why they wait ------------------------------------------------------------------------------


def test_what_waits_says_why_in_the_list_and_on_today(
    boss: User, make_user: MakeUser, notices: dict[str, Notice]
) -> None:
    Notice.objects.update(state="pending", reason="", attempts=0)
    office = browser_of(boss)
    assert "SMS is not set up." in office.get(NOTICES).content.decode()
    home = office.get("/admin/").content.decode()
    assert "notices wait: SMS is not set up" in home
    assert "/admin/settings/sms/" in home
    clerk = browser_of(make_user("attendance_admin")).get("/admin/").content.decode()
    assert "notice waits: SMS is not set up" in clerk
    assert f"{NOTICES}?state=pending" in clerk
    Notice.objects.update(state="cancelled")
    assert "SMS is not set up" not in office.get("/admin/").content.decode()


def test_each_contact_says_whether_messages_get_there_and_can_be_tried(
    boss: User, make_user: MakeUser, notices: dict[str, Notice], gateway: Gateway
) -> None:
    office = browser_of(boss)
    guardian = Guardian.objects.get()
    page = f"/admin/students/student/{guardian.student_id}/change/"
    shown = office.get(page).content.decode()
    assert "Last: failed" in shown
    assert "The gateway answered 503." in shown
    address = f"/admin/notifications/guardian/{guardian.pk}/try/"
    assert f'action="{address}"' in shown
    said = office.post(address, {"channel": "sms"}, follow=True).content.decode()
    assert f"Sent to {guardian.phone}." in said
    assert len(gateway.requests) == 1
    for wrong in ("email", "pigeon", ""):
        said = office.post(address, {"channel": wrong}, follow=True).content.decode()
        assert "Nothing was sent" in said
    Guardian.objects.update(stopped_at=timezone.now(), stopped_by="office")
    assert f'action="{address}"' not in office.get(page).content.decode()
    assert (
        "Nothing was sent" in office.post(address, {"channel": "sms"}, follow=True).content.decode()
    )
    assert len(gateway.requests) == 1
    assert browser_of(make_user("leadership")).post(address).status_code == 403
