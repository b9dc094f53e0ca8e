from django_filters import rest_framework as filters

from people.filters import PersonFilter
from security.models import SecurityPersonnel


class SecurityFilter(PersonFilter):
    employee_id = filters.CharFilter(field_name="identifier")

    class Meta:
        model = SecurityPersonnel
        fields = ("employee_id", "badge_number", "is_active")
