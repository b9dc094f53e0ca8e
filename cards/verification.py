"""Is this card good? The public answer, for programs and for anyone's phone (contract section 6).

The code in a card's QR is bound to that one issue of the card: when it is lost, replaced, expired
or switched off the verdict is `verified: false`, whatever its holder is, and nothing is said of
whose card it was. The seed's address by person knows no card and speaks of the person, with
`card_active` beside.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import override
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from cards.models import IDCardVerificationLog, snapshot
from cards.public_photos import photo_address
from cards.throttles import VerifyThrottle
from cards.verdict import Verdict, verdict_on_card, verdict_on_person
from cards.verdict_words import ENGLISH
from cards.verification_page import PROBLEMS, problem_page, verdict_page
from cards.verification_serializers import (
    NobodyFoundSerializer,
    card_verification_serializer,
    verification_serializer,
)
from core.client_address import client_address
from core.renderers import JSONRenderer
from core.strict import StrictView
from core.uuids import as_uuid
from institution.declared import INSTITUTION_NAME
from institution.reading import setting
from people.kinds import PersonKind, kinds
from people.standing import OK

PHOTO = "photo_url"  # not a field of a person, but an address of this request
Result = IDCardVerificationLog.Result


class PageRenderer(BaseRenderer):
    """Lets a browser be told from a program; the view renders the page itself."""

    media_type = "text/html"
    format = "html"


class VerifyView(StrictView):
    """The verdict by person, in the seed's shape, or as a page for a browser."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = (VerifyThrottle,)
    # Each kind has an address of its own; the first is in whose words an unknown code is refused.
    kind: PersonKind = kinds()[0]

    @property
    def is_strict(self) -> bool:
        """A page is for people, and messengers append what they like to a link."""
        return not _wants_page(self.request)

    def get_renderers(self) -> list[BaseRenderer]:
        """There is a page to look at; what OPTIONS asks has none."""
        has_page = self.request.method in {"GET", "HEAD"}
        return [JSONRenderer(), *([PageRenderer()] if has_page else [])]

    def get(self, request: Request, holder: str) -> Response | HttpResponse:
        code = request.query_params.get("card")
        pk = as_uuid(holder)
        verdict = verdict_on_person(self.kind, pk, code) if pk else None
        return self._answer(request, code or holder, verdict)

    def _answer(
        self, request: Request, asked: str, verdict: Verdict | None
    ) -> Response | HttpResponse:
        kind = verdict.kind if verdict else self.kind
        look = log_verification(request._request, kind, asked, verdict)
        photo = photo_address(look) if verdict and verdict.verified and _has_photo(verdict) else ""
        if _wants_page(request):
            return _private(verdict_page(request._request, verdict, photo))
        with override("en"):
            response = _private(self._json(request, verdict, photo))
        response["Content-Language"] = "en"
        return response

    def _json(self, request: Request, verdict: Verdict | None, photo: str) -> Response:
        if verdict is None:
            message = f"{self.kind.holder_word} not found or inactive."
            body = {"success": False, "verified": False, "message": message}
            return Response({**body, "detail": message, "code": "not_found"}, status=404)
        return Response(verdict_body(verdict, request.build_absolute_uri(photo) if photo else None))

    def handle_exception(self, exc: Exception) -> Response | HttpResponse:  # type: ignore[override]
        """A person in a hurry is told to wait by a page as well, not by JSON."""
        wants_page = _wants_page(self.request)
        response = super().handle_exception(exc)
        if not wants_page or response.status_code not in PROBLEMS:
            return response
        return _private(
            problem_page(
                self.request._request,
                status_code=response.status_code,
                seconds=response["Retry-After"],
            )
        )


NOBODY = {
    (404, "application/json"): NobodyFoundSerializer,
    (404, "text/html"): OpenApiTypes.STR,
}
# A page tells a person to wait as well.
WAIT = {(status, "text/html"): OpenApiTypes.STR for status in PROBLEMS}


def view_of_kind(kind: PersonKind) -> type[VerifyView]:
    """The verdict about people of this kind, described as such."""
    described = extend_schema(
        summary=f"Verify a {kind.noun}",
        parameters=[OpenApiParameter("card", str, description="The code of one issue of a card.")],
        responses={
            (200, "application/json"): verification_serializer(kind),
            (200, "text/html"): OpenApiTypes.STR,
            **NOBODY,
            **WAIT,
        },
    )
    view = type(f"Verify{kind.key.capitalize()}", (VerifyView,), {"kind": kind})
    return extend_schema_view(get=described)(view)


class ShortAddress(VerifyView):
    """`/v/{code}`, as the QR on a card has it, about that one issue of the card.

    It answers itself: who was led on to the holder's address would know the holder's id.
    """

    @extend_schema(
        summary="Verify a card by its code",
        responses={
            (200, "application/json"): card_verification_serializer(),
            (200, "text/html"): OpenApiTypes.STR,
            **NOBODY,
            **WAIT,
        },
    )
    def get(self, request: Request, code: str) -> Response | HttpResponse:
        return self._answer(request, code, verdict_on_card(code))


def _wants_page(request: Request) -> bool:
    # None is set when nothing of ours was acceptable.
    return isinstance(getattr(request, "accepted_renderer", None), PageRenderer)


def _has_photo(verdict: Verdict) -> bool:
    return bool(verdict.holder.photo.name)


def _private(response: Response | HttpResponse) -> Response | HttpResponse:
    """A person's face and state: not stored, not indexed, not told to the next page."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    patch_vary_headers(response, ["Accept", "Accept-Language"])
    return response


def log_verification(
    request: HttpRequest, kind: PersonKind, asked: str, verdict: Verdict | None
) -> IDCardVerificationLog:
    found = Result.VERIFIED if verdict and verdict.verified else Result.REFUSED
    return IDCardVerificationLog.objects.create(
        **snapshot(
            kind.key, verdict.holder if verdict else None, verdict.shown if verdict else None
        ),
        asked=asked.replace("\x00", "")[:100],
        result=found if verdict else Result.NOT_FOUND,
        reason=verdict.reason if verdict else "",
        ip_address=client_address(request),
        user_agent=request.headers.get("User-Agent", "").replace("\x00", "")[:300],
    )


# --- the seed's words ---------------------------------------------------------------------------


def verdict_body(verdict: Verdict, photo_url: str | None) -> dict[str, Any]:
    """The seed's JSON.

    For a card that is no good it says why, and nothing about the holder: who finds a lost card
    learns neither a name from it nor whether somebody has another one.
    """
    now = timezone.now()
    return {
        "success": True,
        "verified": verdict.verified,
        **(
            {verdict.kind.key: _facts(verdict, photo_url, at=now)}
            if verdict.verified
            else _refusal(verdict)
        ),
        "verified_at": now,
        "institution": setting(INSTITUTION_NAME),
    }


def _refusal(verdict: Verdict) -> dict[str, Any]:
    return {
        "reason": verdict.reason,
        "message": ENGLISH.reasons.get(verdict.reason, ""),
        verdict.kind.key: {"card_active": False},
    }


def _facts(verdict: Verdict, photo_url: str | None, *, at: datetime) -> dict[str, Any]:
    keys, card = verdict.kind.verify_keys, verdict.card
    facts = verdict.kind.facts(verdict.holder, tuple(key for key in keys if key != PHOTO))
    return {
        **facts,
        **({PHOTO: photo_url} if PHOTO in keys else {}),
        "has_card": card is not None,
        "card_active": card is not None and card.standing(at=at) == OK,
    }
