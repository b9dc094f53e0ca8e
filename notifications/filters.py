from django_filters import rest_framework as filters

from core.filters import DayFilter
from notifications.models import Channel, Notice


class NoticeFilter(DayFilter):
    student = filters.UUIDFilter(field_name="student_id")
    guardian = filters.UUIDFilter(field_name="guardian_id")
    event = filters.UUIDFilter(field_name="event_id")
    channel = filters.ChoiceFilter(choices=Channel.choices)
    kind = filters.ChoiceFilter(choices=Notice.Kind.choices)
    state = filters.ChoiceFilter(choices=Notice.State.choices)
