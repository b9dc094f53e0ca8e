"""Where hair begins and ends on a head, and how tight coils and plaits are drawn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from tools.demo.portraits.canvas import (
    Canvas,
    Color,
    Mask,
    Path,
    Point,
    Touch,
    arch,
    darker,
    ellipse,
    lighter,
    mirrored,
    smooth,
)
from tools.demo.portraits.sitter import Head, Sitter


def crown(head: Head, side: float, up: float, start: float = -2) -> Path:
    """Over the top from the right ear to the left one, `side` and `up` away from the skull."""
    w, top = head.width, head.top
    return arch(
        [
            (w + side * 0.4, start),
            (w + side, -32),
            (0.93 * w + side, -top + 54 - up * 0.3),
            (0.67 * w + side * 0.8, -top + 19 - up * 0.75),
            (0.27 * w + side * 0.4, -top + 1 - up),
        ]
    )


def hairline(sitter: Sitter) -> Path:
    """From the middle of the forehead to the right ear."""
    height = sitter.head.top * 0.69
    return rounded(sitter.head, height) if sitter.is_female else lined_up(sitter.head, height)


def lined_up(head: Head, height: float) -> Path:
    """A barber's hairline: straight, with corners at the temples and a sideburn."""
    w = head.width
    return [
        *smooth([(0, -height), (0.36 * w, -height + 0.5), (0.66 * w, -height + 7)]),
        *smooth([(0.72 * w, -height + 22), (0.82 * w, -46), (0.885 * w, -32)]),
        *smooth([(0.915 * w, -10), (0.94 * w, 5), (0.99 * w, 7)]),
    ]


def rounded(head: Head, height: float) -> Path:
    w = head.width
    return smooth(
        [
            (0, -height),
            (0.34 * w, -height + 3),
            (0.66 * w, -height + 17),
            (0.83 * w, -46),
            (0.92 * w, -18),
            (0.985 * w, 6),
        ]
    )


def cap_mask(canvas: Canvas, over: Path, line: Path) -> Mask:
    """Everything between the outer edge and the hairline."""
    return canvas.mask([*over, *mirrored(line), *line])


def shine(sitter: Sitter, strength: float = 0.5) -> list[Touch]:
    color, top, lit = sitter.hair_color, sitter.head.top, sitter.light
    return [
        Touch(ellipse(lit * 30, -top + 6, 42, 17, lit * 16), lighter(color, 0.26), strength),
        Touch(ellipse(-lit * sitter.head.width, -50, 26, 60), darker(color, 0.5), 0.5),
    ]


def curls(
    canvas: Canvas, sitter: Sitter, mask: Mask, box: tuple[float, float, float, float], count: int
) -> None:
    """Small open rings, as tightly coiled hair catches light; `box` is left, top, right, bottom."""
    rng, color = sitter.rng, sitter.hair_color
    tones = [lighter(color, 0.13), lighter(color, 0.07), darker(color, 0.5)]
    left, top, right, bottom = box
    with canvas.clipped(mask):
        for _ in range(count):
            x, y = left + rng.random() * (right - left), top + rng.random() * (bottom - top)
            canvas.ring(x, y, 2.6 + 2.8 * rng.random(), 360 * rng.random(), rng.choice(tones))


def fluff(canvas: Canvas, sitter: Sitter, path: Sequence[Point], radius: float) -> None:
    """An uneven edge of small tufts along `path`."""
    rng = sitter.rng
    for x, y in evenly(path, radius * 0.9):
        tuft = radius * (0.65 + 0.5 * rng.random())
        canvas.dot(x + 2 * rng.random() - 1, y + 2 * rng.random() - 1, tuft, sitter.hair_color)


def braid(canvas: Canvas, path: Sequence[Point], width: float, color: Color) -> None:
    canvas.stroke(path, [width, width, width * 0.8], darker(color, 0.55))
    canvas.stroke(path, [width * 0.70, width * 0.70, width * 0.5], color)
    canvas.chevrons(evenly(path, width * 0.62), width, lighter(color, 0.18))


def twist(canvas: Canvas, path: Sequence[Point], width: float, color: Color) -> None:
    """Two strands turned around each other, with a curl at the end."""
    turns = evenly(path, width * 0.60)
    for i, (x, y) in enumerate(turns):
        canvas.dot(x, y, width * (0.50 if i % 2 else 0.44), darker(color, 0.25))
    canvas.chevrons(turns, width, lighter(color, 0.14), lean=-1)


def evenly(path: Sequence[Point], step: float) -> Path:
    """Points along `path`, `step` apart."""
    picked, since = [path[0]], 0.0
    for (ax, ay), (bx, by) in itertools.pairwise(path):
        length = math.hypot(bx - ax, by - ay) or 1
        since += length
        while since >= step:
            since -= step
            back = since / length
            picked.append((bx + (ax - bx) * back, by + (ay - by) * back))
    return picked
