"""The logo: an SVG that can do nothing but be drawn, or a PNG.

What is uploaded is not kept: of an SVG only the elements and attributes that draw are written anew,
and what would run, load or link is refused by name. It is handed out as a picture, under a policy
that lets nothing run even where somebody opens it by itself.
"""

import hashlib
import io
import re
import xml.etree.ElementTree as ET
from functools import lru_cache
from pathlib import Path
from typing import Final

import resvg_py
from defusedxml.ElementTree import fromstring
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from PIL import Image

from core.errors import InvalidFields
from institution.declared import INSTITUTION_LOGO
from institution.models import Logo
from institution.reading import is_said, setting
from typesetting.photo import UNREADABLE

SVG: Final = "http://www.w3.org/2000/svg"
XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"
MOST_BYTES: Final = 512 * 1024
MOST_ELEMENTS: Final = 5_000
MOST_PIXELS: Final = 24_000_000
# As many dots as the largest emblem on paper can show.
PRINTED_PIXELS: Final = 1_000
DRAWN: Final = frozenset(
    {
        *(
            "svg",
            "g",
            "defs",
            "symbol",
            "use",
            "title",
            "desc",
            "style",
            "clipPath",
            "mask",
            "pattern",
        ),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"),
        *("linearGradient", "radialGradient", "stop"),
    }
)
# Those of a drawing program for itself, which draw nothing.
PASSED_OVER: Final = frozenset({"metadata"})
OUTSIDE: Final = re.compile(
    r"@import|javascript:|expression\(|url\(\s*['\"]?\s*[^#'\"\s]", re.IGNORECASE
)
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
MEDIA_TYPES: Final = {Logo.Format.SVG: "image/svg+xml", Logo.Format.PNG: "image/png"}


def keep_logo(content: bytes) -> Logo:
    """Keep a picture, to be chosen. Raises InvalidFields about INSTITUTION_LOGO."""
    if len(content) > MOST_BYTES:
        raise _refused(_("The file is larger than {most} kB.").format(most=MOST_BYTES // 1024))
    is_svg = not content.startswith(b"\x89PNG")
    cleaned, printed = _svg(content) if is_svg else (png := _png(content), png)
    digest = hashlib.sha256(cleaned).hexdigest()
    kept, _is_new = Logo.objects.get_or_create(
        pk=digest,
        defaults={
            "format": Logo.Format.SVG if is_svg else Logo.Format.PNG,
            "content": cleaned,
            "printed": printed,
            "uploaded_at": timezone.now(),
        },
    )
    return kept


def _refused(message: str) -> InvalidFields:
    return InvalidFields({INSTITUTION_LOGO.name: [message]})


def _png(content: bytes) -> bytes:
    """Written anew, so that nothing rides along behind the picture."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError("too many pixels")
            layer = image.convert("RGBA")
    except UNREADABLE as error:
        raise _refused(_("This is no picture that can be read.")) from error
    layer.thumbnail((PRINTED_PIXELS, PRINTED_PIXELS), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    layer.save(written, "PNG", optimize=True)
    return written.getvalue()


def _svg(content: bytes) -> tuple[bytes, bytes]:
    """The same drawing and nothing else; and in dots."""
    try:
        # As text, so that no declaration can name another encoding.
        root = fromstring(content.decode("utf-8-sig"), forbid_entities=True, forbid_external=True)
    except (ET.ParseError, UnicodeDecodeError, ValueError) as error:
        raise _refused(_("This is neither an SVG nor a PNG that can be read.")) from error
    if root.tag != f"{{{SVG}}}svg":
        raise _refused(_("This is neither an SVG nor a PNG."))
    _clean(root, [0])
    ET.register_namespace("", SVG)
    cleaned = ET.tostring(root, encoding="unicode")
    try:
        drawn = bytes(resvg_py.svg_to_bytes(svg_string=cleaned, width=PRINTED_PIXELS))
        return cleaned.encode(), _png(drawn)
    except ValueError as error:
        raise _refused(
            _("This SVG cannot be drawn: export it as “plain SVG”, or as PNG.")
        ) from error


def _clean(element: ET.Element, count: list[int]) -> None:
    count[0] += 1
    if count[0] > MOST_ELEMENTS:
        raise _refused(_("This SVG has too many parts: export it as PNG."))
    for child in list(element):
        name = _drawn_name(child)
        if name is None:
            element.remove(child)
            continue
        if name not in DRAWN:
            raise _refused(_not_drawn(name))
        _clean(child, count)
    for name, value in list(element.attrib.items()):
        _clean_attribute(element, name, value)
    if OUTSIDE.search(element.text or ""):
        raise _refused(_("This SVG loads something from elsewhere, which a logo may not."))


def _drawn_name(element: ET.Element) -> str | None:
    """Its name in SVG; None for what says nothing of the drawing."""
    tag: object = element.tag
    if not isinstance(tag, str):
        return None  # a comment
    namespace, _, name = tag.lstrip("{").rpartition("}")
    return name if namespace == SVG and name not in PASSED_OVER else None


def _not_drawn(name: str) -> str:
    said = (
        _("This SVG holds <{name}>, which a logo may not: take it out.")
        if name in {"script", "a", "foreignObject"}
        else _("This SVG holds <{name}>, which a logo may not: export it as PNG.")
    )
    return said.format(name=name)


def _clean_attribute(element: ET.Element, name: str, value: str) -> None:
    if name.lower().startswith("on"):
        said = _("This SVG runs something ({name}), which a logo may not: take it out.")
        raise _refused(said.format(name=name))
    is_link = name in {"href", XLINK_HREF}
    if (is_link and not value.strip().startswith("#")) or OUTSIDE.search(value):
        raise _refused(_("This SVG loads something from elsewhere, which a logo may not."))
    if name.startswith("{") and not is_link:
        del element.attrib[name]


# --- where it is shown ------------------------------------------------------------------------


def printed_logo() -> bytes | None:
    """PNG or JPEG, as paper takes it; None: there is no logo."""
    chosen = setting(INSTITUTION_LOGO)
    return _printed(chosen, is_path=is_said(INSTITUTION_LOGO)) if chosen else None


@lru_cache(maxsize=4)
def _printed(chosen: str, *, is_path: bool) -> bytes | None:
    if is_path:
        return Path(chosen).read_bytes()
    row = Logo.objects.filter(pk=chosen).only("printed").first()
    return bytes(row.printed) if row else None


def logo_url() -> str:
    """Where pages have it from; empty: there is no logo."""
    chosen = setting(INSTITUTION_LOGO)
    if not chosen:
        return ""
    return reverse("logo", args=[_name_of_file(chosen) if is_said(INSTITUTION_LOGO) else chosen])


@lru_cache(maxsize=2)
def _name_of_file(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """A picture under the digest of its content, so that it may be kept for ever."""
    chosen = setting(INSTITUTION_LOGO)
    if is_said(INSTITUTION_LOGO) and chosen and digest == _name_of_file(chosen):
        content = printed_logo() or b""
        media_type = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    else:
        row = Logo.objects.filter(pk=digest).defer("printed").first()
        if row is None:
            raise Http404
        content, media_type = bytes(row.content), MEDIA_TYPES[Logo.Format(row.format)]
    response = HttpResponse(content, content_type=media_type)
    response["Content-Security-Policy"] = POLICY
    return response
