from django_filters import rest_framework as filters

from reports.models import ReportSchedule
from trackxpert.filters import BooleanFilter


class ReportScheduleFilter(filters.FilterSet):
    is_active = BooleanFilter()

    class Meta:
        model = ReportSchedule
        fields = ("report", "group_by", "period", "is_active")
