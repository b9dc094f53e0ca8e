from django_filters import rest_framework as filters

from attendance.models import Status
from core.filters import DayFilter


class AttendanceFilter(DayFilter):
    student = filters.UUIDFilter(field_name="student_id")
    status = filters.ChoiceFilter(choices=Status.choices)
    class_level = filters.CharFilter(field_name="student__class_level")
    department = filters.CharFilter(field_name="student__department")


class StaffAttendanceFilter(DayFilter):
    staff = filters.UUIDFilter(field_name="staff_id")
    security = filters.UUIDFilter(field_name="security_personnel_id")
    status = filters.ChoiceFilter(choices=Status.choices)
    department = filters.CharFilter(field_name="staff__department")
