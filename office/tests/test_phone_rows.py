"""On a phone a row of a list is a name and one line: what else there is says so in its tag."""

import re
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client

from accounts.models import User
from accounts.tests.test_office import browser_of
from cards.jobs import print_cards
from cards.tests.factories import make_card, make_student
from office.lists import OfficeModelAdmin
from people.switching import switch_people
from students.kind import STUDENT

pytestmark = pytest.mark.django_db

STUDENTS = "/admin/students/student/"


@pytest.fixture
def office(make_user: Callable[..., User]) -> Client:
    make_student(class_code="F1A", department="Science")
    return browser_of(make_user("administrator"))


def cells(office: Client, address: str) -> dict[str, str]:
    """Of the first row, by its column: what a phone does with it."""
    page = office.get(address).content.decode()
    row = page[page.index("<tbody>") : page.index("</tbody>")]
    tags = re.findall(r'<td( data-rest| data-gives-way)?[^>]* class="field-(\w+)', row)
    return {name: what.strip() for what, name in tags}


def test_a_row_keeps_its_number_its_class_and_its_state(office: Client) -> None:
    found = cells(office, STUDENTS)
    assert found == {
        "portrait": "",
        "number": "",
        "class_code": "data-gives-way",
        "department": "data-rest",
        "standing": "",
        "card": "data-rest",
    }
    assert 'id="result_list" class="short"' in office.get(STUDENTS).content.decode()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/admin/people/deed/", {"whose", "touched", "standing"}),
        ("/admin/cards/printjob/", {"what", "stands", "progress"}),
        ("/admin/accounts/user/", {"role_chip", "state"}),
    ],
)
def test_changes_print_jobs_and_administrators_keep_one_line_too(
    office: Client, address: str, shown: set[str]
) -> None:
    card, by = make_card(), User.objects.get()
    switch_people(kind=STUDENT, people=[card.person_id], is_active=False, by=by)
    print_cards(card_uuids=[card.pk], layout="a4", by=by)
    kept = {name for name, what in cells(office, address).items() if what != "data-rest"}
    assert kept == shown


def test_so_does_whoever_is_found(office: Client) -> None:
    for _ in range(2):
        make_student(surname="Mushi")
    assert '<table class="short"' in office.get("/admin/find/?q=mushi").content.decode()


def test_whoever_chooses_columns_sees_all_of_them(office: Client) -> None:
    address = f"{STUDENTS}?column=department&column=number"
    assert set(cells(office, address).values()) == {""}
    assert 'class="short"' not in office.get(address).content.decode()


def test_each_list_keeps_columns_that_it_has(office: Client) -> None:
    seen = 0
    for site_admin in admin.site._registry.values():
        if isinstance(site_admin, OfficeModelAdmin) and site_admin.phone_columns:
            seen += 1
            shown = office.get(site_admin.list_url).context["cl"]
            keys = {getattr(name, "__name__", name) for name in shown.list_display}
            assert {*site_admin.phone_columns} <= keys, site_admin
            assert site_admin.phone_gives_way in {"", *site_admin.phone_columns}, site_admin
    assert seen > 9
