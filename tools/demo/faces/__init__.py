"""The demo's faces: stored pictures, and which of them somebody gets."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

PICTURES = sorted(Path(__file__).parent.glob("*.jpg"))
COVERINGS = frozenset({"hijab", "kofia"})


@dataclass(frozen=True)
class Appearance:
    """What a picture shows, or has to show of somebody."""

    kind: str
    """Student, staff or security: guards wear a uniform."""
    is_female: bool
    is_covered: bool
    """By what few but Muslims wear."""


class Faces:
    """Every picture in turn, so that people who follow each other differ."""

    def __init__(self) -> None:
        self._piles: defaultdict[Appearance, list[Path]] = defaultdict(list)
        for picture in PICTURES:
            self._piles[look_of(picture)].append(picture)
        self._dealt: set[tuple[str, Path]] = set()

    def deal(self, look: Appearance, *, group: str) -> Path:
        """A picture with this look that nobody of the group has."""
        pile = self._piles[look]
        picture = next(picture for picture in pile if (group, picture) not in self._dealt)
        self._dealt.add((group, picture))
        pile.remove(picture)
        pile.append(picture)
        return picture


def look_of(picture: Path) -> Appearance:
    """What the picture's name says: see README.md."""
    kind, sex, _number, headwear = picture.stem.split("-", 3)
    return Appearance(kind, sex == "woman", headwear in COVERINGS)
