"""`mapped`: ESP firmware and webhooks, which say a tap in names of their own (contract section 8).

`pos.mapping` reads the table that a reader has for them; here is the way in by HTTP, and what both
ways have in common. A message that is no tap by its table says that the reader lives.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from json import dumps
from typing import IO, Any
from urllib.parse import parse_qsl

from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import SessionAuthentication, get_authorization_header
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import FamilyAuthentication
from core.clock import received_now
from core.parsers import NotJSON, parse_json
from core.schema import sends
from core.strict import NAMES_IGNORED, StrictView
from doors.door import Terminal, TerminalDoor
from doors.messages import heard, keep_message
from doors.taking import Misfit, quarantine, reason_of, take_one
from pos.authentication import DeviceAuthentication, IsReader, ReaderUser, reader_of
from pos.mapping import NoTap, table_of
from pos.models import Device, Protocol
from pos.protocol import BadTap, ItemStatus, Recorded, answer_body
from pos.serializers import TapAnswerSerializer
from pos.strays import refuse_if_straying
from pos.words import SPOILT, fields_in, language_of

KEY, MOST_FIELDS = "key", 1000


class Spoilt(str):
    """What began as JSON and is none."""

    __slots__ = ()


def message_in(body: bytes) -> Any:
    """What it says as JSON. Raises NotJSON for what is none and does not look like it."""
    try:
        return parse_json(body, keeps_halves=True)
    except NotJSON:
        text = body.decode(errors="replace")
        if text.lstrip()[:1] in ("{", "["):
            return Spoilt(text)
        raise


def take_mapped(terminal: Terminal, said: Any, *, received_at: datetime) -> Recorded:
    """Raises NoTap, or BadTap: that one is in quarantine."""
    text = said if isinstance(said, Spoilt) else dumps(said, ensure_ascii=False)
    try:
        if isinstance(said, Spoilt):
            raise BadTap({"card": [SPOILT]})
        table = table_of(terminal.device.mapping)
        way = terminal.reader.source.direction
        tap = table.read(said, received_at=received_at, direction=way)
    except NoTap:
        heard(terminal, at=received_at)
        _keep(terminal, text, "no tap", received_at)
        raise
    except BadTap as error:
        reason = reason_of(error)
        quarantine(terminal, [Misfit(text, reason)], received_at=received_at)
        _keep(terminal, text, reason, received_at)
        raise
    result = take_one(terminal, tap, received_at=received_at)
    answered = result.answer.code if result.answer else result.status
    _keep(terminal, text, f"{result.status}: {answered}", received_at)
    return result


def _keep(terminal: Terminal, said: str, answered: str, received_at: datetime) -> None:
    keep_message(terminal, what="message", said=said, answered=answered, received_at=received_at)


class KeyInAddress(DeviceAuthentication):
    """`?key=` for firmware that can send no header; a header stands above it."""

    def authenticate(self, request: Request) -> tuple[ReaderUser, None] | None:
        key = request.query_params.get(KEY)
        if key is None or get_authorization_header(request):
            return super().authenticate(request)
        return self.reader_of(key), None


class KeyInAddressScheme(OpenApiAuthenticationExtension):
    """How the schema tells of it."""

    target_class = KeyInAddress
    name = "deviceKeyInAddress"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "query",
            "name": KEY,
            "description": "The reader's key; the header of `deviceKey` is as good, and in no log.",
        }


class AnythingParser(BaseParser):
    """JSON if it is, else a form of either sort, whatever it is called, as a sketch sends it."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read()
        with suppress(NotJSON):
            return message_in(body)
        text = body.decode(errors="replace")
        if (media_type or "").startswith(MultiPartParser.media_type):
            with suppress(ParseError):
                form = MultiPartParser().parse(BytesIO(body), media_type, parser_context)
                if form.data:  # its files are no part of a tap
                    return dict(form.data.items())
        try:
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
        except ValueError as error:
            said = gettext("A form has at most {most} fields.").format(most=MOST_FIELDS)
            raise ParseError(said) from error


class NoTapSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Always `no_tap`.")
    server_time = serializers.DateTimeField()


class AnyMessageSerializer(serializers.Serializer[Any]):
    """Whatever the reader's `mapping` reads; these names if that is empty."""

    card = serializers.CharField(required=False)
    tapped_at = serializers.CharField(required=False, help_text="Also seconds since 1970.")
    event_id = serializers.CharField(required=False)
    direction = serializers.CharField(required=False)
    food_item = serializers.CharField(required=False)


ANSWERS = {
    201: TapAnswerSerializer,
    200: OpenApiResponse(TapAnswerSerializer, "A repeat"),
    202: OpenApiResponse(NoTapSerializer, "No tap by the reader's table: it lives"),
    409: None,
    429: None,
}
IN_ADDRESS = OpenApiParameter(KEY, OpenApiTypes.STR, description="The reader's key, if no header.")
SENDS = (IN_ADDRESS, sends("X-Decision", 200, 201))


class Mapped(StrictView):
    authentication_classes = (KeyInAddress, FamilyAuthentication, SessionAuthentication)
    permission_classes = (IsReader,)
    parser_classes = (AnythingParser,)
    is_strict = False  # names are the reader's own

    @extend_schema(
        operation_id="pos_mapped_get",
        parameters=[*SENDS],
        responses=ANSWERS,
        extensions={NAMES_IGNORED: True},
    )
    def get(self, request: Request) -> Response:
        """A tap as a webhook that can only fetch an address says it."""
        return self._take(request, {})

    @extend_schema(
        operation_id="pos_mapped_post",
        request=AnyMessageSerializer,
        parameters=[*SENDS],
        responses=ANSWERS,
        extensions={NAMES_IGNORED: True},
    )
    def post(self, request: Request) -> Response:
        """A tap in the names of the reader's own `mapping`, as JSON or a form."""
        return self._take(request, request.data if request.stream is not None else {})

    def _take(self, request: Request, body: Any) -> Response:
        reader, now = reader_of(request), received_now()
        device = Device.objects.filter(pk=reader.pos_id, protocol=Protocol.MAPPED).first()
        if device is None:  # any other has no table
            self.permission_denied(request)
        refuse_if_straying(reader)
        asked = {name: value for name, value in request.query_params.items() if name != KEY}
        said = {**asked, **body} if isinstance(body, dict) else body
        terminal, language = Terminal(device, reader), language_of(request)
        try:
            result = take_mapped(terminal, said, received_at=now)
        except NoTap:
            told = {"detail": gettext("No tap by the table of this reader."), "code": "no_tap"}
            return Response({**told, "server_time": now}, status=status.HTTP_202_ACCEPTED)
        except BadTap as error:
            raise BadTap(fields_in(error.fields, language)) from error
        answer = result.answered(language)
        is_new = result.status == ItemStatus.CREATED
        return Response(
            answer_body(answer, request.build_absolute_uri, language=language),
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
            headers={"X-Decision": str(answer.decision)},
        )


DOOR = TerminalDoor(
    protocol=Protocol.MAPPED,
    urls=(path("api/pos/mapped/", Mapped.as_view(), name="mapped"),),
    how_to_connect=_(
        "It sends each tap to /api/pos/mapped/ with its key, in the header Authorization or as "
        "?key=, by GET or POST; or publishes it at the topic of its table. The table says what it "
        "calls the card, the time, the event and the direction; docs/readers.md has ready ones."
    ),
)
