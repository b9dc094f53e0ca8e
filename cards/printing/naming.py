"""How a name stands on a card: the surname set apart, and never cut (contract section 6).

Three lines hold nearly every name whole. What they do not hold is printed with its middle names as
initials, and only then do first names end in an ellipsis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from cards.printing.design import GIVEN, NAME
from cards.printing.face import CardFace
from typesetting.fitting import Setting, Sizes, fit
from typesetting.geometry import millimetres
from typesetting.side import Side
from typesetting.text import clean, missing_letters, split_clusters
from typesetting.typefaces import Style
from typesetting.warnings import WarningCode

MOST_LINES = 3
# By number of lines: one is best; two large ones are better than a small one.
GIVEN_SIZES = (Sizes(9, 7.5), Sizes(8, 7))
SURNAME_SIZES = (Sizes(13, 9), Sizes(10, 8))
WHOLE_SIZES = (Sizes(13, 10), Sizes(10.5, 8), Sizes(9, 7))
SMALLEST = Sizes(7, 5)
LEADING = 1.1
# Height of capitals in Inter, of a text size.
CAPITAL = 0.7275
# From the last line of the given names to the capitals of the surname, in millimetres.
BETWEEN = 1.35
# `wa`, `bin`: what stands between names stays whole.
LONGEST_PARTICLE = 3


@dataclass(frozen=True)
class Block:
    """Lines of one size, one below the other."""

    setting: Setting

    @property
    def capital(self) -> float:
        return millimetres(self.setting.size * CAPITAL)

    @property
    def height(self) -> float:
        """From the top of its capitals to its last baseline, in millimetres."""
        step = millimetres(self.setting.size * LEADING)
        return self.capital + step * (len(self.setting.lines) - 1)


@dataclass(frozen=True)
class ArrangedName:
    """What is printed as the name, and how."""

    text: str
    blocks: tuple[Block, ...]
    is_shortened: bool = False
    """Middle names are initials."""
    is_cut: bool = False

    @property
    def height(self) -> float:
        return sum(block.height for block in self.blocks) + BETWEEN * (len(self.blocks) - 1)

    @property
    def is_whole(self) -> bool:
        return not self.is_shortened and not self.is_cut


def unprintable_letters(face: CardFace) -> str:
    """The letters for whose sake this card is not printed; none if another name is given for it."""
    if face.card_name and not missing_letters(face.card_name, NAME):
        return ""
    return missing_letters(face.full_name, NAME)


def arrange_name(face: CardFace, width: float) -> ArrangedName:
    """The name within `width` millimetres, or the name for the card where that is no good."""
    name = _arranged(_parts(face), width)
    if face.card_name and (not name.is_whole or missing_letters(face.full_name, NAME)):
        return _arranged(_in_one_piece(face.card_name), width)
    return name


def draw_name(side: Side, name: ArrangedName, x: float, y: float) -> None:
    """With the top of its first capitals at `y`."""
    for block in name.blocks:
        side.set(
            block.setting,
            name.text,
            x,
            y + block.capital,
            leading=LEADING,
            cut=WarningCode.NAME_CUT,
        )
        y += block.height + BETWEEN
    if name.is_cut:
        side.warn(WarningCode.NAME_CUT, name.text)
    elif name.is_shortened:
        side.warn(WarningCode.NAME_SHORTENED, name.text)


@dataclass(frozen=True)
class _Parts:
    whole: str
    first: str
    middle: str
    surname: str
    is_set_apart: bool
    has_lost_marks: bool


def _parts(face: CardFace) -> _Parts:
    """Of a name that is kept in one piece the last word is what must not be cut."""
    if not face.surname or not (face.first_name or face.middle_name):
        return _in_one_piece(face.full_name)
    cleaned = [clean(part) for part in (face.first_name, face.middle_name, face.surname)]
    first, middle, surname = (text for text, _ in cleaned)
    lost = any(is_lost for _, is_lost in cleaned)
    return _Parts(face.full_name, first, middle, surname, True, lost)


def _in_one_piece(name: str) -> _Parts:
    text, lost = clean(name)
    first, *rest = text.split() or [""]
    middle, surname = " ".join(rest[:-1]), rest[-1] if rest else ""
    return _Parts(name, first, middle, surname, False, lost)


def _arranged(parts: _Parts, width: float) -> ArrangedName:
    """The first of these ways that cuts nothing."""
    for index, given in enumerate(_ways_to_give(parts)):
        way = _set_apart if parts.is_set_apart else _together
        if blocks := way(given, parts, width):
            return ArrangedName(
                parts.whole, blocks, is_shortened=index > 0, is_cut=parts.has_lost_marks
            )
    return _cut(parts, width)


def _ways_to_give(parts: _Parts) -> Iterator[str]:
    """The given names whole; with middle names as initials; with all but the first as initials."""
    yield f"{parts.first} {parts.middle}".strip()
    yield _joined(parts.first, _initials(parts.middle))
    first, *more = parts.first.split() or [""]
    yield _joined(first, _initials(" ".join([*more, parts.middle])))


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def _initials(names: str) -> str:
    return " ".join(_initial(word) for word in names.split())


def _initial(word: str) -> str:
    if len(word) <= LONGEST_PARTICLE and word.islower():
        return word
    return f"{next(iter(split_clusters(word)))}."


def _set_apart(given: str, parts: _Parts, width: float) -> tuple[Block, ...]:
    """In as few lines as hold both; nothing if three do not."""
    for lines, below in ((1, 1), (2, 1), (1, 2)):
        upper = _exactly(given, GIVEN, width, GIVEN_SIZES, lines)
        lower = _exactly(parts.surname, NAME, width, SURNAME_SIZES, below)
        if upper and lower:
            return upper, lower
    return ()


def _together(given: str, parts: _Parts, width: float) -> tuple[Block, ...]:
    setting = fit(_joined(given, parts.surname), NAME, width, *WHOLE_SIZES)
    return () if setting.is_cut else (Block(setting),)


def _exactly(
    text: str, style: Style, width: float, sizes: tuple[Sizes, ...], lines: int
) -> Block | None:
    setting = fit(text, style, width, *sizes[:lines])
    return None if setting.is_cut else Block(setting)


def _cut(parts: _Parts, width: float) -> ArrangedName:
    """The surname in as many lines as it takes, and of the given names what fits on one."""
    surname = parts.surname or parts.first
    settings = (fit(surname, NAME, width, *SURNAME_SIZES, *[SMALLEST] * more) for more in count())
    lower = next(setting for setting in settings if not setting.is_cut)
    if not parts.surname:
        return ArrangedName(parts.whole, (Block(lower),), is_cut=parts.has_lost_marks)
    given = list(_ways_to_give(parts))[-1]
    upper = fit(given, GIVEN, width, GIVEN_SIZES[0])
    is_cut = upper.is_cut or parts.has_lost_marks
    return ArrangedName(parts.whole, (Block(upper), Block(lower)), is_shortened=True, is_cut=is_cut)
