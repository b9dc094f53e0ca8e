"""Who may come in, and who is expected: one rule for one person and for a query of many.

Pure functions of plain values, without clock or database; `*_q` are the same rules as conditions
of a query on people, made from the same declarations. `cards.standing` goes on with the card.
"""

from collections.abc import Callable
from typing import NamedTuple

from django.db.models import Q

from people.kinds import PersonKind, kind_named, kinds, or_q

OK = "ok"
HOLDER_INACTIVE = "holder_inactive"


class HolderFacts(NamedTuple):
    """What the rule needs to know of a person, as it is or was."""

    kind: str
    is_active: bool
    status: str


def of_holder(holder: HolderFacts) -> str:
    """`ok`, or why no gate lets this person in."""
    is_admitted = holder.is_active and holder.status in kind_named(holder.kind).admitted
    return OK if is_admitted else HOLDER_INACTIVE


def is_admitted_q(prefix: str = "") -> Q:
    """People of whom `of_holder` says ok; `prefix` leads to the person, as `person__`."""
    return _with_status(lambda kind: kind.admitted, prefix)


def is_expected_q(prefix: str = "") -> Q:
    """People who are Absent if they do not come on a working day."""
    return _with_status(lambda kind: kind.expected, prefix)


def is_expected_sql(person: str) -> str:
    """The same for a statement that is written in SQL, about the table of people by this name."""
    pairs = (f"('{kind.key}', '{status}')" for kind in kinds() for status in sorted(kind.expected))
    return f"{person}.is_active AND ({person}.kind, {person}.status) IN ({', '.join(pairs)})"


def _with_status(statuses: Callable[[PersonKind], frozenset[str]], prefix: str) -> Q:
    fits = or_q(
        Q(**{f"{prefix}kind": kind.key, f"{prefix}status__in": sorted(statuses(kind))})
        for kind in kinds()
    )
    return Q(**{f"{prefix}is_active": True}) & fits
