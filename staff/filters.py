from django_filters import rest_framework as filters

from people.filters import PersonFilter
from staff.kind import STAFF
from staff.models import StaffMember


class StaffFilter(PersonFilter):
    employment_status = filters.ChoiceFilter(field_name="status", choices=STAFF.status_choices)

    class Meta:
        model = StaffMember
        fields = ("department", "position", "employment_status", "is_active")
