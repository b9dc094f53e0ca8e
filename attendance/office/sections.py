"""What other apps show of a person's day.

This app knows people and nothing else; whoever knows more of a day brings a section
(`office.registry`).
"""

from collections.abc import Callable, Sequence
from datetime import date

from accounts.models import User
from office.registry import contributions
from people.models import Person

# HTML for this user, or nothing.
Section = Callable[[User, Person, date], str]


def sections_of(user: User, person: Person, day: date) -> list[str]:
    shows: Sequence[Section] = contributions().day_sections
    found = (show(user, person, day) for show in shows)
    return [html for html in found if html]
