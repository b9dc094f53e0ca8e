"""What waits for somebody today: the office's home page, instead of a list of tables."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import User
from accounts.roles import Capability
from office.registry import contributions


class Tone(StrEnum):
    """How a thing stands; the class of its colour, which its words say as well."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    INFO = "info"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Task:
    """`12` `students have no card` `Issue cards`: a number, what it counts, what to do, where."""

    number: int
    text: str
    action: str
    url: str
    tone: Tone = Tone.INFO


@dataclass(frozen=True, slots=True)
class TaskFinder:
    """Looks for a task of whoever holds this capability, or else the other.

    `find` returns None when there is nothing to do, and costs one query.
    """

    capability: Capability
    find: Callable[[User], Task | None]
    or_else: Capability | None = None

    def is_for(self, user: User) -> bool:
        return user.may(self.capability) or (self.or_else is not None and user.may(self.or_else))


@dataclass(frozen=True, slots=True)
class Figure:
    """`412` `present`: a number of today, what it counts, and where its names are."""

    number: int
    what: str
    url: str


@dataclass(frozen=True, slots=True)
class FigureFinder:
    """Counts for whoever holds this capability, in a fixed number of queries."""

    capability: Capability
    find: Callable[[User], list[Figure]]


def figures_for(user: User) -> list[Figure]:
    """Today in numbers, as far as this user's role may see."""
    mine = (finder for finder in contributions().figures if user.may(finder.capability))
    return [figure for finder in mine for figure in finder.find(user)]


def tasks_of(user: User) -> list[Task]:
    """What waits for this user, in the order in which the apps are installed."""
    mine = (finder for finder in contributions().tasks if finder.is_for(user))
    return [task for finder in mine if (task := finder.find(user))]
