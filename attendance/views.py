"""Days, rules, holidays and closing over REST (contract section 9)."""

from dataclasses import asdict
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_view,
)
from rest_framework import status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import User
from accounts.permissions import (
    AttendanceAccess,
    DayAccess,
    MayCorrectAttendance,
    MayManageAttendance,
)
from attendance import services
from attendance.filters import AttendanceFilter, StaffAttendanceFilter
from attendance.models import EVERYBODY, Attendance, Holiday, Policy
from attendance.serializers import (
    AttendanceSerializer,
    ClosedSerializer,
    CloseSerializer,
    CorrectedSerializer,
    CorrectPeopleSerializer,
    CorrectSerializer,
    GeneralPolicySerializer,
    HolidaySerializer,
    PolicyChangeSerializer,
    PolicySerializer,
    StaffAttendanceSerializer,
)
from core.constraints import violations_as_field_errors
from core.strict import StrictView
from core.viewsets import ConditionalModelViewSet
from people.kinds import DayList
from people.models import all_seen
from people.scope import may_read


class ReadsDays(BasePermission):
    """Some people of the view's list are theirs to know of; the view shows each their own."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        kinds = view.day_list.kinds
        return isinstance(user, User) and any(may_read(user, kind) for kind in kinds)


class DayViewSet(ConditionalModelViewSet[Attendance]):
    """Days: list, read, correct."""

    day_list: ClassVar[DayList]
    # Who corrected a day is fetched after its row: of a row that had to be waited for, a join would
    # bring whoever was there before.
    queryset = Attendance.objects.select_related("person").prefetch_related("corrected_by")
    permission_classes = (ReadsDays & DayAccess,)
    lookup_field = "attendance_id"
    lookup_value_converter = "uuid"
    http_method_names = ("get", "patch", "head", "options")
    ordering_fields = ("date", "attendance_time", "status")

    def get_queryset(self) -> QuerySet[Attendance]:
        days: Any = super().get_queryset()
        found: QuerySet[Attendance] = days.in_list(self.day_list).seen_by(self.request.user)
        return found

    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say what a day really was, and why; later taps do not change it back.

        204: the correction that was taken back had made this day; the person is not yet seen.
        """
        record = self.get_object()
        self.check_precondition(record)
        serializer = CorrectSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        asked = serializer.validated_data
        left = services.correct_day(
            record=record, status=asked["status"] or "", reason=asked["reason"], by=request.user
        )
        return self.respond(record) if left else Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    list=extend_schema(summary="List days of students"),
    retrieve=extend_schema(summary="Read a day of a student"),
    partial_update=extend_schema(
        summary="Correct a day of a student",
        request=CorrectSerializer,
        responses={200: AttendanceSerializer, 204: None},
    ),
)
class AttendanceViewSet(DayViewSet):
    day_list = DayList.STUDENTS
    serializer_class = AttendanceSerializer
    filterset_class = AttendanceFilter


@extend_schema_view(
    list=extend_schema(summary="List days of staff"),
    retrieve=extend_schema(summary="Read a day of staff"),
    partial_update=extend_schema(
        summary="Correct a day of staff",
        request=CorrectSerializer,
        responses={200: StaffAttendanceSerializer, 204: None},
    ),
)
class StaffAttendanceViewSet(DayViewSet):
    day_list = DayList.STAFF
    serializer_class = StaffAttendanceSerializer
    filterset_class = StaffAttendanceFilter


class CorrectPeople(StrictView):
    permission_classes = (MayCorrectAttendance,)

    @extend_schema(request=CorrectPeopleSerializer, responses=CorrectedSerializer)
    def post(self, request: Request) -> Response:
        """Correct a day of several people, with one reason; all of them or nobody.

        Whoever was not seen on that day gets a row. `status: null` takes corrections back. A class
        teacher who names somebody of another class gets a 404.
        """
        serializer = CorrectPeopleSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        asked = serializer.validated_data
        if not all_seen(asked["people"], by=request.user):
            raise Http404
        corrected = services.correct_people(
            day=asked["date"],
            kind=asked["kind"],
            people=asked["people"],
            status=asked["status"] or "",
            reason=asked["reason"],
            by=request.user,
        )
        return Response({"corrected": corrected})


class CloseDay(StrictView):
    permission_classes = (MayManageAttendance,)

    @extend_schema(request=CloseSerializer, responses=ClosedSerializer)
    def post(self, request: Request) -> Response:
        """Close a day: whoever was expected and not seen is Absent. Can be repeated."""
        serializer = CloseSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        day = serializer.validated_data["date"]
        services.check_day(day)
        closing = services.close_day(day=day, by=request.user)
        return Response(ClosedSerializer(asdict(closing)).data)


CLASS_LEVEL = OpenApiParameter(
    "class_level", str, description="The policy that holds for this class level."
)

EITHER_POLICY = PolymorphicProxySerializer(
    component_name="AnyPolicy",
    serializers=[GeneralPolicySerializer, PolicySerializer],
    resource_type_field_name=None,
)


class PolicyViewSet(ConditionalModelViewSet[Policy]):
    """The one policy of everybody, and those of single class levels."""

    permission_classes = (AttendanceAccess,)
    serializer_class = GeneralPolicySerializer
    queryset = Policy.objects.all()
    filter_backends = ()
    tagged_actions = frozenset({"change", "destroy"})

    def get_object(self) -> Policy:
        """The policy that holds for `?class_level=`; without it, everybody's."""
        return _policy_for(_asked_class_level(self.request))

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        is_own = bool(args) and args[0].class_level != EVERYBODY
        return PolicySerializer(*args) if is_own else GeneralPolicySerializer(*args)

    @extend_schema(
        summary="Read everybody's policy, or a class level's",
        parameters=[CLASS_LEVEL],
        responses=EITHER_POLICY,
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request)

    @extend_schema(
        request=PolicyChangeSerializer,
        responses={
            200: EITHER_POLICY,
            201: OpenApiResponse(PolicySerializer, "The class level has a policy of its own now."),
        },
    )
    @transaction.atomic
    def change(self, request: Request) -> Response:
        """Change everybody's policy, or with `class_level` that of one class level.

        Open days are judged anew, closed days stay.
        """
        serializer = PolicyChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        changes = dict(serializer.validated_data)
        class_level = changes.pop("class_level") or EVERYBODY
        services.hold_days()  # what the tag is compared with stays until it is changed
        self.check_precondition(_policy_for(class_level))
        policy, is_new = services.set_policy(class_level=class_level, changes=changes)
        status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return self.respond(policy, status_code=status_code)

    @extend_schema(
        summary="Remove the policy of a class level",
        parameters=[CLASS_LEVEL],
        responses={204: None},
    )
    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A class level goes by everybody's policy again."""
        services.hold_days()
        policy = self.get_object()
        if policy.class_level == EVERYBODY:
            raise Http404
        self.check_precondition(policy)
        services.remove_policy(policy=policy)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _asked_class_level(request: Request) -> str:
    return request.query_params.get("class_level", EVERYBODY).replace("\0", "")


def _policy_for(class_level: str) -> Policy:
    """A class level's own policy, or everybody's, whose class level is the least of all texts."""
    policies = Policy.objects.filter(class_level__in={EVERYBODY, class_level})
    return policies.latest("class_level")


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
