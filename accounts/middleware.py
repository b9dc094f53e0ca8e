from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from pghistory.middleware import HistoryMiddleware

from accounts.models import User
from accounts.tokens import SECOND_FACTOR_REQUIRED
from core.error_responses import API_PREFIXES, error_response
from institution.declared import REQUIRE_SECOND_FACTOR
from institution.reading import setting

TWO_STEPS = "admin:two_steps"
# Where somebody may go who has still to switch two steps on: what the page itself needs, and out.
ON_THE_WAY = (TWO_STEPS, "admin:logout", "admin:login", "brand-css")


class RequireSecondFactor:
    """Leads administrators without a second factor to the page where they switch it on.

    For sessions of browsers; tokens are looked at in `accounts.tokens`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if setting(REQUIRE_SECOND_FACTOR) and self._is_stopped(request):
            if request.path.startswith(API_PREFIXES):
                return error_response(
                    request, 403, SECOND_FACTOR_REQUIRED, "second_factor_required"
                )
            return HttpResponseRedirect(reverse(TWO_STEPS))
        return self.get_response(request)

    def _is_stopped(self, request: HttpRequest) -> bool:
        on_the_way = [reverse(name) for name in ON_THE_WAY]
        return (
            request.path not in on_the_way
            and isinstance(request.user, User)
            and request.user.lacks_second_factor
        )


class AuditContext(HistoryMiddleware):
    """Tells the history triggers who is asking: `user, url, method` of each changing request.

    A token is only looked at in the view; pghistory then adds the user to the open context.
    """

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_context(request), "method": request.method}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A reader changes nothing that has a history, and the context costs each of its statements.
        if request.META.get("HTTP_AUTHORIZATION", "").startswith("Device "):
            response: HttpResponse = self.get_response(request)
        else:
            response = super().__call__(request)  # type: ignore[no-untyped-call]
        return response
