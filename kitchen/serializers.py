"""Meal periods and meals over REST."""

from typing import Any

from rest_framework import serializers

from core.weekdays import WeekdaysSerializerField
from kitchen.models import KitchenService, MealPeriod
from people.fields import LineField
from people.serializers import LineSerializerField


class MealPeriodSerializer(serializers.ModelSerializer[MealPeriod]):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        LineField: LineSerializerField,
    }
    days = WeekdaysSerializerField(required=False)

    class Meta:
        model = MealPeriod
        fields = ("period_id", "name", "starts_at", "ends_at", "days", "is_active")


class KitchenServiceSerializer(serializers.ModelSerializer[KitchenService]):
    """A meal. `is_double`: the student had been served in that period and day before."""

    student = serializers.UUIDField(source="person_id")
    student_name = serializers.CharField(source="person.full_name")
    registration_number = serializers.CharField(source="person.identifier")
    period_name = serializers.CharField(source="period.name", default=None, allow_null=True)
    offline = serializers.BooleanField(source="is_offline")
    is_double = serializers.BooleanField()

    class Meta:
        model = KitchenService
        fields = (
            "service_id",
            "student",
            "student_name",
            "registration_number",
            "period",
            "period_name",
            "date",
            "food_item",
            "service_time",
            "offline",
            "is_double",
        )


class ServedItemSerializer(serializers.Serializer[Any]):
    food_item = serializers.CharField()
    served = serializers.IntegerField()


class ServedPeriodSerializer(serializers.Serializer[Any]):
    period_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    served = serializers.IntegerField()
    doubles = serializers.IntegerField()
    items = ServedItemSerializer(many=True)


class SummarySerializer(serializers.Serializer[Any]):
    """What was served on a day; `period_id: null` are meals outside of every period."""

    date = serializers.DateField()
    served = serializers.IntegerField()
    doubles = serializers.IntegerField()
    periods = ServedPeriodSerializer(many=True)
