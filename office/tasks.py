"""What waits for somebody today: the office's home page, instead of a list of tables."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import User
from accounts.roles import Capability


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


Finder = Callable[[User], Task | None]
_finders: list[tuple[Capability, Finder]] = []


def task_for(capability: Capability) -> Callable[[Finder], Finder]:
    """Register a function that looks for a task of whoever holds this capability.

    It returns None when there is nothing to do, and costs one query.
    """

    def register(find: Finder) -> Finder:
        _finders.append((capability, find))
        return find

    return register


def tasks_of(user: User) -> list[Task]:
    """What waits for this user, in the order in which the apps were loaded."""
    found = (find(user) for capability, find in _finders if user.may(capability))
    return [task for task in found if task]
