"""Drawn portraits for the demo: people who do not exist, in the framing of an ID photo."""

from __future__ import annotations

from functools import cache
from io import BytesIO

from PIL import Image

from tools.demo.portraits.accessories import draw_earrings, draw_glasses
from tools.demo.portraits.beard import draw_beard
from tools.demo.portraits.canvas import HEIGHT, SCALE, WIDTH, Canvas, Color, darker, lighter
from tools.demo.portraits.clothes import draw_clothes
from tools.demo.portraits.face import draw_ears, draw_head, draw_neck
from tools.demo.portraits.features import draw_features
from tools.demo.portraits.hair import draw_hair, draw_hair_behind
from tools.demo.portraits.headwear import draw_headwear
from tools.demo.portraits.sitter import Kind, Sitter, choose_sitter

__all__ = ["Kind", "draw_portrait"]

_EYES = (240.0, 270.0)
_SIZE = 1.12


def draw_portrait(
    seed: int, *, is_female: bool, kind: Kind, is_muslim: bool | None = None
) -> bytes:
    """A JPEG of 480 x 600 pixels; the same arguments always give the same bytes.

    `is_muslim` says whether hijab or kofia are likely or left out; None leaves them to chance.
    """
    sitter = choose_sitter(seed, is_female=is_female, kind=kind, is_muslim=is_muslim)
    canvas = Canvas(_backdrop(sitter.backdrop).copy())
    _draw(canvas, sitter)
    # At half size HAMMING cannot be told from LANCZOS, and takes half the time.
    picture = canvas.image.resize((WIDTH, HEIGHT), Image.Resampling.HAMMING)
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=88, optimize=True)
    return jpeg.getvalue()


def _draw(canvas: Canvas, sitter: Sitter) -> None:
    x, y = _EYES
    with canvas.placed(x, y, sitter.tilt, _SIZE):
        draw_hair_behind(canvas, sitter)
    with canvas.placed(x, y - (6 if sitter.is_female else 0), 0, _SIZE):
        draw_neck(canvas, sitter)
        draw_clothes(canvas, sitter)
    with canvas.placed(x, y, sitter.tilt, _SIZE):
        draw_ears(canvas, sitter)
        head = draw_head(canvas, sitter)
        draw_beard(canvas, sitter, head)
        draw_features(canvas, sitter)
        draw_earrings(canvas, sitter)
        draw_hair(canvas, sitter, head)
        draw_headwear(canvas, sitter)
        draw_glasses(canvas, sitter)


@cache
def _backdrop(color: Color) -> Image.Image:
    """A studio wall, brighter around the head."""
    size = (WIDTH * SCALE, HEIGHT * SCALE)
    glow = Image.radial_gradient("L").resize((size[0] * 2, size[1] * 2))
    glow = glow.crop((size[0] // 2, size[1] * 5 // 8, size[0] * 3 // 2, size[1] * 13 // 8))
    bright = Image.new("RGB", size, lighter(color, 0.45))
    return Image.composite(Image.new("RGB", size, darker(color, 0.07)), bright, glow)
