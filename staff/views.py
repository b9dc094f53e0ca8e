from people.views import PersonViewSet
from staff.filters import StaffFilter
from staff.kind import STAFF
from staff.models import StaffMember


class StaffViewSet(PersonViewSet[StaffMember]):
    kind = STAFF
    queryset = StaffMember.objects.with_current_card()
    filterset_class = StaffFilter
    lookup_url_kwarg = STAFF.uuid_key
    ordering_fields = (
        "surname",
        "first_name",
        "full_name",
        "staff_number",
        "department",
        "position",
        "created_at",
        "updated_at",
    )
