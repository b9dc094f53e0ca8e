"""Glasses and jewellery."""

from __future__ import annotations

import math

from tools.demo.portraits.canvas import Canvas, Color, Path, ellipse, lighter, smooth
from tools.demo.portraits.sitter import Sitter

GOLD: Color = (214, 170, 84)
SILVER: Color = (206, 208, 212)
BRASS: Color = (176, 140, 78)
FRAMES: list[Color] = [(34, 32, 36), (72, 46, 32), (44, 54, 78), (34, 32, 36)]
BEADS: list[Color] = [(246, 246, 243), (196, 72, 60), (70, 120, 140), GOLD]


def draw_glasses(canvas: Canvas, sitter: Sitter) -> None:
    if sitter.glasses == "none":
        return
    x, gap, w = sitter.turn, sitter.features.eye_gap, sitter.head.width
    edge = w * 0.92 if sitter.hair == "hijab" else w + 3
    is_thin = sitter.glasses == "thin"
    color, thick = (BRASS, 2.0) if is_thin else (sitter.rng.choice(FRAMES), 3.2)
    for side in (-1, 1):
        _draw_lens(canvas, _rim(x + side * (gap + 0.5), sitter.glasses), x + side * gap)
        rim = _rim(x + side * (gap + 0.5), sitter.glasses)
        canvas.line([*rim, *rim[:3]], thick, color)
        canvas.line([(x + side * (gap + 28), -5), (side * edge, -8)], thick, color)
    canvas.line(smooth([(x - gap + 27, -4), (x, -9), (x + gap - 27, -4)]), thick, color)


def _draw_lens(canvas: Canvas, rim: Path, x: float) -> None:
    with canvas.clipped(canvas.mask(rim)):
        glint = [(x - 20, 28), (x - 2, -24), (x + 6, -24), (x - 12, 28)]
        canvas.fill(glint, (255, 255, 255), 0.10)


def _rim(x: float, shape: str) -> Path:
    if shape == "round":
        return ellipse(x, 2, 27, 25)
    power = 0.5 if shape == "square" else 0.62
    wide, high = (28.5, 21) if shape == "square" else (28, 19)
    angles = [i * math.tau / 48 for i in range(48)]
    return [
        (x + wide * _squared(math.cos(a), power), 2 + high * _squared(math.sin(a), power))
        for a in angles
    ]


def _squared(value: float, power: float) -> float:
    """Turns a circle's sine or cosine into a rounded rectangle's."""
    return math.copysign(abs(value) ** power, value)


def draw_earrings(canvas: Canvas, sitter: Sitter) -> None:
    if sitter.earrings == "none":
        return
    metal = sitter.rng.choice([GOLD, GOLD, SILVER])
    for side in (-1, 1):
        x, y = side * (sitter.head.width + 2), 34
        if sitter.earrings == "stud":
            canvas.dot(x, y - 2, 3.2, metal)
            canvas.dot(x - 1, y - 3, 1.2, lighter(metal, 0.6))
        elif sitter.earrings == "hoop":
            ring = ellipse(x, y + 11, 10, 13)
            canvas.line([*ring, *ring[:2]], 2.2, metal)
        else:
            canvas.dot(x, y - 2, 2.6, metal)
            canvas.line([(x, y), (x, y + 12)], 1.4, metal)
            canvas.fill(ellipse(x, y + 18, 4.5, 7.5), metal)


def draw_necklace(canvas: Canvas, sitter: Sitter, neck: float) -> None:
    """`neck` is half the width of the neck."""
    rng = sitter.rng
    if sitter.hair == "hijab" or rng.random() < 0.45:
        return
    chain = smooth(
        [(-neck - 2, 152), (-neck * 0.7, 174), (0, 191), (neck * 0.7, 174), (neck + 2, 152)]
    )
    if rng.random() < 0.35:
        bead = rng.choice(BEADS)
        for x, y in chain[2:-2:2]:
            canvas.dot(x, y, 3.2, bead)
    else:
        canvas.line(chain, 1.5, GOLD)
        canvas.dot(0, 195, 3.6, GOLD)
