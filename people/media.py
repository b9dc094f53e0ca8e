from functools import lru_cache
from io import BytesIO
from typing import IO, Any, Final

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from core.uploads import HARMLESS
from people.photos import reduced

# A browser asks again after this many seconds, and whoever was erased is gone from it as well.
CACHED = "private, max-age=300, must-revalidate"
SMALL_SIDE: Final = 125  # what a list shows at 50, as screens have two dots and more for one
SMALL_REMEMBERED: Final = 512  # of some 3 kB


@require_safe
def photo(request: HttpRequest, name: str) -> HttpResponseBase:
    """One portrait, by its unguessable name.

    An `<img>` cannot send a token, so the address itself is the secret: 128 random bits, new for
    every photo, gone with it; whoever is not signed in is never told it.
    """
    stored, headers = f"photos/{name}", {"ETag": f'"{name}"', "Cache-Control": CACHED}
    return _unchanged(request, stored, headers) or _shown(_stored(stored), headers)


@require_safe
def small_photo(request: HttpRequest, name: str) -> HttpResponseBase:
    """The same as large as lists show it: fifty portraits are 15 times what a page is."""
    stored = f"photos/{name}"
    headers = {"ETag": f'"{name}-{SMALL_SIDE}"', "Cache-Control": CACHED}
    if unchanged := _unchanged(request, stored, headers):
        return unchanged
    if not default_storage.exists(stored):  # remembered or not, it ends with the photo
        raise Http404
    return _shown(BytesIO(small(stored)), headers)


@lru_cache(SMALL_REMEMBERED)
def small(stored: str) -> bytes:
    """A stored portrait as lists show it; another one has another name. Raises Http404."""
    with _stored(stored) as file:
        content = file.read()
    try:
        return reduced(BytesIO(content), SMALL_SIDE)
    except OSError as error:  # Pillow's, of a file that is cut off or no picture
        raise Http404 from error


def _unchanged(
    request: HttpRequest, stored: str, headers: dict[str, str]
) -> HttpResponseNotModified | None:
    """For a browser that has it, as long as it is there. Raises Http404."""
    if headers["ETag"] not in parse_etags(request.headers.get("If-None-Match", "")):
        return None
    if not default_storage.exists(stored):
        raise Http404
    return HttpResponseNotModified(headers={**headers, **HARMLESS})


def picture(name: str, *, cached: str) -> FileResponse:
    """A stored portrait; `cached` is its Cache-Control. Raises Http404."""
    return _shown(_stored(name), {"Cache-Control": cached})


def _stored(name: str) -> IO[bytes]:
    try:
        file: IO[bytes] = default_storage.open(name)
    except FileNotFoundError as error:
        raise Http404 from error
    return file


def _shown(file: IO[bytes], headers: dict[str, Any]) -> FileResponse:
    """Always an image, whatever was uploaded: we encoded it ourselves. No header says the file's
    name, which is a lasting address of it.
    """
    return FileResponse(
        file, filename="photo.jpg", content_type="image/jpeg", headers={**headers, **HARMLESS}
    )
