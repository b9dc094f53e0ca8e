from typing import Any

from django.http import HttpRequest, HttpResponse
from pghistory.middleware import HistoryMiddleware


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
