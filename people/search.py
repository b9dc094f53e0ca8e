"""Finding people by any part of a name or number, in any word order, on one indexed column.

`folded()` runs inside PostgreSQL (a stored generated column with a trigram index), `fold()` here
on what was typed; the two agree. Both drop accents (Wanjikũ is found by `wanjiku`), apostrophes
in all their spellings (Ng'ang'a, Ng’ang’a, Nganga) and upper case.
"""

import re
import unicodedata
from typing import Self, TypeVar

from django.db.models import CharField, F, Func, Model, QuerySet, Value
from django.db.models.functions import Lower

M = TypeVar("M", bound=Model)

# Apostrophes and their look-alikes, then the combining marks that NFD splits off.
DROPPED = re.compile("['`´‘’ʻʼ\u0300-\u036f]")


def fold(text: str) -> str:
    bare = DROPPED.sub("", unicodedata.normalize("NFD", text))
    # Letter by letter as the database does it: `str.lower` spells a sigma by its place in the word.
    return "".join(map(str.lower, bare))


def words(text: str) -> list[str]:
    return fold(text).split()


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


def joined(*field_names: str) -> Func:
    """The fields with one space between them; none of them is ever null."""
    return _Joined(*(F(name) for name in field_names))


def folded(*field_names: str) -> Func:
    """The expression of a `search_text` column over these fields."""
    decomposed = _Decomposed(joined(*field_names))
    return Lower(Replaced(decomposed, Value(DROPPED.pattern), Value(""), Value("g")))
