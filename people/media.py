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
    every photo, gone with it. Always an image, whatever was uploaded: we encoded it ourselves.
    """
    try:
        file = default_storage.open(f"photos/{name}")
    except FileNotFoundError as error:
        raise Http404 from error
    headers = {"Cache-Control": CACHED, "ETag": f'"{name}"', **HARMLESS}
    if headers["ETag"] in parse_etags(request.headers.get("If-None-Match", "")):
        file.close()
        return HttpResponseNotModified(headers=headers)
    return FileResponse(file, content_type="image/jpeg", headers=headers)
