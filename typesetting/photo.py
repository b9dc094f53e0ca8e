"""Portraits and logos as pictures of just the pixels that a printer can show."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from hashlib import md5

from PIL import ExifTags, Image, ImageChops, ImageOps

from typesetting.drawing import Colour, Picture
from typesetting.geometry import DPI, Box

FORMATS = ("JPEG", "PNG")
# Far above any camera a school has; more is a bomb.
MAX_PIXELS = 60_000_000
JPEG_QUALITY = 85
# Of what is printed: nobody sees the difference, and a portrait of 3:4 is decoded at half its size.
ENOUGH = 0.93
# As much of a photo is cut off at the most in place of making it smaller by as little.
ALIKE = 0.97
# Past this an enlarged face is a blur that helps no guard.
MOST_ENLARGED = 1.5
# The EXIF orientations after this one are turned by a quarter.
LAST_UPRIGHT = 4
# How much of what is cut off goes from above: heads stand in the upper part of a portrait.
CUT_FROM_TOP = 0.2
# Thin lines of an emblem are sharper than a face needs to be.
LOGO_DPI = 600
# A logo whose light and dark are nearer than this has one tone.
FEWEST_TONES = 64
# What Pillow raises for files that lie about themselves; it has no common base class.
UNREADABLE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class Unreadable(ValueError):
    """These bytes are no picture."""


@dataclass(frozen=True)
class Portrait:
    picture: Picture
    enlarged: float
    """How many times larger than its pixels the photo is printed; below 1 it is reduced."""


def portrait(data: bytes, box: Box) -> Portrait:
    """The photo cut to the box, in printer dots. Raises Unreadable."""
    wanted = _pixels(box, DPI)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check(image)
            # Lets the JPEG decoder itself reduce a picture, to hardly less than is printed.
            image.draft("RGB", _enough_before_turning(image, wanted))
            upright = ImageOps.exif_transpose(image)
            return _cut_out(_on_white(upright), wanted)
    except UNREADABLE as error:
        raise Unreadable(type(error).__name__) from error


def _enough_before_turning(image: Image.Image, wanted: tuple[int, int]) -> tuple[int, int]:
    """A camera's picture may lie on its side until its EXIF orientation is followed."""
    width, height = int(wanted[0] * ENOUGH), int(wanted[1] * ENOUGH)
    is_on_its_side = image.getexif().get(ExifTags.Base.Orientation, 1) > LAST_UPRIGHT
    return (height, width) if is_on_its_side else (width, height)


def _pixels(box: Box, dpi: int) -> tuple[int, int]:
    return round(box.width * dpi / 25.4), round(box.height * dpi / 25.4)


def _check(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise ValueError(f"{image.width} x {image.height} pixels are too many")


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    background = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(background, layer).convert("RGB")


def _cut_out(image: Image.Image, wanted: tuple[int, int]) -> Portrait:
    scale = max(wanted[0] / image.width, wanted[1] / image.height)
    cut = _cut(image, wanted) if ALIKE <= scale <= 1 else _resized(image, wanted, scale)
    jpeg = io.BytesIO()
    cut.save(jpeg, "JPEG", quality=JPEG_QUALITY)
    return Portrait(_picture(cut.size, jpeg.getvalue(), "DCTDecode"), scale)


def _cut(image: Image.Image, wanted: tuple[int, int]) -> Image.Image:
    """As a stored photo is decoded, whose pixels are of the right size already."""
    left = (image.width - wanted[0]) // 2
    top = round((image.height - wanted[1]) * CUT_FROM_TOP)
    return image.crop((left, top, left + wanted[0], top + wanted[1]))


def _resized(image: Image.Image, wanted: tuple[int, int], scale: float) -> Image.Image:
    # Without the limits, rounding would put the edges a hair outside.
    width = min(wanted[0] / scale, image.width)
    height = min(wanted[1] / scale, image.height)
    left, top = (image.width - width) / 2, (image.height - height) * CUT_FROM_TOP
    edges = (left, top, min(left + width, image.width), min(top + height, image.height))
    reduced = 1 if scale <= MOST_ENLARGED else MOST_ENLARGED / scale
    size = max(1, round(wanted[0] * reduced)), max(1, round(wanted[1] * reduced))
    # At a printed face of this size HAMMING cannot be told from BICUBIC, and takes half the time.
    return image.resize(size, Image.Resampling.HAMMING, box=edges)


@lru_cache(maxsize=8)
def logo(data: bytes, box: Box, ground: Colour | None = None) -> Picture:
    """The whole logo, as large as the box allows; on a `ground`, in white. Raises Unreadable."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check(image)
            flat = _on_white(image) if ground is None else _white_on(image, ground)
            flat.thumbnail(_pixels(box, LOGO_DPI), Image.Resampling.LANCZOS)
            return _picture(flat.size, zlib.compress(flat.tobytes(), 9), "FlateDecode")
    except UNREADABLE as error:
        raise Unreadable(type(error).__name__) from error


def _white_on(image: Image.Image, ground: Colour) -> Image.Image:
    """What is dark in it is white, and what is light is the ground.

    A logo of one tone is white wherever it is at all.
    """
    layer = image.convert("RGBA")
    shape = layer.getchannel("A")
    dark = ImageOps.invert(layer.convert("RGB").convert("L"))
    least, most = _tones(dark, shape)
    if most - least >= FEWEST_TONES:
        spread = dark.point(lambda tone: max(0, min(255, (tone - least) * 255 // (most - least))))
        shape = ImageChops.multiply(shape, spread)
    paper = Image.new("RGB", layer.size, tuple(round(255 * part) for part in ground))
    paper.paste("white", (0, 0, *layer.size), shape)
    return paper


def _tones(dark: Image.Image, shape: Image.Image) -> tuple[int, int]:
    """The lightest and the darkest of what is there."""
    counts = dark.histogram(shape.point(lambda alpha: 255 * (alpha > 127)))
    there = [tone for tone, count in enumerate(counts) if count]
    return (there[0], there[-1]) if there else (0, 0)


def _picture(size: tuple[int, int], data: bytes, encoding: str) -> Picture:
    digest = md5(data, usedforsecurity=False).hexdigest()
    return Picture(f"Picture-{digest}", *size, data, encoding)
