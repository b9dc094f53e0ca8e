"""Scarves, wraps and the kofia, over the hair."""

from __future__ import annotations

from collections.abc import Callable

from tools.demo.portraits.canvas import (
    Canvas,
    Color,
    Mask,
    Touch,
    arch,
    darker,
    ellipse,
    lighter,
    mirrored,
    seam_color,
    smooth,
)
from tools.demo.portraits.face import outline
from tools.demo.portraits.sitter import Hair, Sitter
from tools.demo.portraits.uniform import SERVICE, draw_beret, draw_cap

SCARVES: list[Color] = [
    (42, 52, 84),
    (92, 42, 58),
    (58, 92, 84),
    (196, 178, 160),
    (226, 220, 212),
    (120, 104, 128),
    (46, 44, 50),
    (168, 120, 112),
    (104, 128, 150),
    (136, 142, 112),
]

# Ground, first and second stripe.
WRAPS: list[tuple[Color, Color, Color]] = [
    ((176, 66, 44), (238, 180, 74), (46, 42, 72)),
    ((34, 78, 112), (240, 196, 88), (226, 232, 236)),
    ((58, 96, 66), (236, 190, 96), (140, 48, 44)),
    ((112, 46, 92), (240, 178, 96), (56, 110, 124)),
    ((206, 140, 62), (98, 40, 48), (248, 228, 186)),
]

# Cloth and embroidery.
KOFIAS: list[tuple[Color, Color]] = [
    ((240, 236, 226), (176, 140, 84)),
    ((236, 234, 228), (70, 96, 134)),
    ((58, 44, 40), (196, 158, 96)),
    ((238, 232, 220), (92, 116, 88)),
]


def draw_headwear(canvas: Canvas, sitter: Sitter) -> None:
    if draw := HEADWEAR.get(sitter.hair):
        draw(canvas, sitter)


def draw_hijab(canvas: Canvas, sitter: Sitter) -> None:
    head, color = sitter.head, sitter.rng.choice(SCARVES)
    if sitter.kind == "security":
        color = SERVICE
    w, top = head.width, head.top
    opening = [(x * 0.93, y * (0.975 if y > 0 else 0.68)) for x, y in outline(head)]
    drape = [(w + 98, 312), (w + 95, 240), (w + 58, 178), (w + 15, 128)]
    if sitter.kind == "security":
        # Tucked into the collar: the marks of service stay in sight.
        drape = [(0, 208), (46, 190), (w - 8, 164), (w + 8, 128)]
    scarf = arch(
        [
            *drape,
            (w + 12, 70),
            (w + 15, 0),
            (w + 10, -66),
            (0.80 * w, -top + 14),
            (0.36 * w, -top - 10),
        ]
    )
    mask = canvas.mask(scarf, opening)
    canvas.shaded(mask, color, _scarf_touches(sitter, color), blur=10)
    with canvas.clipped(mask):
        _draw_folds(canvas, sitter, color)
    canvas.line([*opening, opening[0]], 2.2, darker(color, 0.22))
    edge = arch([(0.90 * w, 30), (0.90 * w, -20), (0.82 * w, -top * 0.44), (0.5 * w, -top * 0.62)])
    canvas.stroke(edge, [1, 5, 5, 5, 1], sitter.skin.deep, 0.20)


def _scarf_touches(sitter: Sitter, color: Color) -> list[Touch]:
    head, lit = sitter.head, sitter.light
    shade, light = seam_color(color), lighter(color, 0.24)
    return [
        Touch(ellipse(-lit * (head.width + 16), 10, 24, 140), shade, 0.6),
        Touch(ellipse(lit * 36, -head.top + 8, 46, 14, lit * 20), light, 0.7),
        Touch(ellipse(0, head.bottom + 8, 54, 14), shade, 0.65),
        Touch(ellipse(lit * 60, 190, 60, 12, lit * 24), light, 0.5),
        Touch(ellipse(-lit * 10, 250, 100, 14, -lit * 18), shade, 0.45),
    ]


def _draw_folds(canvas: Canvas, sitter: Sitter, color: Color) -> None:
    folds = [
        [(-70, 96), (0, 168), (96, 176)],
        [(-84, 120), (-6, 208), (110, 214)],
        [(-92, 150), (-20, 244), (80, 268)],
    ]
    for fold in folds:
        path = smooth([(x * sitter.light, y) for x, y in fold])
        canvas.stroke(path, [0.8, 3.4, 3, 0.8], seam_color(color), 0.55)


def draw_headwrap(canvas: Canvas, sitter: Sitter) -> None:
    w, top, rng = sitter.head.width, sitter.head.top, sitter.rng
    color, second, third = rng.choice(WRAPS)
    over = arch(
        [
            (w + 4, -8),
            (w + 11, -56),
            (w + 14, -104),
            (0.84 * w, -top - 28),
            (0.36 * w, -top - 48),
        ]
    )
    brow = smooth([(0, -top * 0.68), (0.55 * w, -top * 0.60), (0.88 * w, -34), (0.98 * w, -4)])
    mask = canvas.mask([*over, *mirrored(brow), *brow])
    canvas.shaded(mask, color, [])
    lit = sitter.light
    with canvas.clipped(mask):
        for k in range(9):
            y = -top - 46 + k * 22
            fold = smooth([(-130 * lit, y + 34), (-20 * lit, y - 4), (130 * lit, y + 18)])
            canvas.stroke(fold, [5, 8, 5], second if k % 2 else third)
            canvas.stroke([(x, y + 9) for x, y in fold], [1, 3, 1], darker(color, 0.4), 0.5)
    _round_off(canvas, sitter, mask, color)
    _draw_knot(canvas, sitter, color, second)


def _round_off(canvas: Canvas, sitter: Sitter, mask: Mask, color: Color) -> None:
    w, top, lit = sitter.head.width, sitter.head.top, sitter.light
    far, near = ellipse(-lit * w, -70, 40, 110), ellipse(lit * 40, -top - 14, 46, 22)
    canvas.veil(far, darker(color, 0.6), 0.45, blur=14, within=mask)
    canvas.veil(near, lighter(color, 0.8), 0.30, blur=12, within=mask)


def _draw_knot(canvas: Canvas, sitter: Sitter, color: Color, stripe: Color) -> None:
    top = sitter.head.top
    knot = [
        (-30, -top * 0.8),
        (-22, -top - 6),
        (10, -top - 14),
        (34, -top),
        (30, -top * 0.76),
        (0, -top * 0.70),
    ]
    canvas.fill(smooth(knot, closed=True), darker(color, 0.10))
    tuck = smooth([(-22, -top * 0.82), (0, -top - 2), (26, -top * 0.84)])
    canvas.stroke(tuck, [2, 6, 2], stripe)


def draw_kofia(canvas: Canvas, sitter: Sitter) -> None:
    w, top = sitter.head.width, sitter.head.top
    color, thread = sitter.rng.choice(KOFIAS)
    brim = smooth([(-w * 0.96, -66), (-w * 0.5, -84), (0, -90), (w * 0.5, -84), (w * 0.96, -66)])
    over = arch([(w * 0.95, -106), (w * 0.88, -top - 16), (w * 0.5, -top - 27)])
    mask = canvas.mask([*brim, *over])
    far = ellipse(-sitter.light * w, -120, 32, 70)
    canvas.shaded(mask, color, [Touch(far, darker(color, 0.4), 0.5)])
    with canvas.clipped(mask):
        for k in range(-5, 6):
            x, drop = k * w * 0.19, k * k * 0.9
            chevron = [(x - 7, -100 + drop), (x, -114 + drop), (x + 7, -100 + drop)]
            canvas.line(chevron, 1.8, thread)
            canvas.dot(x, -127 + drop, 3.2, thread)
            canvas.dot(x, -127 + drop, 1.4, color)
        for lift in (5, 50):
            canvas.line([(x, y - lift) for x, y in brim], 2.2, thread)
    canvas.line(over, 1.4, darker(color, 0.4), 0.5)
    canvas.stroke(brim, [1, 2.4, 1], darker(color, 0.35), 0.7)


HEADWEAR: dict[Hair, Callable[[Canvas, Sitter], None]] = {
    "beret": draw_beret,
    "cap": draw_cap,
    "headwrap": draw_headwrap,
    "hijab": draw_hijab,
    "kofia": draw_kofia,
}
