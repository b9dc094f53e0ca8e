"""What other apps add to the lists and pages of people in the office.

The apps of people know nobody (contract section 1): who knows them brings a `PeopleAddition`
(`office.registry`).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from office.lists import NextStep
from office.registry import contributions
from people.deed_models import Deed
from people.kinds import PersonKind
from people.models import Person

# An action of Django's admin: told of the list's admin, the request and the people selected.
Act = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]


class PeopleAddition:
    """Subclass and contribute; each part may be left out."""

    # Of one person, as `list_display` takes callables. The current card has been brought along.
    columns: ClassVar[tuple[Callable[[Any], str], ...]] = ()
    filters: ClassVar[tuple[type[admin.SimpleListFilter], ...]] = ()

    # What the panel needs, as `static` takes it.
    stylesheet: ClassVar[str] = ""

    def actions(self, user: User, kind: PersonKind) -> Iterable[tuple[str, Act, str]]:
        """Name, function and description of what this user may do with a selection of these."""
        return ()

    def after_import(self, user: User, deed: Deed) -> Iterable[NextStep]:
        """What there is to do for `those_who_came` with it; `these` stands for them."""
        return ()

    def panel(self, request: HttpRequest, person: Person) -> str:
        """HTML that stands beside the form of this person; empty for none."""
        return ""


def additions() -> Sequence[PeopleAddition]:
    return contributions().people_additions
