from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError

from accounts.models import User
from core.filters import MAX_SEARCH_LENGTH
from people.filters import PersonFilter
from people.models import PersonQuerySet
from people.search import words
from students.kind import STUDENT
from students.models import Student

SEARCH = "search"


class StudentFilter(PersonFilter):
    student_status = filters.ChoiceFilter(field_name="status", choices=STUDENT.status_choices)

    class Meta:
        model = Student
        fields = (
            "class_level",
            "class_code",
            "program",
            "department",
            "student_status",
            "academic_status",
            "is_active",
        )


def found_by(asked: Mapping[str, Any], *, user: User) -> PersonQuerySet[Student]:
    """The students whom the list shows this user for these filters, which come as JSON.

    Raises ValidationError by filter, for one that there is not as well.
    """
    known = {*StudentFilter.base_filters, SEARCH}
    wrong = {name: [_("Unknown filter.")] for name in asked if name not in known}
    wrong |= {
        name: [_("Enter one value.")]
        for name, value in asked.items()
        if not isinstance(value, str | bool | int)
    }
    values = {name: _as_in_an_address(value) for name, value in asked.items()}
    # In an address what is left empty is no filter. Here it would be everybody who is changed.
    wrong |= {name: [_("Enter a value.")] for name, value in values.items() if not value.strip()}
    if SEARCH in values and not words(values[SEARCH]):
        wrong[SEARCH] = [_("Enter a value.")]
    if "\x00" in values.get(SEARCH, ""):
        wrong[SEARCH] = [_("Null characters are not allowed.")]
    if len(values.get(SEARCH, "")) > MAX_SEARCH_LENGTH:
        wrong[SEARCH] = [_("At most {most} characters.").format(most=MAX_SEARCH_LENGTH)]
    found = StudentFilter(values, queryset=Student.objects.of_own_kind().seen_by(user))
    wrong = {**found.errors, **wrong}
    if wrong:
        raise ValidationError(wrong)
    students: Any = found.qs
    matching: PersonQuerySet[Student] = students.search_as(user, values.get(SEARCH, ""))
    return matching


def _as_in_an_address(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
