from django.http import HttpRequest

from institution.declared import INSTITUTION_NAME, INSTITUTION_SHORT_NAME
from institution.logo import logo_url
from institution.reading import setting


def institution(request: HttpRequest) -> dict[str, str]:
    """The institution's names and logo, for every page."""
    return {
        "institution_name": setting(INSTITUTION_NAME),
        "institution_short_name": setting(INSTITUTION_SHORT_NAME),
        "institution_logo": logo_url(),
    }
