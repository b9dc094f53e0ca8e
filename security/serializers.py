from people.serializers import PersonSerializer
from security.models import SecurityPersonnel


class SecuritySerializer(PersonSerializer[SecurityPersonnel]):
    class Meta:
        model = SecurityPersonnel
        fields = (
            "security_id",
            "employee_id",
            "badge_number",
            "full_name",
            "card_name",
            "phone_number",
            "email",
            "diet_note",
            "terminal_pin",
            "hire_date",
            "is_active",
            "enrolled_on",
            "left_on",
            "admitted",
            "photo_url",
            "card",
            "created_at",
            "updated_at",
        )
