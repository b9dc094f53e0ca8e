"""What each role finds on *Today*, and the page that says who may what."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import CAPABILITIES, DETAILS, Capability, Detail, Role
from accounts.tests.test_office import browser_of
from attendance.models import Status
from attendance.office import my_class
from cards.models import IDCardPrintLog, snapshot
from cards.office.figures import cards_today
from cards.tests.factories import make_card, make_student
from cards.tests.office import page, queries
from conftest import OWN_CLASS
from discipline.office.figures import incidents_lately
from discipline.tests.factories import make_incident
from office.who_may import SEEN, rights
from reports.tests.factories import make_day

pytestmark = pytest.mark.django_db

MakeUser = Callable[..., User]
MY_CLASS = "/admin/my-class/"
FIGURES = {
    Role.ADMINISTRATOR: {"present", "cards issued", "meals served", "incidents today"},
    Role.REGISTRATION_OFFICER: {"present", "cards issued"},
    Role.ATTENDANCE_ADMIN: {"present"},
    Role.KITCHEN_ADMIN: {"meals served"},
    Role.DISCIPLINE_ADMIN: {"present", "incidents today"},
    Role.LEADERSHIP: {"present", "cards issued", "meals served", "incidents today"},
    Role.CLASS_TEACHER: {"present", "incidents today"},
}


@pytest.mark.parametrize("role", Role.values)
def test_today_shows_each_role_its_figures_and_not_the_menu_again(
    make_user: MakeUser, role: Role
) -> None:
    day = timezone.localdate()
    make_day(make_student(class_code=OWN_CLASS), day, Status.PRESENT)
    make_day(make_student(class_code="OTHER"), day, Status.PRESENT)
    shown = page(browser_of(make_user(role)), "/admin/")
    figures = {
        what: number
        for number, what in re.findall(
            r'class="number">(\d+)</strong><span class="what">([^<]*)<', shown
        )
    }
    for words in FIGURES[Role.ADMINISTRATOR]:
        assert any(words in what for what in figures) is (words in FIGURES[role]), words
    words = "student present" if role == Role.CLASS_TEACHER else "students present"
    if words in figures:
        assert figures[words] == ("1" if role == Role.CLASS_TEACHER else "2")
    assert 'class="doors"' not in shown


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("student present", "card issued today", "incident today", "incident in 7 days")),
        (
            "sw",
            (
                "mwanafunzi aliyehudhuria",
                "kadi iliyotolewa leo",
                "tukio la nidhamu leo",
                "tukio la nidhamu siku 7",
            ),
        ),
    ],
)
def test_a_figure_of_one_is_told_of_one(
    make_user: MakeUser, language: str, words: tuple[str, ...]
) -> None:
    make_day(make_student(), timezone.localdate(), Status.PRESENT)
    make_card()
    make_incident()
    office = browser_of(make_user("administrator"))
    shown = office.get("/admin/", headers={"accept-language": language}).content.decode()
    for what in words:
        assert f'class="number">1</strong><span class="what">{what}</span>' in shown, what


def test_a_figure_of_today_leads_to_what_it_counts(make_user: MakeUser) -> None:
    """Not to the whole list, in which those of today must be looked for."""
    officer, now = make_user("administrator"), timezone.now()
    for days in (0, 6, 20):
        then = now - timedelta(days=days)
        card = make_card(issued_date=then)
        IDCardPrintLog.objects.create(
            **snapshot(card.card_type, card.person, card),
            printed_by=officer,
            printed_at=then,
            success=True,
        )
        make_incident(date_of_incident=timezone.localdate(then))
    browser = browser_of(officer)
    figures = cards_today(officer) + incidents_lately(officer)
    assert [each.number for each in figures] == [1, 1, 1, 2]
    for figure in figures:
        shown = browser.get(figure.url)
        assert len(shown.context["cl"].result_list) == figure.number, figure.what


def test_who_may_what_is_the_table_of_roles(make_user: MakeUser) -> None:
    assert set(SEEN) == set(Detail)
    lines = {right.what: right.roles for right in rights()}
    assert len(lines) == len(Capability) + len(Detail)
    for place, role in enumerate(Role):
        held = {what for what, roles in lines.items() if roles[place]}
        seen = {SEEN[detail] for detail in DETAILS[role]}
        assert held == {capability.value for capability in CAPABILITIES[role]} | seen
    for role in Role:
        shown = page(browser_of(make_user(role)), "/admin/who-may-what/")
        assert f"You work as {role.label}." in shown
        assert "People: create, change, import" in shown
        assert '<span class="on-paper" aria-hidden="true">Yes</span>' in shown


def test_a_class_teacher_sees_the_class_today_whom_to_look_for_first(
    make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = timezone.localdate()
    names = {"Aa": Status.PRESENT, "Bb": Status.ABSENT, "Cc": Status.LATE}
    for surname, status in names.items():
        make_day(make_student(surname=surname, class_code=OWN_CLASS), day, status)
    make_day(make_student(surname="Zz", class_code="OTHER"), day, Status.ABSENT)
    teacher = browser_of(make_user("class_teacher"))
    shown = page(teacher, MY_CLASS)
    order = [shown.index(f"{surname}</a>") for surname in ("Bb", "Cc", "Aa")]
    assert order == sorted(order)
    assert "Zz</a>" not in shown
    with monkeypatch.context() as patch:
        patch.setattr(my_class, "MOST", 2)
        assert "And 1 more: " in page(teacher, MY_CLASS)
    few = queries(teacher, MY_CLASS)
    for number in range(5):
        make_card(make_student(surname=f"More{number}", class_code=OWN_CLASS))
    assert queries(teacher, MY_CLASS) == few
    assert MY_CLASS in page(teacher, "/admin/")
    ask = unescape(re.findall(r'href="([^"]+/correct/[^"]+)"', shown)[0])
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page(teacher, ask)))
    told = teacher.post(ask, {**form, "status": Status.EXCUSED, "reason": "Malaria"})
    assert told.headers["Location"] == MY_CLASS
    clerk = browser_of(make_user("attendance_admin"))
    assert clerk.get(MY_CLASS).status_code == 403
    assert MY_CLASS not in page(clerk, "/admin/")
