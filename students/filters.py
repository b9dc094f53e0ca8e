from django_filters import rest_framework as filters

from people.filters import PersonFilter
from students.kind import STUDENT
from students.models import Student


class StudentFilter(PersonFilter):
    student_status = filters.ChoiceFilter(field_name="status", choices=STUDENT.status_choices)

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
