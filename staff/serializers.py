from people.serializers import PersonSerializer
from staff.models import StaffMember


class StaffSerializer(PersonSerializer[StaffMember]):
    class Meta:
        model = StaffMember
        fields = (
            "staff_uuid",
            "staff_number",
            "first_name",
            "middle_name",
            "surname",
            "full_name",
            "card_name",
            "department",
            "position",
            "phone_number",
            "email",
            "diet_note",
            "terminal_pin",
            "employment_status",
            "is_active",
            "enrolled_on",
            "left_on",
            "admitted",
            "photo_url",
            "card",
            "created_at",
            "updated_at",
        )
