"""By what somebody can be told from others, and where a text names them.

Everything is compared folded as the search boxes fold (`people.search`): without accents,
apostrophes and capitals. Names count in any order and without the middle ones; telephone numbers
by their digits, however they are grouped; identification numbers with any mark where they have
one, because a file name cannot hold a `/`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from people.search import fold

LETTER = r"[^\W\d_]"
WORD = re.compile(r"[^\W_]+")
# Nothing more of the word but what makes `Asha's` of it: the apostrophe is folded away.
POSSESSIVE = rf"s?(?!{LETTER})"
# Between two parts of one name: `Kiprono, Asha`, `asha_kiprono`, and what a row has between cells.
GAP = rf"(?:(?!{LETTER}).){{1,4}}"
# Shorter ones stand in too many texts that mean something else.
SHORTEST_NUMBER = 4
# As people leave the country's code out, or write a 0 in its place.
NATIONAL_DIGITS = 9
MARK = "[erased]"


@dataclass(frozen=True)
class Name:
    """The folded words of one name, of one spelling of it."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Name":
        return cls(tuple(WORD.findall(fold(text))))


@dataclass(frozen=True)
class KnownBy:
    """All that one person was ever known by, and what of it others have as well.

    `names` are the person's own, `kin` those of guardians. `numbers` are identification numbers,
    the chips' and the codes of cards; `others` the words of the names of everybody else who bears
    a part of these; `shared` the numbers, telephones and addresses that others have, too.
    """

    names: frozenset[Name]
    kin: frozenset[Name]
    numbers: frozenset[str]
    phones: frozenset[str]
    emails: frozenset[str]
    others: frozenset[frozenset[str]] = frozenset()
    shared: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def parts(self) -> frozenset[str]:
        """Every word of every name that is long enough to be told from an initial."""
        return frozenset(
            word for name in self.names | self.kin for word in name.words if len(word) > 1
        )

    @cached_property
    def ends(self) -> frozenset[frozenset[str]]:
        """First name and surname, of each name that has both."""
        return frozenset(
            frozenset({name.words[0], name.words[-1]})
            for name in self.names | self.kin
            if len(name.words) > 1
        )

    @cached_property
    def surnames(self) -> frozenset[str]:
        return frozenset(name.words[-1] for name in self.names if len(name.words) > 1)

    @cached_property
    def hints(self) -> str:
        """A pattern that PostgreSQL understands: what does not match holds nothing of this."""
        found = [*map(re.escape, self.parts), *(pattern for _, pattern in self._exact)]
        return "|".join(sorted(found)) or "$^"

    @cached_property
    def _exact(self) -> list[tuple[str, str]]:
        """Each number, telephone and address, with the pattern that finds it."""
        return [
            *((each, number_pattern(each)) for each in self.numbers if _is_telling(each)),
            *((each, phone_pattern(each)) for each in self.phones),
            *((each, re.escape(fold(each))) for each in self.emails),
        ]

    @cached_property
    def _all_exact(self) -> re.Pattern[str]:
        return self._compiled(each for each, _ in self._exact)

    @cached_property
    def _own_exact(self) -> re.Pattern[str]:
        return self._compiled(each for each, _ in self._exact if each not in self.shared)

    def _compiled(self, wanted: Iterable[str]) -> re.Pattern[str]:
        patterns = dict(self._exact)
        found = "|".join(patterns[each] for each in sorted(wanted, key=len, reverse=True))
        return re.compile(rf"(?<![^\W_])(?:{found or '(?!)'})(?![^\W_])")

    @cached_property
    def _part(self) -> re.Pattern[str]:
        longest_first = sorted(self.parts, key=len, reverse=True)
        # A file may be the second of that name; a word that ends in a digit ends with it.
        found = (f"{re.escape(each)}(?!\\d)" * each[-1].isdigit() or each for each in longest_first)
        return re.compile(rf"(?<!{LETTER})(?:{'|'.join(found) or '(?!)'})(?={POSSESSIVE})")

    @cached_property
    def _run(self) -> re.Pattern[str]:
        """Parts of the name that follow each other, with initials between and after them."""
        part = self._part.pattern
        initials = "".join(sorted({word[0] for name in self.names for word in name.words}))
        link = rf"{part}|(?<!{LETTER})[{re.escape(initials) or 'a'}](?!{LETTER})"
        return re.compile(rf"{part}(?:{GAP}(?:{link}))*", re.DOTALL)

    def parts_in(self, text: str) -> set[str]:
        return set(self._part.findall(fold(text)))

    def is_in(self, text: str) -> bool:
        """Whether this text says a number or an address, or a first name and its surname."""
        folded = fold(text)
        if self._all_exact.search(folded):
            return True
        found = set(self._part.findall(folded))
        return any(ends <= found for ends in self.ends)

    def without(self, text: str) -> str:
        """The text with MARK where it says what this person alone is known by.

        Of a name: two parts or more that follow each other, or the surname by itself, as far as
        nobody else bears the same parts.
        """
        folded, places = _with_places(text)
        spans = [match.span() for match in self._own_exact.finditer(folded)]
        spans += [match.span() for match in self._run.finditer(folded) if self._is_own(match[0])]
        for start, end in reversed(_merged(spans)):
            text = text[: places[start]] + MARK + text[places[end - 1] + 1 :]
        return text

    def _is_own(self, run: str) -> bool:
        found = set(self._part.findall(run))
        tells = len(found) > 1 or not found.isdisjoint(self.surnames)
        return tells and not any(found <= words for words in self.others)


def _is_telling(number: str) -> bool:
    return sum(map(str.isalnum, number)) >= SHORTEST_NUMBER


def number_pattern(number: str) -> str:
    """`REG/2023/17` is found as `reg-2023-17`; a chip's bytes with colons between them, too."""
    folded = fold(number)
    if re.fullmatch(r"(?:[0-9a-f]{2}){4,10}", folded):
        pairs = re.findall("..", folded)
        return "[ :-]?".join(pairs)
    return "[^0-9a-z]?".join(re.findall(r"[^\W_]+", folded))


def phone_pattern(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    national = digits[-NATIONAL_DIGITS:]
    return r"(?:\+?[0-9]{1,4}[ ()./-]{0,2})?" + r"[ ()./-]{0,2}".join(national)


def _with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each letter of it where it stands in the text."""
    folded, places = [], []
    for place, letter in enumerate(text):
        for each in fold(letter):
            folded.append(each)
            places.append(place)
    return "".join(folded), places


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def strings_in(value: object) -> Iterator[str]:
    """Every text in a value as JSON or an array holds it, keys included."""
    match value:
        case str():
            yield value
        case dict():
            for key, each in value.items():
                yield str(key)
                yield from strings_in(each)
        case list() | tuple():
            for each in value:
                yield from strings_in(each)
