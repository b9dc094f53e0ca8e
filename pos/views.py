"""Taps, readers and the ledger over REST (contract section 8)."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import DateTimeField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

from accounts.models import User
from accounts.permissions import LedgerAccess, MayAdminister
from accounts.roles import Capability
from attendance.day import Direction
from cards.number_formats import NumberFormat
from pos import services
from pos.answers import Answer
from pos.authentication import DeviceAuthentication, IsReader, reader_of
from pos.filters import TapFilter
from pos.incoming import BadTap, IncomingTap, read_tap
from pos.ledger import Recorded, Source, Status, record_taps
from pos.models import Activity, Device, Tap
from pos.serializers import (
    MAX_BATCH,
    BatchAnswerSerializer,
    DeviceSerializer,
    HeartbeatAnswerSerializer,
    HeartbeatSerializer,
    KeySerializer,
    LedgerTapSerializer,
    NewDeviceSerializer,
    TapAnswerSerializer,
    TapBatchSerializer,
    TapSerializer,
)
from trackxpert.exceptions import DomainError
from trackxpert.viewsets import ConditionalModelViewSet

CONFLICT: Final = "event_conflict"
CONFLICT_MESSAGE: Final = "This event id was used for another tap. It is kept for review."
REJECTED: Final = "invalid"
REJECTED_MESSAGE: Final = "This item is no tap; see errors."


class EventConflict(DomainError):
    code = CONFLICT
    message = CONFLICT_MESSAGE


# At a door for readers a signed-in person is told 403, anybody else 401.
READERS_AND_PEOPLE = (DeviceAuthentication, JWTAuthentication, SessionAuthentication)


def _source(request: Request) -> Source:
    reader = reader_of(request)
    is_one_way = reader.direction != Device.Direction.BOTH
    return Source(
        activity=reader.activity_type,
        number_format=NumberFormat(reader.number_format),
        direction=Direction(reader.direction) if is_one_way else Direction.EITHER,
        location=reader.location,
        device=reader.pos_id,
    )


class TapViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Tap]):
    """Readers post taps; people read the ledger, each role the taps of its own activity."""

    authentication_classes = READERS_AND_PEOPLE
    serializer_class = LedgerTapSerializer
    filterset_class = TapFilter
    queryset = Tap.objects.select_related(
        "device", "entered_by", "student", "staff", "security_personnel"
    )
    ordering_fields = ("tap_id", "received_at", "counted_at")

    def get_permissions(self) -> list[Any]:
        is_read = self.action in {"list", "metadata"}
        return [LedgerAccess()] if is_read else [IsReader()]

    def get_queryset(self) -> QuerySet[Tap]:
        user = self.request.user
        if not isinstance(user, User):  # the schema generator's
            return super().get_queryset().none()
        sees = {
            Activity.ATTENDANCE: user.may(Capability.READ_ATTENDANCE),
            Activity.FOOD_SERVICE: user.may(Capability.MANAGE_MEALS),
        }
        taps = super().get_queryset()
        hidden = [activity for activity, is_seen in sees.items() if not is_seen]
        return taps.exclude(activity__in=hidden) if hidden else taps

    @extend_schema(
        request=TapSerializer,
        responses={201: TapAnswerSerializer, 200: OpenApiResponse(TapAnswerSerializer, "A repeat")},
    )
    def create(self, request: Request) -> Response:
        """One tap. A denial is an answer, not an error; a repeat gets the first answer again."""
        received_at = timezone.now()
        try:
            tap = read_tap(request.data, received_at=received_at)
        except BadTap as error:
            raise ValidationError(error.errors) from error
        (result,) = record_taps(source=_source(request), taps=[tap], received_at=received_at)
        if result.answer is None:
            raise EventConflict
        is_new = result.status == Status.CREATED
        return Response(
            answer_body(request, result.answer),
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
        )

    @extend_schema(request=TapBatchSerializer, responses=BatchAnswerSerializer)
    @action(detail=False, methods=["post"])
    def batch(self, request: Request) -> Response:
        """Up to 500 taps; one result for each, in order. A bad item stops no other."""
        received_at = timezone.now()
        items = _items(request.data)
        taps = [_tap_or_errors(item, received_at) for item in items]
        recorded = iter(
            record_taps(
                source=_source(request),
                taps=[tap for tap in taps if isinstance(tap, IncomingTap)],
                received_at=received_at,
            )
        )
        results = [
            _result_body(request, next(recorded))
            if isinstance(tap, IncomingTap)
            else _rejected_body(item, tap)
            for item, tap in zip(items, taps, strict=True)
        ]
        counts = Counter(result["status"] for result in results)
        summary = {name: counts[name] for name in (*Status, "rejected")}
        return Response({"results": results, "summary": {"total": len(results), **summary}})


def _items(body: Any) -> list[Any]:
    items = body.get("taps") if isinstance(body, dict) else None
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_BATCH:
        raise ValidationError({"taps": [f"Enter a list of 1 to {MAX_BATCH} taps."]})
    return items


def _tap_or_errors(item: Any, received_at: datetime) -> IncomingTap | dict[str, list[str]]:
    try:
        return read_tap(item, received_at=received_at)
    except BadTap as error:
        return error.errors


def _rejected_body(item: Any, errors: Mapping[str, list[str]]) -> dict[str, Any]:
    event_id = item.get("event_id") if isinstance(item, dict) else None
    return {
        "event_id": event_id if isinstance(event_id, str) else None,
        "status": "rejected",
        "decision": None,
        "code": REJECTED,
        "message": REJECTED_MESSAGE,
        "errors": errors,
    }


def _result_body(request: Request, result: Recorded) -> dict[str, Any]:
    if result.answer is None:
        return {
            "event_id": result.tap.event_id,
            "status": result.status,
            "decision": None,
            "code": CONFLICT,
            "message": CONFLICT_MESSAGE,
        }
    return {"status": result.status, **answer_body(request, result.answer)}


def answer_body(request: Request, answer: Answer) -> dict[str, Any]:
    """The contract's JSON; times are written in campus time."""
    holder, day, meal = answer.holder, answer.attendance, answer.meal
    return {
        "event_id": answer.event_id,
        "decision": answer.decision,
        "code": answer.code,
        "message": answer.message,
        "replayed": answer.replayed,
        "would_deny": answer.would_deny,
        "clock_suspect": answer.clock_suspect,
        "recorded_at": _time(answer.recorded_at),
        "server_time": _time(timezone.now()),
        "holder": holder
        and {
            "type": holder.type,
            "full_name": holder.full_name,
            "identifier": holder.identifier,
            "photo_url": _photo_url(request, holder.photo),
        },
        "attendance": day
        and {
            "date": day.date.isoformat(),
            "status": day.status,
            "attendance_time": _time(day.attendance_time),
        },
        "meal": meal
        and {
            "service_id": str(meal.service_id),
            "period": meal.period,
            "food_item": meal.food_item,
        },
    }


def _time(moment: datetime | None) -> str | None:
    return timezone.localtime(moment).isoformat() if moment else None


def _photo_url(request: Request, photo: str) -> str | None:
    return request.build_absolute_uri(default_storage.url(photo)) if photo else None


class Heartbeats(APIView):
    authentication_classes = READERS_AND_PEOPLE
    permission_classes = (IsReader,)

    @extend_schema(request=HeartbeatSerializer, responses=HeartbeatAnswerSerializer)
    def post(self, request: Request) -> Response:
        """A reader says that it lives, what its clock shows and how many taps wait in it."""
        serializer = HeartbeatSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        heartbeat = services.record_heartbeat(
            pos_id=reader_of(request).pos_id, **serializer.validated_data
        )
        body = {
            "server_time": heartbeat.heard_at,
            "clock_offset_ms": heartbeat.clock_offset_ms,
        }
        return Response(HeartbeatAnswerSerializer(body).data)


def _last_seen() -> Greatest:
    """The later of the last heartbeat and the last tap; GREATEST passes over NULL."""
    latest = Tap.objects.filter(device=OuterRef("pk")).order_by("-received_at")
    tapped = Subquery(latest.values("received_at")[:1], output_field=DateTimeField())
    return Greatest("heartbeat__heard_at", tapped)


class DeviceViewSet(ConditionalModelViewSet[Device]):
    """Readers: register, list, change, switch off, give a new key."""

    permission_classes = (MayAdminister,)
    queryset = Device.objects.select_related("heartbeat").annotate(last_seen_at=_last_seen())
    serializer_class = DeviceSerializer
    filterset_fields = ("activity_type", "is_active")
    lookup_field = "pos_id"
    lookup_value_converter = "uuid"
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
        body = {**DeviceSerializer(shown).data, "key": key}
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=KeySerializer)
    @action(detail=True, methods=["post"], url_path="roll-key")
    @transaction.atomic
    def roll_key(self, request: Request, **kwargs: Any) -> Response:
        """A new key, shown this once; the old one opens nothing from now on."""
        device = self.get_object()
        self.check_precondition(device)
        return Response({"pos_id": device.pk, "key": services.roll_key(device=device)})
