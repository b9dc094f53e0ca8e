"""What a guard wears: cap or beret, and the marks on the uniform."""

from __future__ import annotations

import math

from tools.demo.portraits.accessories import GOLD, SILVER
from tools.demo.portraits.canvas import (
    Canvas,
    Color,
    Touch,
    arch,
    darker,
    ellipse,
    lighter,
    smooth,
)
from tools.demo.portraits.sitter import Sitter

# One campus, one service: every guard's cap, epaulettes and tie are of this cloth.
SERVICE: Color = (30, 38, 62)
BERET: Color = (98, 34, 44)


def draw_cap(canvas: Canvas, sitter: Sitter) -> None:
    w, top, lit, color = sitter.head.width, sitter.head.top, sitter.light, SERVICE
    band = smooth([(-0.97 * w, -66), (-0.5 * w, -82), (0, -87), (0.5 * w, -82), (0.97 * w, -66)])
    over = arch(
        [
            (0.97 * w, -66),
            (1.00 * w, -88),
            (w + 18, -top + 18),
            (w + 8, -top - 8),
            (0.62 * w, -top - 25),
            (0.22 * w, -top - 32),
        ]
    )
    touches = [
        Touch(ellipse(lit * 40, -top - 12, 46, 12), lighter(color, 0.3), 0.7),
        Touch(ellipse(-lit * w, -110, 36, 50), darker(color, 0.5), 0.7),
    ]
    mask = canvas.mask([*over, *band])
    canvas.shaded(mask, color, touches)
    with canvas.clipped(mask):
        canvas.line([(x * 1.05, y - 13) for x, y in band], 25, darker(color, 0.45))
    _draw_visor(canvas, sitter)
    canvas.line([(x * 0.98, y - 3) for x, y in band], 2.6, GOLD)
    draw_badge(canvas, 0, -top + 14, 13, color)


def _draw_visor(canvas: Canvas, sitter: Sitter) -> None:
    w = sitter.head.width
    visor = smooth(
        [
            (-0.93 * w, -70),
            (-0.5 * w, -53),
            (0, -46),
            (0.5 * w, -53),
            (0.93 * w, -70),
            (0.5 * w, -84),
            (0, -88),
            (-0.5 * w, -84),
        ],
        closed=True,
    )
    gleam = Touch(ellipse(sitter.light * 26, -66, 34, 6), (120, 126, 140), 0.6)
    canvas.shaded(canvas.mask(visor), (20, 21, 26), [gleam], blur=4)


def draw_beret(canvas: Canvas, sitter: Sitter) -> None:
    w, top, lit, color = sitter.head.width, sitter.head.top, sitter.light, BERET
    puff = smooth(
        [
            (-w * 0.97, -70),
            (-w * 0.97, -100),
            (-w * 0.56, -top - 12),
            (w * 0.1, -top - 22),
            (w * 0.78, -top - 10),
            (w * 1.18, -top + 26),
            (w * 1.14, -76),
            (w * 0.97, -66),
        ]
    )
    band = smooth([(w * 0.97, -66), (w * 0.5, -80), (0, -86), (-w * 0.5, -82), (-w * 0.97, -68)])
    touches = [
        Touch(ellipse(lit * 30, -top - 2, 50, 12), lighter(color, 0.35), 0.6),
        Touch(ellipse(lit * w * 1.05, -84, 30, 20), darker(color, 0.5), 0.7),
    ]
    canvas.shaded(canvas.mask([(x * lit, y) for x, y in [*puff, *band]]), color, touches)
    canvas.line([(x * lit, y - 3) for x, y in band], 9, darker(color, 0.5))
    draw_badge(canvas, -lit * 34, -top + 26, 12, color)


def draw_badge(canvas: Canvas, x: float, y: float, radius: float, field: Color) -> None:
    """A gold star of ten rays around a small field, as on caps and breasts."""
    star = []
    for i in range(20):
        r, angle = radius * (0.72 if i % 2 else 1), i * math.tau / 20
        star.append((x + r * math.sin(angle), y - r * math.cos(angle)))
    canvas.fill(star, GOLD)
    canvas.dot(x, y, radius * 0.50, darker(field, 0.2))
    canvas.dot(x, y, radius * 0.24, lighter(GOLD, 0.4))


def draw_epaulette(
    canvas: Canvas, start: tuple[float, float], end: tuple[float, float], color: Color, bars: int
) -> None:
    """A strap from the collar's side to the shoulder's end, with `bars` of rank."""
    (ax, ay), (bx, by) = start, end

    def at(along: float, across: float) -> tuple[float, float]:
        slant = 0.34 if bx < ax else -0.34
        return (ax + (bx - ax) * along + across * slant, ay + (by - ay) * along + across)

    strap = [at(0.0, -6), at(1, -9), at(1, 14), at(0.0, 9), at(-0.1, 1)]
    canvas.fill([(x, y + 3) for x, y in strap], darker(color, 0.7), 0.3)
    canvas.fill(strap, color)
    for bar in range(bars):
        along = 0.88 - bar * 0.13
        canvas.line([at(along, -8), at(along, 13)], 3.4, GOLD)
    canvas.dot(*at(0.06, 1), 2.8, GOLD)


def draw_name_plate(canvas: Canvas, x: float, y: float) -> None:
    canvas.fill([(x - 27, y), (x + 27, y), (x + 27, y + 13), (x - 27, y + 13)], (28, 28, 34))
    canvas.line([(x - 19, y + 6.5), (x + 19, y + 6.5)], 2.4, SILVER)


def draw_flap_pocket(canvas: Canvas, x: float, y: float, color: Color) -> None:
    flap = [(x - 29, y), (x + 29, y), (x + 29, y + 12), (x, y + 21), (x - 29, y + 12)]
    canvas.fill([(px, py + 3) for px, py in flap], darker(color, 0.5), 0.4)
    canvas.fill(flap, lighter(color, 0.06))
    canvas.dot(x, y + 13, 2.6, GOLD)
