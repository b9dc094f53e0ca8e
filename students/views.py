from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.permissions import MayManagePeople
from core.history import ChangeSerializer, history_body
from core.viewsets import ConditionalModelViewSet
from notifications.models import Guardian
from people.views import PersonViewSet
from students.filters import StudentFilter
from students.models import Student
from students.serializers import GuardianSerializer, StudentSerializer
from students.services import remove_guardian


class StudentViewSet(PersonViewSet[Student]):
    queryset = Student.objects.with_current_card()
    person_serializer_class = StudentSerializer
    filterset_class = StudentFilter
    lookup_field = "student_uuid"
    file_name = "students"
    ordering_fields = (
        "surname",
        "first_name",
        "full_name",
        "registration_number",
        "class_level",
        "class_code",
        "program",
        "department",
        "date_of_birth",
        "created_at",
        "updated_at",
    )


class GuardianViewSet(ConditionalModelViewSet[Guardian]):
    """The guardians of one student. Their numbers are private: who may not change, may not read."""

    permission_classes = (MayManagePeople,)
    queryset = Guardian.objects.all()
    serializer_class = GuardianSerializer
    lookup_field = "guardian_id"
    lookup_value_converter = "uuid"
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Guardian]:
        guardians: QuerySet[Guardian] = super().get_queryset()
        return guardians.filter(student=self.kwargs.get("student_uuid", ""))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self._student()
        return super().list(request, *args, **kwargs)

    def _student(self) -> Student:
        return get_object_or_404(Student, pk=self.kwargs["student_uuid"])

    def perform_create(self, serializer: BaseSerializer[Guardian]) -> Guardian:
        return serializer.save(student=self._student())

    def perform_destroy(self, instance: Guardian) -> None:
        remove_guardian(guardian=instance)

    @extend_schema(responses=ChangeSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def history(self, request: Request, **kwargs: Any) -> Response:
        """Every change of this guardian, latest first: who, when, before, after."""
        return Response(history_body(self.get_object()))
