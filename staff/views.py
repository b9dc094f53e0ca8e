from people.views import PersonViewSet
from staff.filters import StaffFilter
from staff.models import StaffMember
from staff.serializers import StaffSerializer


class StaffViewSet(PersonViewSet[StaffMember]):
    queryset = StaffMember.objects.with_current_card()
    person_serializer_class = StaffSerializer
    filterset_class = StaffFilter
    lookup_field = "staff_uuid"
    file_name = "staff"
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
