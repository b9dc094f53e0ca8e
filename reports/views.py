"""Reports and their schedules over REST (contract section 10)."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import User
from accounts.permissions import (
    MayReadAttendance,
    MayReadDiscipline,
    MayReadMeals,
    ScheduleAccess,
)
from cards.renderers import PDFRenderer
from core.pagination import PAGE_PARAMETERS, PageNumberPagination
from core.renderers import CSVRenderer, JSONRenderer, XLSXRenderer
from core.replica import from_replica
from core.strict import StrictView
from core.viewsets import ConditionalModelViewSet
from institution.declared import INSTITUTION_NAME
from institution.reading import setting
from people.looking import note_look_at_many
from people.models import Look
from reports.counting import Report, group_name, one_moment
from reports.filters import ReportScheduleFilter
from reports.formats import as_file
from reports.kinds import ATTENDANCE, DISCIPLINE, KITCHEN, GroupBy, ReportKind
from reports.models import ReportSchedule
from reports.serializers import AskedSerializer, ReportScheduleSerializer, responses_of
from reports.services import change_schedule, make_schedule, readable_subjects

ASKED: list[Any] = [
    AskedSerializer,
    *PAGE_PARAMETERS,
]


class GroupPages(PageNumberPagination):
    """Groups have no keys that a search could be found by."""

    def found_keys(self, queryset: Any) -> None:
        return None


class ReportView(StrictView):
    """What happened in a week, a month or any range of days, grouped."""

    kind: ClassVar[ReportKind]

    def get_renderers(self) -> list[BaseRenderer]:
        return [JSONRenderer(), PDFRenderer(), XLSXRenderer(), CSVRenderer()]

    @from_replica
    def get(self, request: Request) -> HttpResponseBase:
        asked = AskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        report = Report(self.kind, **asked.validated_data, seen_by=request.user)
        file_format = request.accepted_renderer.format
        is_json = file_format == "json"
        answer = as_json(report, request) if is_json else as_file(report, file_format)
        note_look_at_many(request, Look.What.REPORT, held=report.held)
        return answer

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Figures about people: kept by no shared cache."""
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(final, private=True, no_cache=True)
        return final


def as_json(report: Report, request: Request) -> Response:
    with one_moment():
        body: dict[str, Any] = {
            "report": report.kind.subject,
            "from": report.span.first,
            "to": report.span.last,
            "group_by": report.group_by,
            "institution": setting(INSTITUTION_NAME),
            "generated_at": timezone.localtime(),
            "totals": report.totals,
            "days": report.days,
        }
        if report.group_by != GroupBy.STUDENT:
            groups = [{"group": group_name(report, row), **row} for row in report.rows]
            return Response({**body, "groups": groups})
        pages = GroupPages()
        page = pages.paginate_queryset(report.groups, request) or []
        rows = [report.row(group) for group in page]
        listed = [{"group": group_name(report, row), **row} for row in rows]
        return Response({**body, **pages.get_paginated_response(listed).data})


class AttendanceReport(ReportView):
    kind = ATTENDANCE
    permission_classes = (MayReadAttendance,)

    @extend_schema(parameters=ASKED, responses=responses_of(ATTENDANCE))
    def get(self, request: Request) -> HttpResponseBase:
        """Days of students: present, late, absent and excused, with the attendance rate."""
        return super().get(request)


class DisciplineReport(ReportView):
    kind = DISCIPLINE
    permission_classes = (MayReadDiscipline,)

    @extend_schema(parameters=ASKED, responses=responses_of(DISCIPLINE))
    def get(self, request: Request) -> HttpResponseBase:
        """Incidents, those that were voided, and points deducted."""
        return super().get(request)


class KitchenReport(ReportView):
    kind = KITCHEN
    permission_classes = (MayReadMeals,)

    @extend_schema(parameters=ASKED, responses=responses_of(KITCHEN))
    def get(self, request: Request) -> HttpResponseBase:
        """Meals served, by meal period, and doubles."""
        return super().get(request)


class ReportScheduleViewSet(ConditionalModelViewSet[ReportSchedule]):
    """Reports that are sent by e-mail when their week or month is over.

    Each role has those of the reports that it may read.
    """

    permission_classes = (ScheduleAccess,)
    queryset = ReportSchedule.objects.select_related("created_by")
    serializer_class = ReportScheduleSerializer
    filterset_class = ReportScheduleFilter
    lookup_field = "schedule_id"
    lookup_value_converter = "uuid"
    ordering_fields = ("created_at", "next_send_at")

    def get_queryset(self) -> QuerySet[ReportSchedule]:
        schedules: QuerySet[ReportSchedule] = super().get_queryset()
        return schedules.filter(report__in=readable_subjects(self.request.user))

    def perform_create(self, serializer: BaseSerializer[ReportSchedule]) -> ReportSchedule:
        assert isinstance(self.request.user, User)
        return make_schedule(by=self.request.user, **serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[ReportSchedule]) -> ReportSchedule:
        assert isinstance(serializer.instance, ReportSchedule)
        return change_schedule(schedule=serializer.instance, changes=serializer.validated_data)

    def perform_destroy(self, instance: ReportSchedule) -> None:
        instance.delete()
