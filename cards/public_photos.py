"""Photos in public answers, at addresses that end (contract section 6).

Such an address is the signed number of the look that was logged. It holds neither an id of the
person nor the name of the file, which is good for as long as the photo is.
"""

from datetime import timedelta
from typing import Final

from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cards.models import Card, IDCardVerificationLog
from people.media import picture
from people.standing import OK

LASTS: Final = timedelta(minutes=10)
KEPT_SECONDS: Final = 60  # by the browser that asked
_signer = TimestampSigner(salt="cards.public_photos")


def photo_address(look: IDCardVerificationLog) -> str:
    """Where whoever had this answer sees the holder's photo, for as long as LASTS."""
    return reverse("public-photo", args=[_signer.sign(str(look.pk))])


@require_safe
def public_photo(request: HttpRequest, signed: str) -> HttpResponseBase:
    """The photo that a verification showed; a 404 once the time, the card or the photo is over."""
    look = _look_at(signed)
    if look is None or look.person is None or not look.person.photo.name or not _is_good(look):
        raise Http404
    return picture(look.person.photo.name, cached=f"private, max-age={KEPT_SECONDS}")


def _look_at(signed: str) -> IDCardVerificationLog | None:
    try:
        number = _signer.unsign(signed, max_age=LASTS)
    except BadSignature:  # also of one that is too old
        return None
    verified = IDCardVerificationLog.objects.filter(result=IDCardVerificationLog.Result.VERIFIED)
    return verified.filter(pk=number).select_related("person").first()


def _is_good(look: IDCardVerificationLog) -> bool:
    """Whether the same look would still be answered with a photo."""
    if look.card_uuid is None:
        return look.person is not None and look.person.admitted == OK
    card = Card.objects.filter(pk=look.card_uuid).select_related("person").first()
    return card is not None and card.standing(at=timezone.now()) == OK
