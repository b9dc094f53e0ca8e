"""What a password here may not be made of (contract section 3)."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from institution.declared import (
    INSTITUTION_CONTACT,
    INSTITUTION_NAME,
    INSTITUTION_SHORT_NAME,
    INSTITUTION_WEBSITE,
    PASSWORD_WORDS,
)
from institution.reading import setting

# Who writes a word this way means the word.
LOOKALIKES = str.maketrans("013457@$!", "oieastasi")
SHORTEST_WORD = 3
SHORTEST_REST = 5


class InstitutionWordsValidator:
    """Refuse the institution's words with little around them: `DIT-2026`, `d1t123`."""

    def validate(self, password: str, user: object = None) -> None:
        plain = rest = _letters(password)
        for word in sorted(institution_words(), key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != plain and len(rest) < SHORTEST_REST:
            raise ValidationError(
                _("This is little more than words of the institution, which others guess first."),
                code="password_institution_word",
            )

    def get_help_text(self) -> str:
        return _("Your password can't be little more than the name of the institution.")


def institution_words() -> set[str]:
    """Those of its names, contact and website, the product's, and what PASSWORD_WORDS adds."""
    texts = [
        *(setting(INSTITUTION_NAME), setting(INSTITUTION_SHORT_NAME), setting(INSTITUTION_WEBSITE)),
        *setting(INSTITUTION_CONTACT),
        *setting(PASSWORD_WORDS),
        "trackxpert",
    ]
    words = {_letters(word) for text in texts for word in re.split(r"[\W_]+", text)}
    return {word for word in words if len(word) >= SHORTEST_WORD}


def _letters(text: str) -> str:
    """Small letters only, those that stand for others put back."""
    return "".join(filter(str.isalpha, text.lower().translate(LOOKALIKES)))
