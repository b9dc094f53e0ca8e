"""Absences from a spreadsheet over REST (contract sections 5 and 9)."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import AttendanceAccess, MayManageAttendance
from attendance.changes import Applying
from attendance.imports import ABSENCE_COLUMNS, import_list, read_absences
from attendance.rule_serializers import ApplyingSerializer
from core.strict import StrictView
from core.throttling import BulkThrottle
from people import spreadsheets
from people.serializers import ImportReportSerializer, ListFileSerializer
from people.views import csv_download, report_response


class ImportAbsencesSerializer(ListFileSerializer, ApplyingSerializer):
    """A list of absences; `apply_to_closed` and `reason` are about days that are closed already."""


class ImportAbsences(StrictView):
    permission_classes = (MayManageAttendance,)
    parser_classes = (MultiPartParser,)
    throttle_classes = (BulkThrottle,)

    @extend_schema(
        summary="Import absences",
        request={"multipart/form-data": ImportAbsencesSerializer},
        responses={
            200: ImportReportSerializer,
            400: OpenApiResponse(
                ImportReportSerializer, description="A row failed: nothing was written."
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Add absences from a spreadsheet, all or nothing; a dry run by default.

        Columns: `number` (or `registration_number`, `staff_number`, `employee_id`), `from` and
        `to` or `date`, `reason`, `starts_at`, `ends_at`. What stands already stays as it is.
        """
        form = ImportAbsencesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        assert isinstance(request.user, User)
        read = read_absences(asked["file"].read(), by=request.user)
        report = import_list(
            read,
            what=f"{len(read.new)} absences imported",
            by=request.user,
            dry_run=asked["dry_run"],
            applying=Applying(asked["apply_to_closed"], asked["reason"]),
        )
        return report_response(report)


class AbsencesTemplate(StrictView):
    permission_classes = (AttendanceAccess,)

    @extend_schema(
        summary="Fetch the empty list of absences",
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> Any:
        """An empty spreadsheet with the columns that an import understands."""
        lines = spreadsheets.csv_stream(ABSENCE_COLUMNS, [])
        response: StreamingHttpResponse = csv_download(lines, "absences-import.csv")
        return response
