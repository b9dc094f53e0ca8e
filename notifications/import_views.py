"""Guardians from a spreadsheet over REST (contract section 5)."""

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import MayManagePeople
from core.renderers import CSVRenderer, XLSXRenderer
from core.strict import StrictView
from core.throttling import BulkThrottle
from notifications.imports import guardian_columns, import_guardians, read_guardians
from notifications.permissions import SeesGuardians
from people.serializers import ImportReportSerializer, MappedListSerializer
from people.views import SPREADSHEET_RESPONSES, empty_list, report_response


class ImportGuardians(StrictView):
    permission_classes = (SeesGuardians & MayManagePeople,)
    parser_classes = (MultiPartParser,)
    throttle_classes = (BulkThrottle,)

    @extend_schema(
        summary="Import guardians",
        request={"multipart/form-data": MappedListSerializer},
        responses={
            200: ImportReportSerializer,
            400: OpenApiResponse(
                ImportReportSerializer, description="A row failed: nothing was written."
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Add and change guardians from a spreadsheet, all or nothing; a dry run by default.

        Columns: `registration_number` or `student_uuid`, `name`, `phone`, `relationship`, `email`,
        `language`, `channels`, `quiet_hours`, `is_active`. One student, one number: one guardian.
        """
        form = MappedListSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        read = read_guardians(content=asked["file"].read(), mapping=asked.get("mapping"))
        assert isinstance(request.user, User)
        report = import_guardians(
            read=read, dry_run=asked["dry_run"], by=request.user, about=asked["file"].name or ""
        )
        return report_response(report)


class GuardiansTemplate(StrictView):
    renderer_classes = (JSONRenderer, CSVRenderer, XLSXRenderer)
    permission_classes = (SeesGuardians & MayManagePeople,)

    @extend_schema(
        summary="Fetch the empty list of guardians",
        responses=SPREADSHEET_RESPONSES,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """An empty spreadsheet with the columns that an import understands."""
        name, file_format = "guardians-import", request.accepted_renderer.format
        return empty_list(guardian_columns(), name, file_format)
