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
    """Looks for a task of whoever holds this capability.

    `find` returns None when there is nothing to do, and costs one query.
    """

    capability: Capability
    find: Callable[[User], Task | None]


def tasks_of(user: User) -> list[Task]:
    """What waits for this user, in the order in which the apps are installed."""
    mine = (finder for finder in contributions().tasks if user.may(finder.capability))
    return [task for finder in mine if (task := finder.find(user))]
