"""Roll-calls: who was on site, and who has been found (contract section 9)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice, permutations
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, InternalError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from attendance.tests.factories import NOON, at, make_pupil, tap
from cards.models import Card
from cards.services import retire_card
from cards.tests.factories import make_card, make_student
from conftest import OWN_CLASS
from pos.models import Device, Tap
from pos.tests.factories import make_reader
from presence.models import RollCall, RollCallEntry, RollCallMark
from presence.roll_calls import RollCallStanding, Statement, Whereabouts, seconds_to, standing_of
from presence.tests.asking import ROLL_CALLS, answer, is_here

pytestmark = pytest.mark.django_db


def start(client: APIClient, **fields: Any) -> Any:
    response = client.post(ROLL_CALLS, {"is_drill": True, **fields})
    assert response.status_code == 201, response.content
    return response.json()


def one(roll_call: Any) -> str:
    return f"{ROLL_CALLS}{roll_call['roll_call_id']}/"


def say(client: APIClient, roll_call: Any, state: str, **fields: Any) -> Any:
    said = {name: str(value) for name, value in fields.items()}
    response = client.post(f"{one(roll_call)}mark/", {"state": state, **said})
    assert response.status_code == 200, response.content
    return response.json()


def come(gate: APIClient, **fields: Any) -> Any:
    """Somebody who is on site since this morning."""
    pupil, number = make_pupil(**fields)
    tap(gate, number, at("07:30"), offline=True, direction="in")
    return pupil


def states(client: APIClient, roll_call: Any) -> dict[str, str]:
    entries = answer(client, one(roll_call))["entries"]
    return {entry["person"]: entry["state"] for entry in entries}


def test_a_roll_call_freezes_who_is_on_site(gate: APIClient, clerk: APIClient) -> None:
    pupil = come(gate, class_code="F1A")
    make_student()
    begun = start(clerk, name="Autumn drill", place="Football field")
    come(gate)
    assert (begun["name"], begun["place"], begun["is_drill"]) == (
        "Autumn drill",
        "Football field",
        True,
    )
    assert begun["started_at"].startswith("2026-11-18T12:00:00")
    assert begun["counts"] == {
        "total": 1,
        "unmarked": 1,
        "safe": 0,
        "away": 0,
        "missing": 0,
        "unexpected": 0,
    }
    assert begun["never_found"] == [str(pupil.pk)]
    (entry,) = begun["entries"]
    assert (entry["full_name"], entry["group"]) == (pupil.full_name, "F1A")
    assert entry["since"] == "2026-11-18T07:30:00+03:00"
    assert entry["last_seen"]["reader"] == "Main gate"
    assert (entry["state"], entry["marked_at"]) == ("unmarked", None)
    assert answer(clerk, one(begun))["entries"] == begun["entries"]
    listed = answer(clerk, ROLL_CALLS)["results"]
    assert [row["roll_call_id"] for row in listed] == [begun["roll_call_id"]]


def test_one_real_one_is_under_way_at_a_time_and_one_drill(
    gate: APIClient, clerk: APIClient
) -> None:
    drill = start(clerk)
    start(clerk, is_drill=False)
    for is_drill in (True, False):
        response = clerk.post(ROLL_CALLS, {"is_drill": is_drill})
        assert (response.status_code, response.json()["code"]) == (409, "roll_call_under_way")
    assert clerk.post(f"{one(drill)}end/").status_code == 200
    start(clerk)
    assert clerk.post(ROLL_CALLS, {}).status_code == 400


def test_people_are_marked_by_person_and_by_any_card_and_found_besides(
    gate: APIClient, clerk: APIClient
) -> None:
    safe, missing, away = come(gate), come(gate), come(gate)
    begun = start(clerk)
    assert say(clerk, begun, "safe", person=safe.pk)["state"] == "safe"
    say(clerk, begun, "missing", person=missing.pk)
    say(clerk, begun, "away", card=Card.objects.get(person=away).rfid_number, device="Phone 2")
    stranger = make_student(class_code="F9")
    retired = make_card(stranger)
    retire_card(card=retired, reason="lost")
    found = say(clerk, begun, "safe", card=retired.pk)
    assert (found["unexpected"], found["group"], found["since"]) == (True, "F9", None)
    body = answer(clerk, one(begun))
    assert body["counts"] == {
        "total": 3,
        "unmarked": 0,
        "safe": 1,
        "away": 1,
        "missing": 1,
        "unexpected": 1,
    }
    assert body["never_found"] == [str(missing.pk)]
    assert body["entries"][-1]["person"] == str(stranger.pk)
    assert body["entries"][-1]["marked_by"] == "attendance_admin"
    assert RollCallMark.objects.get(state="away").device == "Phone 2"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"state": "safe"}, 400),
        ({"state": "gone", "card": "04A30001"}, 400),
        ({"state": "unmarked", "card": "04A30001"}, 400),
        ({"state": "safe", "card": "04FFFFFF"}, 404),
        ({"state": "safe", "card": "no card!"}, 404),
        ({"state": "safe", "person": "00000000-0000-0000-0000-000000000001"}, 404),
        ({"state": "safe", "card": "04A30001", "at": at("11:50")}, 400),
        ({"state": "safe", "card": "04A30001", "at": at("12:10")}, 400),
        ({"state": "safe", "card": "04A30001", "who": "me"}, 400),
    ],
)
def test_what_cannot_be_said_is_refused(
    said: dict[str, str], status: int, clerk: APIClient
) -> None:
    make_card(rfid_number="04A30001")
    response = clerk.post(f"{one(start(clerk))}mark/", said)
    assert response.status_code == status, response.content
    assert not RollCallMark.objects.exists()


def test_the_same_mark_twice_is_one(gate: APIClient, clerk: APIClient) -> None:
    pupil = come(gate)
    begun = start(clerk)
    for _ in range(2):
        say(clerk, begun, "safe", person=pupil.pk, at=at("12:00:30"))
    assert RollCallMark.objects.count() == 1


def test_the_earliest_safe_mark_counts_whatever_arrives_first(
    gate: APIClient, clerk: APIClient, clock: time_machine.Traveller
) -> None:
    pupil = come(gate)
    begun = start(clerk)
    clock.shift(timedelta(minutes=10))
    say(clerk, begun, "safe", person=pupil.pk, at=at("12:05"))
    say(clerk, begun, "missing", person=pupil.pk, at=at("12:01"))
    entry = say(clerk, begun, "safe", person=pupil.pk, at=at("12:03"))
    assert entry["marked_at"] == "2026-11-18T12:03:00+03:00"
    assert answer(clerk, one(begun))["seconds_to_100"] == 180


def test_a_mark_by_mistake_can_be_taken_back(
    gate: APIClient, clerk: APIClient, clock: time_machine.Traveller
) -> None:
    pupil = come(gate)
    begun = start(clerk)
    say(clerk, begun, "safe", person=pupil.pk)
    clock.shift(timedelta(seconds=20))
    assert say(clerk, begun, "missing", person=pupil.pk)["state"] == "missing"
    assert answer(clerk, one(begun))["never_found"] == [str(pupil.pk)]


def test_marks_of_a_phone_without_a_network_come_after_the_end(
    gate: APIClient, clerk: APIClient, clock: time_machine.Traveller
) -> None:
    pupil, late = come(gate), come(gate)
    begun = start(clerk)
    clock.shift(timedelta(minutes=5))
    ended = clerk.post(f"{one(begun)}end/").json()
    assert ended["ended_at"].startswith("2026-11-18T12:05")
    assert len(ended["never_found"]) == 2
    clock.shift(timedelta(hours=2))
    say(clerk, begun, "safe", person=pupil.pk, at=at("12:04"))
    response = clerk.post(f"{one(begun)}mark/", {"state": "safe", "person": str(late.pk)})
    assert (response.status_code, response.json()["code"]) == (409, "roll_call_ended")
    assert answer(clerk, one(begun))["never_found"] == [str(late.pk)]
    again = clerk.post(f"{one(begun)}end/")
    assert (again.status_code, again.json()["code"]) == (409, "roll_call_ended")


def test_the_report_tells_the_times_to_half_to_nearly_all_and_to_all(
    gate: APIClient, clerk: APIClient, clock: time_machine.Traveller
) -> None:
    people = [come(gate) for _ in range(4)]
    begun = start(clerk)
    for person, seconds in zip(people, (10, 40, 90, 300), strict=True):
        clock.move_to(NOON + timedelta(seconds=seconds))
        say(clerk, begun, "safe", person=person.pk)
    body = answer(clerk, one(begun))
    times = {name: body[f"seconds_to_{name}"] for name in (50, 95, 100)}
    assert times == {50: 40, 95: 300, 100: 300}
    assert body["never_found"] == []


def test_a_card_at_a_muster_point_marks_its_holder_and_is_no_pass(
    gate: APIClient, clerk: APIClient, clock: time_machine.Traveller
) -> None:
    device, muster = make_reader(name="Football field", is_muster=True)
    pupil, suspended = come(gate), come(gate)
    drill, real = start(clerk), start(clerk, is_drill=False)
    clock.shift(timedelta(minutes=1))
    number = Card.objects.get(person=pupil).rfid_number
    card = Card.objects.get(person=suspended)
    retire_card(card=card, reason="lost")
    for each in (number, card.rfid_number):
        body = tap(muster, each, at("12:01"))
        assert (body["decision"], body["attendance"]) == ("accepted", None)
    for roll_call in (drill, real):
        assert states(clerk, roll_call) == {str(pupil.pk): "safe", str(suspended.pk): "safe"}
        entries = answer(clerk, one(roll_call))["entries"]
        assert {entry["marked_by"] for entry in entries} == {"Football field"}
    # Past a gate the second would have been a departure.
    assert is_here(clerk, pupil)
    assert Tap.objects.filter(device=device, is_muster=True).count() == 2


def test_a_card_at_a_muster_point_counts_also_when_it_is_uploaded_later_and_not_after_the_end(
    gate: APIClient, clerk: APIClient, clock: time_machine.Traveller
) -> None:
    _, muster = make_reader(is_muster=True)
    pupil, late = come(gate), come(gate)
    begun = start(clerk)
    clock.shift(timedelta(minutes=5))
    clerk.post(f"{one(begun)}end/")
    clock.shift(timedelta(minutes=5))
    for person, moment in ((pupil, "12:04"), (late, "12:06")):
        number = Card.objects.get(person=person).rfid_number
        assert number
        tap(muster, number, at(moment), offline=True)
    assert answer(clerk, one(begun))["never_found"] == [str(late.pk)]


def test_no_meals_are_served_at_a_muster_point(administrator: APIClient) -> None:
    body = {
        "name": "Field",
        "location": "Field",
        "activity_type": "food_service",
        "is_muster": True,
    }
    response = administrator.post("/api/pos/devices/", body)
    assert response.status_code == 400
    with pytest.raises(IntegrityError, match="pos_device_no_meals_at_a_muster_point"):
        Device.objects.create(**body, key_digest="x")


def test_class_teachers_see_and_mark_their_own(
    gate: APIClient, clerk: APIClient, signed_in: Callable[..., APIClient]
) -> None:
    own, other = come(gate, class_code=OWN_CLASS), come(gate, class_code="OTHER")
    begun = start(clerk)
    teacher = signed_in("class_teacher")
    body = answer(teacher, one(begun))
    assert [entry["person"] for entry in body["entries"]] == [str(own.pk)]
    assert (body["counts"]["total"], len(body["never_found"])) == (1, 1)
    say(teacher, begun, "safe", person=own.pk)
    theirs = teacher.post(f"{one(begun)}mark/", {"state": "safe", "person": str(other.pk)})
    assert theirs.status_code == 404
    assert answer(teacher, one(begun))["seconds_to_100"] == 0
    assert answer(clerk, one(begun))["seconds_to_100"] is None
    assert teacher.post(ROLL_CALLS, {"is_drill": True}).status_code == 403
    assert teacher.post(f"{one(begun)}end/").status_code == 403


@pytest.mark.parametrize(
    ("role", "reads", "marks", "starts"),
    [
        ("administrator", 200, 200, 201),
        ("attendance_admin", 200, 200, 201),
        ("class_teacher", 200, 404, 403),
        ("leadership", 200, 403, 403),
        ("registration_officer", 200, 403, 403),
        ("discipline_admin", 200, 403, 403),
        ("kitchen_admin", 403, 403, 403),
    ],
)
def test_who_may_read_mark_and_begin(
    role: str,
    reads: int,
    marks: int,
    starts: int,
    gate: APIClient,
    make_user: Callable[..., Any],
    signed_in: Callable[..., APIClient],
) -> None:
    pupil = come(gate)
    head = APIClient()
    head.force_authenticate(make_user("administrator", "head"))
    begun = start(head)
    client = signed_in(role)
    assert client.get(one(begun)).status_code == reads
    said = client.post(f"{one(begun)}mark/", {"state": "safe", "person": str(pupil.pk)})
    assert said.status_code == marks
    assert client.post(ROLL_CALLS, {"is_drill": False}).status_code == starts


def test_what_was_said_and_who_was_on_the_list_never_changes(
    gate: APIClient, clerk: APIClient
) -> None:
    pupil = come(gate)
    begun = start(clerk)
    say(clerk, begun, "safe", person=pupil.pk)
    clerk.post(f"{one(begun)}end/")
    changes = (
        lambda: RollCallEntry.objects.update(class_code="X"),
        lambda: RollCallMark.objects.update(state="missing"),
        lambda: RollCallMark.objects.all()._raw_delete("default"),
        lambda: RollCall.objects.update(is_drill=False),
        lambda: RollCall.objects.update(ended_at=None, ended_by=None),
    )
    for change in changes:
        with pytest.raises(InternalError), transaction.atomic():
            change()  # type: ignore[no-untyped-call]


def test_a_roll_call_takes_as_many_queries_for_many_as_for_one(
    gate: APIClient, clerk: APIClient, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        come(gate)
    begun = start(clerk)
    with django_assert_num_queries(4):
        answer(clerk, one(begun))
    clerk.post(f"{one(begun)}end/")
    for _ in range(10):
        come(gate)
    more = start(clerk)
    for entry in more["entries"]:
        say(clerk, more, "safe", person=entry["person"])
    with django_assert_num_queries(4):
        assert answer(clerk, one(more))["counts"]["safe"] == 13


# --- the function ------------------------------------------------------------------------------

BEGAN = datetime(2026, 11, 18, 9, tzinfo=UTC)
STATEMENTS = st.lists(
    st.builds(
        Statement,
        st.integers(0, 5).map(lambda seconds: BEGAN + timedelta(seconds=seconds)),
        st.sampled_from([Whereabouts.SAFE, Whereabouts.AWAY, Whereabouts.MISSING]),
        st.sampled_from(["one", "two"]),
    ),
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(STATEMENTS)
def test_the_order_in_which_statements_arrive_does_not_matter(said: list[Statement]) -> None:
    standing = standing_of(said)
    for order in islice(permutations(said), 24):
        assert standing_of([*order, *order]) == standing


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(STATEMENTS.filter(bool))
def test_it_stands_as_was_said_last_since_it_was_said_first(said: list[Statement]) -> None:
    standing = standing_of(said)
    last = max(one.at for one in said)
    assert standing.state in {one.state for one in said if one.at == last}
    since = [one for one in said if standing.at and one.at >= standing.at]
    assert {one.state for one in since if standing.at and one.at > standing.at} <= {standing.state}
    if {one.state for one in said} == {Whereabouts.SAFE}:
        assert standing.at == min(one.at for one in said)


def test_nobody_on_the_list_is_found_at_no_time() -> None:
    assert seconds_to(50, [], started_at=BEGAN) is None
    assert seconds_to(50, [RollCallStanding()], started_at=BEGAN) is None


@pytest.mark.dialect
def test_the_database_lets_one_of_each_sort_be_under_way(make_user: Callable[..., Any]) -> None:
    by = make_user("administrator")
    RollCall.objects.create(is_drill=True, started_by=by)
    with pytest.raises(IntegrityError, match="presence_rollcall_one_under_way"):
        RollCall.objects.create(is_drill=True, started_by=by)
    assert connection.vendor == "postgresql"
