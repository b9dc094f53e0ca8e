"""Lists that are not of people themselves: the apps that know them say how they are imported."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from people.headings import ReadColumns
from people.import_reports import ImportReport
from people.imports import Progress
from people.models import Person, PersonQuerySet

NOBODY: Final = _("There is nobody with this number.")
SEVERAL: Final = _("People of several kinds have this number: say the kind.")


class Reads(Protocol):
    """As `people.imports.read_people`."""

    def __call__(
        self, *, content: bytes, mapping: Mapping[str, str | None] | None, is_new: bool
    ) -> ReadColumns: ...


class Imports(Protocol):
    """As `people.imports.import_people`."""

    def __call__(
        self,
        *,
        read: ReadColumns,
        dry_run: bool,
        by: User,
        about: str,
        on_progress: Progress | None,
    ) -> ImportReport[Any]: ...


@dataclass(frozen=True)
class ListSort:
    key: str
    """In `ImportJob.list_key`; `<key>-import-job` names the address that tells of one."""
    read: Reads
    import_: Imports


_sorts: dict[str, ListSort] = {}


def know_list(sort: ListSort) -> None:
    """For apps that have such lists; their `ready()` calls it."""
    _sorts[sort.key] = sort


def list_named(key: str) -> ListSort:
    return _sorts[key]


class ByIdentifier:
    """Of whom a list tells, by their identification numbers; one query."""

    def __init__(self, people: PersonQuerySet[Any], numbers: Iterable[str]) -> None:
        self._found: dict[str, list[Person]] = {}
        for person in people.with_values("identifier", {*numbers} - {""}):
            self._found.setdefault(person.identifier.upper(), []).append(person)

    def find(self, number: str, kind: str = "") -> tuple[Person | None, str]:
        """And why there is none."""
        found = self._found.get(number.upper(), ())
        people = [person for person in found if kind in {"", person.kind}]
        if len(people) == 1:
            return people[0], ""
        return None, str(SEVERAL if people else NOBODY)
