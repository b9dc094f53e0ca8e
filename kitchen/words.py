"""Meal periods in words that a cook would use."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.weekdays import days_in_words
from kitchen.models import Diners, PeriodRule
from people.applies_to import kinds_meant


def meaning(rule: PeriodRule) -> str:
    """`Monday to Friday, 12:00 to 14:00: students of Form 1, one meal each.`"""
    one_day = _("{days}, {start} to {end}: {people}, {meals} each.")
    overnight = _("{days}, {start} to {end} of the next day: {people}, {meals} each.")
    meals = ngettext("one meal", "{number} meals", rule.portions).format(number=rule.portions)
    return (overnight if rule.is_overnight else one_day).format(
        days=days_in_words(rule.days),
        start=f"{rule.starts_at:%H:%M}",
        end=f"{rule.ends_at:%H:%M}",
        people=for_whom(rule),
        meals=meals,
    )


def for_whom(rule: PeriodRule) -> str:
    """`students of Form 1 in Science, and 2 by name`."""
    asked = rule.diners
    named = len(asked.people)
    by_name = ngettext("{number} by name", "{number} by name", named).format(number=named)
    if asked.names_people_only:
        return by_name
    is_everybody = rule.who == Diners.ALL and not asked.kinds
    kinds = (kind.nouns for kind in kinds_meant(asked, rule.kinds))
    people = _("everybody") if is_everybody else _listed(kinds, _("{some} and {last}"))
    said, either = rule.applies_to, _("{some} or {last}")
    classes = _listed([*said.get("class_levels", ()), *said.get("class_codes", ())], either)
    departments = _listed(said.get("departments", ()), either)
    who = _groups_of(classes, departments).format(
        people=people, classes=classes, departments=departments
    )
    return _("{people}, and {by_name}").format(people=who, by_name=by_name) if named else who


def _groups_of(classes: str, departments: str) -> str:
    if classes and departments:
        return _("{people} of {classes} in {departments}")
    if classes:
        return _("{people} of {classes}")
    return _("{people} of {departments}") if departments else "{people}"


def _listed(words: Iterable[object], both: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *before, end = [str(word) for word in words] or [""]
    return both.format(some=", ".join(before), last=end) if before else end
