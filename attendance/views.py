"""Days, rules, holidays and closing over REST (contract section 9)."""

from dataclasses import asdict
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import User
from accounts.permissions import AttendanceAccess, MayManageAttendance
from attendance import services
from attendance.filters import AttendanceFilter, StaffAttendanceFilter
from attendance.models import EVERYBODY, Attendance, DayRecord, Holiday, Policy, StaffAttendance
from attendance.serializers import (
    AttendanceSerializer,
    ClosedSerializer,
    CloseSerializer,
    CorrectSerializer,
    GeneralPolicySerializer,
    HolidaySerializer,
    PolicyChangeSerializer,
    PolicySerializer,
    StaffAttendanceSerializer,
)
from trackxpert.constraints import violations_as_field_errors
from trackxpert.viewsets import ConditionalModelViewSet

R = TypeVar("R", bound=DayRecord)


class DayRecordViewSet(ConditionalModelViewSet[R], Generic[R]):
    """Days: list, read, correct."""

    permission_classes = (AttendanceAccess,)
    lookup_field = "attendance_id"
    lookup_value_converter = "uuid"
    http_method_names = ("get", "patch", "head", "options")
    ordering_fields = ("date", "attendance_time", "status")

    @extend_schema(request=CorrectSerializer)
    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say what a day really was, and why; later taps do not change it back."""
        record = self.get_object()
        self.check_precondition(record)
        serializer = CorrectSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        asked = serializer.validated_data
        services.correct_day(
            record=record, status=asked["status"] or "", reason=asked["reason"], by=request.user
        )
        return self.respond(record)


class AttendanceViewSet(DayRecordViewSet[Attendance]):
    queryset = Attendance.objects.select_related("student", "corrected_by")
    serializer_class = AttendanceSerializer
    filterset_class = AttendanceFilter

    @extend_schema(request=CloseSerializer, responses=ClosedSerializer)
    @action(detail=False, methods=["post"], permission_classes=[MayManageAttendance])
    def close(self, request: Request) -> Response:
        """Close a day: whoever was expected and not seen is Absent. Can be repeated."""
        serializer = CloseSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        closing = services.close_day(day=serializer.validated_data["date"], by=request.user)
        return Response(ClosedSerializer(asdict(closing)).data)


class StaffAttendanceViewSet(DayRecordViewSet[StaffAttendance]):
    queryset = StaffAttendance.objects.select_related("staff", "security_personnel", "corrected_by")
    serializer_class = StaffAttendanceSerializer
    filterset_class = StaffAttendanceFilter


CLASS_LEVEL = OpenApiParameter(
    "class_level", str, description="The policy that holds for this class level."
)


class PolicyViewSet(viewsets.GenericViewSet[Policy]):
    """The one policy of everybody, and those of single class levels."""

    permission_classes = (AttendanceAccess,)
    serializer_class = GeneralPolicySerializer
    queryset = Policy.objects.all()
    filter_backends = ()

    @extend_schema(parameters=[CLASS_LEVEL])
    def retrieve(self, request: Request) -> Response:
        if class_level := request.query_params.get("class_level"):
            own = Policy.objects.filter(class_level=class_level.replace("\0", "")).first()
            return Response(PolicySerializer(own or _general()).data)
        return Response(self._general_body())

    @extend_schema(request=PolicyChangeSerializer)
    def change(self, request: Request) -> Response:
        """Change everybody's policy, or with `class_level` that of one class level.

        Open days are judged anew, closed days stay.
        """
        serializer = PolicyChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        changes = dict(serializer.validated_data)
        class_level = changes.pop("class_level") or EVERYBODY
        policy, is_new = services.set_policy(class_level=class_level, changes=changes)
        body = PolicySerializer(policy).data if class_level else self._general_body()
        return Response(body, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(parameters=[CLASS_LEVEL], responses={204: None})
    def destroy(self, request: Request) -> Response:
        """A class level goes by everybody's policy again."""
        class_level = request.query_params.get("class_level", "").replace("\0", "")
        policy = Policy.objects.filter(class_level=class_level).exclude(class_level="").first()
        if policy is None:
            raise Http404
        services.remove_policy(policy=policy)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _general_body(self) -> Any:
        policies = list(Policy.objects.all())
        general = next(policy for policy in policies if policy.class_level == EVERYBODY)
        overrides = [policy for policy in policies if policy is not general]
        body = GeneralPolicySerializer(general).data
        return {**body, "overrides": PolicySerializer(overrides, many=True).data}


def _general() -> Policy:
    return Policy.objects.get(class_level=EVERYBODY)


class HolidayViewSet(ConditionalModelViewSet[Holiday]):
    """Days on which nobody is expected, and so nobody is Absent; closed days stay as they were."""

    permission_classes = (AttendanceAccess,)
    queryset = Holiday.objects.all()
    serializer_class = HolidaySerializer
    lookup_field = "holiday_id"
    lookup_value_converter = "uuid"
    filterset_fields = ("date",)
    ordering_fields = ("date", "name")

    def perform_create(self, serializer: BaseSerializer[Holiday]) -> Holiday:
        with violations_as_field_errors(Holiday):
            return serializer.save()

    def perform_update(self, serializer: BaseSerializer[Holiday]) -> Holiday:
        with violations_as_field_errors(Holiday):
            return serializer.save()

    def perform_destroy(self, instance: Holiday) -> None:
        instance.delete()
