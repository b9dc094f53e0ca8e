"""Who of a list is perhaps here already, under a number that only looks like another one.

A number is the same to whoever reads it if it differs in its separators, or in letters that look
alike (O and 0, l and 1, Cyrillic В and B), only. A name with a birth date is nearly always one
person. Nobody is left out for that: an officer is asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import CharField, Func, Value
from django.db.models.functions import Upper

from people.import_reports import FileRow
from people.kinds import PersonKind
from people.models import NAMES, Person
from people.search import words

P = TypeVar("P", bound=Person)

NUMBER, NAME_AND_BIRTH_DATE = "number", "name_and_birth_date"
BIRTH_DATE = "date_of_birth"
# Letters of other scripts, and the Latin ones that they look like.
HOMOGLYPHS: Final = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
        "ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXo",
        strict=True,
    )
)
DIGITS: Final = {"O": "0", "o": "0", "0": "0", "I": "1", "l": "1", "1": "1", "|": "1"}
SEPARATORS: Final = " /\\-_.,:;#·–—‐‑\u00a0"
# As coarse as the database compares: whatever case, `O` and `0`, `I`, `L` and `1` are one.
_ROUGHLY: Final = {
    **{letter.upper(): latin.upper() for letter, latin in HOMOGLYPHS.items()},
    "O": "0",
    "I": "1",
    "L": "1",
    "|": "1",
}
_ROUGH: Final = {letter: _ROUGHLY.get(as_read, as_read) for letter, as_read in _ROUGHLY.items()}
_TABLE: Final = str.maketrans(_ROUGH) | dict.fromkeys(map(ord, SEPARATORS))


@dataclass(frozen=True)
class Double:
    """Somebody whom a row is perhaps about; of the file itself, with the row."""

    because: str
    identifier: str
    full_name: str
    pk: UUID | None = None
    row: int | None = None

    def as_dict(self, kind: PersonKind) -> dict[str, Any]:
        return {
            kind.uuid_key: str(self.pk) if self.pk else None,
            "row": self.row,
            "identifier": self.identifier,
            "full_name": self.full_name,
            "because": self.because,
        }

    @property
    def words(self) -> str:
        where = f"row {self.row} of this file" if self.row else "who is here already"
        why = (
            "the numbers differ in separators or in letters that look alike only"
            if self.because == NUMBER
            else "name and birth date are the same"
        )
        return (
            f"This may be {self.full_name} ({self.identifier}), {where}: {why}. "
            "If it is somebody else, say so by `accept_duplicates`."
        )


def look_alike(one: str, other: str) -> bool:
    """Two different numbers that are one to whoever reads them.

    Separators may be others or missing, but not elsewhere: `1/23` is not `12/3`.
    """
    (letters, breaks), (others, other_breaks) = _taken_apart(one), _taken_apart(other)
    return (
        len(letters) == len(others)
        and (breaks <= other_breaks or other_breaks <= breaks)
        and all(map(_same_to_the_eye, letters, others))
    )


def _taken_apart(number: str) -> tuple[str, frozenset[int]]:
    letters: list[str] = []
    breaks: set[int] = set()
    for letter in number:
        if letter in SEPARATORS:
            breaks.add(len(letters))
        else:
            letters.append(letter)
    return "".join(letters), frozenset(breaks)


def _same_to_the_eye(one: str, other: str) -> bool:
    one, other = HOMOGLYPHS.get(one, one), HOMOGLYPHS.get(other, other)
    return one.upper() == other.upper() or DIGITS.get(one, one) == DIGITS.get(other, other)


def _rough(number: str) -> str:
    return number.upper().translate(_TABLE)


class _Rough(Func):
    """`_rough`, in the database."""

    function = "translate"
    output_field = CharField()

    def __init__(self, field: str) -> None:
        letters = "".join(_ROUGH)
        read_as = "".join(_ROUGH.values())
        super().__init__(Upper(field), Value(letters + SEPARATORS), Value(read_as))


def same_name(one: frozenset[str], other: frozenset[str]) -> bool:
    """Of folded words: one may lack a name that the other has, if two are left."""
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) > 1 and short <= long)


def find_doubles(
    *, kind: PersonKind, people: Any, rows: Sequence[FileRow[P]]
) -> Mapping[int, list[Double]]:
    """By row number: whom the new ones of these rows perhaps are, here or further up."""
    new = [row for row in rows if row.is_new]
    found: dict[int, list[Double]] = defaultdict(list)
    if not new:
        return found
    _by_number(people, new, found)
    if any(BIRTH_DATE in row.values for row in new):
        _by_name(people, new, found)
    return found


def _by_number(people: Any, new: Iterable[FileRow[P]], found: dict[int, list[Double]]) -> None:
    numbered = [row for row in new if row.identifier]
    wanted: dict[str, list[FileRow[P]]] = defaultdict(list)
    for row in numbered:
        wanted[_rough(row.identifier)].append(row)
    there = people.alias(rough=_Rough("identifier")).filter(rough__in=wanted)
    for pk, identifier, full_name in there.values_list("pk", "identifier", "full_name"):
        for row in wanted[_rough(identifier)]:
            if look_alike(identifier, row.identifier):
                found[row.number].append(Double(NUMBER, identifier, full_name, pk=pk))
    for alike in wanted.values():
        for at, row in enumerate(alike):
            first = next((one for one in alike[:at] if _differ(one, row)), None)
            if first is not None:
                found[row.number].append(_of_file(NUMBER, first))


def _differ(one: FileRow[P], other: FileRow[P]) -> bool:
    """Numbers that are equal are refused as such."""
    same = one.identifier.upper() == other.identifier.upper()
    return not same and look_alike(one.identifier, other.identifier)


def _by_name(people: Any, new: Iterable[FileRow[P]], found: dict[int, list[Double]]) -> None:
    wanted: dict[date, list[tuple[frozenset[str], FileRow[P]]]] = defaultdict(list)
    for row in new:
        try:
            born = date.fromisoformat(row.values.get(BIRTH_DATE, ""))
        except ValueError:
            continue
        name = frozenset(words(name_in(row)))
        first = next((one for said, one in wanted[born] if same_name(said, name)), None)
        if first is not None and not found.get(row.number):
            found[row.number].append(_of_file(NAME_AND_BIRTH_DATE, first))
        wanted[born].append((name, row))
    there = people.filter(**{f"{BIRTH_DATE}__in": wanted})
    columns = there.values_list("pk", "identifier", "full_name", BIRTH_DATE)
    for pk, identifier, full_name, born in columns.iterator():
        name = frozenset(words(full_name))
        for said, row in wanted[born]:
            is_named = any(double.pk == pk for double in found.get(row.number, ()))
            if same_name(said, name) and not is_named:
                double = Double(NAME_AND_BIRTH_DATE, identifier, full_name, pk=pk)
                found[row.number].append(double)


def _of_file(because: str, row: FileRow[P]) -> Double:
    return Double(because, row.identifier, name_in(row), row=row.number)


def name_in(row: FileRow[P]) -> str:
    """As the file says it."""
    parts = (*NAMES, "full_name")
    return " ".join(row.values[part] for part in parts if row.values.get(part))
