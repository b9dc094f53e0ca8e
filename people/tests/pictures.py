"""Picture files as cameras and programs write them."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms

CORNER = 40
COLOURS = {
    ("top", "left"): (255, 0, 0),
    ("top", "right"): (0, 255, 0),
    ("bottom", "left"): (0, 0, 255),
    ("bottom", "right"): (255, 255, 0),
}
# EXIF 2.32, table 6: the side of the scene where the file's first row lies, and its first column.
FIRST_ROW_AND_COLUMN = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
OPPOSITE = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}


def encoded(image: Image.Image, picture_format: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, picture_format, **options)
    return file.getvalue()


def decoded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def adobe_rgb() -> bytes:
    """The profile of cameras that are set to it (Adobe RGB 1998, as ICC.1:2001 writes it)."""

    def numbers(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    def colour(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + numbers(*values)

    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(2.19921875 * 256))
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 10) + b"Adobe RGB" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none" + bytes(4),
        b"wtpt": colour(0.9505, 1, 1.0891),
        b"rXYZ": colour(0.60974, 0.31111, 0.01947),
        b"gXYZ": colour(0.20528, 0.62567, 0.06087),
        b"bXYZ": colour(0.14919, 0.06322, 0.74457),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    start = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI", start + len(data), b"none", 0x02100000) + b"mntrRGB XYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    return (head + numbers(0.9642, 1, 0.8249)).ljust(128, b"\0") + table + data


def plain(size: tuple[int, int] = (64, 80), colour: Any = (200, 100, 50)) -> Image.Image:
    return Image.new("RGB", size, colour)


def jpeg(size: tuple[int, int] = (64, 80)) -> bytes:
    return encoded(plain(size))


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.effect_noise(size, 90).convert("RGB")


def turned_scene(orientation: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """The pixels that a camera held this way stores of a scene with four coloured corners."""
    first_row, first_column = FIRST_ROW_AND_COLUMN[orientation]
    image = Image.new("RGB", size, "grey")
    for row_side, y in ((first_row, 0), (OPPOSITE[first_row], size[1] - CORNER)):
        for column_side, x in ((first_column, 0), (OPPOSITE[first_column], size[0] - CORNER)):
            sides = {row_side, column_side}
            colour = next(c for corner, c in COLOURS.items() if set(corner) == sides)
            image.paste(colour, (x, y, x + CORNER, y + CORNER))
    return image


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825)[1] = "S"
    exif.get_ifd(0x8825)[2] = (6.0, 48.0, 57.6)
    return exif


def colour_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def chunk(name: bytes, data: bytes) -> bytes:
    """One piece of a PNG file, with its checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)


def png_bomb(width: int, height: int) -> bytes:
    """A small file that claims to be a huge black picture."""
    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(bytes(1 + 3 * width)) for _ in range(min(height, 100)))
    return png_header(width, height) + chunk(b"IDAT", data + rows.flush()) + chunk(b"IEND", b"")
