"""Finding people by any part of a name or number, in any word order, on indexed columns.

`folded()` runs inside PostgreSQL (a stored generated column with a trigram index), `fold()` here
on what was typed; the two agree. Both drop accents (Wanjikũ is found by `wanjiku`), apostrophes
in all their spellings (Ng'ang'a, Ng’ang’a, Nganga) and upper case, and spell letters that no
keyboard here has as people type them (Weiß, Łukasiewicz, Ɗanladi).

Where nothing has all the words, a word of five letters or more may have one letter wrong, missing,
too many, or two that changed places: `near()` has what a word becomes when any one of its letters
is left out, and two words that are so alike have one of these in common. So that, too, is looked up
in an index (a generated column of `people_near_words`), however many people there are.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, F, Func, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Lower, Replace

if TYPE_CHECKING:
    from accounts.models import User

M = TypeVar("M", bound=Model)

# Apostrophes and their look-alikes, then the combining marks that NFD splits off.
DROPPED = re.compile("['`´‘’ʻʼ\u0300-\u036f]")
# Letters that NFD leaves whole, as people type them.
SPELT: Final = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "ng", "ɲ": "ny"}
ALIKE: Final = dict(zip("łøđðħıɓɗƙɛɔəǝƴɣʋŧ", "loddhibdkeoeeygvt", strict=True))
# No trigram is shorter; of less, words begin with it, of which there is one.
SHORTEST_PART: Final = 3
SHORTEST_MISSPELT: Final = 5
# Longer words are no names; what they become by leaving a letter out is not kept.
LONGEST: Final = 30
# What is no word of a name: a number is right or wrong.
NO_LETTER = re.compile(r"[^\w]|[\d_]")
BETWEEN_WORDS = re.compile("[,;]+")
PHONE = re.compile(r"\+?[\d\s()./-]{7,25}")
LEAST_PHONE_DIGITS: Final = 7


def fold(text: str) -> str:
    bare = DROPPED.sub("", unicodedata.normalize("NFD", text))
    # Letter by letter as the database does it: `str.lower` spells a sigma by its place in the word.
    letters = (letter.lower() for letter in bare)
    return "".join(SPELT.get(letter) or ALIKE.get(letter, letter) for letter in letters)


def words(text: str) -> list[str]:
    """Folded; a comma stands between words as well: `Juma, Amina`."""
    return BETWEEN_WORDS.sub(" ", fold(text)).split()


def near(word: str) -> list[str]:
    """A folded word, and what it is without any one of its letters."""
    return sorted({word, *(word[:place] + word[place + 1 :] for place in range(len(word)))})


def may_be_misspelt(word: str) -> bool:
    return SHORTEST_MISSPELT <= len(word) <= LONGEST and not NO_LETTER.search(word)


def is_short(word: str) -> bool:
    return len(word) < SHORTEST_PART


def begins_a_word(word: str) -> Q:
    return Q(search_text__startswith=word) | Q(search_text__contains=f" {word}")


def phone_digits(text: str) -> str:
    """The digits of what looks like a phone number, without zeros that are dialled; else empty."""
    digits = re.sub(r"\D", "", text) if PHONE.fullmatch(text.strip()) else ""
    return digits.lstrip("0") if len(digits) >= LEAST_PHONE_DIGITS else ""


# What other apps keep of people: which people (their keys) this user may find by this folded word.
FoundBy = Callable[["User", str], "QuerySet[Any, Any] | None"]
_also: list[FoundBy] = []


def also_find(by: FoundBy) -> None:
    """For apps that keep what people are found by; their `ready()` calls it."""
    _also.append(by)


def also_found(user: "User", *words: str) -> list[QuerySet[Any, Any]]:
    """Whom each of those apps finds: by one row of theirs that has all these folded words."""
    kept = []
    for by in _also:
        found = [each for word in words if (each := by(user, word)) is not None]
        if len(found) == len(words):
            kept.append(reduce(and_, found))
    return kept


class SearchableQuerySet(QuerySet[M]):
    """Rows with a `search_text` column that holds their folded names and numbers."""

    def search(self, text: str) -> Self:
        """Rows in whose names and numbers every word of `text` appears, in any order."""
        found = self
        for word in words(text):
            found = found.filter(search_text__contains=word)
        return found


class _Joined(Func):
    """`a || ' ' || b`: unlike `concat_ws` the operator is immutable, as a stored column needs."""

    template = "(%(expressions)s)"
    arg_joiner = " || ' ' || "
    output_field = CharField()


class _Decomposed(Func):
    template = "normalize(%(expressions)s, NFD)"
    output_field = CharField()


class Replaced(Func):
    function = "regexp_replace"
    output_field = CharField()


class _Translated(Func):
    function = "translate"
    output_field = CharField()


class _NearWords(Func):
    """`near()` of every word with four letters or more, as `people_near_words` finds them."""

    function = "people_near_words"
    output_field = ArrayField(TextField())


def joined(*field_names: str) -> Func:
    """The fields with one space between them; none of them is ever null."""
    return _Joined(*(F(name) for name in field_names))


def folded(*field_names: str) -> Func:
    """The expression of a `search_text` column over these fields."""
    decomposed = _Decomposed(joined(*field_names))
    bare = Lower(Replaced(decomposed, Value(DROPPED.pattern), Value(""), Value("g")))
    spelt: Func = _Translated(bare, Value("".join(ALIKE)), Value("".join(ALIKE.values())))
    for letter, typed in SPELT.items():
        spelt = Replace(spelt, Value(letter), Value(typed))
    return spelt


def near_words(*field_names: str) -> Func:
    """The expression of a column with all that `near()` makes of the words of these fields."""
    return _NearWords(folded(*field_names))
