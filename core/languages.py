"""Which language somebody is answered in."""

from collections.abc import Collection

from django.utils.translation.trans_real import parse_accept_lang_header


def liked_language(header: str, *, ours: Collection[str]) -> str | None:
    """Whichever of ours an `Accept-Language` likes best; None if it likes none of them."""
    for tag, quality in parse_accept_lang_header(header):  # the best first; 0 is a no
        language = tag.partition("-")[0]
        if quality and language in ours:
            return language
    return None
