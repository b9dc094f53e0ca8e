"""Meal periods, meals and the kitchen's summary over REST (contract section 9)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.fields import DateField
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.permissions import MayReadMeals, MealAccess
from core.strict import StrictView
from core.viewsets import ConditionalModelViewSet
from kitchen.filters import KitchenServiceFilter
from kitchen.models import KitchenService, MealPeriod
from kitchen.serializers import (
    KitchenServiceSerializer,
    MealPeriodSerializer,
    SummarySerializer,
)
from kitchen.services import delete_period, refusing_overlap
from kitchen.summary import summary_of


class MealPeriodViewSet(ConditionalModelViewSet[MealPeriod]):
    """When meals are served; no two active periods overlap."""

    permission_classes = (MealAccess,)
    queryset = MealPeriod.objects.all()
    serializer_class = MealPeriodSerializer
    lookup_field = "period_id"
    lookup_value_converter = "uuid"
    filterset_fields = ("is_active",)
    ordering_fields = ("starts_at", "name")

    def perform_create(self, serializer: BaseSerializer[MealPeriod]) -> MealPeriod:
        with refusing_overlap():
            return serializer.save()

    def perform_update(self, serializer: BaseSerializer[MealPeriod]) -> MealPeriod:
        with refusing_overlap():
            return serializer.save()

    def perform_destroy(self, instance: MealPeriod) -> None:
        delete_period(period=instance)


class KitchenServiceViewSet(ConditionalModelViewSet[KitchenService]):
    """Meals that were served, latest first."""

    permission_classes = (MealAccess,)
    queryset = KitchenService.objects.select_related("person", "period").with_doubles()
    serializer_class = KitchenServiceSerializer
    filterset_class = KitchenServiceFilter
    lookup_field = "service_id"
    lookup_value_converter = "uuid"
    http_method_names = ("get", "head", "options")
    ordering_fields = ("service_time", "food_item")


class SummaryView(StrictView):
    permission_classes = (MayReadMeals,)

    @extend_schema(
        parameters=[OpenApiParameter("date", OpenApiTypes.DATE, description="Left out: today.")],
        responses=SummarySerializer,
    )
    def get(self, request: Request) -> Response:
        """What was served on a day, by period and food item."""
        asked = request.query_params.get("date")
        try:
            day: Any = DateField().run_validation(asked) if asked else timezone.localdate()
        except ValidationError as error:
            raise ValidationError({"date": error.detail}) from error
        return Response(SummarySerializer(summary_of(day)).data)
