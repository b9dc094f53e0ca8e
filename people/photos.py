"""Portraits: decoded, turned, bounded and stripped before they are kept (contract section 5)."""

import io
import struct
import warnings
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image, ImageOps
from rest_framework import status

from people.models import Person, photo_path
from trackxpert.exceptions import DomainError

# A card's photo is 25 mm wide, 300 pixels at 300 dpi; this is enough for any screen as well.
LONGEST_SIDE = 1200
JPEG_QUALITY = 88
FORMATS = ("JPEG", "PNG")
# What Pillow raises for files that lie about themselves; it has no common base class.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    struct.error,
    Image.DecompressionBombError,
)
# Pixels are counted below, against a limit of our own, before any are decoded.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class PhotoRefused(DomainError):
    status_code: int = status.HTTP_400_BAD_REQUEST
    code = "invalid_photo"


class PhotoTooLarge(PhotoRefused):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    code = "photo_too_large"


def set_photo(*, person: Person, upload: IO[bytes], size: int) -> None:
    """Replace the person's photo.

    Raises PhotoRefused for what is not a JPEG or PNG, PhotoTooLarge beyond the limits. The old
    file goes when the change is committed; the new one goes if it is not.
    """
    jpeg = prepared(upload, size=size)
    storage, old = person.photo.storage, person.photo.name
    new = storage.save(photo_path(person, ""), ContentFile(jpeg))
    try:
        with transaction.atomic():
            person.photo = new
            person.save(update_fields=["photo", "updated_at"])
            if old:
                transaction.on_commit(lambda: storage.delete(old))
    except BaseException:
        storage.delete(new)
        raise


def remove_photo(*, person: Person) -> None:
    """Take the person's photo away, if there is one."""
    storage, old = person.photo.storage, person.photo.name
    if not old:
        return
    with transaction.atomic():
        person.photo = ""
        person.save(update_fields=["photo", "updated_at"])
        transaction.on_commit(lambda: storage.delete(old))


def prepared(upload: IO[bytes], *, size: int) -> bytes:
    """The upload as an upright RGB JPEG of bounded size that carries nothing but pixels."""
    if size > settings.PHOTO_MAX_BYTES:
        raise PhotoTooLarge(f"The photo is larger than {settings.PHOTO_MAX_BYTES // 2**20} MB.")
    try:
        with Image.open(upload, formats=FORMATS) as image:
            _check_pixels(image)
            # Lets the JPEG decoder itself reduce a camera's picture: less memory, less time.
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            return _encoded(_flat(ImageOps.exif_transpose(image)))
    except UNREADABLE as error:
        raise PhotoRefused("This is not a readable JPEG or PNG picture.") from error


def _check_pixels(image: Image.Image) -> None:
    if image.width * image.height > settings.PHOTO_MAX_PIXELS:
        megapixels = settings.PHOTO_MAX_PIXELS // 10**6
        raise PhotoTooLarge(f"The photo has more than {megapixels} megapixels.")


def _flat(image: Image.Image) -> Image.Image:
    """RGB, with transparent parts on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    background = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(background, layer).convert("RGB")


def _encoded(image: Image.Image) -> bytes:
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    image.info.clear()  # Pillow would write an embedded profile or comment back
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return jpeg.getvalue()
