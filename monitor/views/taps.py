"""Taps and meals that somebody enters by hand (contract section 7)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import MayManageAttendance, MayManageMeals
from core.errors import DomainError
from kitchen.models import KitchenService
from kitchen.serializers import KitchenServiceSerializer
from monitor.serializers import (
    AttendanceCheckSerializer,
    MealAnswerSerializer,
    MealSerializer,
)
from monitor.services import serve_student_by_name
from monitor.views.own_name import InOwnName
from pos.models import Activity, Code, Decision
from pos.protocol import TapAnswer, answer_body
from pos.serializers import TapAnswerSerializer
from pos.services import record_by_hand
from pos.words import language_of

NO_SUCH_CARD = frozenset({Code.UNKNOWN_CARD, Code.BAD_NUMBER})


class NotServed(DomainError):
    """No meal, and why: the code and the message of the tap, which is in the ledger as well."""

    def __init__(self, answer: TapAnswer, language: str) -> None:
        super().__init__(answer.message(language))
        self.code = answer.code
        self.status_code = 404 if answer.code in NO_SUCH_CARD else 409


class TapByHand(InOwnName, generics.GenericAPIView[Any]):
    @property
    def language(self) -> str:
        return language_of(self.request)

    def given(self) -> dict[str, Any]:
        """What the body says."""
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        return {name: value for name, value in asked.items() if value is not None}


class AttendanceCheck(TapByHand):
    permission_classes = (MayManageAttendance,)
    serializer_class = AttendanceCheckSerializer

    @extend_schema(responses={201: TapAnswerSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Enter somebody's coming or going. A denial is an answer, as at a reader."""
        answer = record_by_hand(activity=Activity.ATTENDANCE, by=self.caller, **self.given())
        body = answer_body(answer, request.build_absolute_uri, language=self.language)
        return Response(body, status=status.HTTP_201_CREATED)


class KitchenServed(TapByHand):
    permission_classes = (MayManageMeals,)
    serializer_class = MealSerializer

    @extend_schema(responses={201: MealAnswerSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Enter a meal: 201 with the meal and the tap's answer, else 404 or 409 and why not."""
        given = self.given()
        if student := given.pop("student", None):
            answer = serve_student_by_name(student=student, by=self.caller, **given)
        else:
            answer = record_by_hand(activity=Activity.FOOD_SERVICE, by=self.caller, **given)
        if answer.decision == Decision.DENIED or answer.meal is None:
            raise NotServed(answer, self.language)
        meals = KitchenService.objects.with_doubles().select_related("person", "period")
        meal = KitchenServiceSerializer(meals.get(pk=answer.meal.service_id)).data
        body = answer_body(answer, request.build_absolute_uri, language=self.language)
        return Response({**body, **meal}, status=status.HTTP_201_CREATED)
