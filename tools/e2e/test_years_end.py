"""At the year's end a class moves up and one of it stays; then all of it is taken back."""

import pytest
from playwright.sync_api import Browser, expect

from tools.e2e.walking import LANGUAGES, OFFICER, PASSWORD, Api, Walker, walking


def students_of(walker: Walker, class_code: str) -> None:
    office = Api(walker.page.request)
    for n, name in enumerate(("Baraka", "Furaha", "Zawadi")):
        office.post(
            "/api/students/",
            {
                "registration_number": f"{class_code}/{n}",
                "first_name": name,
                "surname": f"Wa {class_code}",
                "class_level": "Form 1",
                "class_code": class_code,
            },
        )


def counts(walker: Walker, class_code: str, number: int) -> None:
    """What the year's end says of the class; without students it is not there."""
    row = walker.page.get_by_role("row", name=class_code)
    if number:
        expect(row.get_by_role("cell", name=str(number), exact=True)).to_be_visible()
    else:
        expect(row).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_class_is_promoted_and_comes_back(browser: Browser, school: str, language: str) -> None:
    before, after = f"YE1{language.upper()}", f"YE2{language.upper()}"
    with walking(browser, school, language) as walker:
        said = walker.said
        students_of(walker, before)
        walker.log_in(OFFICER, PASSWORD)
        walker.go_to(said("Year's end"))
        walker.is_at(said("Year's end"))
        counts(walker, before, 3)
        walker.follow(f"{said('Promote')}: {before}")
        walker.looks()
        walker.write(said("Class level"), "Form 2")
        walker.write(said("Class"), after)
        walker.untick(f"Furaha Wa {before} {before}/1")
        walker.press(said("Show what would change"))
        walker.is_at(said("This is what would change"))
        two = said("{number} student", "{number} students", number=2)
        walker.press(said("Change {students}", students=two))
        walker.sees(said("{students} changed.", students=two))
        walker.looks()
        counts(walker, before, 1)
        counts(walker, after, 2)
        walker.follow(said("Undo"))
        walker.is_at(said("Take this back?"))
        walker.press(said("Take it back"))
        changed = said("{number:,} changed", number=2)
        walker.sees(said("Taken back: {what}.", what=changed))
        walker.looks()
        walker.go_to(said("Year's end"))
        counts(walker, before, 3)
        counts(walker, after, 0)
