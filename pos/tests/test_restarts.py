"""A reader that begins its ids again without a series (contract section 8)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from attendance.models import Attendance
from cards.models import Card
from cards.tests.factories import make_card, make_student
from pos.models import ConflictingTap, Device, Tap
from pos.tests.factories import all_day_period, make_hatch, make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

URL, BATCH = "/api/pos/taps/", "/api/pos/taps/batch/"
BEFORE = datetime(2026, 11, 24, 7, 30, tzinfo=ZoneInfo("Africa/Dar_es_Salaam"))
AFTER = BEFORE + timedelta(days=1)


def number(at: int) -> str:
    return f"04A32B{at:02X}"


@pytest.fixture
def reader(request: pytest.FixtureRequest) -> tuple[Device, APIClient]:
    """Yesterday it sent 1 to 3; today another unit behind its key sends 1 to 3 of others."""
    make = getattr(request, "param", make_reader)
    for at in range(6):
        make_card(make_student(), number(at))
    device, gate = make()
    for day, first in ((BEFORE, 0), (AFTER, 3)):
        for at in range(3):
            with time_machine.travel(day + timedelta(minutes=at), tick=False):
                gate.post(URL, said(at, first))
    return device, gate


def said(at: int, first: int = 3) -> dict[str, Any]:
    moment = (AFTER if first else BEFORE) + timedelta(minutes=at)
    tapped_at = moment.isoformat()
    return {"event_id": str(at + 1), "card": number(first + at), "tapped_at": tapped_at}


def count(client: APIClient, device: Device) -> Any:
    return client.post(f"/api/pos/devices/{device.pk}/count-conflicts/")


def test_they_are_kept_and_told_of(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, _ = reader
    assert Tap.objects.count() == 3
    assert ConflictingTap.objects.to_count().count() == 3
    assert administrator.get(f"/api/pos/devices/{device.pk}/").json()["to_count"] == 3


@pytest.mark.django_db(transaction=True)
def test_an_officer_has_them_counted(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, _ = reader
    answer = count(administrator, device)
    assert (answer.status_code, answer.json()) == (200, {"counted": 3})
    days = Attendance.objects.filter(date=AFTER.date()).order_by("attendance_time")
    assert [day.attendance_time for day in days] == [
        AFTER + timedelta(minutes=at) for at in range(3)
    ]
    conflict = ConflictingTap.objects.order_by("event_id")[0]
    assert conflict.counted_by is not None
    assert conflict.counted_by.username == "administrator"
    assert count(administrator, device).json() == {"counted": 0}
    assert Tap.objects.count() == 6


def test_what_the_reader_sends_again_has_been_counted(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, gate = reader
    count(administrator, device)
    with time_machine.travel(AFTER + timedelta(minutes=5), tick=False):
        again = gate.post(URL, said(0))
        assert (again.status_code, again.json()["replayed"]) == (200, True)
        assert again.json()["event_id"] == "1"
        items = [said(0, 0), said(0), {**said(0), "direction": "out"}]
        results = gate.post(BATCH, {"taps": items}, format="json").json()["results"]
    assert [each["status"] for each in results] == ["duplicate", "duplicate", "conflict"]
    assert Tap.objects.count() == 6


def test_what_is_of_no_later_time_is_no_new_beginning(reader: tuple[Device, APIClient]) -> None:
    _, gate = reader
    odd = {**said(0, 0), "card": number(4)}
    with time_machine.travel(BEFORE + timedelta(minutes=5), tick=False):
        assert gate.post(URL, odd).status_code == 409
    assert ConflictingTap.objects.get(sent__card=number(4), is_later=False)


def test_a_series_makes_other_taps_of_them(reader: tuple[Device, APIClient]) -> None:
    _, gate = reader
    with time_machine.travel(AFTER, tick=False):
        assert gate.post(URL, {**said(0), "series": "second unit"}).status_code == 201


def test_a_card_that_is_lost_by_now_was_good_then(
    reader: tuple[Device, APIClient], administrator: APIClient
) -> None:
    device, _ = reader
    Card.objects.filter(rfid_number=number(3)).update(is_active=False)
    count(administrator, device)
    tap = Tap.objects.get(number=number(3))
    assert (tap.code, tap.would_deny, tap.received_at) == ("ok", False, AFTER)


@pytest.mark.parametrize("role", ["registration_officer", "kitchen_admin", "leadership"])
def test_who_corrects_no_days_counts_no_taps_of_a_gate(
    reader: tuple[Device, APIClient], caller: Any, role: str
) -> None:
    assert count(caller(role), reader[0]).status_code == 403
    assert Tap.objects.count() == 3


@pytest.mark.parametrize("reader", [make_hatch], indirect=True)
def test_at_a_hatch_who_manages_meals_does(reader: tuple[Device, APIClient], caller: Any) -> None:
    all_day_period()
    assert count(caller("kitchen_admin"), reader[0]).json() == {"counted": 3}


# --- in the office ------------------------------------------------------------------------------


def test_today_names_them_and_a_button_counts_them(
    reader: tuple[Device, APIClient], make_user: Callable[..., User]
) -> None:
    device, _ = reader
    office = browser_of(make_user("attendance_admin"))
    address = f"/admin/pos/device/{device.pk}/count/"
    home = office.get("/admin/").content.decode()
    assert address in home
    assert "used before: Main gate began again" in home
    assert "sent 3 taps of other cards" in office.get(address).content.decode()
    assert office.post(address).status_code == 302
    assert Tap.objects.count() == 6
    assert address not in office.get("/admin/").content.decode()


def test_whoever_may_not_is_not_asked(
    reader: tuple[Device, APIClient], make_user: Callable[..., User]
) -> None:
    address = f"/admin/pos/device/{reader[0].pk}/count/"
    office = browser_of(make_user("kitchen_admin"))
    assert address not in office.get("/admin/").content.decode()
    assert office.post(address).status_code == 403
    assert Tap.objects.count() == 3


def test_the_page_of_the_reader_leads_there(
    reader: tuple[Device, APIClient], make_user: Callable[..., User]
) -> None:
    device, _ = reader
    office = browser_of(make_user("administrator"))
    page = office.get(f"/admin/pos/device/{device.pk}/change/").content.decode()
    assert f"/admin/pos/device/{device.pk}/count/" in page
