"""Incidents over REST (contract section 9)."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import DisciplineAccess
from core.parsers import StrictJSONParser
from core.uploads import HARMLESS
from core.viewsets import ConditionalModelViewSet
from discipline import services
from discipline.evidence import CONTENT_TYPES
from discipline.filters import IncidentFilter
from discipline.models import Incident
from discipline.serializers import (
    IncidentAnswerSerializer,
    IncidentSerializer,
    RecordSerializer,
    RecordWithEvidenceSerializer,
    VoidSerializer,
)


class IncidentViewSet(ConditionalModelViewSet[Incident]):
    """Incidents: record, list, read, void. Nothing is edited away."""

    permission_classes = (DisciplineAccess,)
    parser_classes = (StrictJSONParser, MultiPartParser)
    # Who voided an incident is fetched after its row: of a row that had to be waited for, a join
    # would bring whoever was there before.
    queryset = Incident.objects.select_related("student", "recorded_by").prefetch_related(
        "voided_by"
    )
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    lookup_field = "discipline_id"
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "head", "options")
    ordering_fields = ("date_of_incident", "recorded_at", "points_deducted")

    def get_queryset(self) -> QuerySet[Incident]:
        incidents: Any = super().get_queryset()
        seen: QuerySet[Incident] = incidents.seen_by(self.request.user)
        return seen

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """A file has the type that it has, whatever was asked for."""
        return super().perform_content_negotiation(
            request, force=force or self.action == "evidence"
        )

    @extend_schema(
        request={
            "application/json": RecordSerializer,
            "multipart/form-data": RecordWithEvidenceSerializer,
        },
        responses={201: IncidentAnswerSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Record an incident; the answer has the `discipline_points` that are left."""
        serializer = RecordWithEvidenceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        incident = services.record_incident(by=request.user, **serializer.validated_data)
        return self._answer(incident, status.HTTP_201_CREATED)

    @extend_schema(request=VoidSerializer, responses=IncidentAnswerSerializer)
    @action(detail=True, methods=["post"], parser_classes=[StrictJSONParser])
    @transaction.atomic
    def void(self, request: Request, **kwargs: Any) -> Response:
        """Take an incident back; it stays in the ledger, and the student has the points back."""
        incident = self.get_object()
        self.check_precondition(incident)
        serializer = VoidSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        services.void_incident(incident=incident, by=request.user, **serializer.validated_data)
        return self._answer(incident, status.HTTP_200_OK)

    def _answer(self, incident: Incident, status_code: int) -> Response:
        _, etag = self.representation(incident)
        body = IncidentAnswerSerializer(incident, context=self.get_serializer_context()).data
        return Response(body, status=status_code, headers={"ETag": etag})

    @extend_schema(
        summary="Fetch the evidence of an incident",
        responses={(200, media_type): OpenApiTypes.BINARY for media_type in CONTENT_TYPES.values()},
    )
    @action(detail=True)
    def evidence(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """The file, to be kept, never to be shown as a page of ours."""
        incident = self.get_object()
        if not incident.evidence:
            raise Http404
        try:
            file = incident.evidence.open()
        except FileNotFoundError as error:
            raise Http404 from error
        ending = str(incident.evidence.name).rpartition(".")[2]
        return FileResponse(
            file,
            as_attachment=True,
            filename=f"incident-{incident.pk}.{ending}",
            content_type=CONTENT_TYPES[ending],
            headers=HARMLESS,
        )
