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
    shown = picture(f"photos/{name}", cached=CACHED)
    shown.headers["ETag"] = f'"{name}"'
    if shown.headers["ETag"] in parse_etags(request.headers.get("If-None-Match", "")):
        shown.close()
        kept = {key: shown.headers[key] for key in ("ETag", "Cache-Control", *HARMLESS)}
        return HttpResponseNotModified(headers=kept)
    return shown


def picture(name: str, *, cached: str) -> FileResponse:
    """A stored portrait; `cached` is its Cache-Control. Raises Http404.

    Always an image, whatever was uploaded: we encoded it ourselves. No header says the file's name,
    which is a lasting address of it.
    """
    try:
        file = default_storage.open(name)
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        file,
        filename="photo.jpg",
        content_type="image/jpeg",
        headers={"Cache-Control": cached, **HARMLESS},
    )
