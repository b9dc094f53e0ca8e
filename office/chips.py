"""A state as a small coloured word."""

from pathlib import PurePosixPath
from typing import Any

from django.utils.html import format_html

from office.tasks import Tone

NOTHING = "—"


def chip(text: Any, tone: Tone) -> str:
    """The word says it; the colour only helps to find it."""
    return format_html('<span class="chip {}">{}</span>', tone.value, text)


def portrait(*, photo: Any, name: str, size: str = "small") -> str:
    """The photo, or the first letters of the name; `size` is small or large.

    The name stands beside it, so the picture says nothing more to whoever hears the page.
    """
    if photo:
        template = '<img class="portrait {}" src="{}" alt="" loading="lazy">'
        return format_html(template, size, _small(photo) if size == "small" else photo.url)
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    return format_html('<span class="portrait {}" aria-hidden="true">{}</span>', size, initials)


def _small(photo: Any) -> str:
    """Its address as large as lists show it."""
    path = PurePosixPath(photo.name)
    return str(photo.storage.url(f"{path.parent}/small/{path.name}"))
