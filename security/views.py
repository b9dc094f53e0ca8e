from people.views import PersonViewSet
from security.filters import SecurityFilter
from security.kind import SECURITY
from security.models import SecurityPersonnel


class SecurityViewSet(PersonViewSet[SecurityPersonnel]):
    kind = SECURITY
    queryset = SecurityPersonnel.objects.with_current_card()
    filterset_class = SecurityFilter
    lookup_url_kwarg = SECURITY.uuid_key
    ordering_fields = (
        "full_name",
        "employee_id",
        "badge_number",
        "hire_date",
        "created_at",
        "updated_at",
    )
