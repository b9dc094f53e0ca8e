"""Who of a list is perhaps here already, under a number that only looks like another one.

A number is the same to whoever reads it if it differs in its separators, or in letters that look
alike (O and 0, l and 1, Cyrillic В and B), only. A name with a birth date is nearly always one
person. Nobody is left out for that: an officer is asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from operator import attrgetter
from string import ascii_letters, digits
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db.models import CharField, Func, Value
from django.db.models.functions import Upper
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from people.import_reports import FileRow
from people.kinds import PersonKind
from people.models import NAMES, Person
from people.search import words

P = TypeVar("P", bound=Person)
T = TypeVar("T")

NUMBER, NAME_AND_BIRTH_DATE = "number", "name_and_birth_date"
BIRTH_DATE = "date_of_birth"
API_WORD: Final = "`accept_duplicates`"  # in any language
SAY_SO: Final = gettext_noop("If it is somebody else, say so by `accept_duplicates`.")
# A longer name is the same as an equal one only.
MOST_WORDS: Final = 5
# So many are named of those who are one by number or name; of a row's doubles the first say enough.
MOST_NAMED: Final = 5
# Of numbers in a file that are one but for separators and look-alike letters.
MOST_COMPARED: Final = 50
# Letters of other scripts, and the Latin ones that they look like.
HOMOGLYPHS: Final = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
        "ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXo",
        strict=True,
    )
)
# The wide letters and digits of Chinese and Japanese keyboards.
HOMOGLYPHS.update({chr(ord(one) + 0xFEE0): one for one in ascii_letters + digits})
DIGITS: Final = {"O": "0", "o": "0", "0": "0", "I": "1", "l": "1", "1": "1", "|": "1"}
SEPARATORS: Final = " /\\-_.,:;#·–—‐‑‒−∕⁄／－．\u00a0\u2007\u2009\u202f\u3000"
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
        """As the API says them."""
        return f"{self.question} {_(SAY_SO)}"

    @property
    def question(self) -> str:
        where = (
            _("row {number} of this file").format(number=self.row)
            if self.row
            else _("who is here already")
        )
        why = (
            _("the numbers differ in separators or in letters that look alike only")
            if self.because == NUMBER
            else _("name and birth date are the same")
        )
        words = _("This may be {name} ({number}), {where}: {why}.")
        return words.format(name=self.full_name, number=self.identifier, where=where, why=why)


def officers_reasons(reasons: Iterable[str], doubles: Sequence[dict[str, Any]]) -> list[str]:
    """Why a row is refused, as a page says it that asks about doubles itself.

    `doubles`: of that row, as the API answers them.
    """
    return [
        _read(doubles[0]).question if doubles and API_WORD in reason else reason
        for reason in reasons
    ]


def _read(said: dict[str, Any]) -> Double:
    names = ("because", "identifier", "full_name", "row")
    return Double(**{name: said[name] for name in names})


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


Name = frozenset[str]
"""Folded words."""


def _parts(name: Name) -> Iterable[Name]:
    """What may stand for it elsewhere: all of it, or, of few words, two of them at least.

    Two names are the same if one is among the other's: looked up, and not compared each with each.
    """
    yield name
    if len(name) <= MOST_WORDS:
        for number in range(2, len(name)):
            yield from map(frozenset, combinations(name, number))


class _Names(Generic[T]):
    """Whose names of a day these are, so that those who are the same are found by looking up."""

    def __init__(self) -> None:
        self.whole: dict[tuple[date, Name], list[T]] = defaultdict(list)
        self.parts: dict[tuple[date, Name], list[T]] = defaultdict(list)

    def add(self, born: date, name: Name, whose: T, wanted: "_Names[Any] | None" = None) -> None:
        """As far as it is `wanted`: what stands there is what will be asked for."""
        if wanted is None or (born, name) in wanted.parts:
            self._keep(self.whole[born, name], whose)
        for part in _parts(name):
            if wanted is None or (born, part) in wanted.whole:
                self._keep(self.parts[born, part], whose)

    @staticmethod
    def _keep(those: list[T], one: T) -> None:
        """A birth date that many were given for want of one, and a usual name, are many people."""
        if len(those) < MOST_NAMED:
            those.append(one)

    def same(self, born: date, name: Name) -> Iterable[T]:
        """Some of them twice."""
        yield from self.parts.get((born, name), ())
        for part in _parts(name):
            yield from self.whole.get((born, part), ())


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
            before = alike[: min(at, MOST_COMPARED)]
            first = next((one for one in before if _differ(one, row)), None)
            if first is not None:
                found[row.number].append(_of_file(NUMBER, first))


def _differ(one: FileRow[P], other: FileRow[P]) -> bool:
    """Numbers that are equal are refused as such."""
    same = one.identifier.upper() == other.identifier.upper()
    return not same and look_alike(one.identifier, other.identifier)


def _by_name(people: Any, new: Iterable[FileRow[P]], found: dict[int, list[Double]]) -> None:
    named = [
        (born, frozenset(words(name_in(row))), row)
        for row in new
        if (born := _day(row.values.get(BIRTH_DATE, ""))) is not None
    ]
    of_file: _Names[FileRow[P]] = _Names()
    for born, name, row in named:
        first = min(of_file.same(born, name), key=attrgetter("number"), default=None)
        if first is not None and not found.get(row.number):
            found[row.number].append(_of_file(NAME_AND_BIRTH_DATE, first))
        of_file.add(born, name, row)
    here: _Names[Double] = _Names()
    there = people.filter(**{f"{BIRTH_DATE}__in": {born for born, *_ in named}})
    columns = there.values_list("pk", "identifier", "full_name", BIRTH_DATE)
    for pk, identifier, full_name, born in columns.iterator():
        double = Double(NAME_AND_BIRTH_DATE, identifier, full_name, pk=pk)
        here.add(born, frozenset(words(full_name)), double, wanted=of_file)
    for born, name, row in named:
        for double in here.same(born, name):
            if all(one.pk != double.pk for one in found.get(row.number, ())):
                found[row.number].append(double)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _of_file(because: str, row: FileRow[P]) -> Double:
    return Double(because, row.identifier, name_in(row), row=row.number)


def name_in(row: FileRow[P]) -> str:
    """As the file says it."""
    parts = (*NAMES, "full_name")
    return " ".join(row.values[part] for part in parts if row.values.get(part))
