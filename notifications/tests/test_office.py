"""Notices in the registration office (`/admin/`)."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.models import Status
from cards.tests.factories import make_student
from discipline.services import record_incident
from notifications.models import Notice
from notifications.tests.factories import make_day, make_guardian

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
    Notice.objects.update(state="failed", reason="The gateway answered 503.", attempts=6)
    return {notice.kind: notice for notice in Notice.objects.all()}


def one(notice: Notice) -> str:
    return f"{NOTICES}{notice.pk}/change/"


def test_every_page_loads_and_finds(boss: User, notices: dict[str, Notice]) -> None:
    office = browser_of(boss)
    day = notices["arrival"].date
    for query in ("", "?state=failed", "?kind=arrival", "?q=asha", f"?q={day}", "?channel=sms"):
        response = office.get(f"{NOTICES}{query}")
        assert response.status_code == 200
        assert b"The gateway answered 503." in response.content, query
    for query in ("?state=sent", "?q=juma", "?kind=late"):
        assert b"The gateway answered 503." not in office.get(f"{NOTICES}{query}").content
    for notice in notices.values():
        assert office.get(one(notice)).status_code == 200
    assert office.get(f"{NOTICES}add/").status_code == 403
    assert office.post(one(notices["arrival"]), {"state": "sent"}).status_code == 403


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
    assert b"1 will be tried again." in response.content
    states = dict(Notice.objects.values_list("kind", "state"))
    assert states == {"arrival": "pending", "incident": "failed"}


def test_the_list_takes_as_many_queries_for_many(
    boss: User, notices: dict[str, Notice], django_assert_max_num_queries: Any
) -> None:
    for _ in range(10):
        student = make_student()
        make_guardian(student)
        make_day(student, Status.PRESENT)
    office = browser_of(boss)
    with django_assert_max_num_queries(12):
        assert office.get(NOTICES).status_code == 200
