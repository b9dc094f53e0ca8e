"""What a change of many students comes to, class by class."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from people.office.deed_words import changes_in_words
from people.reports import ReportRow
from students.kind import STUDENT
from students.models import Student

# More are counted.
MOST_NAMED: Final = 20
VARIOUS: Final = "…"


@dataclass(frozen=True, slots=True)
class ClassPreview:
    """Students of one class as they are now, and what each field becomes that changes."""

    level: str
    code: str
    students: int
    changed: int
    changes: list[dict[str, str]]

    @property
    def name(self) -> str:
        return STUDENT.group_name(self.code)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Whoever of a class is not among those who are changed."""

    names: list[str]
    more: int


def class_previews(rows: Sequence[ReportRow[Student]]) -> list[ClassPreview]:
    known = sorted((row for row in rows if row.person is not None), key=_class_of)
    return [_preview(*each, list(found)) for each, found in groupby(known, key=_class_of)]


def _preview(level: str, code: str, rows: list[ReportRow[Student]]) -> ClassPreview:
    return ClassPreview(
        level=level,
        code=code,
        students=len(rows),
        changed=sum(row.action == "updated" for row in rows),
        changes=changes_in_words(STUDENT, dict(_changes(rows))),
    )


def held_back(students: Any, changed: Sequence[Any]) -> HeldBack:
    """`students`: all of the class."""
    left = students.exclude(pk__in=changed).order_by(*STUDENT.model._meta.ordering)
    names = [student.full_name for student in left[:MOST_NAMED]]
    return HeldBack(names, left.count() - len(names))


def _class_of(row: ReportRow[Student]) -> tuple[str, str]:
    """Level and class, as they were."""

    def before(name: str) -> str:
        return str(row.changes.get(name, {}).get("before", getattr(row.person, name)))

    return before("class_level"), before("class_code")


def _changes(rows: list[ReportRow[Student]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field with what it was, where that is the same for all, and what it becomes."""
    for name in dict.fromkeys(name for row in rows for name in row.changes):
        values = [row.changes[name] for row in rows if name in row.changes]
        first, is_one = values[0], len({value["before"] for value in values}) == 1
        yield name, {"before": first["before"] if is_one else VARIOUS, "after": first["after"]}
