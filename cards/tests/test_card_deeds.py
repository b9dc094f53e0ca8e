"""Cards issued, prolonged and switched together: written down, and taken back or not at all."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.test_office import browser_of
from cards import jobs, services
from cards.handing_out import hand_out, take_back
from cards.many import prolong_cards, switch_cards
from cards.models import Card, HandOut, IDCardPrintLog, PrintJob, snapshot
from cards.prints import print_card
from cards.tests.factories import (
    MAKERS,
    URL,
    make_card,
    make_member,
    make_student,
    make_temporary_card,
    one,
)
from cards.tests.office import CARDS, STUDENTS, page, select, told
from people.deed_models import Deed
from people.deeds import GrowingDeed, Touch
from people.tests.kinds import student_row
from people.tests.sheets import csv_file, real
from people.undoing import undo_deed
from pos.tests.factories import make_reader
from students.kind import STUDENT
from students.models import Student

pytestmark = pytest.mark.django_db

CHANGES = "/api/changes/"
MakeUser = Callable[..., User]


@pytest.fixture
def user(officer: APIClient) -> User:
    """Who works at the API as well."""
    return User.objects.get(username="registration_officer")


def issued(officer: APIClient, *students: Any) -> tuple[list[Card], str]:
    """Their cards, and the id of what has issued them."""
    asked = {"student_uuids": [str(student.pk) for student in students]}
    answer = officer.post(f"{URL}bulk-create-student-cards/", asked, format="json").json()
    return [Card.objects.get(person=student.pk) for student in students], answer["change_id"]


def undo(officer: APIClient, change_id: Any, status: int = 200) -> Any:
    response = officer.post(f"{CHANGES}{change_id}/undo/")
    assert response.status_code == status, response.content
    return response.json()


def undo_in(shown: str) -> str:
    (address,) = re.findall(r'href="([^"]*/undo/)">Undo<', shown)
    return str(address)


def confirmed(shown: str) -> dict[str, str]:
    """What a page that asks would send."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))


def all_cards() -> Any:
    """All that is stored of them, but when it was last written."""
    fields = {field.attname for field in Card._meta.concrete_fields} - {"updated_at"}
    return list(Card.objects.order_by("pk").values(*sorted(fields)))


# --- issued together --------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "make"), MAKERS.items())
def test_cards_that_were_issued_together_are_taken_back(
    officer: APIClient, kind: str, make: Any
) -> None:
    people = [make() for _ in range(3)]
    make_card(people[0])
    before = all_cards()
    asked = {f"{kind}_uuids": [str(person.pk) for person in people]}
    answer = officer.post(f"{URL}bulk-create-{kind}-cards/", asked, format="json").json()
    listed = officer.get(f"{CHANGES}?what=cards_issued").json()["results"]
    assert [(each["change_id"], each["kind"], each["summary"]) for each in listed] == [
        (answer["change_id"], kind, {"total": 3, "created": 2, "updated": 0})
    ]
    assert undo(officer, answer["change_id"])["undone_by"] == "registration_officer"
    assert all_cards() == before
    assert undo(officer, answer["change_id"], 409)["code"] == "already_undone"


def test_where_nothing_was_issued_there_is_nothing_to_take_back(officer: APIClient) -> None:
    assert issued(officer, make_card().person)[1] is None
    assert not Deed.objects.exists()


def test_their_history_tells_that_they_were_there(officer: APIClient) -> None:
    (card,), change_id = issued(officer, make_student())
    undo(officer, change_id)
    history = officer.get(f"{one(card)}history/").json()
    assert [entry["action"] for entry in history] == ["deleted", "created"]
    assert history[0]["by"] == "registration_officer"


def test_one_change_after_the_other_is_taken_back_in_turn(officer: APIClient) -> None:
    """Nobody has a card any more, so the import of the people goes as well."""
    imported = real(officer, "/api/students/", csv_file([student_row()])).json()["change_id"]
    _, change_id = issued(officer, Student.objects.get())
    assert undo(officer, imported, 409)["rows"][0]["reasons"] == ["has since got a card"]
    undo(officer, change_id)
    undo(officer, imported)
    assert not Student.objects.exists()


def printed(card: Card, by: User) -> None:
    print_card(card=card, by=by)


def queued(card: Card, by: User) -> None:
    jobs.print_cards(card_uuids=[card.pk], layout="cr80", by=by)


def handed_out(card: Card, by: User) -> None:
    hand_out(card_uuids=[card.pk], by=by, how=HandOut.How.TICK)


def handed_out_by_mistake(card: Card, by: User) -> None:
    handed_out(card, by)
    take_back(card_uuid=card.pk, by=by)


def tapped(card: Card, by: User) -> None:
    sent = {"card": card.rfid_number, "event_id": uuid4().hex}
    assert make_reader(direction="in")[1].post("/api/pos/taps/", sent).json()["code"] == "ok"


def tapped_while_off(card: Card, by: User) -> None:
    """A tap is a fact, also one that was refused."""
    services.switch_card(card=card, is_active=False)
    sent = {"card": card.rfid_number, "event_id": uuid4().hex}
    answer = make_reader(direction="in")[1].post("/api/pos/taps/", sent).json()
    assert answer["code"] == "card_inactive"
    services.switch_card(card=card, is_active=True)


def given_a_chip(card: Card, by: User) -> None:
    services.change_card(card=card, changes={"rfid_number": "04A32B1C"})


def retired(card: Card, by: User) -> None:
    services.retire_card(card=card, reason="lost")


def prolonged(card: Card, by: User) -> None:
    prolong_cards(cards=[card.pk], until=date(2099, 12, 31), by=by)


@pytest.mark.parametrize(
    ("happens", "reasons"),
    [
        (printed, ["was printed"]),
        (queued, ["is being printed"]),
        (handed_out, ["has since got a hand-out"]),
        (handed_out_by_mistake, ["has since got a hand-out taken back"]),
        (tapped, ["was tapped"]),
        (tapped_while_off, ["was tapped"]),
        (given_a_chip, ["rfid_number was changed"]),
        (retired, ["is_active was changed", "was retired"]),
        (prolonged, ["expiry_date was changed"]),
    ],
)
def test_a_card_that_somebody_has_by_now_is_named_and_none_is_touched(
    officer: APIClient, user: User, happens: Callable[[Card, User], None], reasons: list[str]
) -> None:
    (_, card), change_id = issued(officer, make_student(), make_student())
    happens(card, user)
    before = all_cards()
    refusal = undo(officer, change_id, 409)
    assert refusal["code"] == "moved_on"
    assert [(row["row"], row["person"], row["reasons"]) for row in refusal["rows"]] == [
        (2, str(card.person_id), reasons)
    ]
    assert all_cards() == before
    assert Deed.objects.get(pk=change_id).is_undoable


def test_a_print_that_failed_is_none(officer: APIClient, user: User) -> None:
    (card,), change_id = issued(officer, make_student())
    jobs.print_cards(card_uuids=[card.pk], layout="cr80", by=user)
    PrintJob.objects.update(state=PrintJob.State.FAILED, finished_at=timezone.now())
    IDCardPrintLog.objects.create(
        **snapshot("student", card.person, card), printed_by=user, success=False
    )
    undo(officer, change_id)


def test_who_takes_it_back_halfway_takes_back_what_there_is(user: User) -> None:
    first, second, third = (make_card() for _ in range(3))

    def touch(card: Card) -> Touch:
        number = card.rfid_number
        return Touch(1, card, card.person_id, "", after={"rfid_number": number})

    deed = GrowingDeed(what=Deed.What.CARDS_ISSUED, kind=STUDENT, by=user, about="", total=3)
    deed.add(touch(first))
    deed.add(touch(second))
    assert Deed.objects.get().summary == {"total": 3, "created": 2, "updated": 0}
    undo_deed(deed=Deed.objects.get(), by=user)
    assert list(Card.objects.all()) == [third]
    deed.add(touch(third))
    assert deed.deed is not None
    assert deed.deed.summary["created"] == 1
    undo_deed(deed=deed.deed, by=user)
    assert not Card.objects.exists()


def test_numbers_are_told_to_those_who_may_know_them(
    officer: APIClient, caller: Callable[[str], APIClient], office: Client
) -> None:
    (card,), change_id = issued(officer, make_student())
    for role, knows in (("registration_officer", True), ("leadership", False)):
        body = caller(role).get(f"{CHANGES}{change_id}/").json()
        assert ("rfid_number" in body["rows"][0]["changes"]) is knows
        assert (card.rfid_number in str(body)) is knows
        browser = browser_of(User.objects.get(username=role))
        shown = page(browser, f"/admin/people/deed/{change_id}/change/")
        assert (card.rfid_number in shown) is knows
        assert ("/undo/" in shown) is knows


def test_the_page_of_an_issue_offers_to_take_it_back(office: Client) -> None:
    make_student(class_code="CS1")
    office.post("/admin/cards/issue/", {"card_type": "student", "group": "CS1"})
    address = undo_in(page(office, "/admin/cards/issued/"))
    assert "Cards issued: CS1" in page(office, "/admin/people/deed/")
    asked = page(office, address)
    assert "1 card that it issued will be gone" in asked
    assert Card.objects.exists()
    office.post(address)
    assert not Card.objects.exists()
    assert "Undo" not in page(office, "/admin/cards/issued/")


def test_the_page_names_what_has_moved_on(office: Client, user: User) -> None:
    student = make_student()
    select(office, STUDENTS, "issue_cards", [student])
    print_card(card=Card.objects.get(), by=user)
    said = told(office.post(f"/admin/people/changes/{Deed.objects.get().pk}/undo/"))
    assert f"{student.identifier}: was printed" in said
    assert Card.objects.exists()


# --- prolonged together -----------------------------------------------------------------------


def test_prolonged_cards_get_each_its_old_end_back(office: Client) -> None:
    now = timezone.now()
    ends = [now + timedelta(days=20), now - timedelta(days=3), None]
    cards = [make_card(expiry_date=end) for end in ends]
    before = all_cards()
    sent = {"cards": ",".join(str(card.pk) for card in cards), "until": "2099-12-31"}
    shown = office.post("/admin/cards/prolong/", sent).content.decode()
    assert "3 cards are good for longer now." in shown
    assert Card.objects.filter(expiry_date__year=2099).count() == 3
    deed = Deed.objects.get()
    assert (deed.what, deed.about) == ("cards_prolonged", "2099-12-31")
    told_of = page(office, f"/admin/people/deed/{deed.pk}/change/")
    assert "<del>Never</del>" in told_of
    assert "<ins>31 Dec 2099</ins>" in told_of
    office.post(undo_in(shown))
    assert all_cards() == before


def test_a_card_that_was_retired_since_is_not_given_its_old_end(user: User) -> None:
    cards = [make_card(), make_card()]
    done = prolong_cards(cards=[card.pk for card in cards], until=date(2099, 12, 31), by=user)
    services.retire_card(card=Card.objects.get(pk=cards[1].pk), reason="lost")
    before = all_cards()
    browser = APIClient()
    browser.force_authenticate(user)
    refusal = undo(browser, done.deeds[0].pk, 409)
    assert [(row["row"], row["reasons"]) for row in refusal["rows"]] == [(2, ["was retired"])]
    assert all_cards() == before


# --- switched together ------------------------------------------------------------------------


@pytest.mark.parametrize(("url", "action"), [(STUDENTS, "switch_off_cards"), (CARDS, "deactivate")])
def test_switching_names_them_first_and_gives_each_its_state_back(
    office: Client, url: str, action: str
) -> None:
    cards = [make_card(make_student(surname=name)) for name in ("Abdi", "Baya")]
    services.switch_card(card=cards[1], is_active=False)
    before = all_cards()
    shown = select(office, url, action, cards if url == CARDS else [c.person for c in cards])
    asked = shown.content.decode()
    assert "Asha Abdi" in asked
    assert "Switch 2 cards off" in asked
    assert all_cards() == before
    done = office.post("/admin/cards/switch-off/", confirmed(asked))
    assert told(done).startswith("2 cards are switched off now. <a ")
    assert not Card.objects.filter(is_active=True).exists()
    office.post(undo_in(told(done)))
    assert all_cards() == before


def test_temporary_cards_are_switched_as_well_and_retired_ones_are_told(office: Client) -> None:
    lent, gone = make_temporary_card(), services.retire_card(card=make_card(), reason="lost")
    shown = select(office, CARDS, "deactivate", [lent, gone]).content.decode()
    assert "1 of these cards is retired, and stays so." in shown
    assert confirmed(shown)["cards"] == str(lent.pk)
    office.post("/admin/cards/switch-off/", confirmed(shown))
    lent.refresh_from_db()
    assert not lent.is_active


def test_cards_of_two_kinds_of_people_are_two_changes(office: Client) -> None:
    cards = [make_card(make_student()), make_card(make_member())]
    shown = select(office, CARDS, "deactivate", cards).content.decode()
    said = told(office.post("/admin/cards/switch-off/", confirmed(shown)))
    assert Deed.objects.count() == 2
    for deed in Deed.objects.all():
        assert f"/admin/people/changes/{deed.pk}/undo/" in said
    office.post(f"/admin/people/changes/{Deed.objects.get(kind='staff').pk}/undo/")
    assert list(Card.objects.filter(is_active=True)) == [cards[1]]


def test_of_what_was_so_already_nothing_is_written_down(user: User) -> None:
    done = switch_cards(cards=[make_card().pk], is_active=True, by=user)
    assert (len(done.cards), done.deeds) == (1, [])
    assert not Deed.objects.exists()


def test_a_card_that_was_switched_again_since_stays(user: User) -> None:
    cards = [make_card(), make_card()]
    (deed,) = switch_cards(cards=[card.pk for card in cards], is_active=False, by=user).deeds
    services.switch_card(card=Card.objects.get(pk=cards[0].pk), is_active=True)
    browser = APIClient()
    browser.force_authenticate(user)
    assert undo(browser, deed.pk, 409)["rows"][0]["fields"] == ["is_active"]
    assert Card.objects.filter(is_active=False).count() == 1


# --- how much it takes ------------------------------------------------------------------------


def statements(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


@pytest.mark.parametrize("what", ["issue", "prolong", "switch"])
def test_more_cards_take_no_more_statements(officer: APIClient, user: User, what: str) -> None:
    def cost(number: int) -> list[int]:
        if what == "issue":
            deed = Deed.objects.get(pk=issued(officer, *(make_student() for _ in range(number)))[1])
            return [statements(lambda: undo_deed(deed=deed, by=user))]
        ends = (timezone.now() + timedelta(days=day) for day in range(number))
        keys = [make_card(expiry_date=end).pk for end in ends]

        def act() -> Any:
            if what == "switch":
                return switch_cards(cards=keys, is_active=False, by=user)
            return prolong_cards(cards=keys, until=date(2099, 12, 31), by=user)

        acting = statements(act)
        deed = Deed.objects.order_by("-made_at")[0]
        assert deed.rows.count() == number
        return [acting, statements(lambda: undo_deed(deed=deed, by=user))]

    cost(1)
    assert cost(3) == cost(20)
