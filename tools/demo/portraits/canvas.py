"""Flat, softly shaded shapes on a Pillow image, in the portrait's own 480 x 600 coordinates."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 480, 600

# Shapes are drawn this many times larger and shrunk at the end: that is what smooths their edges.
SCALE = 2

# Soft shading is painted on a copy this many times smaller than the drawing, then enlarged: a blur
# of the full-size drawing alone would cost more than the whole portrait.
_COARSE = 4

Point = tuple[float, float]
Path = list[Point]
Color = tuple[int, int, int]

_STEPS = 7


def _spline_weights(t: float) -> tuple[float, float, float, float]:
    return (
        (-t + 2 * t * t - t**3) / 2,
        (2 - 5 * t * t + 3 * t**3) / 2,
        (t + 4 * t * t - 3 * t**3) / 2,
        (-t * t + t**3) / 2,
    )


_WEIGHTS = [_spline_weights(step / _STEPS) for step in range(_STEPS)]
_CIRCLE = [(math.cos(i * math.tau / 36), math.sin(i * math.tau / 36)) for i in range(36)]


def smooth(points: Sequence[Point], *, closed: bool = False) -> Path:
    """A Catmull-Rom curve through all the points."""
    if closed:
        ends = [points[-1], *points, points[0], points[1]]
    else:
        ends = [points[0], *points, points[-1]]
    path = []
    for (ax, ay), (bx, by), (cx, cy), (dx, dy) in zip(
        ends, ends[1:], ends[2:], ends[3:], strict=False
    ):
        for a, b, c, d in _WEIGHTS:
            path.append((a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy))
    return path if closed else [*path, points[-1]]


def ellipse(x: float, y: float, rx: float, ry: float, degrees: float = 0) -> Path:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [
        (x + cos * rx * cx - sin * ry * cy, y + sin * rx * cx + cos * ry * cy) for cx, cy in _CIRCLE
    ]


def mirrored(path: Sequence[Point]) -> Path:
    """The same path on the other side of x = 0, walked backwards."""
    return [(-x, y) for x, y in reversed(path)]


def symmetric(right: Sequence[Point]) -> Path:
    """A closed outline from its right half, given from top to bottom."""
    return [*right, *mirrored(right)]


def arch(right: Sequence[Point]) -> Path:
    """An open curve through these points to x = 0, and on through their mirror images."""
    middle = 1 if right[-1][0] == 0 else 0
    return smooth([*right, *mirrored(right)[middle:]])


def moved(path: Sequence[Point], dx: float, dy: float) -> Path:
    return [(x + dx, y + dy) for x, y in path]


def mix(color: Color, other: Color, share: float) -> Color:
    """`color` with `share` (0 to 1) of `other` stirred in."""
    r, g, b = (round(a + (z - a) * share) for a, z in zip(color, other, strict=True))
    return (r, g, b)


def darker(color: Color, share: float) -> Color:
    return mix(color, (14, 10, 18), share)


def lighter(color: Color, share: float) -> Color:
    return mix(color, (255, 250, 240), share)


def seam_color(color: Color) -> Color:
    """The tone of folds and edges; pale cloth falls into a cool grey, not into black."""
    if sum(color) > 560:
        return mix(color, (112, 122, 146), 0.42)
    return darker(color, 0.38)


@dataclass(frozen=True)
class Touch:
    """One soft stroke of light or shadow inside a shaded shape."""

    path: Sequence[Point]
    color: Color
    alpha: float


@dataclass(frozen=True)
class Mask:
    """Which pixels of the drawing belong to a shape; `left` and `top` are drawing pixels."""

    image: Image.Image
    left: int
    top: int


class Canvas:
    def __init__(self, background: Image.Image) -> None:
        self.image = background
        self._left = self._top = 0
        self._matrix = (float(SCALE), 0.0, 0.0, 0.0)
        self._take_pens()

    def _take_pens(self) -> None:
        self._pen = ImageDraw.Draw(self.image)
        self._glaze = ImageDraw.Draw(self.image, "RGBA")

    def _pixels(self, path: Sequence[Point], left: float = 0, top: float = 0) -> Path:
        cos, sin, dx, dy = self._matrix
        # Pillow cuts off the fractions of a polygon: half a pixel more makes that a rounding.
        dx, dy = dx - left + 0.5, dy - top + 0.5
        return [(cos * x - sin * y + dx, sin * x + cos * y + dy) for x, y in path]

    @contextmanager
    def placed(self, x: float, y: float, degrees: float = 0, size: float = 1) -> Iterator[None]:
        """Draw around (x, y) as the origin, turned by `degrees` and `size` times as large."""
        before = self._matrix
        angle = math.radians(degrees)
        scale = SCALE * size
        self._matrix = (scale * math.cos(angle), scale * math.sin(angle), SCALE * x, SCALE * y)
        yield
        self._matrix = before

    @contextmanager
    def clipped(self, mask: Mask) -> Iterator[None]:
        """Draw only on the pixels of `mask`."""
        outer, left, top = self.image, self._left, self._top
        width, height = mask.image.size
        x, y = mask.left - left, mask.top - top
        self.image = outer.crop((x, y, x + width, y + height))
        self._left, self._top = mask.left, mask.top
        self._take_pens()
        yield
        outer.paste(self.image, (x, y), mask.image)
        self.image, self._left, self._top = outer, left, top
        self._take_pens()

    def fill(self, path: Sequence[Point], color: Color, alpha: float = 1) -> None:
        pixels = self._pixels(path, self._left, self._top)
        if alpha == 1:
            self._pen.polygon(pixels, fill=color)
        else:
            self._glaze.polygon(pixels, fill=(*color, round(alpha * 255)))

    def dot(self, x: float, y: float, radius: float, color: Color) -> None:
        """A disc; much cheaper than filling an ellipse's path."""
        [(px, py)] = self._pixels([(x, y)], self._left, self._top)
        r = radius * math.hypot(*self._matrix[:2])
        self._pen.ellipse((px - r, py - r, px + r, py + r), fill=color)

    def line(self, path: Sequence[Point], width: float, color: Color, alpha: float = 1) -> None:
        self.stroke(path, (width, width), color, alpha)

    def ring(self, x: float, y: float, radius: float, start: float, color: Color) -> None:
        """Half of a thin ring, opened at `start` degrees."""
        [(px, py)] = self._pixels([(x, y)], self._left, self._top)
        r = radius * math.hypot(*self._matrix[:2])
        self._pen.arc((px - r, py - r, px + r, py + r), start, start + 190, color, SCALE)

    def stroke(
        self, path: Sequence[Point], widths: Sequence[float], color: Color, alpha: float = 1
    ) -> None:
        """A line whose width runs evenly through `widths` from start to end."""
        if alpha == 1:
            for (x, y), width in ((path[0], widths[0]), (path[-1], widths[-1])):
                if width > 1:
                    self.dot(x, y, width / 2, color)
        self.fill(_ribbon(path, widths), color, alpha)

    def chevrons(self, path: Sequence[Point], width: float, color: Color, lean: float = 1) -> None:
        """The crossing strands of a plait (`lean` 1) or the turns of a twist (`lean` -1)."""
        for (ax, ay), (bx, by) in itertools.pairwise(path):
            dx, dy = (bx - ax) / 2, (by - ay) / 2
            reach = width * 0.40 / (math.hypot(dx, dy) or 1)
            nx, ny = -dy * reach, dx * reach
            corners = [
                (ax + nx - dx, ay + ny - dy),
                (ax + dx, ay + dy),
                (ax - nx - dx * lean, ay - ny - dy * lean),
            ]
            self._pen.line(self._pixels(corners, self._left, self._top), color, round(width * 0.36))

    def mask(self, path: Sequence[Point], *holes: Sequence[Point]) -> Mask:
        pixels = self._pixels(path)
        left = max(0, math.floor(min(x for x, _ in pixels)))
        top = max(0, math.floor(min(y for _, y in pixels)))
        right = min(WIDTH * SCALE, math.ceil(max(x for x, _ in pixels)) + 1)
        bottom = min(HEIGHT * SCALE, math.ceil(max(y for _, y in pixels)) + 1)
        image = Image.new("L", (right - left, bottom - top))
        pen = ImageDraw.Draw(image)
        pen.polygon([(x - left, y - top) for x, y in pixels], fill=255)
        for hole in holes:
            pen.polygon(self._pixels(hole, left, top), fill=0)
        return Mask(image, left, top)

    def shaded(self, mask: Mask, color: Color, touches: Sequence[Touch], blur: float = 6) -> None:
        """Fill `mask` with `color`, modelled by soft touches; `blur` is in portrait units."""
        width, height = mask.image.size
        coarse = Image.new("RGB", (width // _COARSE + 1, height // _COARSE + 1), color)
        pen = ImageDraw.Draw(coarse, "RGBA")
        for touch in touches:
            corners = self._coarse(touch.path, mask)
            pen.polygon(corners, fill=(*touch.color, round(touch.alpha * 255)))
        coarse = coarse.filter(ImageFilter.GaussianBlur(blur * SCALE / _COARSE))
        self._paste(_enlarged(coarse, width, height), mask.image, mask)

    def veil(
        self,
        path: Sequence[Point],
        color: Color,
        alpha: float,
        *,
        blur: float,
        within: Mask,
        holes: Sequence[Sequence[Point]] = (),
    ) -> None:
        """A shape with blurred edges and no edge of its own, kept inside `within`."""
        width, height = within.image.size
        coarse = Image.new("L", (width // _COARSE + 1, height // _COARSE + 1))
        pen = ImageDraw.Draw(coarse)
        pen.polygon(self._coarse(path, within), fill=round(alpha * 255))
        for hole in holes:
            pen.polygon(self._coarse(hole, within), fill=0)
        coarse = coarse.filter(ImageFilter.GaussianBlur(blur * SCALE / _COARSE))
        strength = ImageChops.multiply(_enlarged(coarse, width, height), within.image)
        self._paste(color, strength, within)

    def _coarse(self, path: Sequence[Point], mask: Mask) -> Path:
        return [(x / _COARSE, y / _COARSE) for x, y in self._pixels(path, mask.left, mask.top)]

    def _paste(self, source: Image.Image | Color, strength: Image.Image, mask: Mask) -> None:
        x, y = mask.left - self._left, mask.top - self._top
        width, height = mask.image.size
        self.image.paste(source, (x, y, x + width, y + height), strength)


def _enlarged(coarse: Image.Image, width: int, height: int) -> Image.Image:
    box = (0, 0, width / _COARSE, height / _COARSE)
    return coarse.resize((width, height), Image.Resampling.BILINEAR, box=box)


def _ribbon(path: Sequence[Point], widths: Sequence[float]) -> Path:
    left, right = [], []
    last = len(path) - 1
    for i, (x, y) in enumerate(path):
        (ax, ay), (bx, by) = path[max(i - 1, 0)], path[min(i + 1, last)]
        length = math.hypot(bx - ax, by - ay) or 1
        place = i / last * (len(widths) - 1)
        at = min(int(place), len(widths) - 2) if len(widths) > 1 else 0
        width = widths[at]
        if len(widths) > 1:
            width += (widths[at + 1] - width) * (place - at)
        nx, ny = (by - ay) / length * width / 2, (ax - bx) / length * width / 2
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return [*left, *reversed(right)]
