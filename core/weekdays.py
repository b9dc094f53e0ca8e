"""Days of the week as ISO 8601 numbers them: Monday is 1, Sunday is 7."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORTEST_NAME = 3
MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5)


def monday_to_friday() -> list[int]:
    return list(MONDAY_TO_FRIDAY)


def weekdays_field(**options: Any) -> ArrayField[Any, Any]:
    """A model field that holds some days of the week."""
    day = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(7)])
    return ArrayField(day, size=len(NAMES), **options)


def weekday_name(day: int) -> str:
    """`Monday`, in the language of whoever asks; `NAMES` are what programs write."""
    return str(WEEKDAYS[day - 1])


def days_in_words(days: Iterable[int]) -> str:
    """`Monday to Friday`, `Saturday, Sunday`, `Every day`, `No day`."""
    runs: list[list[int]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    if not runs:
        return gettext("No day")
    if len(runs[0]) == len(NAMES):
        return gettext("Every day")
    return ", ".join(map(_run_in_words, runs))


def _run_in_words(run: list[int]) -> str:
    names = [weekday_name(day) for day in run]
    if len(names) > 2:
        return gettext("{first} to {last}").format(first=names[0], last=names[-1])
    return ", ".join(names)


class WeekdaysWidget(forms.CheckboxSelectMultiple):
    """A row of seven switches."""

    class Media:
        css = {"all": ("office/weekdays.css",)}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.attrs.setdefault("class", "weekday")


class WeekdaysFormField(forms.TypedMultipleChoiceField):
    """A switch for each day of the week."""

    widget = WeekdaysWidget

    def __init__(self, **options: Any) -> None:
        names = [(day + 1, name) for day, name in WEEKDAYS.items()]
        super().__init__(choices=names, coerce=int, **options)


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 7},
        "description": "ISO 8601: Monday is 1, Sunday is 7. English names are understood as well.",
    }
)
class WeekdaysSerializerField(serializers.Field[list[int], Any, list[int], Any]):
    """`[1, 3]`, `["monday", "Wed"]` -> `[1, 3]`: in order, each once."""

    def to_internal_value(self, data: Any) -> list[int]:
        if not isinstance(data, list):
            message = gettext("Enter a list of weekdays, such as [1, 2, 3, 4, 5].")
            raise serializers.ValidationError(message)
        return sorted({_number(day) for day in data})

    def to_representation(self, value: list[int]) -> list[int]:
        return list(value)


def _number(day: Any) -> int:
    if isinstance(day, int) and not isinstance(day, bool) and 1 <= day <= len(NAMES):
        return day
    if isinstance(day, str) and len(day) >= SHORTEST_NAME:
        for number, name in enumerate(NAMES, start=1):
            if name.startswith(day.lower()):
                return number
    message = gettext("{day} is no weekday: Monday is 1, Sunday is 7.")
    raise serializers.ValidationError(message.format(day=f"{day!r:.50}"))
