"""What may be kept as evidence of an incident: one picture or PDF.

A picture loses what the camera wrote into it (`discipline/stripping.py`). A PDF is kept as it was
sent, and with it who made it when: its metadata may stand in compressed and signed parts.
"""

import io
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from PIL import ExifTags, Image

from core.errors import DomainError
from discipline.stripping import UPRIGHT, BrokenPicture, stripped
from people.photos import FORMATS, UNREADABLE

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_BYTES = 5 * 2**20
PDF_TAIL = 1024  # the last bytes, among which readers look for the end mark (PDF 32000-1, H.3)
# By the ending that the file is kept under; it is ours, whatever the sender's was called.
CONTENT_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
PREVIEW = (800, 800)


class EvidenceRefused(DomainError):
    status_code: int = HTTPStatus.BAD_REQUEST
    code = "invalid_evidence"
    message: "StrOrPromise" = _("Evidence is a readable JPEG, PNG or PDF file.")


class EvidenceTooLarge(EvidenceRefused):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "evidence_too_large"
    message = format_lazy(_("The evidence is larger than {most} MB."), most=MAX_BYTES // 2**20)


def checked(upload: "File[bytes]") -> tuple[str, "ContentFile[bytes]"]:
    """What the upload really is, as an ending, and what is kept of it.

    Raises EvidenceRefused for what is no JPEG, PNG or PDF, EvidenceTooLarge beyond the limits.
    """
    if upload.size > MAX_BYTES:
        raise EvidenceTooLarge
    content = upload.read()
    kind, orientation = _kind_of(content)
    if kind != "pdf":
        try:
            content = stripped(content, kind, orientation=orientation)
        except BrokenPicture as error:
            raise EvidenceRefused from error
    return kind, ContentFile(content)


def _kind_of(content: bytes) -> tuple[str, int]:
    """The ending, and how a picture's camera was held (EXIF 2.32, table 6)."""
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-PDF_TAIL:]:
            raise EvidenceRefused(_("The PDF is not complete."))
        return "pdf", UPRIGHT
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > settings.PHOTO_MAX_PIXELS:
                raise EvidenceTooLarge(_("The picture has too many pixels."))
            kind = str(image.format).lower()
            orientation = _orientation(image)
            # A JPEG is decoded small: all of it is read, and little of it held.
            image.draft(None, PREVIEW)
            image.load()
            return kind, orientation
    except Image.DecompressionBombError:
        raise EvidenceTooLarge(_("The picture has too many pixels.")) from None
    except UNREADABLE as error:
        raise EvidenceRefused from error


def _orientation(image: Image.Image) -> int:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, UPRIGHT)
    except UNREADABLE:  # the picture is good all the same
        return UPRIGHT
    return orientation if orientation in range(UPRIGHT, 9) else UPRIGHT
