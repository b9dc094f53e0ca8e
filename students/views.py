from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from core.throttling import BulkThrottle
from people.deed_serializers import ReportSerializer
from people.views import PersonViewSet, report_response
from students.bulk_change import change_students
from students.filters import StudentFilter, found_by
from students.kind import STUDENT
from students.models import Student
from students.serializers import BulkChangeSerializer


class StudentViewSet(PersonViewSet[Student]):
    kind = STUDENT
    queryset = Student.objects.with_current_card()
    filterset_class = StudentFilter
    lookup_url_kwarg = STUDENT.uuid_key
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

    @extend_schema(
        request=BulkChangeSerializer,
        responses={
            200: ReportSerializer,
            400: OpenApiResponse(ReportSerializer, "A row failed: nothing was written."),
        },
        filters=False,
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="bulk-change",
        throttle_classes=[BulkThrottle],
        pagination_class=None,
        filter_backends=[],
    )
    def bulk_change(self, request: Request) -> Response:
        """Give many students the same values, all or nobody; a dry run by default."""
        form = BulkChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        said = form.validated_data
        report = change_students(
            students=said.get("student_uuids") or self._found(request.user, said["filter"]),
            changes=said["changes"],
            dry_run=said["dry_run"],
            by=request.user,
        )
        return report_response(report)

    def _found(self, user: User, asked: dict[str, Any]) -> list[UUID]:
        """As the list finds them, in its order."""
        try:
            return list(found_by(asked, user=user).values_list("pk", flat=True))
        except ValidationError as error:
            raise ValidationError({"filter": error.detail}) from error
