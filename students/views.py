from people.views import PersonViewSet
from students.filters import StudentFilter
from students.kind import STUDENT
from students.models import Student


class StudentViewSet(PersonViewSet[Student]):
    kind = STUDENT
    queryset = Student.objects.with_current_card()
    filterset_class = StudentFilter
    lookup_url_kwarg = STUDENT.uuid_key
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
