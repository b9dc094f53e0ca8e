"""Meal periods in words that a cook would use."""

from collections.abc import Sequence

from core.weekdays import days_in_words
from kitchen.models import Diners, PeriodRule
from people.applies_to import kinds_meant


def meaning(rule: PeriodRule) -> str:
    """`Monday to Friday, 12:00 to 14:00: students of Form 1, one meal each.`"""
    until = f"{rule.ends_at:%H:%M}{' of the next day' if rule.is_overnight else ''}"
    when = f"{days_in_words(rule.days)}, {rule.starts_at:%H:%M} to {until}"
    meals = "one meal" if rule.portions == 1 else f"{rule.portions} meals"
    return f"{when}: {for_whom(rule)}, {meals} each."


def for_whom(rule: PeriodRule) -> str:
    """`students of Form 1 in Science, and 2 by name`."""
    asked = rule.diners
    by_name = f"{len(asked.people)} by name" if asked.people else ""
    if asked.names_people_only:
        return by_name
    everybody = rule.who == Diners.ALL and not asked.kinds
    nouns = _listed([kind.nouns for kind in kinds_meant(asked, rule.kinds)], "and")
    said = rule.applies_to
    classes = _listed([*said.get("class_levels", ()), *said.get("class_codes", ())], "or")
    groups = " in ".join(filter(None, (classes, _listed(said.get("departments", ()), "or"))))
    who = f"{'everybody' if everybody else nouns}{f' of {groups}' if groups else ''}"
    return f"{who}, and {by_name}" if by_name else who


def _listed(words: Sequence[str], last: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *before, end = words or [""]
    return f"{', '.join(before)} {last} {end}" if before else end
