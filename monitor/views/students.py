"""Students at the monitor: registered with a card, found by a card, with all that is known."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import MayManageCards, MayManagePeople, MayReadPeople
from accounts.roles import Capability
from attendance.models import Attendance
from cards.throttles import CreateThrottle
from core.viewsets import ConditionalModelViewSet
from discipline.models import Incident
from kitchen.models import KitchenService
from monitor import services
from monitor.serializers import (
    CardIdSerializer,
    MonitorStudentSerializer,
    RegisterStudentSerializer,
    StudentDetailsSerializer,
)
from monitor.views.own_name import InOwnName
from people.looking import note_look
from people.models import Look
from people.scope import seen_q
from students.models import Student

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
LONGEST_LIMIT = 9  # digits; more of them are no number that anybody means


class RegisterStudent(InOwnName, ConditionalModelViewSet[Student]):
    permission_classes = (MayManagePeople, MayManageCards)
    queryset = Student.objects.with_current_card()
    serializer_class = MonitorStudentSerializer

    @extend_schema(
        request=RegisterStudentSerializer,
        responses={201: MonitorStudentSerializer, 429: None},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Register a student, with a card if one is asked for: both, or neither."""
        serializer = RegisterStudentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = dict(serializer.validated_data)
        card = fields.pop("card", None)
        if card is not None:
            self._count_card(request)
        student = services.register_student(fields=fields, card=card, by=self.caller)
        return self.respond(student, status_code=status.HTTP_201_CREATED)

    def _count_card(self, request: Request) -> None:
        """A card counts like one that is issued at any other door."""
        throttle = CreateThrottle()
        if not throttle.allow_request(request, self):
            self.throttled(request, throttle.wait())


class StudentOfCard(InOwnName, ConditionalModelViewSet[Student]):
    permission_classes = (MayReadPeople,)
    queryset = Student.objects.with_current_card()
    serializer_class = MonitorStudentSerializer

    def get_object(self) -> Student:
        serializer = CardIdSerializer(data=self.request.query_params)
        serializer.is_valid(raise_exception=True)
        return services.student_of_card(**serializer.validated_data, seen_by=self.caller)

    def before_shown(self, instance: Student) -> None:
        note_look(self.request, Look.What.DETAILS, instance.pk)

    @extend_schema(parameters=[CardIdSerializer])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The student whose card this is or was, by its number in any spelling or its UUID."""
        return super().retrieve(request, *args, **kwargs)


class StudentDetails(InOwnName, ConditionalModelViewSet[Student]):
    permission_classes = (MayReadPeople,)
    queryset = Student.objects.with_current_card()
    serializer_class = StudentDetailsSerializer
    lookup_field = "pk"
    lookup_url_kwarg = "student_uuid"

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "limit",
                int,
                description=f"How many of each list: {DEFAULT_LIMIT}, at most {MAX_LIMIT}.",
            )
        ]
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A student with the latest days, incidents and meals, as far as the role may read them."""
        return super().retrieve(request, *args, **kwargs)

    def before_shown(self, instance: Student) -> None:
        note_look(self.request, Look.What.DETAILS, instance.pk)

    def get_queryset(self) -> QuerySet[Student]:
        user = self.request.user
        students = super().get_queryset()
        if not isinstance(user, User):  # the schema generator's
            return students
        limit = _limit(self.request.query_params.get("limit"))
        # A part that is not fetched is not shown: null, where a student without any has [].
        parts: dict[Capability, Prefetch[Any]] = {
            Capability.READ_ATTENDANCE: Prefetch(
                "attendance",
                Attendance.objects.select_related("corrected_by")[:limit],
                to_attr="latest_days",
            ),
            Capability.READ_DISCIPLINE: Prefetch(
                "incidents",
                Incident.objects.select_related("recorded_by", "voided_by")[:limit],
                to_attr="latest_incidents",
            ),
            Capability.READ_MEALS: Prefetch(
                "meals",
                KitchenService.objects.with_doubles().select_related(
                    "period", "served_by", "voided_by"
                )[:limit],
                to_attr="latest_meals",
            ),
        }
        seen = [part for capability, part in parts.items() if user.may(capability)]
        return students.filter(seen_q(user)).prefetch_related(*seen)


def _limit(asked: str | None) -> int:
    """At most MAX_LIMIT whatever was asked; what is no positive number is a 400."""
    if asked is None:
        return DEFAULT_LIMIT
    if not (asked.isascii() and asked.isdigit() and asked.strip("0")):
        raise ValidationError({"limit": [_("Enter a whole number above 0.")]})
    return min(int(asked), MAX_LIMIT) if len(asked) <= LONGEST_LIMIT else MAX_LIMIT
