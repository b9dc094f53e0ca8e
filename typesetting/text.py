"""From a string to glyphs in their places: cleaned, split by script, turned, shaped by HarfBuzz."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

import uharfbuzz as hb

from typesetting.bidi import levels, visual_order
from typesetting.typefaces import Style, Typeface, typeface

# Two format characters change how Arabic and Ethiopic letters join; the others show nothing.
JOINERS = "\u200c\u200d"
VARIATION_SELECTORS = range(0xFE00, 0xFE10)
DOTTED_CIRCLE = "◌"
# Stands for a character that no typeface has: visible, and no box.
STAND_IN = "·"
# Living languages put at most three marks on a letter; more would run into the line above.
MAX_MARKS = 3
# In thousandths of the text size, far below what a printer can show.
NEGLIGIBLE = 0.5


@dataclass(frozen=True)
class TextRun:
    """Glyphs of one typeface, from left to right."""

    typeface: str
    strings: tuple[tuple[int, str], ...]
    """How far above the baseline, in thousandths of the text size, and the operand of TJ."""
    glyphs: tuple[tuple[int, str], ...]
    """Each glyph with the characters it stands for."""


@dataclass(frozen=True)
class TextLine:
    runs: tuple[TextRun, ...]
    width: float
    """In thousandths of the text size."""
    missing: str
    """The characters that no typeface has."""


def clean(text: str) -> tuple[str, bool]:
    """The text as it is printed, and whether marks had to be left out.

    In NFC, as single marks are not placed as well as ready-made letters; white space is single
    spaces, nothing invisible is left, and each mark has a letter to stand on.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split()), False
    visible = "".join(character for character in text if _is_visible(character))
    words = " ".join(unicodedata.normalize("NFC", visible).split())
    clusters = list(split_clusters(words))
    kept = [cluster[: 1 + MAX_MARKS] for cluster in clusters]
    return "".join(kept), kept != clusters


def _is_visible(character: str) -> bool:
    if character in JOINERS or character.isspace():
        return True
    is_format = unicodedata.category(character) in {"Cc", "Cf", "Cs"}
    return not is_format and ord(character) not in VARIATION_SELECTORS


def split_clusters(text: str) -> Iterator[str]:
    """Letters with their marks; a mark that has no letter gets a dotted circle."""
    cluster = ""
    for character in text:
        if not _is_mark(character):
            yield from (cluster,) if cluster else ()
            cluster = character
        elif cluster.strip():
            cluster += character
        elif character not in JOINERS:
            cluster += DOTTED_CIRCLE + character
    yield from (cluster,) if cluster else ()


def _is_mark(character: str) -> bool:
    return character in JOINERS or unicodedata.category(character).startswith("M")


@lru_cache(maxsize=512)
def shape(text: str, style: Style) -> TextLine:
    """One line of cleaned text. Labels, programs and departments come from the cache."""
    parts, missing = _choose_typefaces(text, style)
    ordered = parts if len(parts) == 1 and text.isascii() else _in_visual_order(parts)
    runs = [_shape_run(part, style) for part in ordered]
    return TextLine(tuple(run for run, _ in runs), sum(width for _, width in runs), missing)


def missing_letters(text: str, style: Style) -> str:
    """The characters of a text that no typeface has, each once."""
    return "".join(dict.fromkeys(shape(clean(text)[0], style).missing))


class Part(NamedTuple):
    text: str
    typeface: str
    level: int = 0


def _choose_typefaces(text: str, style: Style) -> tuple[list[Part], str]:
    if text and text.isascii() and text.isprintable() and typeface(style.typefaces[0]).has_ascii:
        return [Part(text, style.typefaces[0])], ""
    parts: list[Part] = []
    missing = ""
    for cluster in split_clusters(text):
        name, drawn = _covering(cluster, style, parts[-1].typeface if parts else None)
        missing += "".join(character for character in cluster if character not in drawn)
        parts.append(Part(drawn, name))
    return parts, missing


def _covering(cluster: str, style: Style, current: str | None) -> tuple[str, str]:
    """The typeface for a cluster, and as much of the cluster as it has."""
    names = style.typefaces
    if current and not cluster[0].isalnum():
        # Spaces and signs stay in their word's typeface.
        names = (current, *names)
    for name in names:
        if typeface(name).characters.issuperset(_needed(cluster)):
            return name, cluster
    for name in names:
        covered = _needed(cluster) & typeface(name).characters
        if ord(cluster[0]) in covered:
            return name, "".join(c for c in cluster if ord(c) in covered or c in JOINERS)
    return style.typefaces[0], STAND_IN


def _needed(cluster: str) -> set[int]:
    return {ord(character) for character in cluster if character not in JOINERS}


def _in_visual_order(parts: list[Part]) -> list[Part]:
    character_levels = levels("".join(part.text for part in parts))
    starts = accumulate((len(part.text) for part in parts), initial=0)
    levelled = [
        part._replace(level=character_levels[start])
        for part, start in zip(parts, starts, strict=False)
    ]
    runs = [
        Part("".join(part.text for part in group), name, level)
        for (name, level), group in groupby(levelled, lambda part: part[1:])
    ]
    return [runs[index] for index in visual_order([run.level for run in runs])]


def _shape_run(part: Part, style: Style) -> tuple[TextRun, float]:
    face = typeface(part.typeface)
    is_turned = bool(part.level % 2)
    buffer = _shaped(part, face, style)
    # Letters that join are not pulled apart.
    placed = _Placed(face, 0 if is_turned else style.tracking)
    texts = _cluster_texts(part.text, [info.cluster for info in buffer.glyph_infos])
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        placed.add(info.codepoint, position)
    glyphs = zip((info.codepoint for info in buffer.glyph_infos), texts, strict=True)
    return TextRun(face.name, placed.strings(), tuple(glyphs)), placed.width


def _shaped(part: Part, face: Typeface, style: Style) -> hb.Buffer:
    buffer = hb.Buffer()
    buffer.add_str(part.text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if part.level % 2 else "ltr"
    # Otherwise it is the machine's language, and cards would differ between machines.
    buffer.language = "en"
    hb.shape(face.font, buffer, dict.fromkeys(style.features, True))
    return buffer


def _cluster_texts(text: str, clusters: list[int]) -> Iterable[str]:
    """What each glyph stands for; the first glyph of a cluster for the whole of it."""
    starts = sorted({*clusters, len(text)})
    ends = dict(pairwise(starts))
    seen: set[int] = set()
    for start in clusters:
        yield "" if start in seen else text[start : ends[start]]
        seen.add(start)


class _Placed:
    """Glyphs as operands of TJ, with HarfBuzz's places written as shifts between them."""

    def __init__(self, face: Typeface, tracking: float) -> None:
        self._face = face
        self._tracking = tracking
        self._strings: list[tuple[int, list[str]]] = []
        self._pen = 0.0  # where the PDF's pen stands
        self.width = 0.0  # where HarfBuzz's stands

    def add(self, glyph: int, position: hb.GlyphPosition) -> None:
        if position.x_advance and self._strings:
            # Before the letter, so that the marks of the one before it stay in place.
            self.width += self._tracking
        rise = round(self._face.scaled(position.y_offset))
        if not self._strings or self._strings[-1][0] != rise:
            self._strings.append((rise, []))
        operands = self._strings[-1][1]
        shift = self.width + self._face.scaled(position.x_offset) - self._pen
        if abs(shift) >= NEGLIGIBLE:
            operands.append(f"{-round(shift)}")
            self._pen += round(shift)
        operands.append(f"<{glyph:04X}>")
        self._pen += self._face.advance(glyph)
        self.width += self._face.scaled(position.x_advance)

    def strings(self) -> tuple[tuple[int, str], ...]:
        return tuple(
            (rise, "".join(operands).replace("><", "")) for rise, operands in self._strings
        )
