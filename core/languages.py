"""Which language somebody is answered in.

Pages and the API speak what `LocaleMiddleware` finds: the choice that somebody made at the foot of
the menu (a cookie), else what the browser or program likes best (`Accept-Language`), else English.
What speaks to others than whoever asked (notices, the verification page) has a language of its own.
"""

from collections.abc import Collection

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.i18n import JavaScriptCatalog


def liked_language(header: str, *, ours: Collection[str]) -> str | None:
    """Whichever of ours an `Accept-Language` likes best; None if it likes none of them."""
    for tag, quality in parse_accept_lang_header(header):  # the best first; 0 is a no
        language = tag.partition("-")[0]
        if quality and language in ours:
            return language
    return None


def script_words(request: HttpRequest) -> HttpResponseBase:
    """What scripts say, in the language of whoever asks (docs/developers.md, "Languages")."""
    response = JavaScriptCatalog.as_view()(request)
    patch_cache_control(response, private=True, max_age=3600)
    return response
