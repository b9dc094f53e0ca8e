"""The institution of the settings, as it is printed."""

from collections.abc import Sequence

from institution.declared import (
    CARD_DESIGN,
    INSTITUTION_ACCENT_COLOUR,
    INSTITUTION_CONTACT,
    INSTITUTION_NAME,
    INSTITUTION_PRIMARY_COLOUR,
    INSTITUTION_SHORT_NAME,
    INSTITUTION_WEBSITE,
)
from institution.logo import printed_logo
from institution.reading import setting
from typesetting.institution import Institution


def institution() -> Institution:
    contact: Sequence[str] = setting(INSTITUTION_CONTACT)
    return Institution(
        name=setting(INSTITUTION_NAME),
        short_name=setting(INSTITUTION_SHORT_NAME),
        primary=setting(INSTITUTION_PRIMARY_COLOUR),
        accent=setting(INSTITUTION_ACCENT_COLOUR),
        logo=printed_logo(),
        design=setting(CARD_DESIGN),
        contact=tuple(contact),
        website=setting(INSTITUTION_WEBSITE),
    )
