"""A reader in the browser, `/reader/`: its page, its service worker and its manifest.

The page is the same for everybody and knows nothing: a browser gets its key by a pairing code and
then speaks the API like any other reader.
"""

import hashlib
import json
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core.middleware import with_camera
from institution.brand import brand_css
from institution.declared import INSTITUTION_PRIMARY_COLOUR, INSTITUTION_SHORT_NAME
from institution.reading import setting

FOLDER: Final = Path(__file__).parent / "static"
# Modules import each other by their own names, which do not change with a release.
SHARED: Final = ("cards/wedge.js",)
MODULES: Final = sorted(
    [*SHARED, *(str(path.relative_to(FOLDER)) for path in (FOLDER / "pos/reader").rglob("*.js"))]
)
LINKED: Final = ("office/tokens.css", "office/icon.svg", "pos/reader/reader.css")
ENTRY: Final = "pos/reader/app.js"


@require_safe
@cache_control(no_cache=True)
def page(request: HttpRequest) -> HttpResponse:
    return with_camera(render(request, "pos/reader.html"))


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """Keeps the page's own files, so that a reload works offline; its version names the release.

    A browser asks for it again with each visit, and takes the new files when it has changed.
    """
    context = {
        "version": _version(request),
        "page": json.dumps(reverse("reader")),
        "shell": json.dumps(_shell(), indent=2),
    }
    return render(request, "pos/reader-worker.js", context, content_type="text/javascript")


@require_safe
@cache_control(no_cache=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """Lets a phone put the reader on its home screen."""
    icon = {"src": static("office/icon.svg"), "sizes": "any", "type": "image/svg+xml"}
    body = {
        "name": gettext("{school} card reader").format(school=setting(INSTITUTION_SHORT_NAME)),
        "short_name": gettext("Card reader"),
        "id": reverse("reader"),
        "start_url": reverse("reader"),
        "scope": reverse("reader"),
        "display": "fullscreen",
        "theme_color": setting(INSTITUTION_PRIMARY_COLOUR),
        "background_color": setting(INSTITUTION_PRIMARY_COLOUR),
        "icons": [icon],
    }
    return HttpResponse(json.dumps(body), content_type="application/manifest+json")


def _shell() -> list[str]:
    pages = [reverse(name) for name in ("reader", "reader-manifest", "brand-css")]
    linked = [static(name) for name in (*LINKED, ENTRY)]
    imported = [urljoin(settings.STATIC_URL, name) for name in MODULES if name != ENTRY]
    return [*pages, *linked, *imported]


def _version(request: HttpRequest) -> str:
    """Another whenever the page, the colours or any file differ: `static` names their content."""
    said = [page(request).content, brand_css(request).content]
    named = [static(name).encode() for name in MODULES]
    return hashlib.sha256(b"\0".join([*said, *named])).hexdigest()[:16]
