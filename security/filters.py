from people.filters import PersonFilter
from security.models import SecurityPersonnel


class SecurityFilter(PersonFilter):
    class Meta:
        model = SecurityPersonnel
        fields = ("employee_id", "badge_number", "is_active")
