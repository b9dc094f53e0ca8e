"""The institution of the settings, as it is printed."""

from functools import cache
from pathlib import Path

from django.conf import settings

from typesetting.institution import Institution


@cache
def institution() -> Institution:
    """The institution of the settings; read once a process, as the settings are."""
    logo = Path(settings.INSTITUTION_LOGO) if settings.INSTITUTION_LOGO else None
    return Institution(
        name=settings.INSTITUTION_NAME,
        short_name=settings.INSTITUTION_SHORT_NAME,
        primary=settings.INSTITUTION_PRIMARY_COLOUR,
        accent=settings.INSTITUTION_ACCENT_COLOUR,
        logo=logo.read_bytes() if logo else None,
        contact=tuple(settings.INSTITUTION_CONTACT),
        website=settings.INSTITUTION_WEBSITE,
    )
