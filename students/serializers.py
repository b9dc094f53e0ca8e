from people.serializers import PersonSerializer
from students.models import Student


class StudentSerializer(PersonSerializer[Student]):
    class Meta:
        model = Student
        fields = (
            "student_uuid",
            "registration_number",
            "first_name",
            "middle_name",
            "surname",
            "full_name",
            "class_level",
            "class_code",
            "program",
            "department",
            "date_of_birth",
            "phone_number",
            "email",
            "diet_note",
            "terminal_pin",
            "student_status",
            "academic_status",
            "is_active",
            "enrolled_on",
            "left_on",
            "admitted",
            "discipline_points",
            "photo_url",
            "card",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("discipline_points",)
