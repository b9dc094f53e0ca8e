"""How people stand with the institution, as a filter of their lists."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.standing import has_left_q

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
        have_left = Q(is_active=False) | has_left_q(timezone.now())
        if self.value() == LEFT:
            return queryset.filter(have_left)
        return queryset.filter(~have_left, status=self.value())
