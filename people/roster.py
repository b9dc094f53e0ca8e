"""Whom a row of OneRoster's `users.csv` is about, which has all people of a school in one file.

Its column `role` says it (OneRoster 1.1, "RoleType"). A `Role` in any other list may be what
somebody does, so it counts only beside `sourcedId`, which nothing else has.
"""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext

from people.headings import squashed
from people.kinds import PersonKind, kinds

ROLE: Final = "role"
OF_GUARDIANS: Final = frozenset({"guardian", "parent", "relative"})


def place_of_role(headings: Iterable[str]) -> int | None:
    """Where the column stands; None if this is no such file."""
    words = [squashed(heading) for heading in headings]
    return words.index(ROLE) if {"sourcedid", ROLE} <= {*words} else None


def whose_instead(role: str, kind: PersonKind) -> str:
    """In whose list a row with this role belongs, in words; empty if in this kind's."""
    said = role.casefold()
    if not said or not kind.roster_roles or said in kind.roster_roles:
        return ""
    if said in OF_GUARDIANS:
        return gettext("“{role}” belongs in the list of guardians.").format(role=role)
    theirs = next((other for other in kinds() if said in other.roster_roles), None)
    if theirs is None:
        words = gettext("“{role}” does not belong in a list of {people}.")
        return words.format(role=role, people=kind.nouns)
    return gettext("“{role}” belongs in the list of {people}.").format(
        role=role, people=theirs.nouns
    )
