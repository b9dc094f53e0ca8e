"""Hair that follows the skull: crops, fades, bald heads, and what a cap leaves to be seen."""

from __future__ import annotations

from tools.demo.portraits.canvas import Canvas, Mask, Path, arch, ellipse, lighter, smooth
from tools.demo.portraits.hair.outlines import (
    cap_mask,
    crown,
    curls,
    fluff,
    hairline,
    shine,
)
from tools.demo.portraits.sitter import Sitter


def _across(top: float, bottom: float) -> Path:
    """The whole width of the head between two heights."""
    return [(-130, top), (130, top), (130, bottom), (-130, bottom)]


def draw_crop(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    over = crown(sitter.head, 2, 6)
    mask = cap_mask(canvas, over, hairline(sitter))
    canvas.shaded(mask, sitter.hair_color, shine(sitter))
    fluff(canvas, sitter, over, 3.2)
    w, top = sitter.head.width, sitter.head.top
    curls(canvas, sitter, mask, (-w, -top - 6, w, -60), 90)


def draw_buzz(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    mask = cap_mask(canvas, crown(sitter.head, 0.8, 2), hairline(sitter))
    canvas.veil(_across(-200, -34), sitter.hair_color, 0.95, blur=10, within=mask)
    canvas.veil(_across(-60, 20), sitter.hair_color, 0.45, blur=8, within=mask)
    gleam = ellipse(sitter.light * 30, -sitter.head.top + 20, 34, 13, sitter.light * 18)
    canvas.veil(gleam, lighter(sitter.skin.light, 0.1), 0.22, blur=8, within=mask)


def draw_fade(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    up = 9 + sitter.features.brow_weight
    over = crown(sitter.head, 0.5, up)
    mask = cap_mask(canvas, over, hairline(sitter))
    _faded(canvas, sitter, mask, -62)
    fluff(canvas, sitter, over[18:-18], 3.4)
    w, top = sitter.head.width, sitter.head.top
    curls(canvas, sitter, mask, (-0.8 * w, -top - up, 0.8 * w, -84), 60)


def draw_flat_top(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    w, top = sitter.head.width, sitter.head.top
    over = arch(
        [
            (w, -2),
            (w + 1, -40),
            (0.98 * w, -84),
            (0.96 * w, -top - 8),
            (0.82 * w, -top - 21),
            (0.3 * w, -top - 25),
        ]
    )
    mask = cap_mask(canvas, over, hairline(sitter))
    _faded(canvas, sitter, mask, -60)
    fluff(canvas, sitter, over[20:-20], 3.4)
    curls(canvas, sitter, mask, (-w, -top - 24, w, -86), 90)


def _faded(canvas: Canvas, sitter: Sitter, mask: Mask, height: float) -> None:
    canvas.veil(_across(-220, height), sitter.hair_color, 1, blur=13, within=mask)
    canvas.veil(_across(-100, 10), sitter.hair_color, 0.22, blur=6, within=mask)


def draw_balding(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    w = sitter.head.width
    for side in (-1, 1):
        patch = [
            (w + 4, 10),
            (w + 4, -32),
            (0.97 * w, -66),
            (0.85 * w, -52),
            (0.89 * w, -26),
            (0.94 * w, 4),
        ]
        path = smooth([(side * x, y) for x, y in patch], closed=True)
        around = canvas.mask(ellipse(side * w * 0.92, -36, 26, 60))
        canvas.veil(path, sitter.hair_color, 0.95, blur=1.8, within=around)
    draw_bald(canvas, sitter, head)


def draw_bald(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    gleam = ellipse(sitter.light * 26, -sitter.head.top + 26, 26, 10, sitter.light * 20)
    canvas.veil(gleam, lighter(sitter.skin.light, 0.35), 0.5, blur=5, within=head)


def draw_under_cap(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    mask = cap_mask(canvas, crown(sitter.head, 0.8, 0), hairline(sitter))
    alpha = 0.95 if sitter.is_female else 0.72
    canvas.veil(_across(-200, 40), sitter.hair_color, alpha, blur=3, within=mask)
