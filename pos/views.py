"""Taps, readers and the ledger over REST (contract section 8)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError
from rest_framework.filters import OrderingFilter
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import (
    MayAdminister,
    MayCorrectAttendance,
    MayManageAttendance,
    MayManageCards,
    MayManageMeals,
    MayReadTaps,
)
from accounts.tokens import FamilyAuthentication
from cards.number_formats import NumberFormat
from core.clock import received_now
from core.errors import DomainError, InvalidFields
from core.parsers import AnyTypeJSONParser
from core.previews import PREVIEW, asks_for_preview
from core.schema import sends
from core.strict import NAMES_IGNORED, StrictView
from core.viewsets import ConditionalModelViewSet, entity_tag, names_tag
from institution.declared import INSTITUTION_NAME
from institution.reading import setting
from kitchen.expected import figures_on, periods_on
from pos import services
from pos.admission import admission_at
from pos.annulling import annul_own_tap, annul_tap
from pos.authentication import DeviceAuthentication, IsReader, reader_of
from pos.filters import TapFilter
from pos.ignored import names_left_out, note_ignored
from pos.ledger import record_items
from pos.models import Activity, Device, Tap
from pos.mqtt.broker import broker_at
from pos.mqtt.messages import answer_topic, tap_topic
from pos.pages import OF_DAYS, LedgerPagination, order_of
from pos.pairing import make_pairing_code, pair
from pos.protocol import (
    BATCH_FIELDS,
    DEVICE_TIME,
    Address,
    ItemStatus,
    Recorded,
    addresses_at,
    answer_body,
    batch_body,
    clock_ahead,
    taps_in,
)
from pos.reassessing import card_to_reassess, reassess, taps_unknown_then
from pos.restarts import count_conflicts
from pos.serializers import (
    AdmissionSerializer,
    AnnulledOwnSerializer,
    AnnulOwnSerializer,
    AnnulSerializer,
    AskedFormatSerializer,
    BatchAnswerSerializer,
    ChangedDeviceSerializer,
    CollisionsSerializer,
    CountedConflictsSerializer,
    DeviceSerializer,
    HeartbeatAnswerSerializer,
    HeartbeatSerializer,
    KeySerializer,
    LedgerTapSerializer,
    MqttAccessSerializer,
    NewDeviceSerializer,
    PairedSerializer,
    PairingCodeSerializer,
    PairSerializer,
    ReaderSelfSerializer,
    ReassessedSerializer,
    ReassessSerializer,
    SinceSerializer,
    SingleTapSerializer,
    TapAnswerSerializer,
    TapBatchSerializer,
    TaughtSerializer,
    TeachSerializer,
)
from pos.strays import note_strays, refuse_if_straying
from pos.teaching import KnownCard, colliding_cards, collisions, formats_of
from pos.throttles import PairThrottle
from pos.words import fields_in, language_of


class MqttOff(DomainError):
    status_code = status.HTTP_501_NOT_IMPLEMENTED
    code = "mqtt_off"
    message = _("This installation takes no taps by MQTT: no broker is set up (MQTT_URL).")


NAMES_WHAT_IT_IGNORES = {NAMES_IGNORED: True}

# At a door for readers a signed-in person is told 403, anybody else 401.
READERS_AND_PEOPLE = (DeviceAuthentication, FamilyAuthentication, SessionAuthentication)


class TapViewSet(StrictView, mixins.ListModelMixin, viewsets.GenericViewSet[Tap]):
    """Readers post taps; people read the ledger, each role the taps of its own activity."""

    authentication_classes = READERS_AND_PEOPLE
    parser_classes = (AnyTypeJSONParser,)
    serializer_class = LedgerTapSerializer
    filterset_class = TapFilter
    queryset = Tap.objects.with_names()
    lookup_field = "tap_id"
    lookup_value_converter = "int"
    ordering_fields = ("tap_id", "received_at", "counted_at")
    pagination_class = LedgerPagination

    @property
    def is_strict(self) -> bool:
        """A tap is not refused for what it says besides: the answer names what was ignored."""
        return self.action not in {"create", "batch", "annul_own"}

    @property
    def language(self) -> str:
        return language_of(self.request)

    @property
    def address(self) -> Address:
        return addresses_at(f"{self.request.scheme}://{self.request.get_host()}")

    def handle_exception(self, exc: Exception) -> Response:
        """What is wrong with the values of a tap is said in the language of its message."""
        if isinstance(exc, InvalidFields):
            exc = InvalidFields(fields_in(exc.fields, self.language), code=exc.code)
        return super().handle_exception(exc)

    def get_permissions(self) -> list[Any]:
        if self.action == "list":
            return [MayReadTaps()]
        if self.action == "metadata":
            return [(MayReadTaps | IsReader)()]
        # A method that the address does not have is answered as to whom the address is for.
        if self.action_map and "annul" in self.action_map.values():
            return [(MayCorrectAttendance | MayManageMeals)()]
        if self.action_map and "reassess" in self.action_map.values():
            return [(MayManageCards | MayCorrectAttendance)()]
        return [IsReader()]

    def get_queryset(self) -> QuerySet[Tap]:
        user = self.request.user
        if not isinstance(user, User):  # the schema generator's
            return super().get_queryset().none()
        taps = Tap.objects.with_names().select_related("entered_by", "annulment__annulled_by")
        return taps.seen_by(user)

    def filter_queryset(self, queryset: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        taps = super().filter_queryset(queryset)
        asked = {name for name, value in self.request.query_params.items() if value}
        if OrderingFilter.ordering_param in asked:
            return taps
        return taps.order_by(*order_of(asked, reader="device", days=OF_DAYS))

    @extend_schema(
        request=SingleTapSerializer,
        parameters=[sends("X-Decision", 200, 201)],
        responses={
            201: TapAnswerSerializer,
            200: OpenApiResponse(TapAnswerSerializer, "A repeat"),
            429: None,
        },
        extensions=NAMES_WHAT_IT_IGNORES,
    )
    def create(self, request: Request) -> Response:
        """One tap. A denial is an answer, not an error; a repeat gets the first answer again."""
        asked = names_left_out(request.query_params, frozenset())
        said = said_in(request)
        device_time = None
        if isinstance(said, dict):
            device_time = said.get(DEVICE_TIME)
            said = {name: value for name, value in said.items() if name != DEVICE_TIME}
        (result,) = self._record([said], device_time=device_time, ignored=asked)
        answer = result.answered(self.language)
        ignored = [*result.ignored, *asked]
        body = answer_body(answer, self.address, ignored, language=self.language)
        is_new = result.status == ItemStatus.CREATED
        return Response(
            body,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
            # For controllers that read no body. A server may take nothing but a plain string.
            headers={"X-Decision": str(answer.decision), "Content-Language": self.language},
        )

    @extend_schema(
        request=TapBatchSerializer,
        responses={200: BatchAnswerSerializer, 429: None},
        extensions=NAMES_WHAT_IT_IGNORES,
    )
    @action(detail=False, methods=["post"])
    def batch(self, request: Request) -> Response:
        """Up to 500 taps; one result for each, in order. A bad item stops no other."""
        said = said_in(request)
        items = taps_in(said)
        asked = names_left_out(request.query_params, frozenset())
        ignored = [*names_left_out(said, BATCH_FIELDS | {DEVICE_TIME}), *asked]
        results = self._record(items, device_time=said.get(DEVICE_TIME), ignored=ignored)
        body = batch_body(results, self.address, ignored, language=self.language)
        return Response(body, headers={"Content-Language": self.language})

    @extend_schema(
        operation_id="pos_taps_annul_own",
        request=AnnulOwnSerializer,
        responses={200: AnnulledOwnSerializer},
        extensions=NAMES_WHAT_IT_IGNORES,
    )
    @action(detail=False, methods=["post"], url_path="annul", url_name="annul-own")
    def annul_own(self, request: Request) -> Response:
        """A reader takes back a tap of its own, within 15 minutes; the row stays and counts not.

        404 `unknown_event`; 409 `too_late` or `already_annulled`.
        """
        serializer = AnnulOwnSerializer(data=said_in(request))
        serializer.is_valid(raise_exception=True)
        reader = reader_of(request)
        annulment = annul_own_tap(device=reader.pos_id, **serializer.validated_data)
        asked = names_left_out(request.query_params, frozenset())
        ignored = [*names_left_out(request.data, serializer.fields.keys()), *asked]
        now = timezone.now()
        note_ignored(pos_id=reader.pos_id, names=ignored, heard_at=now)
        body = {
            "event_id": serializer.validated_data["event_id"],
            "annulled_at": annulment.annulled_at,
            "server_time": now,
            "ignored": ignored,
        }
        return Response(AnnulledOwnSerializer(body).data)

    @extend_schema(
        request=ReassessSerializer,
        parameters=[PREVIEW],
        responses=ReassessedSerializer,
    )
    @action(detail=False, methods=["post"])
    def reassess(self, request: Request) -> Response:
        """Count taps of a card that was enrolled later, for its holder; each once.

        For whoever enrols cards or corrects days. 404 `unknown_card`.
        """
        asked = ReassessSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        said, is_preview = asked.validated_data, asks_for_preview(request)
        card, now = card_to_reassess(said["card_uuid"], by=request.user), timezone.now()
        look = taps_unknown_then if is_preview else reassess
        taps = list(look(card, since=said["from"], now=now))
        body = {"preview": is_preview, "counted": 0 if is_preview else len(taps), "taps": taps}
        return Response(ReassessedSerializer(body).data)

    @extend_schema(request=AnnulSerializer, responses={200: LedgerTapSerializer})
    @action(detail=True, methods=["post"])
    def annul(self, request: Request, **kwargs: Any) -> Response:
        """Take a tap back that was a mistake; the row stays and counts not.

        For whoever corrects days, or meals. 409 `already_annulled`.
        """
        tap = self.get_object()
        serializer = AnnulSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        annul_tap(tap=tap, by=request.user, **serializer.validated_data)
        return Response(self.get_serializer(self.get_queryset().get(pk=tap.pk)).data)

    def _record(
        self, items: list[Any], *, device_time: Any, ignored: Sequence[str]
    ) -> list[Recorded]:
        reader = reader_of(self.request)
        refuse_if_straying(reader)
        now = received_now()
        results = record_items(
            source=reader.source,
            items=items,
            received_at=now,
            ignored=ignored,
            clock_ahead=clock_ahead(device_time, received_at=now),
        )
        note_strays(reader, results)
        return results


def said_in(request: Request) -> Any:
    """What the reader sent.

    No body at all was lost on the way: that may not look like a tap in which all is missing, for
    such a tap is dropped.
    """
    if request.stream is None:
        raise ParseError(gettext("There is no body."))
    return request.data


class Heartbeats(StrictView):
    authentication_classes = READERS_AND_PEOPLE
    permission_classes = (IsReader,)
    parser_classes = (AnyTypeJSONParser,)
    is_strict = False  # it names what it ignores

    @extend_schema(
        request=HeartbeatSerializer,
        responses=HeartbeatAnswerSerializer,
        extensions=NAMES_WHAT_IT_IGNORES,
    )
    def post(self, request: Request) -> Response:
        """A reader says that it lives, what its clock shows and how many taps wait in it."""
        serializer = HeartbeatSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        pos_id = reader_of(request).pos_id
        heartbeat = services.record_heartbeat(pos_id=pos_id, **serializer.validated_data)
        asked = names_left_out(request.query_params, frozenset())
        ignored = [*names_left_out(request.data, serializer.fields.keys()), *asked]
        note_ignored(pos_id=pos_id, names=ignored, heard_at=heartbeat.heard_at)
        body = {
            "server_time": heartbeat.heard_at,
            "clock_offset_ms": heartbeat.clock_offset_ms,
            "ignored": ignored,
        }
        return Response(HeartbeatAnswerSerializer(body).data)


class OwnReader(StrictView):
    authentication_classes = READERS_AND_PEOPLE
    permission_classes = (IsReader,)

    @extend_schema(responses=ReaderSelfSerializer)
    def get(self, request: Request) -> Response:
        """A reader learns its name and settings: the office may have changed them."""
        device = Device.objects.get(pk=reader_of(request).pos_id)
        return Response(ReaderSelfSerializer(_self_of(device)).data)


class AdmissionList(StrictView):
    authentication_classes = READERS_AND_PEOPLE
    permission_classes = (IsReader,)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "since", datetime, description="`as_of` of an earlier answer: what changed since."
            ),
            sends("ETag", 200, 304),
        ],
        responses={
            200: AdmissionSerializer,
            304: OpenApiResponse(None, "Unchanged since the reader asked."),
        },
    )
    def get(self, request: Request) -> Response:
        """Which cards this reader would admit now: numbers, as it spells them, and no names.

        With `If-None-Match` and nothing changed it is 304.
        """
        asked = SinceSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        since = asked.validated_data.get("since")
        admission = admission_at(reader_of(request), at=now, since=since)
        said = {
            "complete": admission.is_complete,
            "cards": admission.cards,
            "withdrawn": admission.withdrawn,
        }
        headers = {"ETag": entity_tag(said), "Cache-Control": "private, no-cache"}
        if names_tag(request.headers.get("If-None-Match", ""), headers["ETag"]):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        body = AdmissionSerializer({"as_of": now, **said}).data
        return Response(body, headers=headers)


class Pair(StrictView):
    """The way in of a browser that has a code and nothing else."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (AnyTypeJSONParser,)
    throttle_classes = (PairThrottle,)

    @extend_schema(request=PairSerializer, responses={201: PairedSerializer})
    def post(self, request: Request) -> Response:
        """Use a one-time code up; the answer holds the reader's new key, shown this once.

        Whatever is no good code gets the same answer, also what is no text at all.
        """
        code = request.data.get("code") if isinstance(request.data, dict) else None
        paired = pair(code=code if isinstance(code, str) else "")
        body = {**_self_of(paired.device), "key": paired.key}
        return Response(
            PairedSerializer(body).data,
            status=status.HTTP_201_CREATED,
            headers={"Cache-Control": "no-store"},
        )


def meals_of_today() -> list[dict[str, Any]]:
    """What the cook wants to know of them."""
    now = timezone.localtime()
    periods = periods_on(now.date())
    figures = figures_on(periods, now.date())
    return [
        {
            "name": period.name,
            "is_on": period.day_at(now) is not None,
            "expected": figures[period.period_id][0],
            "still_to_come": figures[period.period_id][1],
        }
        for period in periods
    ]


def _self_of(device: Device) -> dict[str, Any]:
    return {
        "device": device,
        "meals": meals_of_today() if device.activity_type == Activity.FOOD_SERVICE else [],
        "institution": setting(INSTITUTION_NAME),
        "server_time": received_now(),
    }


class DeviceViewSet(ConditionalModelViewSet[Device]):
    """Readers: register, list, change, switch off, give a new key."""

    permission_classes = (MayAdminister,)
    parser_classes = (AnyTypeJSONParser,)
    queryset = Device.objects.with_last_seen().with_counts()
    serializer_class = DeviceSerializer
    filterset_fields = ("activity_type", "is_active")
    lookup_field = "pos_id"
    lookup_value_converter = "uuid"
    unlocked_actions = frozenset({"teach", "count_conflicts"})
    http_method_names = ("get", "post", "patch", "head", "options")
    ordering_fields = ("name", "location", "created_at")

    @extend_schema(responses={201: NewDeviceSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Register a reader; the answer holds its key, shown this once."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        device, key = services.register_device(by=request.user, **serializer.validated_data)
        shown = self.get_queryset().get(pk=device.pk)
        data, etag = self.representation(shown)
        body = {**data, "key": key}
        return Response(body, status=status.HTTP_201_CREATED, headers={"ETag": etag})

    @extend_schema(responses={200: ChangedDeviceSerializer})
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change a reader; with `number_format`, the answer says how many cards collide."""
        response = super().partial_update(request, *args, **kwargs)
        told = None
        if "number_format" in request.data:
            told = colliding_cards(NumberFormat(response.data["number_format"]))
        response.data = {**response.data, "collisions": told}
        return response

    @extend_schema(parameters=[AskedFormatSerializer], responses={200: CollisionsSerializer})
    @action(detail=True, methods=["get"])
    def collisions(self, request: Request, **kwargs: Any) -> Response:
        """How many cards this reader would not tell from another, if it had that format."""
        asked = AskedFormatSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        device = self.get_object()
        chosen = NumberFormat(asked.validated_data.get("number_format", device.number_format))
        body = {"number_format": chosen, "collisions": colliding_cards(chosen)}
        return Response(CollisionsSerializer(body).data)

    @extend_schema(request=TeachSerializer, responses={200: TaughtSerializer})
    @action(detail=True, methods=["post"])
    def teach(self, request: Request, **kwargs: Any) -> Response:
        """Which formats make this card's number of what the reader sent. Nothing is changed.

        One card may leave several formats; those that a second one leaves as well are few.
        """
        device = self.get_object()
        said = TeachSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        number = said.validated_data["card_uuid"].rfid_number
        formats = formats_of([KnownCard(said.validated_data["text"], number)])
        body = {
            "number_format": device.number_format,
            "formats": formats,
            "collisions": collisions(formats),
        }
        return Response(TaughtSerializer(body).data)

    @extend_schema(request=None, responses=KeySerializer)
    @action(detail=True, methods=["post"], url_path="roll-key")
    @transaction.atomic
    def roll_key(self, request: Request, **kwargs: Any) -> Response:
        """A new key, shown this once; the old one opens nothing from now on."""
        device = self.get_object()
        self.check_precondition(device)
        return Response({"pos_id": device.pk, "key": services.roll_key(device=device)})

    @extend_schema(request=None, responses={201: PairingCodeSerializer})
    @action(detail=True, methods=["post"], url_path="pairing-code")
    @transaction.atomic
    def pairing_code(self, request: Request, **kwargs: Any) -> Response:
        """A code, shown this once, with which a browser can become this reader.

        Good for ten minutes and one use; it ends an older one. When it is used, what had this
        reader's key stops.
        """
        device = self.get_object()
        self.check_precondition(device)
        assert isinstance(request.user, User)
        made = make_pairing_code(device=device, by=request.user)
        page = request.build_absolute_uri(reverse("reader"))
        body = {
            "code": made.code,
            "expires_at": made.expires_at,
            # In the fragment, which no browser sends: no log has the code.
            "url": f"{page}#{made.code}",
        }
        return Response(PairingCodeSerializer(body).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=CountedConflictsSerializer)
    @action(
        detail=True,
        methods=["post"],
        url_path="count-conflicts",
        permission_classes=(MayManageAttendance | MayManageMeals,),
    )
    def count_conflicts(self, request: Request, **kwargs: Any) -> Response:
        """Count the taps of a reader that began its ids again, and was told 409.

        For whoever manages attendance, or meals at a hatch.
        """
        assert isinstance(request.user, User)
        counted = count_conflicts(device=self.get_object(), by=request.user)
        return Response(CountedConflictsSerializer({"counted": counted}).data)

    @extend_schema(responses={200: MqttAccessSerializer, 501: None})
    @action(detail=True, methods=["get"])
    def mqtt(self, request: Request, **kwargs: Any) -> Response:
        """How this reader speaks MQTT; its password is the broker's."""
        device = self.get_object()
        if not settings.MQTT_URL:
            raise MqttOff
        broker = broker_at(settings.MQTT_URL)
        body = {
            "host": broker.host,
            "port": broker.port,
            "is_tls": broker.is_tls,
            "username": str(device.pk),
            "tap_topic": tap_topic(device.pk),
            "answer_topic": answer_topic(tap_topic(device.pk)),
        }
        return Response(MqttAccessSerializer(body).data)
