"""On site, roll-calls and streaks in the registration office."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.closing import close_day
from attendance.tests.factories import MONDAY, TUESDAY, at, make_pupil, number_of, tap
from cards.tests.factories import make_member
from conftest import OWN_CLASS
from pos.tests.factories import make_reader
from presence.models import RollCall
from presence.services import end_roll_call, mark
from presence.tests.factories import make_roll_call

pytestmark = pytest.mark.django_db

ON_SITE = "/admin/attendance/on-site/"
ROLL_CALLS = "/admin/attendance/roll-calls/"
STREAKS = "/admin/attendance/streaks/"


@pytest.fixture
def office(make_user: Callable[..., Any]) -> Callable[[str], Client]:
    def client_for(role: str) -> Client:
        client = Client()
        client.force_login(make_user(role))
        return client

    return client_for


def page(client: Client, address: str, **asked: Any) -> str:
    response = client.get(address, asked)
    assert response.status_code == 200, response
    return response.content.decode()


def test_the_names_behind_the_dashboards_figure(gate: Any, office: Callable[..., Client]) -> None:
    pupil, number = make_pupil(surname="Zainabu", class_code="F1A")
    tap(gate, number, at("07:30"), offline=True, direction="in")
    member = make_member(surname="Kimaro")
    tap(gate, number_of(member), at("07:00"), offline=True, direction="in")
    clerk = office("attendance_admin")
    text = page(clerk, ON_SITE)
    assert pupil.full_name in text
    assert member.full_name in text
    assert "Main gate" in text
    assert member.full_name not in page(clerk, ON_SITE, kind="student")
    assert member.full_name not in page(clerk, ON_SITE, class_code="F1A")
    assert pupil.full_name not in page(clerk, ON_SITE, q="kimaro")
    assert pupil.full_name not in page(clerk, ON_SITE, at="2026-11-18T07:29")
    assert pupil.full_name in page(clerk, ON_SITE, at="2026-11-18T07:30")
    for nonsense in ("nonsense", "0001-01-01", "9999-12-31T23:59", "2026-11-18T12:00+99:00"):
        assert pupil.full_name in page(clerk, ON_SITE, at=nonsense, page="x", kind="cat")
    assert reverse("admin:presence_on_site") in page(clerk, "/")


def test_the_list_is_narrowed_as_the_api_does_and_says_how_many(
    gate: Any, office: Callable[..., Client]
) -> None:
    """By kind, class level, class code and department, each alone and together."""
    for level, code, department in (
        ("Form 1", "F1A", "Arts"),
        ("Form 1", "F1B", "Science"),
        ("Form 2", "F2A", "Science"),
    ):
        _, number = make_pupil(class_level=level, class_code=code, department=department)
        tap(gate, number, at("07:30"), offline=True, direction="in")
    tap(gate, number_of(make_member(department="Science")), at("07:00"), offline=True)
    clerk = office("attendance_admin")
    cases: list[tuple[dict[str, str], int]] = [
        ({}, 4),
        ({"kind": "student"}, 3),
        ({"class_level": "form 1"}, 2),
        ({"class_code": "F1B"}, 1),
        ({"department": "Science"}, 3),
        ({"department": "Science", "kind": "staff"}, 1),
        ({"department": "Science", "class_level": "Form 1", "kind": "student"}, 1),
        ({"class_code": "gone"}, 0),
    ]
    for asked, count in cases:
        shown = clerk.get(ON_SITE, asked)
        noun = "person" if count == 1 else "people"
        assert f"<strong>{count} {noun}</strong>" in shown.content.decode(), asked
        assert len(shown.context["lines"]) == count, asked
        assert not count or f"<p>{count} {noun} on site</p>" in shown.content.decode()
        printed = clerk.get(f"{ON_SITE}print/", asked).content.decode()
        assert printed.count('class="box"') == count, asked
    kept = clerk.get(ON_SITE, {"class_level": "form 1", "department": "Science"})
    assert [choice.chosen for choice in kept.context["choices"]] == ["Form 1", "", "Science"]
    assert "(form 1, Science)" in kept.content.decode()
    staff = next(tab for tab in kept.context["tabs"] if tab.name == "Staff")
    assert staff.query == "department=Science&kind=staff"
    assert [choice.name for choice in clerk.get(f"{ON_SITE}?kind=staff").context["choices"]] == [
        "department"
    ]


def test_the_list_is_printed_by_group(gate: Any, office: Callable[..., Client]) -> None:
    for code in ("F1B", "F1A"):
        _, number = make_pupil(class_code=code)
        tap(gate, number, at("07:30"), offline=True, direction="in")
    text = page(office("attendance_admin"), f"{ON_SITE}print/")
    assert text.index("F1A") < text.index("F1B")
    assert text.count('class="box"') == 2
    assert "<script" not in text


def test_a_page_that_shows_only_a_part_says_where_all_is_printed(
    gate: Any, office: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        _, number = make_pupil()
        tap(gate, number, at("07:30"), offline=True, direction="in")
    clerk = office("attendance_admin")
    assert "data-prints-all" not in page(clerk, ON_SITE)  # the page itself has all
    monkeypatch.setattr("presence.office.on_site.PER_PAGE", 1)
    assert f'href="{ON_SITE}print/?q=" data-prints-all' in page(clerk, f"{ON_SITE}?q=&page=2")


def test_class_teachers_see_their_own_and_the_kitchen_nothing(
    gate: Any, office: Callable[..., Client]
) -> None:
    own, other = make_pupil(class_code=OWN_CLASS), make_pupil(class_code="OTHER")
    for _, number in (own, other):
        tap(gate, number, at("07:30"), offline=True, direction="in")
    roll_call = make_roll_call()
    teacher, kitchen = office("class_teacher"), office("kitchen_admin")
    for address in (f"{ON_SITE}print/", f"{ROLL_CALLS}{roll_call.pk}/print/"):
        text = page(teacher, address)
        assert own[0].full_name in text
        assert other[0].full_name not in text
    for address in (
        ON_SITE,
        f"{ON_SITE}print/",
        ROLL_CALLS,
        f"{ROLL_CALLS}{roll_call.pk}/",
        f"{ROLL_CALLS}{roll_call.pk}/print/",
        STREAKS,
    ):
        assert kitchen.get(address).status_code == 403
        assert Client().get(address).status_code == 302


def test_a_roll_call_is_begun_named_on_the_home_page_and_ended(
    gate: Any, office: Callable[..., Client]
) -> None:
    pupil, number = make_pupil()
    tap(gate, number, at("07:30"), offline=True, direction="in")
    clerk = office("attendance_admin")
    begun = clerk.post(ROLL_CALLS, {"is_drill": "real", "name": "Smoke", "place": "Field"})
    roll_call = RollCall.objects.get()
    assert begun.headers["Location"] == f"{ROLL_CALLS}{roll_call.pk}/"
    assert (roll_call.is_drill, roll_call.name, roll_call.place) == (False, "Smoke", "Field")
    assert "roll-call is under way" in page(clerk, "/admin/")
    again = clerk.post(ROLL_CALLS, {"is_drill": "real"})
    assert "under way already" in again.content.decode()
    assert "Smoke" in page(clerk, ROLL_CALLS)
    one = page(clerk, f"{ROLL_CALLS}{roll_call.pk}/")
    assert "data-may-mark" in one
    assert pupil.full_name in page(clerk, f"{ROLL_CALLS}{roll_call.pk}/print/")
    clerk.post(f"{ROLL_CALLS}{roll_call.pk}/")
    roll_call.refresh_from_db()
    assert roll_call.ended_at is not None
    assert "never" in page(clerk, f"{ROLL_CALLS}{roll_call.pk}/")
    assert "under way" not in page(clerk, "/admin/")


def test_who_only_reads_begins_and_ends_nothing(office: Callable[..., Client]) -> None:
    roll_call = make_roll_call()
    for role in ("leadership", "class_teacher"):
        client = office(role)
        assert "Begin the roll-call" not in page(client, ROLL_CALLS)
        client.post(ROLL_CALLS, {"is_drill": "real"})
        client.post(f"{ROLL_CALLS}{roll_call.pk}/")
    assert [each.ended_at for each in RollCall.objects.all()] == [None]
    leader = Client()
    leader.force_login(roll_call.started_by)
    assert "data-may-mark" in page(leader, f"{ROLL_CALLS}{roll_call.pk}/")


def test_a_reader_is_set_to_a_muster_point_and_named_so(office: Callable[..., Client]) -> None:
    device, _ = make_reader(name="Field")
    client = office("administrator")
    address = reverse("admin:pos_device_change", args=[device.pk])
    said = {
        "name": "Field",
        "location": "Field",
        "activity_type": "attendance",
        "direction": "both",
        "number_format": "hex",
        "debounce_seconds": "5",
        "protocol": "trackxpert",
        "is_muster": "on",
    }
    assert client.post(address, said).status_code == 302
    device.refresh_from_db()
    assert device.is_muster
    assert "Muster point" in page(client, reverse("admin:pos_device_changelist"))
    refused = client.post(address, {**said, "activity_type": "food_service"})
    assert "no meals are served" in refused.content.decode()


def test_streaks_are_listed_and_named_on_the_home_page(
    office: Callable[..., Client], clock: time_machine.Traveller
) -> None:
    pupil, _ = make_pupil()
    for day in (MONDAY - timedelta(days=3), MONDAY, TUESDAY):
        close_day(day=day, by=None)
    clerk = office("attendance_admin")
    assert pupil.full_name in page(clerk, STREAKS)
    assert "<p>1 person</p>" in page(clerk, STREAKS)
    assert pupil.full_name not in page(clerk, STREAKS, min="4")
    assert pupil.full_name in page(clerk, STREAKS, min="none", q=pupil.identifier)
    home = page(clerk, "/admin/")
    assert "person has been absent 3 days or more in a row" in home
    assert STREAKS in home


def test_what_keeps_the_page_of_a_roll_call_is_a_script_that_keeps_no_answer(
    office: Callable[..., Client],
) -> None:
    clerk, address = office("attendance_admin"), reverse("admin:presence_roll_call_worker")
    response = clerk.get(address)
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert "no-store" in response.headers["Cache-Control"]
    assert ".put(" not in response.content.decode()
    assert f'data-worker="{address}"' in page(clerk, f"{ROLL_CALLS}{make_roll_call().pk}/")


def test_where_somebody_signs_in_or_out_no_names_stay_in_the_browser(
    office: Callable[..., Client],
) -> None:
    clerk = office("attendance_admin")
    for shown in (clerk.post("/admin/logout/"), clerk.get("/admin/login/")):
        assert "presence/signed-out.js" in shown.content.decode()


def test_a_drill_that_is_over_says_how_long_it_took_and_takes_no_marks(
    gate: Any, office: Callable[..., Client], clock: time_machine.Traveller
) -> None:
    pupil, number = make_pupil()
    tap(gate, number, at("07:30"), offline=True, direction="in")
    roll_call = make_roll_call()
    clock.shift(timedelta(seconds=189))
    mark(roll_call=roll_call, person=pupil.pk, state="safe", by=roll_call.started_by)
    clerk, address = office("attendance_admin"), f"{ROLL_CALLS}{roll_call.pk}/"
    assert 'id="besides"' in page(clerk, address)
    end_roll_call(roll_call=roll_call, by=roll_call.started_by)
    text = page(clerk, address)
    assert "<dt>All found after</dt><dd>3 min 9 s</dd>" in text
    assert 'id="besides"' not in text
    assert "data-may-mark" not in text
