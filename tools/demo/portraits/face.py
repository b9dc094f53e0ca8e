"""Neck, ears and the bare head. Coordinates start between the eyes; y grows downwards."""

from __future__ import annotations

from tools.demo.portraits.canvas import (
    Canvas,
    Mask,
    Path,
    Touch,
    ellipse,
    mirrored,
    mix,
    moved,
    smooth,
    symmetric,
)
from tools.demo.portraits.sitter import Head, Sitter


def outline(head: Head) -> Path:
    w, jaw, chin = head.width, head.jaw, head.chin
    return smooth(
        symmetric(
            [
                (0.26 * w, -head.top + 1),
                (0.66 * w, -head.top + 20),
                (0.92 * w, -head.top + 56),
                (w, -28),
                (0.995 * w, 10),
                (0.95 * w, 44),
                (jaw * 1.01, 75),
                (jaw * 0.74, head.bottom - 21),
                (chin, head.bottom - 4),
                (chin * 0.32, head.bottom),
            ]
        ),
        closed=True,
    )


def draw_neck(canvas: Canvas, sitter: Sitter) -> None:
    skin = sitter.skin
    half = neck_width(sitter)
    neck = smooth(
        [(half - 1, 60), (half - 2, 116), (half + 2, 142), (half + 16, 164), (half + 40, 182)]
    )
    mask = canvas.mask([*neck, (half + 30, 250), (-half - 30, 250), *mirrored(neck)])
    chin_shadow = moved(outline(sitter.head), sitter.light * -6, 27)
    side = sitter.light * -half
    canvas.shaded(
        mask,
        mix(skin.base, skin.shade, 0.22),
        [
            Touch(chin_shadow, skin.shade, 0.85),
            Touch(ellipse(side, 140, 26, 60), skin.shade, 0.5),
            Touch(ellipse(0, 192, 9, 10), skin.shade, 0.35),
            Touch(ellipse(-42, 196, 30, 4, 14), skin.light, 0.22),
            Touch(ellipse(42, 196, 30, 4, -14), skin.light, 0.22),
        ],
        blur=4,
    )


def neck_width(sitter: Sitter) -> float:
    return sitter.head.jaw * (0.72 if sitter.is_female else 0.81)


def draw_ears(canvas: Canvas, sitter: Sitter) -> None:
    skin, w = sitter.skin, sitter.head.width
    for side in (-1, 1):
        away = 1 if side != sitter.light else 0
        base = mix(skin.base, skin.shade, 0.25 + 0.3 * away)
        x = side * (w + 2.5)
        ear = smooth(
            [
                (x - side * 9, -10),
                (x + side * 4, -18),
                (x + side * 11, -8),
                (x + side * 10, 10),
                (x + side * 4, 28),
                (x - side * 4, 36),
                (x - side * 10, 24),
            ],
            closed=True,
        )
        canvas.fill(ear, base)
        fold = smooth([(x - side * 1, -8), (x + side * 5, -6), (x + side * 4, 8), (x - side, 18)])
        canvas.stroke(fold, [1, 3, 1.5], mix(base, skin.deep, 0.35))


def draw_head(canvas: Canvas, sitter: Sitter) -> Mask:
    """The bare head with its light and shadow, and the mask that hair and beard keep to."""
    mask = canvas.mask(outline(sitter.head))
    canvas.shaded(mask, sitter.skin.base, _face_touches(sitter))
    return mask


def _face_touches(sitter: Sitter) -> list[Touch]:
    skin, head, f = sitter.skin, sitter.head, sitter.features
    lit, t = sitter.light, sitter.turn
    w, gap = head.width, f.eye_gap
    return [
        Touch(ellipse(-lit * (w + 6), 26, 34, 118), skin.shade, 0.70),
        Touch(ellipse(lit * (w + 16), 30, 24, 120), skin.shade, 0.40),
        Touch(ellipse(0, head.bottom + 12, 80, 20), skin.shade, 0.50),
        Touch(ellipse(lit * 16 + t, -66, 46, 24), skin.light, 0.42),
        Touch(ellipse(t - gap, -7, 25, 13), skin.shade, 0.26),
        Touch(ellipse(t + gap, -7, 25, 13), skin.shade, 0.26),
        Touch(ellipse(t - 52, 42, 20, 13), skin.blush, 0.30),
        Touch(ellipse(t + 52, 42, 20, 13), skin.blush, 0.30),
        Touch(ellipse(t + lit * 50, 27, 21, 9, -lit * 14), skin.light, 0.52),
        Touch(ellipse(t - lit * 46, 28, 16, 7, lit * 14), skin.light, 0.30),
        Touch(ellipse(t - lit * 13, 24, 8, 28, lit * 6), skin.shade, 0.34),
        Touch(ellipse(t * 1.4 + lit * 2, 12, 6, 30), skin.light, 0.50),
        Touch(ellipse(t * 1.6 + lit * 2, 43, 9, 8), skin.light, 0.55),
        Touch(ellipse(t * 1.3, 63, 17, 5), skin.shade, 0.40),
        Touch(ellipse(t, 103, 24, 6), skin.shade, 0.50),
        Touch(ellipse(t + lit * 2, 113, 17, 7), skin.light, 0.36),
    ]
