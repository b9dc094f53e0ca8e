"""Whose card was it then? Taps that were uploaded later are judged as of their moment."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from attendance.models import Attendance
from cards import services
from cards.models import Card
from cards.tests.factories import make_card, make_student, make_temporary_card, make_visitor
from people.models import Person
from pos.models import Tap
from pos.tests.factories import make_reader

# The history dates its entries by transaction: each change here needs one of its own.
pytestmark = pytest.mark.django_db(transaction=True)

CHIP = "04A32B1C"


@pytest.fixture
def gate() -> APIClient:
    return make_reader()[1]


def offline(reader: APIClient, at: Any, card: str = CHIP) -> Any:
    tap = {"card": card, "tapped_at": at.isoformat(), "offline": True, "event_id": at.isoformat()}
    return reader.post("/api/pos/taps/", tap).json()


def test_a_card_was_good_until_it_was_reported_lost(gate: APIClient) -> None:
    card = make_card(rfid_number=CHIP)
    before = timezone.now()
    services.retire_card(card=card, reason="lost")
    after = timezone.now()
    assert offline(gate, before)["code"] == "ok"
    late = offline(gate, after)
    assert (late["decision"], late["code"], late["would_deny"]) == (
        "accepted",
        "card_retired",
        True,
    )
    live = gate.post("/api/pos/taps/", {"card": CHIP, "tapped_at": before.isoformat()}).json()
    assert (live["decision"], live["code"]) == ("denied", "card_retired")


def test_a_number_that_has_another_card_now_belonged_to_the_first(gate: APIClient) -> None:
    first, second = make_student(), make_student()
    card = make_card(first, CHIP)
    between = timezone.now()
    services.change_card(card=card, changes={"rfid_number": "04A32B1D"})
    make_card(second, CHIP)
    assert offline(gate, between)["holder"]["identifier"] == first.identifier
    assert offline(gate, timezone.now())["holder"]["identifier"] == second.identifier


def test_a_chip_that_went_from_hand_to_hand_is_the_one_s_who_had_it_then(gate: APIClient) -> None:
    moments, holders = [timezone.now()], [make_student() for _ in range(3)]
    for holder in holders:
        card = make_temporary_card(holder, CHIP)
        moments.append(timezone.now())
        services.return_card(card=card)
        moments.append(timezone.now())
    before, *during = moments
    said = [offline(gate, at) for at in during]
    assert [answer["code"] for answer in said] == ["ok", "card_retired"] * 3
    whose = [answer["holder"]["identifier"] for answer in said]
    assert whose == [holder.identifier for holder in holders for _ in range(2)]
    # Older than all that is known of the chip: the first who got it.
    assert offline(gate, before)["holder"]["identifier"] == holders[0].identifier


def test_a_chip_whose_later_card_was_deleted_was_that_one_s_all_the_same(gate: APIClient) -> None:
    services.return_card(card=make_temporary_card(rfid_number=CHIP))
    second = make_temporary_card(rfid_number=CHIP)
    between = timezone.now()
    second.delete()
    assert offline(gate, between)["holder"]["identifier"] == second.person.identifier
    assert offline(gate, timezone.now())["code"] == "card_retired"


def test_an_own_card_was_good_until_another_stood_in_for_it(gate: APIClient) -> None:
    own = make_card(rfid_number=CHIP)
    before = timezone.now()
    lent = make_temporary_card(own.person)
    during = timezone.now()
    services.return_card(card=lent)
    assert offline(gate, before)["code"] == "ok"
    answer = offline(gate, during)
    assert (answer["decision"], answer["code"]) == ("accepted", "card_suspended")
    assert answer["would_deny"] is True
    assert offline(gate, timezone.now())["code"] == "ok"


def test_a_card_that_was_deleted_since_still_names_its_holder(gate: APIClient) -> None:
    student = make_student()
    make_card(student, CHIP)
    before = timezone.now()
    Card.objects.all().delete()
    assert offline(gate, before)["holder"]["identifier"] == student.identifier
    assert offline(gate, timezone.now())["code"] == "unknown_card"
    assert Tap.objects.filter(person=student).count() == 1


def test_a_holder_who_left_was_there_before(gate: APIClient) -> None:
    student = make_student()
    make_card(student, CHIP)
    before = timezone.now()
    student.is_active = False
    student.save()
    assert offline(gate, before)["code"] == "ok"
    assert offline(gate, timezone.now())["code"] == "holder_inactive"


def test_a_last_day_counts_from_when_it_was_written_down(gate: APIClient) -> None:
    student = make_student()
    make_card(student, CHIP)
    before = timezone.now()
    student.left_on = timezone.localdate() - timedelta(days=2)
    student.save()
    assert offline(gate, before)["code"] == "ok"
    late = offline(gate, timezone.now())
    assert (late["code"], late["would_deny"]) == ("holder_inactive", True)


def test_a_visit_is_asked_as_it_was_planned_at_that_moment(gate: APIClient) -> None:
    visitor = make_visitor()
    make_card(visitor, CHIP)
    before = timezone.now()
    visitor.admitted_until = before
    visitor.save()
    assert offline(gate, before)["code"] == "ok"
    late = offline(gate, timezone.now())
    assert (late["code"], late["would_deny"], late["attendance"]) == ("not_expected", True, None)


def test_a_chip_that_was_used_before_it_was_registered_is_its_holders(gate: APIClient) -> None:
    student = make_student()
    make_card(student, CHIP)
    answer = offline(gate, timezone.now() - timedelta(days=7))
    assert (answer["code"], answer["holder"]["identifier"]) == ("ok", student.identifier)


def test_an_expiry_counts_from_its_moment(gate: APIClient) -> None:
    expiry = timezone.now() - timedelta(hours=1)
    make_card(rfid_number=CHIP, expiry_date=expiry)
    assert offline(gate, expiry - timedelta(seconds=1))["code"] == "ok"
    assert offline(gate, expiry)["code"] == "card_expired"


def test_a_lossy_reader_asks_the_past_as_well() -> None:
    card = make_card(rfid_number="AA3F9B1A")
    before = timezone.now()
    services.switch_card(card=card, is_active=False)
    _, reader = make_reader(number_format="w26")
    assert offline(reader, before, "9B3FAA")["code"] == "ok"
    assert offline(reader, timezone.now(), "9B3FAA")["code"] == "card_inactive"


def test_the_printed_qr_asks_the_past_as_well(gate: APIClient) -> None:
    card = make_card(rfid_number=CHIP)
    before = timezone.now()
    services.retire_card(card=card, reason="stolen")
    address = f"https://cards.example.org/v/{card.code}"
    assert offline(gate, before, address)["code"] == "ok"
    assert offline(gate, timezone.now(), address)["code"] == "card_retired"


def test_replacing_a_card_moves_no_earlier_tap(gate: APIClient) -> None:
    student = make_student()
    card = make_card(student, CHIP)
    gate.post("/api/pos/taps/", {"card": CHIP})
    services.replace_card(card=card, reason="lost", rfid_number="04A32B1D", by=None)
    tap = Tap.objects.get()
    assert (tap.person_id, tap.card_uuid, tap.number) == (student.pk, card.pk, CHIP)


def test_the_past_is_asked_in_a_fixed_number_of_statements(
    gate: APIClient, django_assert_max_num_queries: Any
) -> None:
    numbers = [f"04A3{n:04X}" for n in range(40)]
    for number in numbers:
        services.switch_card(card=make_card(rfid_number=number), is_active=False)
    at = (timezone.now() - timedelta(days=1)).isoformat()
    taps = [{"card": n, "tapped_at": at, "offline": True} for n in numbers]
    with django_assert_max_num_queries(13):
        body = gate.post("/api/pos/taps/batch/", {"taps": taps}).json()
    assert {result["code"] for result in body["results"]} == {"ok"}


@pytest.mark.parametrize(("size", "days"), [(2, 1), (40, 1), (40, 5)])
def test_a_class_that_was_moved_up_since_is_asked_about_at_once(
    size: int, days: int, gate: APIClient
) -> None:
    """Who belonged where is asked once, not once for each who tapped nor once for each day."""
    numbers = [f"04A3{n:04X}" for n in range(size)]
    for number in numbers:
        make_card(make_student(class_level="Form 1"), number)
    Person.objects.update(class_level="Form 2", updated_at=timezone.now() + timedelta(seconds=1))
    times = [(timezone.now() - timedelta(days=day)).isoformat() for day in range(1, days + 1)]
    taps = [{"card": n, "tapped_at": at, "offline": True} for n in numbers for at in times]
    with CaptureQueriesContext(connection) as asked:
        body = gate.post("/api/pos/taps/batch/", {"taps": taps}).json()
    assert sum('FROM "people_personevent"' in query["sql"] for query in asked) == 2
    if days == 1:  # what was closed of a day, and who was excused, is asked of each
        assert len(asked) == 13
    assert {result["status"] for result in body["results"]} == {"created"}
    assert set(Attendance.objects.values_list("class_level", flat=True)) == {"Form 1"}
