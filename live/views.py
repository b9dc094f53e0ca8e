"""`GET /api/live/`: a stream, or a look for clients that cannot stream."""

from typing import Any
from uuid import UUID

from django.db import Error, connection
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.signed_in import SignedIn
from accounts.tokens import FAMILY
from core.renderers import JSONRenderer
from core.strict import StrictView
from live.events import TooMany, events_between
from live.feed import feed
from live.serializers import LiveAnswerSerializer
from live.stream import EventStream, as_list
from outbox.positions import current_position, is_position


class EventStreamRenderer(BaseRenderer):
    """Lets the stream be asked for as `Accept: text/event-stream`; the view writes it itself."""

    media_type = "text/event-stream"
    format = "stream"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None
    ) -> Any:
        raise NotImplementedError("the view streams")


class TooManyStreams(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "too_many_streams"
    default_detail = _(
        "All streams are taken, or all of yours. Ask /api/live/?since= every few seconds instead."
    )
    wait = 5


class Live(StrictView):
    permission_classes = (IsAuthenticated,)

    def get_renderers(self) -> list[BaseRenderer]:
        streams = [EventStreamRenderer()] if self.request.method == "GET" else []
        return [*streams, JSONRenderer()]

    def head(self, request: Request) -> Response:
        return Response()

    @extend_schema(
        parameters=[
            OpenApiParameter("since", str, description="A position; answers JSON, at once."),
            OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER),
        ],
        responses={
            (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, "Server-sent events"),
            (200, "application/json"): LiveAnswerSerializer,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Taps, corrections, closings, incidents and silent readers, as far as the role may see.

        A stream (`text/event-stream`) resumes with `Last-Event-ID`. It ends when its user is put
        out or gets another role. When all streams are taken, or all that one user may have, the
        answer is 503; then, or with `?since=` or `Accept: application/json`, ask for JSON instead.
        """
        user = request.user
        assert isinstance(user, User)
        since = request.query_params.get("since")
        if since is not None or not isinstance(request.accepted_renderer, EventStreamRenderer):
            return self._look(user, since or "")
        return self._stream(request, user, _position(request.headers.get("Last-Event-ID", "")))

    def _look(self, user: User, since: str) -> Response:
        until = current_position()
        after = _position(since) or until
        try:
            events, is_gap = as_list(user, events_between(after, until)), False
        except TooMany:
            events, is_gap = [], True
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return Response({"position": until, "gap": is_gap, "events": events})

    def _stream(self, request: Request, user: User, last_position: str) -> HttpResponseBase:
        subscription = feed.subscribe(_signed_in(request, user))
        if subscription is None:
            raise TooManyStreams
        try:
            stream = EventStream(subscription, last_position)
        except Error:
            feed.unsubscribe(subscription)
            raise
        if not connection.in_atomic_block:
            # Where the web server has no other thread for it, the stream would keep this one's.
            connection.close()
        return StreamingHttpResponse(
            stream,
            content_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


def _signed_in(request: Request, user: User) -> SignedIn:
    """By a token, or in the session of a browser."""
    token: Any = request.auth
    if token is None:
        return SignedIn(user, session_key=request._request.session.session_key or "")
    return SignedIn(user, family=UUID(token[FAMILY]))


def _position(text: str) -> str:
    if text and not is_position(text):
        raise ValidationError({"since": [gettext("This is not a position of this feed.")]})
    return text
