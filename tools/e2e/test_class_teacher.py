"""A class teacher's morning, at the desk and on a phone: who is here, who is not, and why."""

from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tools.e2e.walking import LANGUAGES, PASSWORD, Api, Walker, walking

NAMES = ("Amani", "Bahati", "Chausiku")


def a_class(office: Api, class_code: str) -> list[str]:
    """Expected each day of the week, with a teacher and old cards; returns the cards' numbers."""
    week_ago = date.today() - timedelta(days=7)  # noqa: DTZ011  # the server's clock is ours
    office.post(
        "/auth/admin/register/",
        {
            "username": class_code,
            "password": PASSWORD,
            "role": "class_teacher",
            "classes": [class_code],
        },
    )
    sessions = [
        {
            "name": class_code,
            "weekdays": [1, 2, 3, 4, 5, 6, 7],
            "starts_at": "00:01",
            "late_after": "23:58",
        }
    ]
    office.post(
        "/api/attendance/schedules/",
        {"name": class_code, "sessions": sessions, "applies_to": {"class_codes": [class_code]}},
    )
    numbers = []
    for n, name in enumerate(NAMES):
        student: dict[str, Any] = office.post(
            "/api/students/",
            {
                "registration_number": f"{class_code}/{n}",
                "first_name": name,
                "surname": "Komba",
                "class_code": class_code,
                "enrolled_on": str(week_ago),
            },
        )
        card = office.post(
            "/api/cards/",
            {
                "card_type": "student",
                "student_uuid": student["student_uuid"],
                "generate_rfid": True,
                "issued_date": f"{week_ago}T08:00:00+03:00",
            },
        )
        numbers.append(card["rfid_number"])
    return numbers


def tapped(office: Api, number: str) -> None:
    """Somebody came this morning."""
    gate = {"name": f"Geti {number}", "location": "Gate", "activity_type": "attendance"}
    key = office.post("/api/pos/devices/", gate)["key"]
    answer = office.request.post(
        "/api/pos/taps/", headers={"Authorization": f"Device {key}"}, data={"card": number}
    )
    assert answer.json()["decision"] == "accepted", answer.text()


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_class_teacher_sees_who_is_here_and_excuses_who_is_ill(
    browser: Browser, school: str, language: str, width: int
) -> None:
    class_code = f"CT{language.upper()}{width}"
    with walking(browser, school, language, width=width) as walker:
        said = walker.said
        office = Api(walker.page.request)
        came, *_ = a_class(office, class_code)
        tapped(office, came)
        walker.log_in(class_code, PASSWORD)
        walker.sees(said("Your classes: %(classes)s", classes=class_code))
        walker.go_to(said("My class today"))
        walker.is_at(said("My class today"))
        walker.reads_help(said("My class today"))
        is_said_of(walker, "Amani Komba", said("Present"))
        is_said_of(walker, "Bahati Komba", said("Not yet seen"))
        missing = said("Not yet seen").lower()
        why = said("Why %(name)s is %(status)s", name="Bahati Komba", status=missing)
        walker.follow(why)
        walker.is_at("Bahati Komba")
        walker.sees(said("Not yet seen"))
        walker.go_to(said("My class today"))
        walker.follow(said("Correct %(name)s", name="Bahati Komba"))
        walker.is_at(said("Correct %(name)s", name="Bahati Komba"))
        walker.tick(said("Excused"))
        walker.write(said("Reason"), "Malaria")
        walker.press(said("Save the correction"))
        walker.is_at(said("My class today"))
        one = said("{number} student", "{number} students", number=1)
        corrected = "{correction}: {people}. The reason: {reason}"
        walker.sees(said(corrected, correction=said("Excused"), people=one, reason="Malaria"))
        is_said_of(walker, "Bahati Komba", said("Excused"))
        is_said_of(walker, "Chausiku Komba", said("Not yet seen"))
        width_of_page, shown = walker.page.evaluate(
            "[document.documentElement.scrollWidth, innerWidth]"
        )
        assert width_of_page <= shown


def is_said_of(walker: Walker, name: str, status: str) -> None:
    expect(walker.page.get_by_role("row", name=name)).to_contain_text(status)
