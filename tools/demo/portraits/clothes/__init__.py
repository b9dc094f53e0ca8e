"""What the sitter wears below the neck: one function per outfit, chosen by the kind of person."""

from __future__ import annotations

from collections.abc import Callable

from tools.demo.portraits.accessories import draw_necklace
from tools.demo.portraits.canvas import (
    Canvas,
    Color,
    Point,
    darker,
    ellipse,
    lighter,
    mirrored,
    seam_color,
    smooth,
)
from tools.demo.portraits.clothes.cuts import (
    CLOSED,
    OPEN,
    add_collar,
    add_lapels,
    build_of,
    lay_cloth,
    open_throat,
    round_neck,
    torso,
    v_neck,
)
from tools.demo.portraits.clothes.trimmings import (
    TIES,
    add_buttons,
    add_crest,
    add_lanyard,
    add_pocket,
    add_print,
    add_tie,
)
from tools.demo.portraits.sitter import Kind, Sitter
from tools.demo.portraits.uniform import (
    SERVICE,
    draw_badge,
    draw_epaulette,
    draw_flap_pocket,
    draw_name_plate,
)

WHITE: Color = (247, 247, 245)
SHIRTS: list[Color] = [WHITE, WHITE, WHITE, (204, 221, 238), (238, 230, 214), (222, 226, 232)]
BLOUSES: list[Color] = [
    WHITE,
    (226, 196, 184),
    (178, 198, 206),
    (188, 88, 78),
    (70, 104, 112),
    (214, 178, 110),
    (148, 122, 150),
]
KNITS: list[Color] = [(34, 46, 78), (104, 38, 50), (34, 74, 60), (92, 98, 106), (48, 82, 112)]
BLAZERS: list[Color] = [(32, 42, 70), (50, 54, 60), (88, 34, 44), (30, 62, 56)]
SUITS: list[Color] = [
    (38, 42, 52),
    (32, 42, 66),
    (72, 76, 82),
    (62, 52, 46),
    (52, 62, 74),
    (30, 30, 34),
]
JACKETS: list[Color] = [*SUITS, (104, 46, 62), (46, 84, 92), (150, 122, 96), (92, 78, 104)]
POLOS: list[Color] = [
    (44, 78, 122),
    (242, 242, 240),
    (156, 56, 52),
    (52, 98, 82),
    (222, 176, 84),
    (62, 66, 76),
    (118, 150, 176),
]
# Ground, bright and accent.
PRINTS: list[tuple[Color, Color, Color]] = [
    ((36, 66, 104), (236, 176, 70), (240, 234, 220)),
    ((140, 52, 44), (240, 188, 92), (48, 40, 60)),
    ((40, 92, 84), (238, 196, 110), (168, 62, 50)),
    ((84, 48, 92), (236, 160, 88), (244, 226, 196)),
    ((206, 150, 66), (94, 42, 50), (40, 76, 92)),
]
UNIFORMS: list[Color] = [(172, 194, 216), (172, 194, 216), (44, 54, 84)]


def draw_clothes(canvas: Canvas, sitter: Sitter) -> None:
    wardrobe = WARDROBES[sitter.kind, sitter.is_female]
    [outfit] = sitter.rng.choices(list(wardrobe), list(wardrobe.values()))
    outfit(canvas, sitter)


def draw_shirt(canvas: Canvas, sitter: Sitter) -> None:
    color = sitter.rng.choice(SHIRTS)
    has_tie = sitter.rng.random() < 0.35
    meet = _put_on_shirt(canvas, sitter, color, has_tie=has_tie)
    add_pocket(canvas, color)
    if not has_tie and sitter.rng.random() < 0.4:
        add_lanyard(canvas, sitter)
        add_collar(canvas, sitter, color, meet)


def _put_on_shirt(
    canvas: Canvas,
    sitter: Sitter,
    color: Color,
    *,
    has_tie: bool,
    tie: tuple[Color, Color] | None = None,
) -> Point:
    """Answers where the collar's sides meet, for what is worn over the shirt."""
    is_open = not has_tie and sitter.rng.random() < 0.7
    neckline = open_throat(sitter) if is_open else v_neck(sitter, 184)
    lay_cloth(canvas, sitter, torso(sitter, neckline), color)
    if is_open:
        canvas.line([(0, 220), (0, 312)], 1.7, seam_color(color), 0.8)
    else:
        add_buttons(canvas, color)
    if has_tie:
        add_tie(canvas, sitter.rng, tie)
    meet = OPEN if is_open else CLOSED
    add_collar(canvas, sitter, color, meet)
    return meet


def draw_sweater(canvas: Canvas, sitter: Sitter) -> None:
    rng, shirt, knit = sitter.rng, sitter.rng.choice(SHIRTS), sitter.rng.choice(KNITS)
    meet = _put_on_shirt(canvas, sitter, shirt, has_tie=rng.random() < 0.5)
    neckline = v_neck(sitter, 256)
    lay_cloth(canvas, sitter, torso(sitter, neckline), knit)
    rib = [*mirrored(neckline), *neckline]
    canvas.line([(x, y + 5) for x, y in rib], 9, darker(knit, 0.22))
    if rng.random() < 0.5:
        canvas.line([(x, y + 7) for x, y in rib], 2.6, rng.choice(TIES)[1])
    add_collar(canvas, sitter, shirt, meet)


def draw_blazer(canvas: Canvas, sitter: Sitter) -> None:
    color = sitter.rng.choice(BLAZERS)
    _put_on_shirt(canvas, sitter, sitter.rng.choice(SHIRTS), has_tie=sitter.rng.random() < 0.7)
    _put_on_jacket(canvas, sitter, color)
    add_crest(canvas, 106, 252, color)


def draw_suit(canvas: Canvas, sitter: Sitter) -> None:
    shirt, color = sitter.rng.choice(SHIRTS), sitter.rng.choice(SUITS)
    _put_on_shirt(canvas, sitter, shirt, has_tie=sitter.rng.random() < 0.75)
    _put_on_jacket(canvas, sitter, color)


def _put_on_jacket(canvas: Canvas, sitter: Sitter, color: Color) -> None:
    lay_cloth(canvas, sitter, torso(sitter, v_neck(sitter, 288)), color)
    add_lapels(canvas, sitter, color)


def draw_jacket_and_blouse(canvas: Canvas, sitter: Sitter) -> None:
    rng = sitter.rng
    color, blouse = rng.choice(JACKETS), rng.choice(BLOUSES)
    depth = rng.choice([194, 202, 210])
    lay_cloth(canvas, sitter, torso(sitter, round_neck(sitter, depth)), blouse)
    draw_necklace(canvas, sitter, build_of(sitter).neck)
    _put_on_jacket(canvas, sitter, color)


def draw_blouse(canvas: Canvas, sitter: Sitter) -> None:
    rng, color = sitter.rng, sitter.rng.choice(BLOUSES)
    cuts = [round_neck(sitter, 196), round_neck(sitter, 208), v_neck(sitter, 224)]
    neckline, seam = rng.choice(cuts), seam_color(color)
    lay_cloth(canvas, sitter, torso(sitter, neckline), color)
    canvas.line([*mirrored(neckline), *neckline], 3.4, seam, 0.6)
    for x in (-34, 34):
        pleat = smooth([(x, 224), (x * 1.06, 260), (x * 1.2, 310)])
        canvas.stroke(pleat, [0.6, 2.2, 2.6], seam, 0.6)
    draw_necklace(canvas, sitter, build_of(sitter).neck)


def draw_kitenge(canvas: Canvas, sitter: Sitter) -> None:
    colors = sitter.rng.choice(PRINTS)
    ground, bright, accent = colors
    neckline = round_neck(sitter, 200) if sitter.is_female else v_neck(sitter, 214)
    mask = lay_cloth(canvas, sitter, torso(sitter, neckline), ground)
    with canvas.clipped(mask):
        add_print(canvas, sitter.rng.randrange(3), colors)
    far = ellipse(-sitter.light * build_of(sitter).shoulder, 280, 54, 90)
    canvas.veil(far, darker(ground, 0.7), 0.42, blur=12, within=mask)
    canvas.veil(ellipse(0, 178, 76, 20), darker(ground, 0.7), 0.40, blur=8, within=mask)
    band = [*mirrored(neckline), *neckline]
    canvas.line([(x, y + 4) for x, y in band], 10, bright)
    canvas.line([(x, y + 8) for x, y in band], 2, accent)


def draw_polo(canvas: Canvas, sitter: Sitter) -> None:
    color = sitter.rng.choice(POLOS)
    trim = lighter(color, 0.7) if sum(color) < 500 else seam_color(color)
    lay_cloth(canvas, sitter, torso(sitter, open_throat(sitter)), color)
    canvas.fill([(-10, 214), (10, 214), (10, 274), (-10, 274)], seam_color(color), 0.25)
    for y in (230, 256):
        canvas.dot(0, y, 2.6, trim)
    if sitter.rng.random() < 0.4:
        add_lanyard(canvas, sitter)
    add_collar(canvas, sitter, color, OPEN)


def draw_uniform(canvas: Canvas, sitter: Sitter) -> None:
    rng, b = sitter.rng, build_of(sitter)
    color = rng.choice(UNIFORMS)
    _put_on_shirt(canvas, sitter, color, has_tie=rng.random() < 0.5, tie=(SERVICE, SERVICE))
    bars = 1 + rng.randrange(3)
    for side in (-1, 1):
        start = (side * (b.neck + 36), 178 + b.slope)
        end = (side * (b.shoulder - 30), 205 + b.slope)
        draw_epaulette(canvas, start, end, SERVICE, bars)
        draw_flap_pocket(canvas, side * 92, 262, color)
    draw_badge(canvas, 92, 238, 14, SERVICE)
    draw_name_plate(canvas, -92, 240)


WARDROBES: dict[tuple[Kind, bool], dict[Callable[[Canvas, Sitter], None], int]] = {
    ("student", True): {
        draw_shirt: 30,
        draw_sweater: 30,
        draw_blazer: 20,
        draw_polo: 14,
        draw_blouse: 10,
    },
    ("student", False): {draw_shirt: 34, draw_sweater: 28, draw_blazer: 20, draw_polo: 20},
    ("staff", True): {draw_jacket_and_blouse: 42, draw_blouse: 32, draw_kitenge: 26},
    ("staff", False): {draw_suit: 56, draw_shirt: 22, draw_kitenge: 16, draw_sweater: 8},
    ("security", True): {draw_uniform: 1},
    ("security", False): {draw_uniform: 1},
}
