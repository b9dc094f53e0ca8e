from typing import Any

from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware


class AuditContext(HistoryMiddleware):
    """Tells the history triggers who is asking: `user, url, method` of each changing request.

    A token is only looked at in the view; pghistory then adds the user to the open context.
    """

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_context(request), "method": request.method}
