from django_filters import rest_framework as filters

from core.filters import BooleanFilter, DayFilter
from discipline.models import Category


class IncidentFilter(DayFilter):
    date = filters.DateFilter(field_name="date_of_incident")
    to = filters.DateFilter(field_name="date_of_incident", lookup_expr="lte")
    student = filters.UUIDFilter(field_name="student_id")
    category = filters.ChoiceFilter(choices=Category.choices)
    voided = BooleanFilter(field_name="voided_at", lookup_expr="isnull", exclude=True)
    class_level = filters.CharFilter(field_name="student__class_level")
    department = filters.CharFilter(field_name="student__department")


# `from` is no name that a class body can assign.
IncidentFilter.declared_filters["from"] = IncidentFilter.base_filters["from"] = filters.DateFilter(
    field_name="date_of_incident", lookup_expr="gte"
)
