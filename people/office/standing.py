"""How people stand with the institution, as a filter of their lists."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

LEFT = "left"


class StandingFilter(admin.SimpleListFilter):
    """By standing, of those who are here; and those who have left, whatever their standing."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [*model_admin.model.person_kind.status_choices, (LEFT, _("Left"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        if self.value() == LEFT:
            return queryset.filter(is_active=False)
        return queryset.filter(is_active=True, status=self.value())
