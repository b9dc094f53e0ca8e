"""Actions of a viewset of which the seed names one for each kind of people."""

from collections.abc import Callable
from typing import Any, TypeVar

from people.kinds import PersonKind, kinds

V = TypeVar("V")
Act = Callable[..., Any]


def for_each_kind(*makers: Callable[[PersonKind], Act]) -> Callable[[type[V]], type[V]]:
    """Decorate a viewset: give it the actions that these make, one of each for every kind."""

    def add(viewset: type[V]) -> type[V]:
        for kind in kinds():
            for make in makers:
                act = make(kind)
                setattr(viewset, act.__name__, act)
        return viewset

    return add


def named(name: str) -> Callable[[Act], Act]:
    """The name under which the action stands in the viewset; below `@action`, which reads it."""

    def rename(act: Act) -> Act:
        act.__name__ = name
        return act

    return rename
