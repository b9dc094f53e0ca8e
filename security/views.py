from people.views import PersonViewSet
from security.filters import SecurityFilter
from security.models import SecurityPersonnel
from security.serializers import SecuritySerializer


class SecurityViewSet(PersonViewSet[SecurityPersonnel]):
    queryset = SecurityPersonnel.objects.with_current_card()
    person_serializer_class = SecuritySerializer
    filterset_class = SecurityFilter
    lookup_field = "security_id"
    file_name = "security"
    ordering_fields = (
        "full_name",
        "employee_id",
        "badge_number",
        "hire_date",
        "created_at",
        "updated_at",
    )
