"""Ties, buttons, pockets, crests, printed cloth: what is put on a garment."""

from __future__ import annotations

from random import Random

from tools.demo.portraits.accessories import GOLD
from tools.demo.portraits.canvas import Canvas, Color, darker, ellipse, lighter, seam_color, smooth
from tools.demo.portraits.clothes.cuts import build_of
from tools.demo.portraits.sitter import Sitter

# Cloth and stripe.
TIES: list[tuple[Color, Color]] = [
    ((34, 46, 82), (212, 172, 88)),
    ((120, 38, 48), (226, 220, 208)),
    ((36, 78, 66), (206, 176, 98)),
    ((72, 84, 104), (160, 172, 190)),
    ((92, 52, 84), (196, 170, 190)),
]
LANYARDS: list[Color] = [(30, 86, 150), (176, 58, 52), (36, 110, 84)]


def add_buttons(canvas: Canvas, color: Color) -> None:
    line = seam_color(color)
    canvas.line([(0, 186), (0, 312)], 1.7, line, 0.8)
    for y in (214, 250, 284):
        canvas.dot(5.5, y, 2.6, line)
        canvas.dot(5.2, y - 0.5, 1.8, lighter(color, 0.5))


def add_pocket(canvas: Canvas, color: Color) -> None:
    canvas.fill([(62, 258), (116, 258), (116, 270), (62, 270)], seam_color(color), 0.12)
    for y in (258, 270):
        canvas.line([(62, y), (116, y)], 1.3, seam_color(color), 0.6)


def add_tie(canvas: Canvas, rng: Random, colors: tuple[Color, Color] | None = None) -> None:
    color, stripe = colors or rng.choice(TIES)
    blade = [(-8, 200), (8, 200), (19, 312), (-19, 312)]
    canvas.fill([(x + 3, y + 3) for x, y in blade], (20, 20, 26), 0.16)
    canvas.fill(blade, color)
    if rng.random() < 0.65:
        with canvas.clipped(canvas.mask(blade)):
            for y in range(204, 320, 19):
                canvas.line([(-24, y + 13), (24, y - 13)], 4.5, stripe)
    canvas.fill(smooth([(-13, 180), (0, 178), (13, 180), (9, 202), (-9, 202)]), lighter(color, 0.1))
    canvas.line([(-8, 201), (8, 201)], 2, darker(color, 0.45))


def add_crest(canvas: Canvas, x: float, y: float, color: Color) -> None:
    """A breast pocket with a shield."""
    canvas.line([(x - 32, y + 21), (x + 30, y + 21)], 2, darker(color, 0.5))
    half = [(0, -17), (13, -14), (12, 4), (0, 17)]
    shield = smooth([*half, (-12, 4), (-13, -14)], closed=True)
    canvas.fill([(x + dx, y + dy) for dx, dy in shield], GOLD)
    canvas.fill([(x + dx * 0.74, y + dy * 0.74) for dx, dy in shield], darker(color, 0.25))
    canvas.line([(x - 6, y + 1), (x, y - 5), (x + 6, y + 1)], 2.4, GOLD)
    canvas.dot(x, y + 5, 2.2, GOLD)


def add_lanyard(canvas: Canvas, sitter: Sitter) -> None:
    """The ribbon that a card hangs from."""
    n, color = build_of(sitter).neck, sitter.rng.choice(LANYARDS)
    for side in (-1, 1):
        strap = smooth([(side * (n + 15), 160), (side * 46, 214), (side * 16, 312)])
        canvas.line([(x + 2, y + 3) for x, y in strap], 8, (20, 20, 26), 0.18)
        canvas.line(strap, 8, color if side == sitter.light else darker(color, 0.15))


def add_print(canvas: Canvas, motif: int, colors: tuple[Color, Color, Color]) -> None:
    """Printed cotton: rows of `motif` 0 (rings), 1 (diamonds) or 2 (leaves)."""
    ground, bright, accent = colors
    for row, y in enumerate(range(138, 330, 26)):
        for x in range(-220 + 17 * (row % 2), 221, 34):
            if motif == 0:
                canvas.dot(x, y, 10, bright)
                canvas.dot(x, y, 6.5, ground)
                canvas.dot(x, y, 3.2, accent)
            elif motif == 1:
                canvas.fill([(x, y - 13), (x + 10, y), (x, y + 13), (x - 10, y)], bright)
                canvas.fill([(x, y - 6), (x + 5, y), (x, y + 6), (x - 5, y)], accent)
            else:
                canvas.fill(ellipse(x, y, 12, 5, 40 if row % 2 else -40), bright)
                canvas.dot(x + 17, y, 2.6, accent)
