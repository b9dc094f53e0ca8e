"""Temporary cards over REST: lent, tapped, over, taken back (contract section 6)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from cards import services
from cards.models import Card
from cards.tests.factories import (
    MAKERS,
    URL,
    make_card,
    make_guard,
    make_member,
    make_overdue_card,
    make_student,
    make_temporary_card,
    make_visitor,
    one,
)
from core.errors import InvalidFields
from people.kinds import kind_named
from pos.models import Tap
from pos.tests.factories import make_reader

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]

TEMPORARY = f"{URL}temporary/"
OWN, CHIP = "04A32B1C", "04AA0001"
# 10:00 on the campus, which is three hours ahead of UTC.
MORNING = datetime(2026, 11, 16, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(MORNING, tick=True):
        yield


@pytest.fixture
def gate() -> APIClient:
    return make_reader(direction="in")[1]


def lend(officer: APIClient, holder: Any, number: str = CHIP, **more: Any) -> Any:
    key = kind_named(holder.kind).card_uuid_key
    body = {key: str(holder.pk), "rfid_number": number, **more}
    return officer.post(TEMPORARY, body, format="json")


def tapped(gate: APIClient, number: str) -> str:
    answer = gate.post("/api/pos/taps/", {"card": number, "event_id": uuid4().hex}).json()
    return str(answer["code"])


def later(**apart: int) -> Any:
    return time_machine.travel(MORNING + timedelta(**apart), tick=True)


# --- from the office to the gate and back -------------------------------------------------------


def test_the_life_of_a_temporary_card(officer: APIClient, gate: APIClient) -> None:
    student = make_student()
    own = make_card(student, OWN)
    assert tapped(gate, OWN) == "ok"
    response = lend(officer, student)
    assert response.status_code == 201
    body = response.json()
    assert (body["is_temporary"], body["rfid_number"], body["state"]) == (True, CHIP, "out")
    assert body["student"]["student_uuid"] == str(student.pk)
    assert body["valid_until"] == body["expiry_date"] == "2026-11-17T00:00:00+03:00"
    assert (tapped(gate, OWN), tapped(gate, CHIP)) == ("card_suspended", "ok")
    own_answer = officer.get(one(own)).json()
    assert own_answer["suspended_until"] == body["valid_until"]
    assert own_answer["is_active"] is True
    back = officer.post(f"{TEMPORARY}{body['card_uuid']}/return/")
    assert (back.status_code, back.json()["state"]) == (200, "returned")
    assert back.json()["retired_reason"] == "returned"
    assert (tapped(gate, OWN), tapped(gate, CHIP)) == ("ok", "card_retired")
    assert officer.get(one(own)).json()["suspended_until"] is None


def test_it_is_taken_back_at_its_own_address_as_well(officer: APIClient, gate: APIClient) -> None:
    own = make_card(rfid_number=OWN)
    lent = make_temporary_card(own.person)
    response = officer.post(f"{one(lent)}return/")
    assert (response.status_code, response.json()["retired_reason"]) == (200, "returned")
    assert tapped(gate, OWN) == "ok"
    for address in (f"{one(lent)}return/", f"{TEMPORARY}{lent.pk}/return/"):
        again = officer.post(address)
        assert (again.status_code, again.json()["code"]) == (409, "card_retired")
    wrong = officer.post(f"{one(own)}return/")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "not_temporary")
    assert officer.post(f"{TEMPORARY}{own.pk}/return/").status_code == 404
    stale = officer.post(f"{one(make_temporary_card())}return/", headers={"If-Match": '"old"'})
    assert stale.status_code == 412


def test_it_ends_by_itself_at_midnight_on_the_campus(gate: APIClient) -> None:
    own = make_card(rfid_number=OWN)
    make_temporary_card(own.person, CHIP)
    with later(hours=13, minutes=59):
        assert (tapped(gate, OWN), tapped(gate, CHIP)) == ("card_suspended", "ok")
    with later(hours=14):
        assert (tapped(gate, OWN), tapped(gate, CHIP)) == ("ok", "card_expired")


def test_it_lasts_until_the_second_that_was_said(officer: APIClient, gate: APIClient) -> None:
    own = make_card(rfid_number=OWN)
    assert lend(officer, own.person, valid_until="2026-11-18T12:00:00+03:00").status_code == 201
    with time_machine.travel("2026-11-18T11:59:59.999999+03:00", tick=False):
        assert (tapped(gate, OWN), tapped(gate, CHIP)) == ("card_suspended", "ok")
    with time_machine.travel("2026-11-18T12:00:00+03:00", tick=False):
        assert (tapped(gate, OWN), tapped(gate, CHIP)) == ("ok", "card_expired")


def test_the_days_of_its_taps_are_the_holder_s(officer: APIClient, gate: APIClient) -> None:
    student = make_card(rfid_number=OWN).person
    lend(officer, student)
    tapped(gate, OWN), tapped(gate, CHIP)
    taps = Tap.objects.order_by("tap_id").values_list("person", "code", "day_status")
    assert list(taps) == [
        (student.pk, "card_suspended", ""),
        (student.pk, "ok", Tap.objects.latest("tap_id").day_status),
    ]
    (day,) = officer.get("/api/attendance/").json()["results"]
    assert day["student"] == str(student.pk)


def test_a_pool_goes_from_hand_to_hand_and_each_tap_is_the_one_s_who_had_it(
    officer: APIClient, gate: APIClient
) -> None:
    holders = [make_student(), make_member(), make_guard(), make_visitor(), make_student()]
    for holder in holders:
        card = lend(officer, holder).json()
        assert tapped(gate, CHIP) == "ok"
        assert officer.post(f"{TEMPORARY}{card['card_uuid']}/return/").status_code == 200
    taps = Tap.objects.order_by("tap_id")
    assert [tap.person_id for tap in taps] == [holder.pk for holder in holders]
    assert len({tap.card_uuid for tap in taps}) == len(holders)


@pytest.mark.parametrize("kind", MAKERS)
def test_who_has_no_card_may_have_a_temporary_one(
    officer: APIClient, gate: APIClient, kind: str
) -> None:
    holder = MAKERS[kind]()
    assert lend(officer, holder).status_code == 201
    assert tapped(gate, CHIP) == "ok"


def test_an_own_card_that_is_issued_meanwhile_stands_back(
    officer: APIClient, gate: APIClient
) -> None:
    student = make_student()
    lent = make_temporary_card(student)
    body = {"card_type": "student", "student_uuid": str(student.pk), "rfid_number": OWN}
    issued = officer.post(URL, body).json()
    assert issued["suspended_until"] == "2026-11-17T00:00:00+03:00"
    assert tapped(gate, OWN) == "card_suspended"
    new = {"reason": "damaged", "rfid_number": "04A32B1D"}
    assert officer.post(f"{URL}{issued['card_uuid']}/replace/", new).status_code == 201
    assert tapped(gate, "04A32B1D") == "card_suspended"
    services.return_card(card=lent)
    assert tapped(gate, "04A32B1D") == "ok"


@pytest.mark.parametrize("ending", ["retired", "deleted"])
def test_whatever_ends_it_brings_the_own_card_back(
    administrator: APIClient, gate: APIClient, ending: str
) -> None:
    own = make_card(rfid_number=OWN)
    lent = make_temporary_card(own.person)
    if ending == "retired":
        administrator.post(f"{one(lent)}retire/", {"reason": "lost"})
    else:
        assert administrator.delete(one(lent)).status_code == 204
    assert tapped(gate, OWN) == "ok"


def test_it_is_prolonged_by_its_expiry_date(officer: APIClient, gate: APIClient) -> None:
    own = make_card(rfid_number=OWN)
    lent = make_temporary_card(own.person, CHIP)
    until = "2026-11-18T12:00:00+03:00"
    assert officer.patch(one(lent), {"expiry_date": until}).status_code == 200
    assert officer.get(one(own)).json()["suspended_until"] == until
    with later(days=1):
        assert (tapped(gate, OWN), tapped(gate, CHIP)) == ("card_suspended", "ok")
    for end in ("2026-11-15T12:00:00+03:00", "2027-03-01T12:00:00+03:00", None):
        refused = officer.patch(one(lent), {"expiry_date": end}, format="json")
        assert (refused.status_code, list(refused.json())) == (400, ["expiry_date"])


def test_what_is_overdue_is_taken_back_as_well(officer: APIClient) -> None:
    lent = make_overdue_card()
    assert officer.post(f"{TEMPORARY}{lent.pk}/return/").json()["state"] == "returned"


# --- how long -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begins", "ends", "until"),
    [
        # Today's visit that is over before the day is, and one that goes on tomorrow.
        ("2026-11-16T09:00+03:00", "2026-11-16T12:00+03:00", "2026-11-16T12:00:00+03:00"),
        ("2026-11-16T09:00+03:00", "2026-11-19T12:00+03:00", "2026-11-17T00:00:00+03:00"),
        # One that begins the day after tomorrow: handed out ahead, for the first day of it.
        ("2026-11-18T09:00+03:00", "2026-11-20T12:00+03:00", "2026-11-19T00:00:00+03:00"),
    ],
)
def test_a_visitor_has_it_for_the_day_and_never_beyond_the_visit(
    officer: APIClient, begins: str, ends: str, until: str
) -> None:
    visitor = make_visitor(
        admitted_from=datetime.fromisoformat(begins), admitted_until=datetime.fromisoformat(ends)
    )
    assert lend(officer, visitor).json()["valid_until"] == until


def test_a_day_alone_means_until_that_day_is_over(officer: APIClient) -> None:
    answer = lend(officer, make_student(), valid_until="2026-11-18").json()
    assert answer["valid_until"] == "2026-11-19T00:00:00+03:00"


@pytest.mark.parametrize(
    "until", ["2026-11-16T09:59+03:00", "2026-12-18T10:00+03:00", "9999-01-01", "soon", 7]
)
def test_an_end_that_cannot_be_is_refused(officer: APIClient, until: Any) -> None:
    response = lend(officer, make_student(), valid_until=until)
    assert (response.status_code, list(response.json())) == (400, ["valid_until"])
    assert not Card.objects.exists()


def test_it_does_not_outlast_a_visit(officer: APIClient) -> None:
    visitor = make_visitor(admitted_until=MORNING + timedelta(hours=2))
    response = lend(officer, visitor, valid_until="2026-11-16T18:00+03:00")
    words = "The visit is over on 16 Nov 2026, 12:00; the card lasts no longer."
    assert (response.status_code, response.json()) == (400, {"valid_until": [words]})


# --- to whom ------------------------------------------------------------------------------------


def test_nobody_has_two_at_once(officer: APIClient) -> None:
    student = make_card().person
    assert lend(officer, student).status_code == 201
    response = lend(officer, student, "04AA0002")
    words = {"non_field_errors": ["Student already has a temporary card"]}
    assert (response.status_code, response.json()) == (400, words)


def test_the_database_itself_refuses_a_second_one_and_one_without_an_end() -> None:
    lent = make_temporary_card()
    person, until = lent.person, timezone.now() + timedelta(hours=1)
    fields = {"person": person, "card_type": "student", "is_temporary": True}
    for wrong, constraint in (
        ({"rfid_number": "04AA0099", "expiry_date": until}, "one_temporary_for_a_person"),
        ({"rfid_number": "04AA0098", "person": make_student()}, "temporary_ends"),
        (
            {"rfid_number": lent.rfid_number, "person": make_student(), "expiry_date": until},
            "unique_rfid_number",
        ),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Card.objects.create(**{**fields, **wrong})


def test_a_card_never_becomes_temporary_or_stays_for_good() -> None:
    lent = make_temporary_card()
    with pytest.raises(DatabaseError, match="holder_is_fixed"), transaction.atomic():
        Card.objects.filter(pk=lent.pk).update(is_temporary=False)


def test_a_chip_in_use_is_refused_with_the_name_of_whoever_has_it(officer: APIClient) -> None:
    own, lent = make_card(rfid_number=OWN), make_temporary_card(rfid_number=CHIP)
    for number, card, words in ((OWN, own, "card"), (CHIP, lent, "temporary card")):
        response = lend(officer, make_student(), number)
        whose = f"{card.person.full_name}, {card.person.identifier}"
        said = f"A card with this number already exists. It is the {words} of {whose}."
        assert (response.status_code, response.json()) == (400, {"rfid_number": [said]})


def test_who_has_left_and_whose_visit_is_over_get_none(officer: APIClient) -> None:
    left = lend(officer, make_student(is_active=False))
    assert (left.status_code, left.json()) == (400, {"student_uuid": ["Student is not active."]})
    over = make_visitor(
        admitted_from=MORNING - timedelta(hours=3), admitted_until=MORNING - timedelta(hours=1)
    )
    refused = lend(officer, over)
    assert (refused.status_code, refused.json()) == (400, {"visitor_uuid": ["This visit is over."]})


def test_one_person_is_named_and_is_there(officer: APIClient) -> None:
    number, student, member = {"rfid_number": CHIP}, make_student(), make_member()
    two = {"student_uuid": str(student.pk), "staff_uuid": str(member.pk)}
    for holders, keys in (
        ({}, {"student_uuid", "staff_uuid", "security_uuid", "visitor_uuid"}),
        (two, {"student_uuid", "staff_uuid"}),
        ({"student_uuid": str(uuid4())}, {"student_uuid"}),
        ({"student_uuid": str(member.pk)}, {"student_uuid"}),
        ({"visitor_uuid": "nobody"}, {"visitor_uuid"}),
    ):
        response = officer.post(TEMPORARY, {**number, **holders})
        assert (response.status_code, set(response.json())) == (400, keys)
    without = officer.post(TEMPORARY, {"student_uuid": str(student.pk)})
    assert (without.status_code, set(without.json())) == (400, {"rfid_number"})
    assert not Card.objects.exists()


@pytest.mark.parametrize("role", ["attendance_admin", "kitchen_admin", "discipline_admin"])
def test_others_lend_nothing_and_see_nothing(role: str, caller: Callable[[str], APIClient]) -> None:
    assert lend(caller(role), make_student()).status_code == 403
    assert caller(role).get(TEMPORARY).status_code == 403


# --- what was not brought back ------------------------------------------------------------------


def test_an_overdue_chip_is_lent_to_the_next_one(officer: APIClient, gate: APIClient) -> None:
    forgot = make_card(rfid_number=OWN).person
    old = make_overdue_card(forgot, CHIP)
    next_one = make_student()
    assert lend(officer, next_one).status_code == 201
    assert tapped(gate, CHIP) == "ok"
    assert tapped(gate, OWN) == "ok"
    assert Tap.objects.get(number=CHIP).person_id == next_one.pk
    old.refresh_from_db()
    assert (old.retired_reason, old.is_active) == ("expired", False)


def test_an_overdue_chip_becomes_somebody_s_own_card(officer: APIClient) -> None:
    old = make_overdue_card(rfid_number=CHIP)
    body = {"card_type": "student", "student_uuid": str(make_student().pk), "rfid_number": CHIP}
    assert officer.post(URL, body).status_code == 201
    old.refresh_from_db()
    assert old.retired_reason == "expired"


def test_who_did_not_bring_one_back_is_lent_another(officer: APIClient) -> None:
    old = make_overdue_card(rfid_number=CHIP)
    assert lend(officer, old.person, "04AA0002").status_code == 201
    old.refresh_from_db()
    assert old.retired_reason == "expired"


def test_what_is_refused_leaves_the_overdue_one_as_it_was(officer: APIClient) -> None:
    old, busy = make_overdue_card(rfid_number=CHIP), make_temporary_card().person
    assert lend(officer, busy, CHIP).status_code == 400
    old.refresh_from_db()
    assert not old.is_retired


# --- the list -----------------------------------------------------------------------------------


def test_the_list_names_what_is_out_and_overdue(officer: APIClient) -> None:
    make_card()
    over = make_overdue_card(rfid_number="04AA0001")
    back = services.return_card(card=make_temporary_card(rfid_number="04AA0002"))
    out = make_temporary_card(make_member(), rfid_number="04AA0003")
    states = {str(over.pk): "overdue", str(out.pk): "out", str(back.pk): "returned"}

    def found(query: str) -> dict[str, str]:
        body = officer.get(f"{TEMPORARY}{query}").json()
        assert body["count"] == len(body["results"])
        return {card["card_uuid"]: card["state"] for card in body["results"]}

    assert found("") == {str(card.pk): states[str(card.pk)] for card in (out, over)}
    for state in ("out", "overdue", "returned"):
        assert found(f"?state={state}") == {
            pk: said for pk, said in states.items() if said == state
        }
    assert set(found("?search=04aa0003")) == {str(out.pk)}
    assert set(found(f"?search={over.person.full_name}")) == {str(over.pk)}
    assert set(found("?card_type=staff")) == {str(out.pk)}
    assert list(found("?ordering=valid_until")) == [str(over.pk), str(out.pk)]
    assert officer.get(f"{TEMPORARY}?state=lost").status_code == 400
    assert officer.get(f"{TEMPORARY}{out.pk}/").json()["state"] == "out"


def test_the_list_costs_the_same_however_many_are_out(
    officer: APIClient, django_assert_max_num_queries: Any
) -> None:
    for maker in MAKERS.values():
        for _ in range(3):
            make_temporary_card(maker())
    with django_assert_max_num_queries(5):
        assert officer.get(TEMPORARY).json()["count"] == 3 * len(MAKERS)


# --- and everywhere else ------------------------------------------------------------------------


def test_the_statistics_and_who_has_a_card_know_own_cards_only(officer: APIClient) -> None:
    own, without, visitor = make_card().person, make_student(), make_visitor()
    before = officer.get(f"{URL}statistics/").json()
    lent = [make_temporary_card(holder) for holder in (own, without, visitor)]
    assert officer.get(f"{URL}statistics/").json() == before
    waiting = officer.get(f"{URL}students-without-cards/").json()
    assert [each["student_uuid"] for each in waiting["students"]] == [str(without.pk)]
    assert officer.get(f"/api/students/{without.pk}/").json()["card"] is None
    for card in lent:
        services.return_card(card=card)
    assert officer.get(f"{URL}statistics/").json() == before


def test_the_list_of_cards_can_leave_them_out(officer: APIClient) -> None:
    own = make_card()
    lent = make_temporary_card(own.person)
    for query, cards in (
        ("", {own, lent}),
        ("?temporary=true", {lent}),
        ("?temporary=false", {own}),
    ):
        body = officer.get(f"{URL}{query}").json()
        assert {card["card_uuid"] for card in body["results"]} == {str(c.pk) for c in cards}
        assert body["summary"]["total_cards"] == len(cards)
        assert {card["is_temporary"] for card in body["results"]} == {
            card.is_temporary for card in cards
        }


def test_no_name_is_printed_on_it(officer: APIClient) -> None:
    lent = make_temporary_card()
    response = officer.post(f"{one(lent)}print-student-card/")
    assert (response.status_code, response.json()["code"]) == (409, "temporary_card")
    chosen = officer.post(f"{URL}bulk-print/", {"card_uuids": [str(lent.pk)]}, format="json")
    assert (chosen.status_code, list(chosen.json())) == (400, ["card_uuids"])
    everything = officer.post(f"{URL}bulk-print/", {"filter": {}}, format="json")
    assert everything.status_code == 400


def test_it_is_not_replaced(officer: APIClient) -> None:
    lent = make_temporary_card()
    body = {"reason": "lost", "generate_rfid": True}
    response = officer.post(f"{one(lent)}replace/", body, format="json")
    assert (response.status_code, response.json()["code"]) == (409, "temporary_card")
    lent.refresh_from_db()
    assert not lent.is_retired


def test_whoever_scans_the_own_card_is_told(officer: APIClient, anybody: APIClient) -> None:
    own = make_card()
    address = f"{URL}verify/student/{own.person_id}/"
    lent = make_temporary_card(own.person)
    body = anybody.get(f"{address}?card={own.code}").json()
    assert (body["verified"], body["reason"]) == (False, "card_suspended")
    assert body["message"] == "A temporary card stands in for this card at present."
    person = anybody.get(address).json()
    assert (person["verified"], person["student"]["has_card"]) == (True, True)
    assert person["student"]["card_active"] is False
    assert anybody.get(f"{address}?card={lent.code}").json()["verified"] is True


def test_the_histories_tell_of_it(officer: APIClient) -> None:
    own = make_card()
    lent = lend(officer, own.person).json()
    officer.post(f"{TEMPORARY}{lent['card_uuid']}/return/")
    told = officer.get(f"{one(own)}history/").json()
    assert [entry["action"] for entry in told] == ["good again", "suspended", "created"]
    assert told[0]["by"] == "registration_officer"
    told = officer.get(f"{URL}{lent['card_uuid']}/history/").json()
    assert [entry["action"] for entry in told] == ["retired", "created"]


def test_a_gate_finds_a_chip_that_was_lent_often_without_reading_all_its_cards() -> None:
    student = make_student()
    for _ in range(40):
        services.return_card(card=make_temporary_card(student, CHIP))
    make_temporary_card(student, CHIP)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("ANALYZE cards_card")
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT TEXT) SELECT * FROM unnest(%s::text[]) AS wanted (number)"
            " CROSS JOIN LATERAL (SELECT * FROM cards_card WHERE rfid_number = wanted.number"
            " ORDER BY retired_at DESC NULLS FIRST LIMIT 1) AS card",
            [[CHIP]],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "cards_card_number" in plan
    assert "Sort" not in plan


def test_the_service_says_what_the_api_says() -> None:
    student = make_temporary_card().person
    with pytest.raises(InvalidFields) as refusal:
        make_temporary_card(student)
    assert refusal.value.message == "Student already has a temporary card."


def test_the_end_of_the_day_is_that_of_the_campus() -> None:
    with time_machine.travel("2026-11-16T23:59:30+03:00", tick=False):
        lent = make_temporary_card()
    assert lent.expiry_date is not None
    ends = timezone.localtime(lent.expiry_date)
    assert (ends.date().isoformat(), ends.time()) == ("2026-11-17", time(0))
