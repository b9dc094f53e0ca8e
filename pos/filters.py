from django_filters import rest_framework as filters

from core.filters import BooleanFilter, DayFilter
from pos.models import Activity, Code, Decision, Tap


class TapFilter(DayFilter):
    device = filters.UUIDFilter(field_name="device_id")
    activity = filters.ChoiceFilter(choices=Activity.choices)
    decision = filters.ChoiceFilter(choices=Decision.choices)
    code = filters.ChoiceFilter(choices=Code.choices)
    card = filters.UUIDFilter(field_name="card_uuid")
    student = filters.UUIDFilter(field_name="student_id")
    staff = filters.UUIDFilter(field_name="staff_id")
    security = filters.UUIDFilter(field_name="security_personnel_id")
    offline = BooleanFilter(field_name="is_offline")
    clock_suspect = BooleanFilter(field_name="is_clock_suspect")
    would_deny = BooleanFilter()

    class Meta:
        model = Tap
        fields: tuple[str, ...] = ()
