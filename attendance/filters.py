from django_filters import rest_framework as filters

from attendance.models import Status
from core.filters import DayFilter
from people.kind_keys import KindKeysFilter
from people.kinds import DayList


class AttendanceFilter(DayFilter):
    student = filters.UUIDFilter(field_name="person_id")
    status = filters.ChoiceFilter(choices=Status.choices)
    class_level = filters.CharFilter(lookup_expr="iexact")
    class_code = filters.CharFilter(lookup_expr="iexact")
    department = filters.CharFilter()


class StaffAttendanceFilter(KindKeysFilter):
    kinds = DayList.STAFF.kinds
    status = filters.ChoiceFilter(choices=Status.choices)
    department = filters.CharFilter()
