"""Guardians from a spreadsheet over REST (contract section 5)."""

from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import MayManagePeople
from core.renderers import CSVRenderer, JSONRenderer, XLSXRenderer
from core.replica import note_write
from core.schema import sends
from core.strict import StrictView
from core.throttling import BulkThrottle
from notifications.imports import GUARDIANS, guardian_columns, import_guardians, read_guardians
from notifications.permissions import SeesGuardians
from people.import_jobs import is_long, queue_import
from people.imports import Wishes
from people.models import ImportJob
from people.serializers import (
    ImportBegunSerializer,
    ImportJobSerializer,
    ImportReportSerializer,
    MappedListSerializer,
)
from people.views import SPREADSHEET_RESPONSES, begun_response, empty_list, report_response
from students.kind import STUDENT


class ImportGuardians(StrictView):
    permission_classes = (SeesGuardians & MayManagePeople,)
    parser_classes = (MultiPartParser,)
    throttle_classes = (BulkThrottle,)

    @extend_schema(
        summary="Import guardians",
        request={"multipart/form-data": MappedListSerializer},
        parameters=[sends("Location", 202)],
        responses={
            200: ImportReportSerializer,
            202: OpenApiResponse(
                ImportBegunSerializer, description="A long file: the worker does it."
            ),
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
        content, name, dry_run = asked["file"].read(), asked["file"].name or "", asked["dry_run"]
        read = read_guardians(content=content, mapping=asked.get("mapping"))
        assert isinstance(request.user, User)
        if is_long(read.table):
            job = queue_import(
                kind=STUDENT,
                list_key=GUARDIANS.key,
                content=content,
                file_name=name,
                rows=len(read.table.rows),
                dry_run=dry_run,
                by=request.user,
                wishes=Wishes(mapping=read.said),
            )
            return begun_response(request, job)
        report = import_guardians(read=read, dry_run=dry_run, by=request.user, about=name)
        return report_response(report)


class GuardiansImportJob(StrictView):
    permission_classes = (SeesGuardians & MayManagePeople,)

    @extend_schema(summary="Read how far an import of guardians is", responses=ImportJobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        """How far an import in the background is, and what it did or would do."""
        job = get_object_or_404(ImportJob, pk=job_id, list_key=GUARDIANS.key)
        if job.is_over:
            note_write(request)  # by the worker, for whoever asks
        return Response(ImportJobSerializer(job, context={"request": request}).data)


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
