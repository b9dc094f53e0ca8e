from people.views import PersonViewSet
from students.filters import StudentFilter
from students.models import Student
from students.serializers import StudentSerializer


class StudentViewSet(PersonViewSet[Student]):
    queryset = Student.objects.with_current_card()
    person_serializer_class = StudentSerializer
    filterset_class = StudentFilter
    lookup_field = "student_uuid"
    file_name = "students"
    ordering_fields = (
        "surname",
        "first_name",
        "full_name",
        "registration_number",
        "class_level",
        "class_code",
        "program",
        "department",
        "date_of_birth",
        "created_at",
        "updated_at",
    )
