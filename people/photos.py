"""Portraits: decoded, turned, bounded and stripped before they are kept (contract section 5)."""

import io
import struct
import warnings
import zlib
from http import HTTPStatus
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageCms

from core.errors import DomainError
from files.away import delete_on_commit, delete_or_note
from people.models import Person, photo_path

# Twice the 300 dpi of a card's photo (27 x 34.7 mm): the JPEG decoder halves it almost for free
# when cards are printed, and it is enough for any screen.
LONGEST_SIDE = 820
JPEG_QUALITY = 88
FORMATS = ("JPEG", "PNG")
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
)
# How a camera was held (EXIF 2.32, table 6), and what turns its picture upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SRGB = ImageCms.createProfile("sRGB")
# Pixels are counted below, against a limit of our own, before any are decoded.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


class PhotoRefused(DomainError):
    status_code: int = HTTPStatus.BAD_REQUEST
    code = "invalid_photo"


class PhotoTooLarge(PhotoRefused):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "photo_too_large"


def set_photo(*, person: Person, upload: IO[bytes], size: int) -> None:
    """Replace the person's photo.

    Raises PhotoRefused for what is not a JPEG or PNG, PhotoTooLarge beyond the limits.
    """
    keep_photo(person=person, jpeg=prepared(upload, size=size))


def keep_photo(*, person: Person, jpeg: bytes) -> None:
    """Replace the person's photo by what `prepared` made.

    The old file goes when the change is committed; the new one goes if it cannot be written down.
    """
    storage, old = person.photo.storage, person.photo.name
    new = storage.save(photo_path(person, ""), ContentFile(jpeg))
    try:
        with transaction.atomic():
            person.photo = new
            person.save(update_fields=["photo", "updated_at"])
            if old:
                delete_on_commit(storage, old)
    except BaseException:
        delete_or_note(storage, new)
        raise


def remove_photo(*, person: Person) -> None:
    """Take the person's photo away, if there is one."""
    storage, old = person.photo.storage, person.photo.name
    if not old:
        return
    with transaction.atomic():
        person.photo = ""
        person.save(update_fields=["photo", "updated_at"])
        delete_on_commit(storage, old)


def prepared(upload: IO[bytes], *, size: int) -> bytes:
    """The upload as an upright RGB JPEG of bounded size that carries nothing but pixels."""
    if size > settings.PHOTO_MAX_BYTES:
        raise PhotoTooLarge(
            _("The photo is larger than {number} MB.").format(
                number=settings.PHOTO_MAX_BYTES // 2**20
            )
        )
    try:
        with Image.open(upload, formats=FORMATS) as image:
            _check_pixels(image.width * image.height)
            profile = image.info.get("icc_profile")
            return _encoded(_on_white(_in_srgb(_upright(_bounded(image)), profile)))
    except Image.DecompressionBombError:
        # Pillow's own limit, several times ours, stops the file while it is opened.
        raise _too_many_pixels() from None
    except UNREADABLE as error:
        raise PhotoRefused(_("This is not a readable JPEG or PNG picture.")) from error


def reduced(portrait: IO[bytes], longest: int) -> bytes:
    """A stored portrait with no side longer than that. Raises OSError for what is none."""
    with Image.open(portrait, formats=FORMATS) as image:
        return _encoded(_on_white(_bounded(image, longest)))


def _check_pixels(pixels: int) -> None:
    if pixels > settings.PHOTO_MAX_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> PhotoTooLarge:
    megapixels = settings.PHOTO_MAX_PIXELS // 10**6
    return PhotoTooLarge(
        _("The photo has more than {number} megapixels.").format(number=megapixels)
    )


def _bounded(image: Image.Image, longest: int = LONGEST_SIDE) -> Image.Image:
    """No side longer than that; first of all, so that the rest costs little memory."""
    # Lets the JPEG decoder itself reduce a camera's picture.
    image.draft(None, (longest, longest))
    smooth = _scalable(image)
    smooth.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return smooth


def _scalable(image: Image.Image) -> Image.Image:
    """In a mode whose pixels can be averaged."""
    if image.mode == "I;16":
        image.info.pop("transparency", None)
        # Converting clips every grey above 255 of 65535 to white.
        return image.point(lambda grey: grey * (1 / 256)).convert("L")
    if image.mode in ("1", "L", "P", "RGB") and image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("RGB") if image.mode in ("1", "P") else image


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except UNREADABLE:  # the picture is good all the same
        return image
    return image if turn is None else image.transpose(turn)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The same colours as whoever knows nothing of their profile shows and prints them.

    A portrait in Adobe RGB is pale without: its skin 126,90,64 is what screens call 139,90,60.
    """
    if not profile:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        said = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, said, SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, *UNREADABLE):  # the picture is good all the same
        return image
    return turned or image


def _on_white(image: Image.Image) -> Image.Image:
    """RGB, with transparent parts on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    background = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(background, layer).convert("RGB")


def _encoded(image: Image.Image) -> bytes:
    image.info.clear()  # Pillow would write an embedded profile or comment back
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return jpeg.getvalue()
