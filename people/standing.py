"""Who may come in, and who is expected: one rule for one person and for a query of many.

Pure functions of plain values, without clock or database; `*_q` are the same rules as conditions
of a query on people, made from the same declarations. `cards.standing` goes on with the card.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db.models import Q
from django.utils import timezone

from people.kinds import PersonKind, kind_named, kinds, kinds_with_days, or_q

OK: Final = "ok"
HOLDER_INACTIVE: Final = "holder_inactive"
NOT_EXPECTED: Final = "not_expected"


class HolderFacts(NamedTuple):
    """What the rule needs to know of a person, as it is or was."""

    kind: str
    is_active: bool
    status: str
    admitted_from: datetime | None = None
    admitted_until: datetime | None = None
    left_on: date | None = None


class HolderRule(NamedTuple):
    """What a person is refused for: said of one, and of a query whose names begin so."""

    code: str
    applies: Callable[[HolderFacts, datetime], bool]
    condition: Callable[[str, datetime], Q]


def has_left(left_on: date | None, *, at: datetime) -> bool:
    """Whether the last day here, by the campus's calendar, is over at that time."""
    return left_on is not None and left_on < timezone.localdate(at)


def has_left_q(at: datetime, prefix: str = "") -> Q:
    left_on = f"{prefix}left_on"
    return Q(**{f"{left_on}__isnull": False, f"{left_on}__lt": timezone.localdate(at)})


def _is_inactive(holder: HolderFacts, at: datetime) -> bool:
    has_bad_status = holder.status not in kind_named(holder.kind).admitted
    return not holder.is_active or has_bad_status or has_left(holder.left_on, at=at)


def _is_inactive_q(prefix: str, at: datetime) -> Q:
    has_good_status = _with_status(kinds(), lambda kind: kind.admitted, prefix)
    return ~has_good_status | has_left_q(at, prefix)


def _is_outside(holder: HolderFacts, at: datetime) -> bool:
    is_early = holder.admitted_from is not None and at < holder.admitted_from
    return is_early or (holder.admitted_until is not None and at >= holder.admitted_until)


def _is_outside_q(prefix: str, at: datetime) -> Q:
    early, late = f"{prefix}admitted_from", f"{prefix}admitted_until"
    return Q(**{f"{early}__isnull": False, f"{early}__gt": at}) | Q(
        **{f"{late}__isnull": False, f"{late}__lte": at}
    )


# The first that applies is the answer.
RULES: Final = (
    HolderRule(HOLDER_INACTIVE, _is_inactive, _is_inactive_q),
    HolderRule(NOT_EXPECTED, _is_outside, _is_outside_q),
)
CODES: Final = (OK, *(rule.code for rule in RULES))


def of_holder(holder: HolderFacts, *, at: datetime) -> str:
    """`ok`, or why no gate lets this person in at that time."""
    return next((rule.code for rule in RULES if rule.applies(holder, at)), OK)


def standing_q(code: str, at: datetime, prefix: str = "") -> Q:
    """People of whom `of_holder` says `code`; `prefix` leads to the person, as `person__`.

    Raises KeyError for what is no code of a person.
    """
    if code not in CODES:
        raise KeyError(code)
    found = Q()
    for rule in RULES:
        if rule.code == code:
            return found & rule.condition(prefix, at)
        found &= ~rule.condition(prefix, at)
    return found


def is_expected_q(day: date, prefix: str = "") -> Q:
    """People who are Absent if they do not come on this day, if it is one of work."""
    is_on_the_roll = Q(**{f"{prefix}enrolled_on__lte": day}) & (
        Q(**{f"{prefix}left_on": None}) | Q(**{f"{prefix}left_on__gte": day})
    )
    comes = _with_status(kinds_with_days().values(), lambda kind: kind.expected, prefix)
    return is_on_the_roll & comes


def is_expected_sql(person: str, day: str) -> str:
    """The same for a statement that is written in SQL, about the table of people by this name.

    `day`: an expression of SQL.
    """
    pairs = (
        f"('{kind.key}', '{status}')"
        for kind in kinds_with_days().values()
        for status in sorted(kind.expected)
    )
    return (
        f"{person}.enrolled_on <= {day} AND ({person}.left_on IS NULL OR {person}.left_on >= {day})"
        f" AND {person}.is_active AND ({person}.kind, {person}.status) IN ({', '.join(pairs)})"
    )


def _with_status(
    among: Iterable[PersonKind], statuses: Callable[[PersonKind], frozenset[str]], prefix: str
) -> Q:
    fits = or_q(
        Q(**{f"{prefix}kind": kind.key, f"{prefix}status__in": sorted(statuses(kind))})
        for kind in among
    )
    return Q(**{f"{prefix}is_active": True}) & fits
