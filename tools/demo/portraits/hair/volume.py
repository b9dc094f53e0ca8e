"""Hair that stands out from the head or is gathered on it: afros, puffs, buns, a bob."""

from __future__ import annotations

from tools.demo.portraits.canvas import (
    Canvas,
    Mask,
    Touch,
    arch,
    darker,
    ellipse,
    lighter,
    mirrored,
    smooth,
)
from tools.demo.portraits.hair.outlines import (
    cap_mask,
    crown,
    curls,
    fluff,
    hairline,
    rounded,
    shine,
    twist,
)
from tools.demo.portraits.hair.short import draw_fade
from tools.demo.portraits.sitter import Sitter


def draw_short_afro(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    over = crown(sitter.head, 8, 23, start=-8)
    mask = cap_mask(canvas, over, hairline(sitter))
    canvas.shaded(mask, sitter.hair_color, shine(sitter, 0.6), blur=9)
    fluff(canvas, sitter, over, 4.6)
    w, top = sitter.head.width, sitter.head.top
    curls(canvas, sitter, mask, (-w - 9, -top - 24, w + 9, -50), 160)


def draw_afro(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    w, top = sitter.head.width, sitter.head.top
    big = 0.70 + 0.35 * sitter.rng.random()
    over = arch(
        [
            (w * 1.02, 34),
            (w + 38 * big, 8),
            (w + 52 * big, -50),
            (w + 34 * big, -112),
            (0.62 * w, -top - 44 * big),
            (0.2 * w, -top - 56 * big),
        ]
    )
    mask = cap_mask(canvas, over, [*hairline(sitter)[:-6], (0.93 * w, 30)])
    canvas.shaded(mask, sitter.hair_color, shine(sitter, 0.7), blur=14)
    fluff(canvas, sitter, over, 6.5)
    curls(canvas, sitter, mask, (-w - 52, -top - 56, w + 52, 30), 300)


def draw_twists(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    draw_fade(canvas, sitter, head)
    w, top, rng = sitter.head.width, sitter.head.top, sitter.rng
    for y in (-top + 2, -top + 16, -top * 0.78):
        for column in range(-4, 5):
            x = column * 14 + rng.uniform(-5, 5)
            lean = x / w * 9 + rng.uniform(-5, 5)
            tall = rng.uniform(15, 22)
            path = [(x, y), (x + lean * 0.5, y - tall * 0.6), (x + lean, y - tall)]
            twist(canvas, smooth(path), rng.uniform(9.5, 12), sitter.hair_color)


def draw_sleek(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    """Brushed back towards a puff or bun, with the strokes of the brush."""
    mask = sleek_mask(canvas, sitter)
    w, top = sitter.head.width, sitter.head.top
    with canvas.clipped(mask):
        for x in range(-78, 79, 12):
            start = (x * 1.22, -40 - 44 * (1 - (x / w) ** 2))
            path = smooth([start, (x * 0.9, -top * 0.86), (x * 0.35, -top - 8)])
            canvas.stroke(path, [0.6, 1.5, 0.8], lighter(sitter.hair_color, 0.15), 0.75)


def sleek_mask(canvas: Canvas, sitter: Sitter, up: float = 4) -> Mask:
    line = rounded(sitter.head, sitter.head.top * 0.68)
    mask = cap_mask(canvas, crown(sitter.head, 2.5, up, start=2), line)
    canvas.shaded(mask, sitter.hair_color, shine(sitter, 0.7))
    return mask


def draw_puff_behind(canvas: Canvas, sitter: Sitter) -> None:
    top = sitter.head.top
    if sitter.kind == "student" and sitter.rng.random() < 0.4:
        _draw_ball(canvas, sitter, -64, -top - 4, 41)
        _draw_ball(canvas, sitter, 64, -top - 4, 41)
    else:
        _draw_ball(canvas, sitter, 0, -top - 30, 58)


def _draw_ball(canvas: Canvas, sitter: Sitter, x: float, y: float, r: float) -> None:
    ball = ellipse(x, y, r, r * 0.82)
    mask = canvas.mask(ball)
    gleam = ellipse(x + sitter.light * r * 0.3, y - r * 0.4, r * 0.5, r * 0.3)
    canvas.shaded(
        mask,
        sitter.hair_color,
        [Touch(gleam, lighter(sitter.hair_color, 0.24), 0.6)],
        blur=9,
    )
    fluff(canvas, sitter, [*ball, ball[0]], 5.5)
    curls(canvas, sitter, mask, (x - r, y - r, x + r, y + r), 100)


def draw_bun_behind(canvas: Canvas, sitter: Sitter) -> None:
    y, r, color = -sitter.head.top - 20, sitter.rng.uniform(33, 41), sitter.hair_color
    mask = canvas.mask(ellipse(0, y, r, r * 0.86))
    gleam = ellipse(sitter.light * 12, y - 12, 18, 10)
    canvas.shaded(mask, color, [Touch(gleam, lighter(color, 0.3), 0.7)])
    with canvas.clipped(mask):
        for lift in (-0.5, 0, 0.5):
            level = y + lift * r
            path = smooth([(-r, level), (0, level - 9), (r, level + 4)])
            canvas.stroke(path, [0.8, 2, 0.8], lighter(color, 0.15), 0.8)


def draw_bob(canvas: Canvas, sitter: Sitter, head: Mask) -> None:
    """Straightened, parted on the side, to the jaw."""
    w, top, color = sitter.head.width, sitter.head.top, sitter.hair_color
    length = 66 + 44 * sitter.rng.random()
    over = arch(
        [
            (0.86 * w, length),
            (w + 8, length + 8),
            (w + 17, length - 30),
            (w + 14, -20),
            (w + 3, -74),
            (0.74 * w, -top + 9),
            (0.36 * w, -top - 8),
        ]
    )
    path = [*over, *_parted_line(w, top, length)]
    mask = canvas.mask(path if sitter.light < 0 else mirrored(path))
    canvas.shaded(mask, color, shine(sitter, 0.7), blur=7)
    with canvas.clipped(mask):
        for side in (-1, 1):
            for k in range(4):
                x = side * (w + 11 - k * 5)
                strand = [(x * 0.5, -top + 2 + k * 3), (x, -50), (x + side * 3, 20), (x, length)]
                canvas.stroke(smooth(strand), [0.6, 1.6, 0.8], lighter(color, 0.17), 0.8)


def _parted_line(w: float, top: float, length: float) -> list[tuple[float, float]]:
    near = [
        (-0.92 * w, length - 6),
        (-0.97 * w, 20),
        (-0.90 * w, -30),
        (-0.62 * w, -72),
        (-0.30 * w, -top + 14),
    ]
    far = [
        (-0.30 * w, -top + 14),
        (0.30 * w, -86),
        (0.74 * w, -56),
        (0.92 * w, -10),
        (0.97 * w, 30),
        (0.92 * w, length - 6),
    ]
    return [*smooth(near), *smooth(far)]


def draw_bob_behind(canvas: Canvas, sitter: Sitter) -> None:
    w = sitter.head.width
    side = smooth([(w + 4, -60), (w + 14, 10), (w + 12, 80), (w * 0.6, 104)])
    canvas.fill([*side, *mirrored(side)], darker(sitter.hair_color, 0.35))
