"""The API of people of each kind (contract section 5)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, ClassVar, Generic, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import MayAdminister, MayManagePeople, MayReadHistory, PeopleAccess
from accounts.roles import Capability
from core.filters import DEFAULT_FILTERS, SearchTextFilter, hidden_names
from core.history import ChangeSerializer, history_body, without
from core.pagination import PageNumberPagination
from core.renderers import CSVRenderer, XLSXRenderer
from core.replica import note_write
from core.schema import sends
from core.throttling import BulkThrottle
from core.viewsets import ConditionalModelViewSet
from people import photos, spreadsheets
from people.consents import give_consent, withdraw_consent
from people.days import DayOrder
from people.deed_serializers import PhotoReportSerializer, PhotosSerializer
from people.history import history_of_person
from people.import_jobs import is_long, queue_import
from people.imports import Wishes, import_people, read_people, template_columns
from people.kinds import PersonKind
from people.looking import note_look, note_look_at_many
from people.models import Consent, ImportJob, Look, Person
from people.pagination import PeoplePagination
from people.photo_uploads import upload_photos
from people.reports import Report
from people.scope import may_read
from people.serializers import (
    ConsentSerializer,
    ImportBegunSerializer,
    ImportJobSerializer,
    ImportReportSerializer,
    ImportSerializer,
    LookSerializer,
    PersonSerializer,
    PhotoSerializer,
    WithdrawalSerializer,
)
from people.workbook_writing import write_empty_list, write_workbook

P = TypeVar("P", bound=Person)

CSV_CHUNK = 2000
SPREADSHEETS = (CSVRenderer.format, XLSXRenderer.format)
SPREADSHEET_RESPONSES = {
    (200, CSVRenderer.media_type): OpenApiTypes.BINARY,
    (200, XLSXRenderer.media_type): OpenApiTypes.BINARY,
}


class ReadsKind(BasePermission):
    """Some people of the view's kind are theirs to know of; the view shows each their own."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.user, User) and may_read(request.user, view.kind)


class PersonViewSet(ConditionalModelViewSet[P], Generic[P]):
    """Everything that can be done with one kind of person; subclasses name the kind."""

    permission_classes = (ReadsKind & PeopleAccess,)
    filter_backends = (*DEFAULT_FILTERS, SearchTextFilter)
    pagination_class = PeoplePagination
    lookup_value_converter = "uuid"
    kind: ClassVar[PersonKind]

    def get_serializer_class(self) -> type[PersonSerializer[P]]:
        serializer: type[PersonSerializer[P]] = self.kind.serializer
        return serializer

    def get_queryset(self) -> QuerySet[P]:
        people: Any = super().get_queryset()
        seen: QuerySet[P] = people.seen_by(self.request.user)
        return seen

    @property
    def ordering_names(self) -> dict[str, str]:
        return {key: field for field, key in self.kind.api_keys.items()}

    def get_renderers(self) -> list[BaseRenderer]:
        is_spreadsheet = self.action in {"list", "import_template"}
        return [JSONRenderer(), *([CSVRenderer(), XLSXRenderer()] if is_spreadsheet else [])]

    def list(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """A page of people, or as `?format=csv` or `xlsx` all that the filters leave."""
        if request.accepted_renderer.format in SPREADSHEETS:
            assert isinstance(request.user, User)
            if not request.user.may(Capability.EXPORT_PEOPLE):
                self.permission_denied(request)
            people = self.filter_queryset(self.get_queryset())
            held = list(people.order_by().values_list("pk", flat=True))
            note_look_at_many(request, Look.What.EXPORT, held=held)
            return self._spreadsheet(people, request.accepted_renderer.format)
        return super().list(request, *args, **kwargs)

    def _spreadsheet(self, people: QuerySet[P], file_format: str) -> HttpResponseBase:
        hidden = hidden_names(self.request)
        columns = [name for name in self.kind.serializer.csv_columns() if name not in hidden]
        fields = map(self.kind.attribute, columns)
        rows = people.values_list(*fields).iterator(chunk_size=CSV_CHUNK)
        name = f"{self.kind.plural_key}-{timezone.localdate():%Y-%m-%d}"
        return spreadsheet_download(columns, rows, name, file_format)

    def before_shown(self, instance: P) -> None:
        note_look(self.request, Look.What.DETAILS, instance.pk)

    def perform_destroy(self, instance: P) -> None:
        """People are never deleted: history and ledgers keep pointing at them."""
        if instance.is_active:
            instance.is_active = False
            instance.save(update_fields=["is_active", "updated_at"])

    @extend_schema(request={"multipart/form-data": PhotoSerializer})
    @action(detail=True, methods=["put"], parser_classes=[MultiPartParser], url_path="photo")
    @transaction.atomic
    def photo(self, request: Request, **kwargs: Any) -> Response:
        """Set the portrait; the answer is the person with the new `photo_url`."""
        person = self.get_object()
        self.check_precondition(person)
        serializer = PhotoSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        upload = serializer.validated_data["photo"]
        photos.set_photo(person=person, upload=upload, size=upload.size)
        return self.respond(person)

    @extend_schema(responses={204: None})
    @photo.mapping.delete
    @transaction.atomic
    def delete_photo(self, request: Request, **kwargs: Any) -> Response:
        """Remove the portrait."""
        person = self.get_object()
        self.check_precondition(person)
        photos.remove_photo(person=person)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=ChangeSerializer(many=True), filters=False)
    @action(detail=True, permission_classes=[ReadsKind & MayReadHistory], pagination_class=None)
    def history(self, request: Request, **kwargs: Any) -> Response:
        """Every change of this person, latest first: when, who, and each field before and after."""
        person = self.get_object()
        note_look(request, Look.What.HISTORY, person.pk)
        changes = history_of_person(person)
        return Response(history_body(without(changes, hidden_names(request))))

    @extend_schema(responses=ConsentSerializer(many=True), filters=False)
    @action(
        detail=True,
        permission_classes=[ReadsKind & MayManagePeople],
        pagination_class=None,
        filter_backends=[],
    )
    def consents(self, request: Request, **kwargs: Any) -> Response:
        """What was agreed to for this person, also what was withdrawn since, latest first."""
        return self._consents(self.get_object())

    @extend_schema(request=ConsentSerializer, responses={201: ConsentSerializer})
    @consents.mapping.post
    @transaction.atomic
    def give_consent(self, request: Request, **kwargs: Any) -> Response:
        """Write down that somebody agreed; a 400 while the same consent holds."""
        person = self.get_object()
        said = ConsentSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        consent = give_consent(person=person, by=request.user, **said.validated_data)
        return Response(ConsentSerializer(consent).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=WithdrawalSerializer, responses=ConsentSerializer(many=True))
    @action(
        detail=True,
        methods=["post"],
        url_path="consents/withdraw",
        permission_classes=[ReadsKind & MayManagePeople],
        pagination_class=None,
        filter_backends=[],
    )
    @transaction.atomic
    def withdraw_consent(self, request: Request, **kwargs: Any) -> Response:
        """A consent holds no more; the answer is all there were. 409 if it does not hold."""
        person = self.get_object()
        said = WithdrawalSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        withdraw_consent(person=person, by=request.user, **said.validated_data)
        return self._consents(person)

    def _consents(self, person: P) -> Response:
        with_names = Consent.objects.select_related("recorded_by", "withdrawal_recorded_by")
        return Response(ConsentSerializer(with_names.filter(person=person.pk), many=True).data)

    @extend_schema(responses=LookSerializer(many=True), filters=False)
    @action(
        detail=True,
        permission_classes=[MayAdminister],
        pagination_class=PageNumberPagination,
        filter_backends=[],
    )
    def access(self, request: Request, **kwargs: Any) -> Response:
        """Who looked at this person, and took exports and reports that held them, latest first."""
        looks: Any = Look.objects.at(self.get_object().pk)
        page = self.paginate_queryset(looks)
        return self.get_paginated_response(LookSerializer(page, many=True).data)

    @extend_schema(
        request={"multipart/form-data": ImportSerializer},
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
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        parser_classes=[MultiPartParser],
        throttle_classes=[BulkThrottle],
        pagination_class=None,
        filter_backends=[],
    )
    def import_(self, request: Request) -> Response:
        """Create and change people from a spreadsheet, all or nothing; a dry run by default."""
        form = ImportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        file, dry_run = form.validated_data["file"], form.validated_data["dry_run"]
        content, file_name = file.read(), file.name or ""
        mapping = form.validated_data.get("mapping")
        order = form.validated_data.get("date_order")
        wishes = Wishes(
            date_order=order and DayOrder(order),
            accept_duplicates=form.validated_data["accept_duplicates"],
        )
        read = read_people(kind=self.kind, content=content, mapping=mapping)
        if is_long(read.table):
            return self._import_in_background(
                content,
                file_name,
                len(read.table.rows),
                dry_run,
                replace(wishes, mapping=read.said),
            )
        assert isinstance(request.user, User)
        report = import_people(
            kind=self.kind,
            read=read,
            dry_run=dry_run,
            by=request.user,
            about=file_name,
            wishes=wishes,
        )
        return report_response(report)

    def _import_in_background(
        self, content: bytes, file_name: str, rows: int, dry_run: bool, wishes: Wishes
    ) -> Response:
        assert isinstance(self.request.user, User)
        job = queue_import(
            kind=self.kind,
            content=content,
            file_name=file_name,
            rows=rows,
            dry_run=dry_run,
            wishes=wishes,
            by=self.request.user,
        )
        return begun_response(self.request, job)

    @extend_schema(
        request={"multipart/form-data": PhotosSerializer},
        responses={
            200: PhotoReportSerializer,
            400: OpenApiResponse(
                PhotoReportSerializer, description="A picture cannot be used: nothing was written."
            ),
        },
        filters=False,
    )
    @action(
        detail=False,
        methods=["post"],
        parser_classes=[MultiPartParser],
        throttle_classes=[BulkThrottle],
        pagination_class=None,
        filter_backends=[],
    )
    def photos(self, request: Request) -> Response:
        """Set many portraits from a ZIP, all or none; a dry run by default."""
        form = PhotosSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        file, choices = form.validated_data.pop("file"), form.validated_data
        report = upload_photos(
            kind=self.kind,
            archive=file,
            size=file.size,
            about=file.name or "",
            by=request.user,
            **choices,
        )
        return report_response(report)

    @extend_schema(responses=ImportJobSerializer, filters=False)
    @action(
        detail=False,
        url_path="import/<uuid:job_id>",
        url_name="import-job",
        permission_classes=[MayManagePeople],
        pagination_class=None,
        filter_backends=[],
    )
    def import_job(self, request: Request, job_id: UUID) -> Response:
        """How far an import in the background is, and what it did or would do."""
        job = get_object_or_404(ImportJob, pk=job_id, kind=self.kind.key, list_key="")
        if job.is_over:
            note_write(request)  # by the worker, for whoever asks
        return Response(ImportJobSerializer(job, context=self.get_serializer_context()).data)

    @extend_schema(responses=SPREADSHEET_RESPONSES, filters=False)
    @action(detail=False, url_path="import/template", pagination_class=None, filter_backends=[])
    def import_template(self, request: Request) -> HttpResponseBase:
        """An empty spreadsheet with the columns that an import understands."""
        return template_of(self.kind, request.accepted_renderer.format)


def report_response(report: Report[Any]) -> Response:
    """All of it, with 400 where nothing was written for the sake of some rows."""
    code = status.HTTP_400_BAD_REQUEST if report.is_refused else status.HTTP_200_OK
    return Response(report.as_dict(), status=code)


def begun_response(request: Request, job: ImportJob) -> Response:
    """202, and where to ask how far it is."""
    body = ImportBegunSerializer(job, context={"request": request}).data
    headers = {"Location": body["status_url"]}
    return Response(body, status=status.HTTP_202_ACCEPTED, headers=headers)


def template_of(kind: PersonKind, file_format: str) -> HttpResponseBase:
    """In a workbook what is typed stays as it was typed; by itself it is CSV."""
    return empty_list(template_columns(kind), f"{kind.plural_key}-import", file_format)


def empty_list(columns: list[str], name: str, file_format: str) -> HttpResponseBase:
    if file_format == XLSXRenderer.format:
        return _workbook_download(write_empty_list(columns), name)
    return spreadsheet_download(columns, [], name, CSVRenderer.format)


def spreadsheet_download(
    columns: list[str], rows: Iterable[Sequence[Any]], name: str, file_format: str
) -> HttpResponseBase:
    """CSV goes out line by line; a workbook is complete before its first byte goes."""
    if file_format == XLSXRenderer.format:
        return _workbook_download(write_workbook(columns, rows), name)
    return csv_download(spreadsheets.csv_stream(columns, rows), f"{name}.csv")


def csv_download(lines: Iterator[bytes], name: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _workbook_download(file: BinaryIO, name: str) -> FileResponse:
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}.{XLSXRenderer.format}",
        content_type=XLSXRenderer.media_type,
    )
