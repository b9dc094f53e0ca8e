"""What is still to be done before a new installation is a school's own: a list on *Today*."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from institution.models import LeftAsItIs
from office.registry import contributions

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, which an app brings in its `Contribution`.

    `is_done` costs a query at most; `page` says where it is done, as an address.
    """

    key: str
    title: "StrOrPromise"
    action: "StrOrPromise"
    page: Callable[[], str]
    is_done: Callable[[], bool]
    is_needed: bool = False
    """Nothing works without it, so nobody can leave it as it is."""


@dataclass(frozen=True, slots=True)
class Checklist:
    left: Sequence[Step]
    done: Sequence[Step]

    @property
    def count(self) -> int:
        return len(self.left) + len(self.done)


def checklist() -> Checklist:
    """Of all apps, in the order in which they are installed."""
    left_as_they_are = set(LeftAsItIs.objects.values_list("step", flat=True))
    steps = contributions().steps
    left = [each for each in steps if each.key not in left_as_they_are and not each.is_done()]
    return Checklist(left, [each for each in steps if each not in left])
