"""Meal periods in words that a cook would use."""

from collections.abc import Iterable

from core.weekdays import days_in_words
from kitchen.models import Diners, PeriodRule
from people.applies_to import AppliesTo, kinds_meant


def meaning(rule: PeriodRule) -> str:
    """`Monday to Friday, 12:00 to 14:00: students of Form 1, one meal each.`"""
    until = f"{rule.ends_at:%H:%M}{' of the next day' if rule.is_overnight else ''}"
    when = f"{days_in_words(rule.days)}, {rule.starts_at:%H:%M} to {until}"
    meals = "one meal" if rule.portions == 1 else f"{rule.portions} meals"
    return f"{when}: {for_whom(rule)}, {meals} each."


def for_whom(rule: PeriodRule) -> str:
    asked = rule.diners
    named = f"{len(asked.people)} named" if asked.people else ""
    if asked.names_people_only:
        return "1 person by name" if len(asked.people) == 1 else f"{len(asked.people)} by name"
    everybody = rule.who == Diners.ALL and not asked.kinds
    kinds = kinds_meant(asked, rule.kinds)
    who = "everybody" if everybody else _listed(kind.nouns for kind in kinds)
    groups = " in ".join(filter(None, (_of_classes(asked), _listed(_said(asked.departments)))))
    return f"{who}{f' of {groups}' if groups else ''}{f' and {named}' if named else ''}"


def _of_classes(asked: AppliesTo) -> str:
    return _listed(_said(asked.class_levels | asked.class_codes), "or")


def _said(names: Iterable[str]) -> Iterable[str]:
    return sorted(names)


def _listed(words: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *before, end = [*words] or [""]
    return f"{', '.join(before)} {last} {end}" if before else end
