from typing import IO, Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from core.uploads import HARMLESS

# A browser asks again after this many seconds, and whoever was erased is gone from it as well.
CACHED = "private, max-age=300, must-revalidate"


@require_safe
def photo(request: HttpRequest, name: str) -> HttpResponseBase:
    """One portrait, by its unguessable name.

    An `<img>` cannot send a token, so the address itself is the secret: 128 random bits, new for
    every photo, gone with it; whoever is not signed in is never told it.
    """
    stored, etag = f"photos/{name}", f'"{name}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        if not default_storage.exists(stored):
            raise Http404
        kept = {"ETag": etag, "Cache-Control": CACHED, **HARMLESS}
        return HttpResponseNotModified(headers=kept)
    return _shown(_stored(stored), {"ETag": etag, "Cache-Control": CACHED})


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
