from django.conf import settings
from django.http import HttpRequest


def institution(request: HttpRequest) -> dict[str, str]:
    """The institution's names, for every page."""
    return {
        "institution_name": settings.INSTITUTION_NAME,
        "institution_short_name": settings.INSTITUTION_SHORT_NAME,
    }
