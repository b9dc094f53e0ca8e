"""Pictures without what cameras write into them: where, when, by whose telephone.

What shows the picture stays byte for byte, and with it what it is worth as evidence. Left out are
EXIF, XMP, IPTC, comments and whatever follows the picture's end (JPEG: ITU-T T.81, annex B; PNG:
ISO/IEC 15948, section 11). How the camera was held stays, else the picture would lie on its side.
"""

import struct
import zlib
from collections.abc import Iterator

UPRIGHT = 1
SOI, EOI, SOS, COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
APP0, APP2, APP14, APP15 = 0xE0, 0xE2, 0xEE, 0xEF
STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
RESTARTS_AND_STUFFING = frozenset({0x00, 0xFF, *range(0xD0, 0xD8)})
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What a decoder needs, and what says how colours are meant.
PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT"}
    | {b"bKGD", b"pHYs"}
)


class BrokenPicture(ValueError):
    """The file is not built as its format says."""


def stripped(content: bytes, kind: str, *, orientation: int) -> bytes:
    """The picture of this kind, `jpeg` or `png`, without its metadata. Raises BrokenPicture."""
    parts = _jpeg_parts if kind == "jpeg" else _png_parts
    try:
        return b"".join(parts(content, _exif(orientation)))
    except (IndexError, struct.error) as error:
        raise BrokenPicture from error


def _exif(orientation: int) -> bytes:
    """One entry: the orientation, a short (TIFF 6.0, section 2)."""
    if orientation == UPRIGHT:
        return b""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"MM\x00\x2a" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)


def _jpeg_parts(content: bytes, exif: bytes) -> Iterator[bytes]:
    yield content[:2]
    if exif:
        body = b"Exif\x00\x00" + exif
        yield b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    at = 2
    while True:
        if content[at] != 0xFF:
            raise BrokenPicture
        marker = content[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        if marker == EOI:
            yield content[at : at + 2]
            return
        end = at + 2
        if marker not in STANDALONE:
            end += struct.unpack_from(">H", content, at + 2)[0]
        if marker == SOS:
            end = _end_of_scan(content, end)
        if _shows(marker, content[at + 4 : at + 16]):
            yield content[at:end]
        at = end


def _shows(marker: int, start: bytes) -> bool:
    if marker == APP2:
        return start.startswith(b"ICC_PROFILE\0")
    return marker in (APP0, APP14) or not (APP0 <= marker <= APP15 or marker == COMMENT)


def _end_of_scan(content: bytes, at: int) -> int:
    while True:
        at = content.find(b"\xff", at)
        if at < 0:
            raise BrokenPicture
        if content[at + 1] not in RESTARTS_AND_STUFFING:
            return at
        at += 1 if content[at + 1] == 0xFF else 2


def _png_parts(content: bytes, exif: bytes) -> Iterator[bytes]:
    yield content[: len(PNG_SIGNATURE)]
    at = len(PNG_SIGNATURE)
    while True:
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise BrokenPicture
        if name in PNG_KEPT:
            yield content[at:end]
        if name == b"IHDR" and exif:
            checksum = zlib.crc32(b"eXIf" + exif)
            yield struct.pack(">I4s", len(exif), b"eXIf") + exif + struct.pack(">I", checksum)
        if name == b"IEND":
            return
        at = end
