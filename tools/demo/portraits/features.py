"""Eyes, brows, nose, mouth and the lines of age, on the bare head."""

from __future__ import annotations

from tools.demo.portraits.canvas import (
    Canvas,
    Color,
    Path,
    Point,
    arch,
    darker,
    ellipse,
    mix,
    moved,
    smooth,
)
from tools.demo.portraits.sitter import Age, Sitter

INK: Color = (26, 16, 14)
IRIS: Color = (70, 40, 26)
IRIS_RIM: Color = (36, 20, 14)
PUPIL: Color = (14, 9, 8)
EYE_WHITE: Color = (243, 236, 228)
SPARK: Color = (255, 253, 248)
TEETH: Color = (246, 241, 233)

MOUTH = 82.0
_FOLDS: dict[Age, float] = {"young": 0.0, "grown": 0.30, "old": 0.58}


def draw_features(canvas: Canvas, sitter: Sitter) -> None:
    _draw_age(canvas, sitter)
    for side in (-1, 1):
        _draw_eye(canvas, sitter, side)
        _draw_brow(canvas, sitter, side)
    _draw_nose(canvas, sitter)
    _draw_mouth(canvas, sitter)


def _draw_eye(canvas: Canvas, sitter: Sitter, side: int) -> None:
    skin = sitter.skin
    x = sitter.turn + side * sitter.features.eye_gap
    upper, lower = _lids(sitter, side)
    with canvas.clipped(canvas.mask([*upper, *reversed(lower)])):
        _draw_eyeball(canvas, sitter, x, upper)
    line = mix(skin.shade, skin.deep, 0.4)
    canvas.stroke(lower[4:], [0.8, 1.6, 1.6], line, 0.75)
    canvas.stroke(upper, [1.4, 3.0, 3.8, 3.2] if sitter.is_female else [1.2, 2.6, 3.0, 2.0], INK)
    if sitter.features.has_long_lashes:
        tip_x, tip_y = upper[-1]
        lash = [(-3, -0.5), (2, -2), (5.5, -5.5)]
        canvas.stroke([(tip_x + side * dx, tip_y + dy) for dx, dy in lash], [3.4, 2.4, 0.8], INK)
    canvas.stroke(moved(upper[3:-3], side * 0.8, -5.6), [0.6, 1.8, 0.8], line, 0.75)


def _lids(sitter: Sitter, side: int) -> tuple[Path, Path]:
    """Upper and lower lid, both from the nose outwards."""
    f = sitter.features
    x, w, h = sitter.turn + side * f.eye_gap, f.eye_width, f.eye_open
    inner, outer = (x - side * w, 2.2), (x + side * w, -f.eye_slant)
    upper = smooth(
        [
            inner,
            (x - side * w * 0.52, -h * 0.62),
            (x + side, -h),
            (x + side * w * 0.62, -h * 0.70),
            outer,
        ]
    )
    lower = smooth([inner, (x - side * w * 0.4, h * 0.54), (x + side * w * 0.3, h * 0.58), outer])
    return upper, lower


def _draw_eyeball(canvas: Canvas, sitter: Sitter, x: float, upper_lid: Path) -> None:
    gaze = x + sitter.turn * 0.25
    canvas.fill(ellipse(x, 0, 30, 20), mix(EYE_WHITE, sitter.skin.base, 0.06))
    canvas.dot(gaze, -0.8, 9.0, IRIS_RIM)
    canvas.dot(gaze, 0.6, 7.4, IRIS)
    canvas.dot(gaze, -0.6, 4.6, PUPIL)
    canvas.stroke(moved(upper_lid, 0, 1.2), [2, 4.5, 3], sitter.skin.deep, 0.34)
    canvas.dot(gaze + sitter.light * 3.2, -3.4, 2.3, SPARK)


def _draw_brow(canvas: Canvas, sitter: Sitter, side: int) -> None:
    f = sitter.features
    x, y, weight = sitter.turn + side * f.eye_gap, -26.5 - f.brow_lift, f.brow_weight
    brow = smooth(
        [
            (x - side * 19, y - f.brow_arch * 0.12),
            (x - side * 7, y - f.brow_arch * 0.68),
            (x + side * 8, y - f.brow_arch),
            (x + side * 23, y + 3.0),
        ]
    )
    color = mix(sitter.hair_color, sitter.skin.deep, 0.42)
    canvas.stroke(brow, [weight * 0.7, weight, weight * 0.8, 1.2], color)


def _draw_nose(canvas: Canvas, sitter: Sitter) -> None:
    skin, f = sitter.skin, sitter.features
    wing, x, y = f.nose_width, sitter.turn * 1.3, 55 + f.nose_drop
    line = mix(skin.shade, skin.deep, 0.45)
    ala = smooth([(wing - 5, -18), (wing, -11), (wing - 0.5, -3), (wing - 7, 1)])
    for side in (-1, 1):
        canvas.stroke([(x + side * dx, y + dy) for dx, dy in ala], [0.6, 2.2, 2.6, 1.2], line, 0.85)
        canvas.fill(ellipse(x + side * wing * 0.5, y - 0.5, 5.4, 2.7, side * -14), skin.deep)
    canvas.stroke(
        smooth([(x - 6, y + 2), (x, y + 4.5), (x + 6, y + 2)]), [0.6, 2.2, 0.6], line, 0.8
    )


def _draw_mouth(canvas: Canvas, sitter: Sitter) -> None:
    skin, f = sitter.skin, sitter.features
    w, lip, gap = f.mouth_width, f.lip, 8.5 if f.is_grinning else 0.0
    corner = (w, -f.smile)
    upper = arch([corner, (w * 0.55, -0.5 - 6.4 * lip), (6.5, -10 * lip), (0, -7.6 * lip)])
    middle = arch([corner, (w * 0.5, -0.2), (6, -0.4), (0, 1)])
    lower = arch([corner, (w * 0.58, gap * 0.6 + 7.4 * lip), (0, gap * 0.8 + 13.2 * lip)])
    # The mouth follows the turn of the head, a little more than the eyes do.
    x, y = sitter.turn * 1.1, MOUTH + f.mouth_drop
    upper, middle, lower = (moved(path, x, y) for path in (upper, middle, lower))
    canvas.fill([*upper, *reversed(lower)], skin.lower_lip)
    canvas.fill([*upper, *reversed(middle)], skin.upper_lip)
    gleam = ellipse(x + sitter.light * 5, y + gap + 6.2 * lip, 9, 2.2)
    canvas.fill(gleam, skin.light, 0.30)
    if f.is_grinning:
        parting = arch([corner, (w * 0.55, -0.4 + gap * 0.7), (0, 1 + gap)])
        _draw_teeth(canvas, middle, moved(parting, x, y), skin.deep)
    canvas.stroke(middle, [0.8, 2.0, 1.7, 2.0, 0.8], mix(skin.deep, (60, 14, 20), 0.25))
    _draw_corners(canvas, sitter, (x, y - f.smile))


def _draw_teeth(canvas: Canvas, top: Path, bottom: Path, dark: Color) -> None:
    inside = [*top, *reversed(bottom)]
    with canvas.clipped(canvas.mask(inside)):
        canvas.fill(inside, darker(dark, 0.2))
        canvas.fill([*moved(top, 0, -6), *reversed(moved(bottom, 0, -2.2))], TEETH)


def _draw_corners(canvas: Canvas, sitter: Sitter, center: Point) -> None:
    skin, w = sitter.skin, sitter.features.mouth_width
    x, y = center
    crease = smooth([(w - 1, 1.5), (w + 2.2, -0.8), (w + 3.0, -3.4)])
    for side in (-1, 1):
        path = [(x + side * dx, y + dy) for dx, dy in crease]
        canvas.stroke(path, [2, 1.7, 0.6], mix(skin.shade, skin.deep, 0.4), 0.7)


def _draw_age(canvas: Canvas, sitter: Sitter) -> None:
    f, line = sitter.features, mix(sitter.skin.shade, sitter.skin.deep, 0.15)
    alpha = max(_FOLDS[sitter.age], 0.18 if f.is_grinning else 0)
    fold = smooth([(f.nose_width + 3, 50), (f.nose_width + 12, 62), (f.mouth_width + 9, 78)])
    bag = smooth([(26, 14), (38, 18), (52, 12)])
    for side in (-1, 1):
        if alpha:
            path = [(sitter.turn + side * x, y) for x, y in fold]
            canvas.stroke(path, [0.8, 2.4, 0.8], line, alpha)
        if sitter.age == "old":
            path = [(sitter.turn + side * x, y) for x, y in bag]
            canvas.stroke(path, [0.6, 1.8, 0.6], line, 0.55)
    if sitter.age == "old":
        for y in (-56, -68):
            wrinkle = smooth([(-34, y + 2), (-12, y - 1), (12, y), (34, y + 3)])
            canvas.stroke(wrinkle, [0.5, 1.6, 1.6, 0.5], line, 0.4)
