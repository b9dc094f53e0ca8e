"""Cards of a selection: issue, print, switch; of a class; and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from accounts.tests.test_office import browser_of
from cards import services
from cards.models import Card, PrintJob
from cards.office import list_actions
from cards.tests.factories import make_card, make_guard, make_member, make_student
from cards.tests.office import CARDS, MOST_QUERIES, STUDENTS, page, queries, select, told
from students.models import Student

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
ISSUE, ISSUED, PRINT = "/admin/cards/issue/", "/admin/cards/issued/", "/admin/cards/print/"


def cards_on(shown: str) -> list[str]:
    """The cards that a page would print."""
    return shown.partition('name="cards" value="')[2].partition('"')[0].split(",")


def test_a_selection_is_issued_and_can_be_printed_at_once(office: Client) -> None:
    students = [make_student(surname=name) for name in ("Chuma", "Abdi", "Baya")]
    response = select(office, STUDENTS, "issue_cards", students)
    assert response["Location"] == ISSUED
    shown = page(office, ISSUED)
    assert "<h1>3 cards issued</h1>" in shown
    cards = [Card.objects.get(pk=pk) for pk in cards_on(shown)]
    assert [card.person.full_name for card in cards] == ["Asha Abdi", "Asha Baya", "Asha Chuma"]
    office.post(PRINT, {"cards": ",".join(cards_on(shown)), "layout": "a4"})
    job = PrintJob.objects.get()
    assert (job.total, job.layout) == (3, "a4")


def test_who_is_refused_is_named_with_the_reason(office: Client) -> None:
    holder, left, other = make_card().person, make_student(is_active=False), make_student()
    select(office, STUDENTS, "issue_cards", [holder, left, other])
    shown = page(office, ISSUED)
    assert "<h1>1 card issued, 2 refused</h1>" in shown
    assert "1 × Student already has a card." in shown
    assert "1 × Student is not active." in shown
    assert str(left) in shown
    assert cards_on(page(office, ISSUED)) == cards_on(shown)  # reloading issues nothing
    assert Card.objects.count() == 2


def test_all_of_a_filtered_list_are_more_than_the_api_takes(office: Client) -> None:
    students = [make_student(class_code="CS1") for _ in range(60)]
    make_student(class_code="CS2")
    select(office, f"{STUDENTS}?class_code=CS1", "issue_cards", students[:1], select_across="1")
    assert "<h1>60 cards issued</h1>" in page(office, ISSUED)
    assert Card.objects.count() == 60


def test_there_is_a_limit_to_all(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_actions, "MOST_AT_ONCE", 2)
    students = [make_student() for _ in range(3)]
    for action in ("issue_cards", "print_cards", "switch_off_cards"):
        for student in students:
            Card.objects.of(student).exists() or action == "issue_cards" or make_card(student)
        assert "At most" in told(select(office, STUDENTS, action, students)), action
    assert not PrintJob.objects.exists()
    assert not Card.objects.filter(is_active=False).exists()


def test_a_class_is_issued_from_its_line(office: Client) -> None:
    for _ in range(3):
        make_student(class_code="CS1")
    make_card(make_student(class_code="CS1"))
    make_student(class_code="CS1", is_active=False)
    make_student()
    make_member(department="Estates")
    make_guard()
    shown = page(office, ISSUE)
    for words in ("CS1", "No class", "Estates", "Issue 3 cards", "Security personnel"):
        assert words in shown
    office.post(ISSUE, {"card_type": "student", "group": "CS1"})
    assert "<h1>3 cards issued</h1>" in page(office, ISSUED)
    for card_type, group in (("student", ""), ("staff", "Estates"), ("security", "")):
        office.post(ISSUE, {"card_type": card_type, "group": group})
    assert "Everybody has a card." in page(office, ISSUE)
    assert office.post(ISSUE, {"card_type": "dog"}).status_code == 404


@pytest.mark.parametrize("address", [ISSUE, "/admin/cards/desk/"])
def test_while_nobody_is_registered_nobody_is_said_to_have_a_card(
    office: Client, address: str
) -> None:
    shown = page(office, address)
    assert "Everybody has a card." not in shown
    assert "Nobody is registered here yet." in shown
    assert 'href="/admin/people/import/add/?kind=student"' in shown
    assert f'href="{STUDENTS}add/"' in shown


def test_more_classes_cost_no_more_queries(office: Client) -> None:
    make_student(class_code="CS0")
    few = queries(office, ISSUE)
    for number in range(10):
        make_student(class_code=f"CS{number}")
    assert queries(office, ISSUE) == few <= MOST_QUERIES


def test_without_an_issue_there_is_nothing_to_report(office: Client) -> None:
    assert office.get(ISSUED)["Location"] == ISSUE


def test_the_cards_of_a_selection_are_printed_in_the_order_of_names(office: Client) -> None:
    names = ("Chuma", "Abdi", "Baya")
    students = [make_card(make_student(surname=name)).person for name in names]
    response = select(office, STUDENTS, "print_cards", [*students, make_student()])
    assert "1 of these people have no card yet." in response.content.decode()
    cards = cards_on(response.content.decode())
    surnames = [Card.objects.get(pk=pk).person.full_name.split()[-1] for pk in cards]
    assert surnames == sorted(names)
    assert told(select(office, STUDENTS, "print_cards", [make_student()]))


def test_cards_of_the_list_of_cards_are_printed_in_the_order_of_names(office: Client) -> None:
    """Whatever their numbers: those are looked for by nobody."""
    names = ("Chuma", "Abdi", "Baya")
    cards = [
        make_card(make_student(surname=name), rfid_number=f"04AABBCC0{number}")
        for number, name in enumerate(names)
    ]
    shown = select(office, CARDS, "print_cards", cards).content.decode()
    assert cards_on(shown) == [str(cards[n].pk) for n in (1, 2, 0)]


@pytest.mark.parametrize(
    "action",
    ["print_cards", "prolong_cards", "replace_cards", "switch_on_cards", "switch_off_cards"],
)
def test_a_page_about_many_cards_names_whose_they_are_and_leads_back(
    office: Client, action: str
) -> None:
    person = make_card(make_student(first_name="Neema", surname="Kweka")).person
    shown = select(office, STUDENTS, action, [person]).content.decode()
    assert f'Neema Kweka <span class="soft">{person.identifier}</span>' in shown
    assert f'<a class="button" href="{STUDENTS}">Cancel</a>' in shown


def test_cards_are_printed_from_their_own_list_unless_retired(office: Client) -> None:
    cards = [make_card() for _ in range(2)]
    retired = services.retire_card(card=make_card(), reason="lost")
    response = select(office, CARDS, "print_cards", [*cards, retired])
    assert set(cards_on(response.content.decode())) == {str(card.pk) for card in cards}
    assert "not printed" in told(select(office, CARDS, "print_cards", [retired]))


@pytest.mark.parametrize(
    "wish", ["", "x", "00000000-0000-0000-0000-000000000000", ",".join(["x"] * 9), "\x00"]
)
def test_rubbish_starts_no_print(office: Client, wish: str) -> None:
    assert told(office.post(PRINT, {"cards": wish, "layout": "cr80"}))
    assert not PrintJob.objects.exists()


def test_an_unknown_layout_starts_no_print(office: Client) -> None:
    assert told(office.post(PRINT, {"cards": str(make_card().pk), "layout": "a3"}))
    assert not PrintJob.objects.exists()


@pytest.mark.parametrize(
    ("url", "off", "on"),
    [(STUDENTS, "switch_off_cards", "switch_on_cards"), (CARDS, "deactivate", "activate")],
)
def test_a_selection_is_switched_off_and_on(office: Client, url: str, off: str, on: str) -> None:
    cards = [make_card() for _ in range(2)]
    rows = cards if url == CARDS else [card.person for card in cards]

    def answer(action: str, rows: list[Any]) -> str:
        keys = cards_on(select(office, url, action, rows).content.decode())
        address = f"/admin/cards/switch-{'off' if action == off else 'on'}/"
        return told(office.post(address, {"cards": ",".join(keys), "confirmed": "yes"}))

    assert answer(off, rows).startswith("2 cards are switched off now.")
    assert not Card.objects.filter(is_active=True).exists()
    assert answer(on, rows[:1]).startswith("1 card is active now.")
    assert Card.objects.filter(is_active=True).count() == 1


def test_of_retired_cards_only_there_is_nothing_to_switch(office: Client) -> None:
    retired = services.retire_card(card=make_card(), reason="lost")
    said = told(select(office, CARDS, "activate", [retired]))
    assert said == "1 of these cards is retired, and stays so."


@pytest.mark.parametrize("role", Role.values)
def test_only_who_manages_cards_selects_any(make_user: MakeUser, role: str) -> None:
    may = role in {"administrator", "registration_officer"}
    browser, student = browser_of(make_user(role)), make_student()
    assert ("Issue cards" in page(browser, STUDENTS)) is may
    select(browser, STUDENTS, "issue_cards", [student])
    assert Card.objects.exists() is may
    assert browser.get(ISSUE).status_code == (200 if may else 403)
    assert browser.get(CARDS).status_code == (200 if may or role == "leadership" else 403)
    form: dict[str, Any] = {"card_type": "student", "group": ""}
    assert browser.post(ISSUE, form).status_code == (302 if may else 403)
    assert browser.post(PRINT, {"cards": "x"}).status_code == (302 if may else 403)


# --- the end of many cards ------------------------------------------------------------------------


def test_a_class_that_leaves_hands_its_cards_in(office: Client) -> None:
    cards = [make_card() for _ in range(3)]
    asked = select(office, STUDENTS, "retire_cards", [card.person for card in cards])
    assert b"Retire 3 cards" in asked.content
    assert Card.objects.current().count() == 3, "nothing is done before there is a reason"
    keys = cards_on(asked.content.decode())
    response = office.post("/admin/cards/retire/", {"cards": ",".join(keys), "reason": "returned"})
    assert response["Location"] == CARDS
    assert told(response) == "3 cards are retired for good now."
    assert set(Card.objects.values_list("retired_reason", flat=True)) == {"returned"}


def test_cards_that_were_damaged_are_replaced_and_the_new_ones_can_be_printed(
    office: Client,
) -> None:
    cards = [make_card() for _ in range(2)]
    asked = select(office, CARDS, "replace", cards).content.decode()
    assert "Replace 2 cards" in asked
    sent = {"cards": ",".join(cards_on(asked)), "reason": "damaged"}
    shown = office.post("/admin/cards/replace/", sent).content.decode()
    new = [Card.objects.get(pk=pk) for pk in cards_on(shown)]
    assert {card.replaces for card in new} == set(cards)
    assert "Print 2 cards" in shown


def test_one_that_cannot_be_replaced_stops_no_other(office: Client) -> None:
    good, left = make_card(), make_card()
    Student.objects.filter(pk=left.person.pk).update(is_active=False)
    sent = {"cards": f"{good.pk},{left.pk}", "reason": "lost"}
    response = office.post("/admin/cards/replace/", sent)
    assert told(response) == "1 card is replaced now. 1 refused: Student is not active."
    assert not Card.objects.get(pk=left.pk).is_retired


def test_a_card_ends_once(office: Client) -> None:
    card = make_card()
    sent = {"cards": str(card.pk), "reason": "lost"}
    office.post("/admin/cards/retire/", sent)
    assert told(office.post("/admin/cards/retire/", sent)).startswith("All of these cards")
    assert select(office, CARDS, "retire", [card])["Location"] == CARDS


@pytest.mark.parametrize("name", ["retire", "replace", "switch-on", "switch-off"])
@pytest.mark.parametrize("sent", [{}, {"cards": ""}, {"cards": "x"}, {"cards": "\x00"}])
def test_what_names_no_card_ends_none(office: Client, name: str, sent: dict[str, str]) -> None:
    address = f"/admin/cards/{name}/"
    assert office.post(address, {**sent, "reason": "lost", "confirmed": "yes"})["Location"] == CARDS
    assert office.get(address).status_code == 405


@pytest.mark.parametrize("role", ["attendance_admin", "kitchen_admin", "discipline_admin"])
def test_who_manages_no_cards_ends_none(make_user: MakeUser, role: str) -> None:
    card = make_card()
    sent = {"cards": str(card.pk), "reason": "lost", "confirmed": "yes"}
    other = browser_of(make_user(role))
    for name in ("retire", "replace", "switch-off"):
        assert other.post(f"/admin/cards/{name}/", sent).status_code == 403
    card.refresh_from_db()
    assert card.is_active
