"""A setting: what it is called, what it may be, and where the environment says it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from institution.kinds import Kind, Secret

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

T = TypeVar("T")


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting(Generic[T]):
    """Something that an institution decides, in the office or in its environment.

    `name` is its one word: in the database, and of the Django setting that is there if the
    environment says so (`institution.declared.said_by_environment`). `variable` is what the
    environment calls it where that is another word; `part` takes the value's text out of that.
    """

    name: str
    label: "StrOrPromise"
    kind: Kind[T]
    default: T
    help: "StrOrPromise" = ""
    variable: str = ""
    part: Callable[[str], str] = _as_it_is
    number: str = "E019"
    """Of the system check that refuses a value of the environment."""
    sent_to: str = ""
    """Of a secret: the setting that says to whom it is told. It is not told to anybody else."""

    @property
    def environment(self) -> str:
        return self.variable or self.name

    @property
    def is_secret(self) -> bool:
        return isinstance(self.kind, Secret)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Settings that are decided together, on one page of the office."""

    key: str
    title: "StrOrPromise"
    icon: str
    about: "StrOrPromise"
    settings: tuple[Setting[Any], ...]
    try_page: str = ""
    """The office's page that tries them out."""

    @property
    def has_secrets(self) -> bool:
        return any(each.is_secret for each in self.settings)
