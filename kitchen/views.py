"""Meal periods, meals and the kitchen's summary over REST (contract section 9)."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.fields import DateField
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import User
from accounts.permissions import MayReadMeals, MealAccess
from core.strict import StrictView
from core.viewsets import ConditionalModelViewSet
from kitchen.by_name import serve_by_name
from kitchen.filters import KitchenServiceFilter
from kitchen.models import KitchenService, MealPeriod
from kitchen.serializers import (
    ByNameSerializer,
    KitchenServiceSerializer,
    MealPeriodSerializer,
    SummarySerializer,
    VoidMealSerializer,
)
from kitchen.services import change_period, delete_period, make_period, void_meal
from kitchen.summary import summary_of


class MealPeriodViewSet(ConditionalModelViewSet[MealPeriod]):
    """When meals are served, and to whom; no two periods overlap for the same people.

    A change holds from `valid_from` on, so that earlier meals keep their period.
    """

    permission_classes = (MealAccess,)
    queryset = MealPeriod.objects.prefetch_related("versions")
    serializer_class = MealPeriodSerializer
    lookup_field = "period_id"
    lookup_value_converter = "uuid"
    filterset_fields = ("is_active", "who")
    ordering_fields = ("starts_at", "name")

    def perform_create(self, serializer: BaseSerializer[MealPeriod]) -> MealPeriod:
        rule: dict[str, Any] = {**serializer.validated_data}
        return make_period(valid_from=rule.pop("valid_from", None), rule=rule)

    def perform_update(self, serializer: BaseSerializer[MealPeriod]) -> MealPeriod:
        period, changes = serializer.instance, {**serializer.validated_data}
        assert period
        valid_from = changes.pop("valid_from", None)
        change_period(period=period, changes=changes, valid_from=valid_from)
        return self.get_queryset().get(pk=period.pk)

    def perform_destroy(self, instance: MealPeriod) -> None:
        delete_period(period=instance)


class KitchenServiceViewSet(ConditionalModelViewSet[KitchenService]):
    """Meals that were served, latest first; and those that are served by name."""

    permission_classes = (MealAccess,)
    # Who took a meal back is fetched after its row: of a row that had to be waited for, a join
    # would bring whoever was there before.
    queryset = (
        KitchenService.objects.select_related("person", "period", "served_by")
        .prefetch_related("voided_by")
        .with_doubles()
    )
    serializer_class = KitchenServiceSerializer
    filterset_class = KitchenServiceFilter
    lookup_field = "service_id"
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "head", "options")
    ordering_fields = ("service_time", "food_item")

    @extend_schema(request=ByNameSerializer, responses={201: KitchenServiceSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Serve by name: a portion, one beyond the portions, or a guest's meal."""
        serializer = ByNameSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        meal = serve_by_name(by=request.user, **serializer.validated_data)
        return self.respond(
            self.get_queryset().get(pk=meal.pk), status_code=status.HTTP_201_CREATED
        )

    @extend_schema(request=VoidMealSerializer, responses=KitchenServiceSerializer)
    @action(detail=True, methods=["post"])
    @transaction.atomic
    def void(self, request: Request, **kwargs: Any) -> Response:
        """Take a meal back, which frees its portion; it stays in the list."""
        meal = self.get_object()
        self.check_precondition(meal)
        serializer = VoidMealSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        void_meal(meal=meal, by=request.user, **serializer.validated_data)
        return self.respond(self.get_queryset().get(pk=meal.pk))


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
