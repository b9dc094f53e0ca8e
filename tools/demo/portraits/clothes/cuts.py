"""How garments are cut: torso, necklines, collars and lapels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.demo.portraits.canvas import (
    Canvas,
    Color,
    Mask,
    Path,
    Point,
    Touch,
    darker,
    ellipse,
    lighter,
    mix,
    seam_color,
    smooth,
    symmetric,
)
from tools.demo.portraits.face import neck_width
from tools.demo.portraits.sitter import Sitter

Neckline = Sequence[Point]
"""From the middle of the throat to the right side of the neck."""

CLOSED: Point = (1, 181)
OPEN: Point = (15, 194)


@dataclass(frozen=True)
class Build:
    """Half widths of neck and shoulders, and how far the shoulders slope."""

    neck: float
    shoulder: float
    slope: float


def build_of(sitter: Sitter) -> Build:
    weight = (sitter.head.jaw - 60) * 0.5
    if sitter.is_female:
        return Build(neck_width(sitter), 158 + weight, 4)
    return Build(neck_width(sitter), 181 + weight, 0)


def torso(sitter: Sitter, neckline: Neckline) -> Path:
    b = build_of(sitter)
    s, d = b.shoulder, b.slope
    shoulder = smooth(
        [
            neckline[-1],
            (b.neck + 30, 164 + d),
            (b.neck + 66, 180 + d),
            (s - 26, 200 + d),
            (s - 2, 222 + d),
            (s + 10, 262),
            (s + 14, 312),
        ]
    )
    return symmetric([*neckline[:-1], *shoulder])


def round_neck(sitter: Sitter, depth: float) -> Neckline:
    n = build_of(sitter).neck
    return smooth([(0, depth), (n * 0.5, depth - 5), (n * 0.92, depth - 22), (n + 10, 151)])


def v_neck(sitter: Sitter, depth: float) -> Neckline:
    n = build_of(sitter).neck
    return [(0, depth), *smooth([(n * 0.55, depth - (depth - 153) * 0.42), (n + 10, 148)])]


def open_throat(sitter: Sitter) -> Neckline:
    """Under a shirt collar whose top button is open."""
    n = build_of(sitter).neck
    return [(0, 220), OPEN, *smooth([(n * 0.66, 162), (n + 10, 146)])]


def lay_cloth(canvas: Canvas, sitter: Sitter, path: Path, color: Color) -> Mask:
    b, lit = build_of(sitter), sitter.light
    shade, light = seam_color(color), lighter(color, 0.30)
    mask = canvas.mask(path)
    touches = [
        Touch(ellipse(-lit * (b.shoulder + 6), 280, 42, 74), shade, 0.65),
        Touch(ellipse(lit * (b.shoulder + 18), 290, 32, 74), shade, 0.40),
        Touch(ellipse(0, 170, b.neck + 16, 18), shade, 0.50),
        Touch(ellipse(lit * (b.neck + 62), 194, 52, 9, lit * 20), light, 0.45),
        Touch(ellipse(lit * 84, 250, 40, 34), light, 0.16),
    ]
    canvas.shaded(mask, color, touches, blur=9)
    for side in (-1, 1):
        x = side * (b.shoulder - 42)
        crease = smooth([(x + side * 12, 246), (x + side * 4, 272), (x, 306)])
        canvas.stroke(crease, [0.8, 2.6, 2.6], shade, 0.65)
    return mask


def add_collar(canvas: Canvas, sitter: Sitter, color: Color, meet: Point) -> None:
    n, seam = build_of(sitter).neck, seam_color(color)
    tip = (44, 212) if meet == OPEN else (37, 209)
    inside = smooth([(n - 1, 135), (n * 0.66, 162), meet])
    outside = smooth([(n + 5, 137), (n + 17, 156), (n + 12, 172)])
    for side in (-1, 1):
        flap = [(x * side, y) for x, y in [*inside, tip, *reversed(outside)]]
        canvas.fill([(x + side, y + 4) for x, y in flap], darker(color, 0.55), 0.26)
        canvas.fill(flap, color if side == sitter.light else mix(color, seam, 0.22))
        edge = [(side * x, y) for x, y in (meet, tip, (n + 12, 172))]
        canvas.line(edge, 1.5, mix(color, seam, 0.7))


def add_lapels(canvas: Canvas, sitter: Sitter, color: Color) -> None:
    n, depth, seam = build_of(sitter).neck, 288, darker(color, 0.45)
    lapel = [
        (n + 2, 139),
        (n + 19, 155),
        (n + 33, 190),
        (n + 17, 200),
        (n + 47, 206),
        (n * 0.5 + 32, depth - 34),
        (3, depth + 14),
        (0, depth),
        (n * 0.62, depth - (depth - 148) * 0.5),
        (n - 3, 148),
    ]
    for side in (-1, 1):
        path = [(x * side, y) for x, y in lapel]
        canvas.fill([(x + side * 2, y + 5) for x, y in path], darker(color, 0.6), 0.30)
        canvas.fill(path, lighter(color, 0.08) if side == sitter.light else darker(color, 0.06))
        canvas.line(path[1:7], 1.4, seam)
        canvas.line([(side * (n + 17), 200), (side * (n - 4), 178)], 1.2, seam, 0.7)
