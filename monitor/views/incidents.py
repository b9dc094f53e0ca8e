from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import MayManageDiscipline
from core.parsers import StrictJSONParser
from discipline.serializers import IncidentAnswerSerializer
from discipline.services import record_incident
from monitor import services
from monitor.serializers import IncidentReportSerializer, ReportWithEvidenceSerializer
from monitor.views.own_name import InOwnName


class ReportIncident(InOwnName, generics.GenericAPIView[Any]):
    permission_classes = (MayManageDiscipline,)
    parser_classes = (StrictJSONParser, MultiPartParser)
    serializer_class = ReportWithEvidenceSerializer

    @extend_schema(
        request={
            "application/json": IncidentReportSerializer,
            "multipart/form-data": ReportWithEvidenceSerializer,
        },
        responses={201: IncidentAnswerSerializer},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Record an incident of a student, or of whoever's card this is."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        facts = dict(serializer.validated_data)
        card_id = facts.pop("card_id", None)
        if card_id is not None:
            facts["student"] = services.student_of_card(card_id=card_id, seen_by=self.caller)
        incident = record_incident(by=self.caller, **facts)
        body = IncidentAnswerSerializer(incident, context=self.get_serializer_context()).data
        return Response(body, status=status.HTTP_201_CREATED)
