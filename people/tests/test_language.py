"""People in the language of whoever looks, and imports that are the same in each."""

from collections.abc import Callable

import pytest
from django.utils.translation import override, trans_real

from accounts.models import User
from accounts.tests.test_office import browser_of
from people.models import Person
from people.tests.kinds import KINDS, STUDENTS, student_row
from people.tests.sheets import csv_file
from people.tests.test_office_import import confirm, uploaded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("backwards")]


class Backwards(trans_real.DjangoTranslation):
    """A catalogue that has a word of its own for each, but for what is filled in."""

    def gettext(self, message: str) -> str:
        return message if set(message) & set("{%") else message.rpartition("\x04")[2][::-1]

    def ngettext(self, one: str, many: str, number: int) -> str:
        return f"{many} {one}"


@pytest.fixture
def backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(trans_real._translations, "sw", Backwards("sw"))  # type: ignore[attr-defined]


def test_a_list_that_is_shown_in_one_language_is_confirmed_in_another(
    make_user: Callable[..., User],
) -> None:
    office = browser_of(make_user("registration_officer"))
    row = student_row(1, phone_number="0712 345 678, 0754 000 333", academic_status="current")
    with override("sw"):
        office.defaults["HTTP_ACCEPT_LANGUAGE"] = "sw"
        shown = uploaded(office, csv_file([row]))
    office.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    confirm(office, shown)
    assert [person.phone_number for person in Person.objects.all()] == ["+255712345678"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_people_has_its_words_in_each_language(kind: str) -> None:
    declared = KINDS[kind].declared
    said = [declared.title, declared.word, declared.noun, declared.nouns, declared.short_title]
    english = [*map(str, said), *map(declared.count_of, (1, 2))]
    with override("sw"):
        others = [*map(str, said), *map(declared.count_of, (1, 2))]
    assert not set(english) & set(others)


def test_how_somebody_stands_is_said_in_the_language_of_the_page() -> None:
    suspended = STUDENTS.add(1, student_status="Suspended", is_active=False)
    assert suspended.standing == "Left (Suspended)"
    with override("sw"):
        assert suspended.standing == "Left (dednepsuS)"
