"""Thresholds propose an act, once a crossing, and wait for a person."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.races import PATIENCE, at_once, waiting_for_turns
from accounts.tests.test_office import browser_of
from cards.tests.factories import make_student
from conftest import OWN_CLASS
from discipline.models import Proposal, Threshold
from discipline.proposals import NotOpen, decide_proposal, save_threshold
from discipline.services import (
    record_incidents,
    record_merit,
    void_incident,
    void_incidents,
    void_merit,
)
from discipline.tests.factories import make_incident, make_officer
from people.deed_models import Deed
from students.models import Student

MakeUser = Callable[..., User]
THRESHOLDS, PROPOSALS = "/admin/discipline/threshold/", "/admin/discipline/proposal/"


@pytest.fixture
def office(make_user: MakeUser) -> Client:
    return browser_of(make_user("discipline_admin"))


@pytest.fixture
def letter(db: None) -> Threshold:
    return Threshold.objects.create(at_or_below=70, act="Warning letter")


def proposals(student: Student) -> list[tuple[str, int, bool]]:
    """Of each, the first first: what, at how many points, and whether it waits."""
    found = Proposal.objects.filter(student=student).order_by("proposed_at", "-points_left")
    return [(each.threshold.act, each.points_left, each.is_open) for each in found]


def decide(proposal: Proposal, decision: str = "accepted", **options: Any) -> Any:
    asked = {"note": "Sent with Juma", "by": make_officer(), **options}
    return decide_proposal(proposal=proposal, decision=decision, **asked)


def waiting(student: Student) -> Proposal:
    return Proposal.objects.open().get(student=student)


# --- when it is proposed ----------------------------------------------------------------------


@pytest.mark.django_db
def test_it_is_proposed_once_a_crossing(letter: Threshold) -> None:
    Threshold.objects.create(at_or_below=40, act="Suspension")
    Threshold.objects.create(at_or_below=90, act="Nothing any more", is_active=False)
    student = make_student()
    make_incident(student, 29)
    assert proposals(student) == []
    second = make_incident(student, 1)
    make_incident(student, 5)
    assert proposals(student) == [("Warning letter", 70, True)]
    merit = record_merit(student=student, description="Helped", points=6, by=make_officer())
    assert proposals(student) == [("Warning letter", 70, False)]
    void_merit(merit=merit, reason="Mistake", by=make_officer())
    assert [is_open for *_, is_open in proposals(student)] == [False, True]
    decide(waiting(student), "dismissed", note="Spoke with them")
    make_incident(student, 25)  # below the other one, too
    assert proposals(student)[-1] == ("Suspension", 40, True)
    assert len(proposals(student)) == 3
    void_incident(incident=second, reason="Mistake", by=make_officer())
    assert not Proposal.objects.open().filter(student=student).exists()
    assert Proposal.objects.get(decision="dismissed").risen_at is None  # still not above 70


@pytest.mark.django_db
def test_of_several_each_has_their_own_proposal(letter: Threshold) -> None:
    students = [make_student() for _ in range(3)]
    make_incident(students[0], 25)
    group = uuid4()
    facts: dict[str, Any] = {"incident_description": "x", "points_deducted": 10, "group": group}
    record_incidents(students=students, by=make_officer(), **facts)
    assert [len(proposals(student)) for student in students] == [1, 0, 0]
    void_incidents(group=group, reason="Mistake", by=make_officer())
    assert not Proposal.objects.open().exists()


@pytest.mark.django_db
def test_whoever_is_so_low_already_is_proposed_with_the_next_incident() -> None:
    student = make_student()
    make_incident(student, 50)
    Threshold.objects.create(at_or_below=70, act="Warning letter")
    assert proposals(student) == []
    make_incident(student, 1)
    assert proposals(student) == [("Warning letter", 49, True)]


@pytest.mark.django_db
def test_a_threshold_is_proposed_at_once_for_whoever_is_so_low_already(office: Client) -> None:
    low, just, well, gone = (make_student() for _ in range(4))
    for student, points in ((low, 50), (just, 30), (well, 29), (gone, 60)):
        make_incident(student, points)
    make_student()  # has lost none: a threshold at what everybody starts with is not about them
    Student.objects.filter(pk=gone.pk).update(is_active=False)
    form = {"at_or_below": "70", "act": "Warning letter", "is_active": "on"}
    page = office.post(f"{THRESHOLDS}add/", form, follow=True).content.decode()
    assert "It is proposed for 2 students who have so few points already." in page
    assert proposals(low) == [("Warning letter", 50, True)]
    assert proposals(just) == [("Warning letter", 70, True)]
    assert not Proposal.objects.filter(student__in=[well, gone]).exists()
    threshold = Threshold.objects.get()
    decide(waiting(low), "dismissed")
    for is_active in (False, True):  # once for each student, also when it is in use again
        threshold.is_active = is_active
        assert save_threshold(threshold) == 0
    make_incident(low, 1)
    assert Proposal.objects.count() == 2
    save_threshold(Threshold(at_or_below=100, act="A word"))
    assert set(
        Proposal.objects.filter(threshold__act="A word").values_list("student", flat=True)
    ) == {
        low.pk,
        just.pk,
        well.pk,
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("takes_turns", "number"), [(True, 1), (False, 0)])
def test_an_incident_while_a_threshold_is_made_is_not_missed(
    monkeypatch: pytest.MonkeyPatch, takes_turns: bool, number: int
) -> None:
    """What is not committed yet is not seen: without turns neither sees the other."""
    student, by = make_student(), make_officer()
    is_weighed, is_saved = threading.Event(), threading.Event()
    if not takes_turns:
        monkeypatch.setattr("discipline.proposals.take_turns", lambda key: None)

    def record() -> None:
        with transaction.atomic():
            make_incident(student, 35, by=by)
            is_weighed.set()
            deadline = time.monotonic() + PATIENCE
            while not (is_saved.is_set() or waiting_for_turns()):
                assert time.monotonic() < deadline

    def make() -> None:
        assert is_weighed.wait(PATIENCE)
        save_threshold(Threshold(at_or_below=70, act="Warning letter"))
        is_saved.set()

    at_once(record, make)
    assert len(proposals(student)) == number


@pytest.mark.django_db(transaction=True)
def test_two_incidents_at_once_propose_it_once() -> None:
    Threshold.objects.create(at_or_below=70, act="Warning letter")
    student, by = make_student(), make_officer()
    write = partial(make_incident, student, 35, by=by)
    at_once(write, write)
    assert [is_open for *_, is_open in proposals(student)] == [True]


# --- what is decided --------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_is_decided_once_and_does_nothing_by_itself(letter: Threshold) -> None:
    student = make_student()
    make_incident(student, 30)
    proposal = waiting(student)
    assert decide(proposal).change_id is None
    proposal.refresh_from_db()
    assert (proposal.decision, proposal.note) == ("accepted", "Sent with Juma")
    with pytest.raises(NotOpen):
        decide(proposal, "dismissed")
    student.refresh_from_db()
    assert student.status == "Active"


@pytest.mark.django_db
def test_whoever_accepts_can_suspend_which_can_be_taken_back(letter: Threshold) -> None:
    student = make_student()
    incident = make_incident(student, 30)
    proposal = waiting(student)
    void_incident(incident=incident, reason="Mistake", by=make_officer())
    with pytest.raises(NotOpen):
        decide(proposal, suspend=True)
    student.refresh_from_db()
    assert student.status == "Active"
    make_incident(student, 30)
    decided = decide(waiting(student), suspend=True)
    student.refresh_from_db()
    assert student.status == "Suspended"
    assert Deed.objects.get(pk=decided.change_id).is_undoable


# --- the database -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_database_keeps_one_a_crossing_and_facts_as_they_are(letter: Threshold) -> None:
    student = make_student()
    make_incident(student, 30)
    add = partial(Proposal.objects.create, student=student, threshold=letter, points_left=1)
    found = Proposal.objects.filter(student=student)
    decided = {"decided_by": make_officer(), "decided_at": timezone.now(), "note": "x"}
    for write, what in (
        (add, "once_a_crossing"),
        (partial(found.update, decision="accepted"), "decided_by_whom_and_why"),
        (partial(found.update, **decided), "decided_by_whom_and_why"),
        (partial(found.update, decision="maybe", **decided), "decided_by_whom_and_why"),
        (partial(found.update, points_left=1), "Cannot update"),
        (found.delete, "Cannot delete"),
        (partial(Threshold.objects.update, act="Other"), "Cannot update"),
        (Threshold.objects.all().delete, "Cannot delete|protected"),
        (partial(Threshold.objects.create, at_or_below=70, act="Warning letter"), "once"),
        (partial(Threshold.objects.create, at_or_below=70, act=""), "says_what"),
    ):
        refused = pytest.raises((DatabaseError, IntegrityError), match=what)
        with refused, transaction.atomic():
            write()
    found.update(decision="accepted", **decided)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        found.update(note="Other")
    found.update(risen_at=timezone.now())


# --- in the office ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_threshold_is_added_switched_off_and_never_changed(office: Client) -> None:
    add = {"at_or_below": 50, "act": "Call the guardian", "is_active": "on"}
    assert office.post(f"{THRESHOLDS}add/", add).status_code == 302
    threshold = Threshold.objects.get()
    twice = office.post(f"{THRESHOLDS}add/", add).content.decode()
    assert "This is proposed at these points already." in twice
    address = f"{THRESHOLDS}{threshold.pk}/change/"
    assert office.post(address, {"at_or_below": 10, "act": "Other"}).status_code == 302
    threshold.refresh_from_db()
    assert (threshold.at_or_below, threshold.is_active) == (50, False)
    assert "At or below 50 points: Call the guardian" in office.get(THRESHOLDS).content.decode()
    history = office.get(f"{THRESHOLDS}{threshold.pk}/history/").content.decode()
    assert "discipline_admin" in history


@pytest.mark.django_db
def test_it_stands_on_today_until_a_person_decides(office: Client, letter: Threshold) -> None:
    asha, juma = (make_student(first_name=name) for name in ("Asha", "Juma"))
    for student in (asha, juma):
        make_incident(student, 40)
    today = office.get("/admin/").content.decode()
    assert "acts are proposed" in today
    assert "?state=open" in today
    address = f"{PROPOSALS}{waiting(asha).pk}"
    assert f"{address}/change/" in office.get(f"{PROPOSALS}?state=open&q=asha").content.decode()
    assert f"{address}/decide/" in office.get(f"{address}/change/").content.decode()
    page = office.get(f"{address}/decide/").content.decode()
    assert "now it is <strong>60</strong>" in page
    assert "Suspend" not in page  # who may not change people
    for wrong in ({"decision": "accepted", "note": " "}, {"decision": "maybe", "note": "x"}):
        assert b"errorlist" in office.post(f"{address}/decide/", wrong).content
    said = {"decision": "accepted", "note": "Sent with Juma", "suspend": "on"}
    done = office.post(f"{address}/decide/", said, follow=True).content.decode()
    assert "Accepted: Warning letter" in done
    assert "act is proposed" in office.get("/admin/").content.decode()
    asha.refresh_from_db()
    assert asha.status == "Active"
    again = office.post(f"{address}/decide/", said, follow=True).content.decode()
    assert "waits for nobody any more" in again
    story = office.get(f"/admin/students/student/{asha.pk}/change/").content.decode()
    assert "Proposed: Warning letter" in story
    assert "Sent with Juma" in story
    assert "Asha" in office.get(f"{PROPOSALS}?state=accepted").content.decode()


@pytest.mark.django_db
def test_an_administrator_suspends_with_the_decision(
    make_user: MakeUser, letter: Threshold
) -> None:
    student = make_student()
    make_incident(student, 40)
    boss = browser_of(make_user("administrator"))
    address = f"{PROPOSALS}{waiting(student).pk}/decide/"
    assert "Suspend the student now" in boss.get(address).content.decode()
    said = {"decision": "accepted", "note": "Talk on Monday", "suspend": "on"}
    done = boss.post(address, said, follow=True).content.decode()
    assert "They are suspended." in done
    assert ">Undo</a>" in done
    student.refresh_from_db()
    assert student.status == "Suspended"


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_who_reads_proposals_and_who_decides(
    make_user: MakeUser, letter: Threshold, role: str
) -> None:
    make_incident(student := make_student(class_code=OWN_CLASS), 40)
    make_incident(make_student(first_name="Hidden", class_code="OTHER"), 40)
    proposal = waiting(student)
    browser = browser_of(make_user(role))
    writes = role in {"administrator", "discipline_admin"}
    reads = writes or role in {"leadership", "class_teacher"}
    for page in (PROPOSALS, THRESHOLDS, f"{PROPOSALS}{proposal.pk}/change/"):
        assert browser.get(page).status_code == (200 if reads else 403), page
    for page in (f"{THRESHOLDS}add/", f"{PROPOSALS}{proposal.pk}/decide/"):
        assert browser.get(page).status_code == (200 if writes else 403), page
    assert ("acts are proposed" in browser.get("/admin/").content.decode()) is writes
    if reads:
        shown = "Hidden" in browser.get(PROPOSALS).content.decode()
        assert shown is (role != "class_teacher")
        (threshold,) = browser.get(THRESHOLDS).context["cl"].result_list
        assert threshold.waiting_now == (2 if shown else 1)


@pytest.mark.django_db
def test_times_are_those_of_the_campus(office: Client, letter: Threshold) -> None:
    student = make_student()
    with time_machine.travel("2026-11-18T22:30:00+00:00", tick=False):
        make_incident(student, 40)
        proposal = decide(waiting(student)).proposal
        record_merit(student=student, description="Helped", points=20, by=make_officer())
        page = office.get(f"{PROPOSALS}{proposal.pk}/change/").content.decode()
    assert page.count("Thu 19 Nov 2026, 01:30") == 3
