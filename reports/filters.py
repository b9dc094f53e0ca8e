from django_filters import rest_framework as filters

from core.filters import BooleanFilter
from reports.models import ReportSchedule


class ReportScheduleFilter(filters.FilterSet):
    is_active = BooleanFilter()

    class Meta:
        model = ReportSchedule
        fields = ("report", "group_by", "period", "is_active")
