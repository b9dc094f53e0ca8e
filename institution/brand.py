"""The institution's colours as a stylesheet, `/brand.css`: a page's own CSS is a static file."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from institution.declared import INSTITUTION_ACCENT_COLOUR, INSTITUTION_PRIMARY_COLOUR
from institution.reading import setting

DARK, LIGHT = "#000000", "#ffffff"
# Relative luminance (WCAG 2.2): the share of each channel, and below what it is linear.
SHARES: Final = (0.2126, 0.7152, 0.0722)
LINEAR_BELOW: Final = 0.04045


def luminance(colour: str) -> float:
    """How bright `#rrggbb` is, 0 to 1 (WCAG 2.2, relative luminance)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= LINEAR_BELOW else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * channel for share, channel in zip(SHARES, linear, strict=True))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21; AA wants 4.5 for text."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """Whichever of dark and light is easier to read on this colour; one of them reaches AA."""
    return max(DARK, LIGHT, key=lambda ink: contrast(ink, colour))


def _colours() -> tuple[str, str]:
    return setting(INSTITUTION_PRIMARY_COLOUR), setting(INSTITUTION_ACCENT_COLOUR)


def _etag(request: HttpRequest) -> str:
    return f'"{"".join(_colours())}"'


@require_safe
@cache_control(public=True, no_cache=True)
@condition(etag_func=_etag)
def brand_css(request: HttpRequest) -> HttpResponse:
    """`--brand` and `--accent`, each with the ink that can be read on it.

    Asked for with each page, and sent only if it is another: who changes a colour wants to see it.
    """
    brand, accent = _colours()
    values = {
        "brand": brand,
        "brand-ink": ink_on(brand),
        "accent": accent,
        "accent-ink": ink_on(accent),
    }
    body = "".join(f"  --{name}: {value};\n" for name, value in values.items())
    return HttpResponse(f":root {{\n{body}}}\n", content_type="text/css; charset=utf-8")
