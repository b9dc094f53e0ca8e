"""What needs no login: the page that a mail's link leads to, and the answers by SMS."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.generic.base import View
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import DomainError
from core.parsers import StrictJSONParser
from core.strict import NAMES_IGNORED, StrictView
from institution.declared import SMS_INBOUND_SECRET
from institution.reading import setting
from notifications.contacts import (
    ANSWER,
    START,
    STOP,
    guardian_of,
    stop_by_link,
    take_answer,
)
from notifications.serializers import masked


# A mail program presses its own button without having seen the page; the token says who may.
@method_decorator(csrf_exempt, name="dispatch")
class Stop(View):
    """The link in a mail. To look stops nothing: programs follow links to see where they lead."""

    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, token, is_asked=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, token, is_asked=True)

    def _page(self, request: HttpRequest, token: str, *, is_asked: bool) -> HttpResponse:
        guardian = guardian_of(token)
        if guardian and is_asked:
            stop_by_link(guardian)
        context = {
            "guardian": guardian,
            "address": masked(guardian.email) if guardian else "",
            "is_stopped": guardian is not None and (is_asked or guardian.stopped),
        }
        response = render(
            request, "notifications/stop.html", context, status=200 if guardian else 404
        )
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


class InboundOff(DomainError):
    status_code = HTTPStatus.NOT_IMPLEMENTED
    code = "inbound_off"
    message = _("This installation takes no answers by SMS.")


class IsGateway(BasePermission):
    """The operator's SMS gateway, which says `SMS_INBOUND_SECRET`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises InboundOff: without a secret nobody is the gateway."""
        secret = setting(SMS_INBOUND_SECRET)
        if not secret:
            raise InboundOff
        said = request.headers.get("X-Inbound-Secret", "")
        return constant_time_compare(said.encode(), secret.encode())


class InboundSerializer(serializers.Serializer[Any]):
    # `from` is no name in Python.
    def get_fields(self) -> dict[str, Any]:
        sender = serializers.CharField(max_length=40, help_text="The number that it comes from.")
        text = serializers.CharField(max_length=2000, allow_blank=True)
        return {"from": sender, "text": text}


class UnderstoodSerializer(serializers.Serializer[Any]):
    understood = serializers.ChoiceField([STOP, START, ANSWER])


class Inbound(StrictView):
    """An SMS that somebody has sent to us, as the gateway hands it on."""

    permission_classes = (IsGateway,)
    parser_classes = (StrictJSONParser, FormParser, MultiPartParser)
    is_strict = False  # gateways say much besides

    @extend_schema(
        request=InboundSerializer,
        responses={200: UnderstoodSerializer, 501: None},
        extensions={NAMES_IGNORED: True},
    )
    def post(self, request: Request) -> Response:
        """STOP, ACHA or SIMAMA stops the number, START or ANZA takes that back; any other answer
        confirms that the number is theirs."""
        said = InboundSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        meaning = take_answer(number=said.validated_data["from"], text=said.validated_data["text"])
        return Response({"understood": meaning})
