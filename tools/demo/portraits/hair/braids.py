"""Plaited and twisted styles."""

from __future__ import annotations

from tools.demo.portraits.canvas import (
    Canvas,
    Mask,
    Path,
    darker,
    ellipse,
    lighter,
    mirrored,
    mix,
    smooth,
)
from tools.demo.portraits.hair.outlines import braid, cap_mask, crown, hairline, shine, twist
from tools.demo.portraits.hair.volume import sleek_mask
from tools.demo.portraits.sitter import Sitter


def draw_cornrows(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    if sitter.is_female:
        mask = sleek_mask(canvas, sitter)
    else:
        mask = cap_mask(canvas, crown(sitter.head, 1.5, 4), hairline(sitter))
        canvas.shaded(mask, sitter.hair_color, shine(sitter))
    scalp = mix(sitter.skin.shade, sitter.hair_color, 0.25)
    with canvas.clipped(mask):
        for row in range(-4, 5):
            braid(canvas, _row(sitter, row / 4.5), 15, sitter.hair_color)
        for row in range(-5, 5):
            canvas.stroke(_row(sitter, (row + 0.5) / 4.5), [2.0, 1.8, 1.2], scalp, 0.9)


def _row(sitter: Sitter, at: float) -> Path:
    """From the hairline to the crown; `at` runs from -1, the left ear, to 1."""
    w, top = sitter.head.width, sitter.head.top
    start = (at * w * 1.12, -28 - 64 * (1 - at * at))
    return smooth([start, (at * w * 0.98, -top * 0.80), (at * w * 0.5, -top - 6)])


def draw_cornrows_behind(canvas: Canvas, sitter: Sitter) -> None:
    if not sitter.is_female or sitter.kind == "security":
        return
    w, rng = sitter.head.width, sitter.rng
    for side in (-1, 1):
        for k in range(5):
            x = side * (w * 0.62 + k * 7)
            middle, end = (x + side * 3, 80), (x + side * rng.uniform(2, 8), 190)
            path = smooth([(x, 0), middle, end, (x + side * 2, 240)])
            braid(canvas, path, 10, sitter.hair_color)


def draw_braided_bun_behind(canvas: Canvas, sitter: Sitter) -> None:
    y, r = -sitter.head.top - 26, sitter.rng.uniform(43, 51)
    canvas.fill(ellipse(0, y, r, r * 0.84), darker(sitter.hair_color, 0.3))
    for k in range(5):
        ring = ellipse(0, y + k * 3, r * (1 - k * 0.19), r * (0.80 - k * 0.16), 8 - k * 5)
        braid(canvas, [*ring, ring[0]], 12, sitter.hair_color)


def draw_box_braids_behind(canvas: Canvas, sitter: Sitter) -> None:
    w = sitter.head.width
    curtain = smooth([(w + 4, -60), (w + 15, 20), (w + 20, 120), (w + 8, 240)])
    canvas.fill([*curtain, *mirrored(curtain)], darker(sitter.hair_color, 0.4))


def draw_box_braids(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    rng = sitter.rng
    sleek_mask(canvas, sitter, up=7)
    part = rng.choice([-22, 0, 0, 22])
    for side in (-1, 1):
        for k in range(7, -1, -1):
            length = 222 - k * 5 + rng.uniform(-20, 20)
            path = _draped(sitter, part, side, layer=k / 7, spread=5 * k, length=length)
            braid(canvas, path, 10.5, lighter(sitter.hair_color, 0.09 * rng.random()))


def draw_twist_out_behind(canvas: Canvas, sitter: Sitter) -> None:
    w = sitter.head.width
    side = smooth([(w + 4, -80), (w + 24, 0), (w + 22, 60), (w * 0.66, 92)])
    canvas.fill([*side, *mirrored(side)], darker(sitter.hair_color, 0.4))


def draw_twist_out(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    """Thick loose twists to the jaw."""
    rng = sitter.rng
    sleek_mask(canvas, sitter, up=9)
    part = rng.choice([-30, -12, 12, 30])
    for side in (-1, 1):
        for k in range(5, -1, -1):
            length = 74 + 3 * k + rng.uniform(-14, 14)
            path = _draped(sitter, part, side, layer=k / 5, spread=7.5 * k, length=length)
            twist(canvas, path, 16.5, sitter.hair_color)


def _draped(
    sitter: Sitter, part: float, side: int, *, layer: float, spread: float, length: float
) -> Path:
    """From the parting over the temple down to `length`.

    `layer` 0 frames the face and 1 runs over the crown.
    """
    w, top, rng = sitter.head.width, sitter.head.top, sitter.rng

    def between(front: float, back: float) -> float:
        return front + (back - front) * layer

    x = w * 0.95 + spread
    return smooth(
        [
            (part, between(-0.70 * top, -top - 4)),
            (part * 0.4 + side * 0.52 * w, between(-0.60 * top, -top + 6)),
            (side * between(0.86 * w, w + 4), between(-40, -66)),
            (side * x, 14),
            (side * (x + rng.uniform(0, 6)), 14 + (length - 14) * 0.5),
            (side * (x + rng.uniform(-6, 5)), length),
        ]
    )
