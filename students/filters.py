from people.filters import PersonFilter
from students.models import Student


class StudentFilter(PersonFilter):
    class Meta:
        model = Student
        fields = (
            "class_level",
            "class_code",
            "program",
            "department",
            "student_status",
            "academic_status",
            "is_active",
        )
