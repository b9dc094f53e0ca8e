"""`/metrics` and `/status`: how the installation is, for programs that watch it (contract 12)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from core.client_address import client_address
from core.outages import outage_of
from embedded.address import is_loopback
from operations.exposition import exposition
from operations.status import status_of_now

# Whoever sends one of these came by a proxy, and may be anybody.
BY_A_PROXY: Final = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO"),
    *("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"),
)
View = Callable[[HttpRequest], HttpResponse]


def for_who_watches(view: View) -> View:
    """With METRICS_TOKEN as bearer, or from this machine itself if it serves no other."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if _has_token(request) or _is_local(request):
            return view(request)
        detail = "This is for who has the METRICS_TOKEN, or for a server's own machine on trial."
        return JsonResponse({"detail": detail, "code": "permission_denied"}, status=403)

    return guarded


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = settings.METRICS_TOKEN
    is_same = constant_time_compare(token.strip(), known)
    return bool(known) and scheme.lower() == "bearer" and is_same


def _is_local(request: HttpRequest) -> bool:
    """Where others reach us, a proxy on this machine may bring them, and need not say so."""
    if settings.TRUSTED_PROXIES or not is_loopback(urlsplit(settings.PUBLIC_URL).hostname or ""):
        return False
    forwarded = any(name in request.META for name in BY_A_PROXY)
    return not forwarded and is_loopback(client_address(request))


@never_cache
@require_safe
@for_who_watches
def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


@never_cache
@require_safe
@for_who_watches
def status(request: HttpRequest) -> HttpResponse:
    """503 if the database does not answer: nothing else can be said then."""
    try:
        said: dict[str, Any] = status_of_now()
    except (DatabaseError, InterfaceError) as error:
        outage = outage_of(error)
        if outage is None:
            raise
        said = {"status": "down", "database": {"state": outage.code, "detail": outage.message}}
        return JsonResponse(said, status=503, headers={"Retry-After": outage.wait})
    return JsonResponse(said)
