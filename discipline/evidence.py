"""What may be kept as evidence of an incident: one picture or PDF, as it was sent."""

import io
from http import HTTPStatus

from django.conf import settings
from django.core.files.base import ContentFile, File
from PIL import Image

from core.errors import DomainError
from people.photos import FORMATS, UNREADABLE

MAX_BYTES = 5 * 2**20
PDF_TAIL = 1024  # the last bytes, among which readers look for the end mark (PDF 32000-1, H.3)
# By the ending that the file is kept under; it is ours, whatever the sender's was called.
CONTENT_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
PREVIEW = (800, 800)


class EvidenceRefused(DomainError):
    status_code: int = HTTPStatus.BAD_REQUEST
    code = "invalid_evidence"
    message = "Evidence is a readable JPEG, PNG or PDF file."


class EvidenceTooLarge(EvidenceRefused):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "evidence_too_large"
    message = f"The evidence is larger than {MAX_BYTES // 2**20} MB."


def checked(upload: "File[bytes]") -> tuple[str, "ContentFile[bytes]"]:
    """What the upload really is, as an ending, and the upload, unchanged.

    Raises EvidenceRefused for what is no JPEG, PNG or PDF, EvidenceTooLarge beyond the limits.
    """
    if upload.size > MAX_BYTES:
        raise EvidenceTooLarge
    content = upload.read()
    return _kind_of(content), ContentFile(content)


def _kind_of(content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-PDF_TAIL:]:
            raise EvidenceRefused("The PDF is not complete.")
        return "pdf"
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > settings.PHOTO_MAX_PIXELS:
                raise EvidenceTooLarge("The picture has too many pixels.")
            kind = str(image.format).lower()
            # A JPEG is decoded small: all of it is read, and little of it held.
            image.draft(None, PREVIEW)
            image.load()
            return kind
    except Image.DecompressionBombError:
        raise EvidenceTooLarge("The picture has too many pixels.") from None
    except UNREADABLE as error:
        raise EvidenceRefused from error
