from people.filters import PersonFilter
from staff.models import StaffMember


class StaffFilter(PersonFilter):
    class Meta:
        model = StaffMember
        fields = ("department", "position", "employment_status", "is_active")
