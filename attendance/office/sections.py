"""What other apps show of a person's day.

This app knows people and nothing else; whoever knows more of a day registers it here.
"""

from collections.abc import Callable
from datetime import date

from accounts.models import User
from people.models import Person

# HTML for this user, or nothing.
Section = Callable[[User, Person, date], str]
_sections: list[Section] = []


def section_of_a_day(show: Section) -> Section:
    """Register a function that shows something on the page of a person's day."""
    _sections.append(show)
    return show


def sections_of(user: User, person: Person, day: date) -> list[str]:
    found = (show(user, person, day) for show in _sections)
    return [html for html in found if html]
