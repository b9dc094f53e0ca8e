"""Who is on site, now and at any instant (contract section 9)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from attendance.changes import change_rules
from attendance.models import Schedule
from attendance.open_days import Scope
from attendance.rulebook import RulesChange
from attendance.tests.factories import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    make_pupil,
    number_of,
    tap,
)
from cards.tests.factories import make_guard, make_member, make_temporary_card, make_visitor
from conftest import OWN_CLASS
from people.models import Person
from pos.models import Device
from pos.tests.factories import make_hatch, make_reader
from presence.tests.asking import ON_SITE, STREAKS, answer, is_here, names
from students.models import Student

pytestmark = pytest.mark.django_db


def _earlier(reader: APIClient, number: str, moment: str, **fields: Any) -> None:
    """A tap that was made at that moment and uploaded since."""
    assert tap(reader, number, moment, offline=True, **fields)["decision"] == "accepted"


def _live(
    clock: time_machine.Traveller, reader: APIClient, number: str, moment: str, **fields: Any
) -> Any:
    """A tap that is made when the clock says so."""
    clock.move_to(datetime.fromisoformat(moment))
    return tap(reader, number, moment, **fields)


def test_the_list_says_who_since_when_and_where_they_were_seen_last(
    gate: APIClient, clerk: APIClient
) -> None:
    pupil, number = make_pupil(class_level="Form 1", class_code="F1A")
    _earlier(gate, number, at("07:30"), direction="in")
    _, hatch = make_hatch(name="Hatch 1", location="Dining hall")
    _earlier(hatch, number, at("11:15"))
    body = answer(clerk)
    assert body["at"] == f"{at('12:00')[:16]}:00+03:00"
    assert body["totals"] == {"total": 1, "students": 1, "staff": 0, "security": 0, "visitors": 0}
    assert body["groups"] == [{"kind": "student", "group": "F1A", "count": 1}]
    assert body["results"] == [
        {
            "person": str(pupil.pk),
            "kind": "student",
            "full_name": pupil.full_name,
            "identifier": pupil.identifier,
            "class_level": "Form 1",
            "class_code": "F1A",
            "department": "Computer Studies",
            "group": "F1A",
            "since": f"{WEDNESDAY}T07:30:00+03:00",
            "last_seen": {
                "at": f"{WEDNESDAY}T11:15:00+03:00",
                "reader": "Hatch 1",
                "location": "Dining hall",
            },
        }
    ]


def test_nobody_falls_out_at_midnight(gate: APIClient, clerk: APIClient) -> None:
    boarder, number = make_pupil()
    _earlier(gate, number, at("17:00", MONDAY), direction="in")
    for moment in (at("23:59", MONDAY), at("00:01", TUESDAY), at("03:00")):
        assert is_here(clerk, boarder, moment)
    row = answer(clerk)["results"][0]
    assert row["since"] == f"{MONDAY}T17:00:00+03:00"
    _earlier(gate, number, at("10:00"), direction="out")
    assert not is_here(clerk, boarder)
    assert is_here(clerk, boarder, at("09:59"))


def test_where_nobody_is_seen_to_leave_a_stay_ends_with_the_day(
    way_in: APIClient, clerk: APIClient
) -> None:
    pupil, number = make_pupil()
    _earlier(way_in, number, at("07:30", TUESDAY))
    assert is_here(clerk, pupil, at("23:59", TUESDAY))
    assert not is_here(clerk, pupil, at("00:00"))


def test_a_reader_that_is_off_sees_nobody_leave(way_in: APIClient, clerk: APIClient) -> None:
    pupil, number = make_pupil()
    _earlier(way_in, number, at("07:30", TUESDAY))
    way_out, _ = make_reader(name="Way out", direction=Device.Direction.OUT)
    assert is_here(clerk, pupil)
    Device.objects.filter(pk=way_out.pk).update(is_active=False)
    assert not is_here(clerk, pupil)


def test_a_stay_that_nobody_saw_end_is_forgotten_after_the_longest_time(
    gate: APIClient, clerk: APIClient, settings: Any
) -> None:
    settings.ON_SITE_LONGEST = timedelta(days=2)
    pupil, number = make_pupil()
    _earlier(gate, number, at("07:30", MONDAY), direction="in")
    assert is_here(clerk, pupil, at("07:29:59"))
    assert not is_here(clerk, pupil, at("07:30"))


def test_a_double_read_is_one_pass_also_over_midnight(gate: APIClient, clerk: APIClient) -> None:
    twice, number = make_pupil()
    _earlier(gate, number, at("07:30:00"))
    _earlier(gate, number, at("07:30:04"))
    assert is_here(clerk, twice)
    gone, number = make_pupil()
    _earlier(gate, number, at("20:00", TUESDAY))
    _earlier(gate, number, at("23:59:58", TUESDAY))
    _earlier(gate, number, at("00:00:01"))
    assert not is_here(clerk, gone)


def test_a_double_read_on_the_way_out_hides_no_way_in_between(
    gate: APIClient, clerk: APIClient
) -> None:
    pupil, number = make_pupil()
    other = make_reader(name="Other gate")[1]
    _earlier(gate, number, at("10:00:00"), direction="out")
    _earlier(other, number, at("10:00:02"), direction="in")
    _earlier(gate, number, at("10:00:04"), direction="out")  # the first one over again
    assert is_here(clerk, pupil)


def test_who_is_refused_on_the_way_out_is_out_and_on_the_way_in_is_not_in(
    gate: APIClient, clerk: APIClient, clock: time_machine.Traveller
) -> None:
    pupil, number = make_pupil()
    _live(clock, gate, number, at("07:30"), direction="in")
    Student.objects.filter(pk=pupil.pk).update(status="Suspended")
    assert _live(clock, gate, number, at("12:10"), direction="in")["decision"] == "denied"
    assert is_here(clerk, pupil)
    assert _live(clock, gate, number, at("12:20"), direction="out")["decision"] == "denied"
    assert not is_here(clerk, pupil)
    assert is_here(clerk, pupil, at("12:19"))
    assert _live(clock, gate, number, at("12:30"), direction="in")["decision"] == "denied"
    assert not is_here(clerk, pupil)


def test_at_a_two_way_gate_the_first_pass_of_a_logical_day_comes_and_later_ones_go(
    gate: APIClient, clerk: APIClient
) -> None:
    """A night shift is one day: what comes after midnight goes."""
    guard = make_guard()
    number = number_of(guard)

    def write(change: RulesChange) -> None:
        Schedule.objects.create(
            name="Nights", day_begins="12:00", sessions=[], applies_to={"kinds": ["security"]}
        )

    change_rules(write, what="Nights", scope=Scope(), by=None)
    _earlier(gate, number, at("17:52", TUESDAY))
    assert is_here(clerk, guard, at("23:00", TUESDAY))
    assert is_here(clerk, guard, at("06:03"))
    _earlier(gate, number, at("06:04"))
    assert not is_here(clerk, guard, at("06:04"))
    # By everybody's day, which begins at midnight, the second is an arrival.
    member = make_member()
    number = number_of(member)
    _earlier(gate, number, at("17:52", TUESDAY))
    _earlier(gate, number, at("06:04"))
    assert is_here(clerk, member)


def test_the_day_of_somebody_who_has_changed_groups_since_is_the_old_ones(
    gate: APIClient, clerk: APIClient, clock: time_machine.Traveller
) -> None:
    moved, number = make_pupil(class_level="Evening")

    def write(change: RulesChange) -> None:
        Schedule.objects.create(
            name="Evening",
            day_begins="12:00",
            sessions=[],
            applies_to={"class_levels": ["Evening"]},
        )

    change_rules(write, what="Evening", scope=Scope(), by=None)
    _earlier(gate, number, at("20:00", TUESDAY))
    _earlier(gate, number, at("01:00"))
    assert not is_here(clerk, moved)
    clock.move_to(datetime.fromisoformat(at("12:10")))
    Student.objects.filter(pk=moved.pk).update(class_level="Form 1", updated_at=timezone.now())
    assert not is_here(clerk, moved)


def test_visitors_are_on_site_by_their_taps(
    gate: APIClient, clerk: APIClient, clock: time_machine.Traveller
) -> None:
    visitor = make_visitor()
    make_temporary_card(visitor, "04AA0001")
    _live(clock, gate, "04AA0001", at("12:00"), direction="in")
    body = answer(clerk, kind="visitor")
    assert body["totals"]["visitors"] == 1
    assert body["results"][0]["kind"] == "visitor"
    # The visit is over, and nobody has seen the visitor go.
    clock.move_to(datetime.fromisoformat(at("20:00")))
    assert is_here(clerk, visitor)


def test_a_pass_of_a_card_that_nobody_knows_or_a_meal_brings_nobody(
    gate: APIClient, clerk: APIClient
) -> None:
    _, hatch = make_hatch()
    _, number = make_pupil()
    tap(hatch, number, at("12:00"))
    tap(gate, "04FFFFFF", at("12:00"))
    assert answer(clerk)["count"] == 0


def test_an_instant_of_the_past_equals_what_was_seen_then(
    clerk: APIClient, gate: APIClient, clock: time_machine.Traveller
) -> None:
    """Played by the clock, and asked again afterwards."""
    first, second = make_pupil(), make_pupil()
    script = [
        ("17:00", MONDAY, first, "in"),
        ("18:00", MONDAY, second, ""),
        ("00:30", TUESDAY, second, "out"),
        ("07:00", TUESDAY, second, ""),
        ("08:00", TUESDAY, first, "out"),
        ("12:00", TUESDAY, second, ""),
        ("12:00:03", TUESDAY, second, ""),
        ("06:00", WEDNESDAY, first, ""),
    ]
    seen = {}
    for time, day, (_, number), direction in script:
        way = {"direction": direction} if direction else {}
        _live(clock, gate, number, at(time, day), **way)
        seen[at(time, day)] = answer(clerk)["results"]
    clock.move_to(datetime.fromisoformat(at("12:00")))
    for moment, rows in seen.items():
        assert answer(clerk, at=moment)["results"] == rows


def test_the_list_is_filtered_searched_and_paged(gate: APIClient, clerk: APIClient) -> None:
    for surname, code in (("Mushi", "F1B"), ("Achieng", "F1A"), ("Juma", "F1A")):
        _, number = make_pupil(surname=surname, class_level="Form 1", class_code=code)
        _earlier(gate, number, at("07:30"), direction="in")
    number = number_of(make_member(surname="Kimaro", department="Library"))
    _earlier(gate, number, at("07:00"), direction="in")
    assert [name.split()[-1] for name in names(clerk)] == ["Achieng", "Juma", "Mushi", "Kimaro"]
    assert names(clerk, class_code="f1a") == ["Asha Achieng", "Asha Juma"]
    assert len(names(clerk, class_level="form 1")) == 3
    assert names(clerk, kind="staff") == names(clerk, department="Library") == ["Juma Kimaro"]
    assert names(clerk, search="mushi") == ["Asha Mushi"]
    page = answer(clerk, page_size=2, page=2)
    assert (page["count"], len(page["results"]), page["next"]) == (4, 2, None)
    assert page["totals"]["total"] == 4
    assert clerk.get(ON_SITE, {"page": 9}).status_code == 404


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"at": "yesterday"}, "at"),
        ({"at": "0001-01-01T00:00:00Z"}, "at"),
        ({"at": "2026-11-19T00:00:00+03:00"}, "at"),
        ({"kind": "cat"}, "kind"),
        ({"since": "2026-11-18"}, "since"),
        ({"format": "xml"}, "format"),
    ],
)
def test_what_it_cannot_be_asked_is_refused(
    asked: dict[str, str], wrong: str, clerk: APIClient
) -> None:
    response = clerk.get(ON_SITE, asked)
    assert response.status_code == 400
    assert wrong in response.json()


def test_a_spreadsheet_has_everybody_and_runs_no_formula(gate: APIClient, clerk: APIClient) -> None:
    for surname in ("=1+1", "Mushi"):
        _, number = make_pupil(surname=surname, first_name="")
        _earlier(gate, number, at("07:30"), direction="in")
    response = clerk.get(ON_SITE, {"format": "csv"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = text.splitlines()
    assert lines[0].split(",")[:3] == ["kind", "identifier", "full_name"]
    assert len(lines) == 3
    assert "'=1+1" in text
    assert "Main gate" in text


def test_class_teachers_see_their_own_and_the_kitchen_nobody(
    gate: APIClient, signed_in: Callable[..., APIClient]
) -> None:
    own, other = make_pupil(class_code=OWN_CLASS), make_pupil(class_code="OTHER")
    for person in (own, other):
        _earlier(gate, person[1], at("07:30"), direction="in")
    member = number_of(make_member())
    _earlier(gate, member, at("07:30"), direction="in")
    teacher = signed_in("class_teacher")
    body = answer(teacher)
    assert [row["person"] for row in body["results"]] == [str(own[0].pk)]
    assert body["totals"] == {"total": 1, "students": 1}
    assert signed_in("kitchen_admin").get(ON_SITE).status_code == 403
    for role in ("leadership", "registration_officer", "discipline_admin"):
        assert answer(signed_in(role))["count"] == 3


def test_a_teacher_without_a_class_sees_nobody(
    gate: APIClient, signed_in: Callable[..., APIClient]
) -> None:
    _, number = make_pupil()
    _earlier(gate, number, at("07:30"), direction="in")
    teacher = signed_in("class_teacher", classes=[])
    assert answer(teacher)["totals"] == {"total": 0, "students": 0}
    assert answer(teacher, STREAKS)["count"] == 0


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    gate: APIClient, clerk: APIClient, django_assert_num_queries: Any
) -> None:
    def come() -> None:
        for _ in range(5):
            _, number = make_pupil()
            _earlier(gate, number, at("07:30", TUESDAY), direction="in")
            _earlier(gate, number, at("07:30"), direction="in")

    come()
    Person.objects.update(updated_at=timezone.now() - timedelta(days=30))
    answer(clerk)  # what a process reads once of the rules
    with django_assert_num_queries(5):
        assert answer(clerk)["count"] == 5
    come()
    Person.objects.update(updated_at=timezone.now() - timedelta(days=30))
    with django_assert_num_queries(5):
        assert answer(clerk)["count"] == 10
