"""Days, rules, holidays and closing over REST (contract section 9)."""

from dataclasses import asdict
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import (
    extend_schema,
    extend_schema_view,
)
from rest_framework import status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import (
    DayAccess,
    MayCorrectAttendance,
    MayManageAttendance,
)
from attendance import closing, corrections
from attendance.filters import AttendanceFilter, StaffAttendanceFilter
from attendance.models import Attendance
from attendance.serializers import (
    AttendanceSerializer,
    ClosedSerializer,
    CloseSerializer,
    CorrectedSerializer,
    CorrectPeopleSerializer,
    CorrectSerializer,
    ReopenedSerializer,
    ReopenSerializer,
    StaffAttendanceSerializer,
)
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
        left = corrections.correct_day(
            record=record, correction=serializer.correction, by=request.user
        )
        return self.respond(left) if left else Response(status=status.HTTP_204_NO_CONTENT)


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
        corrected = corrections.correct_people(
            day=asked["date"],
            kind=asked["kind"],
            people=asked["people"],
            correction=serializer.correction,
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
        closing.check_day(day)
        closed = closing.close_day(day=day, by=request.user)
        return Response(ClosedSerializer(asdict(closed)).data)


class ReopenDay(StrictView):
    permission_classes = (MayManageAttendance,)

    @extend_schema(request=ReopenSerializer, responses=ReopenedSerializer)
    def post(self, request: Request) -> Response:
        """Open a closed day again; it stays open until somebody closes it by name."""
        serializer = ReopenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        day, reason = serializer.validated_data["date"], serializer.validated_data["reason"]
        closing.check_day(day)
        made = closing.reopen_day(day=day, reason=reason, by=request.user)
        return Response(
            {"date": day, "change_id": made.change_id, "days_changed": made.days_changed}
        )
