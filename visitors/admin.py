from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.admin import PersonAdmin
from people.office.standing import StandingFilter
from visitors.forms import VisitorForm
from visitors.models import Visitor, VisitorQuerySet


class VisitFilter(admin.SimpleListFilter):
    """By the time of the visit, of those who have not been switched off."""

    title = _("visit")
    parameter_name = "visit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [
            ("today", gettext("Expected today")),
            ("now", gettext("Expected now")),
            ("later", gettext("Later")),
            ("over", gettext("Over")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        assert isinstance(queryset, VisitorQuerySet)
        now, here = timezone.now(), queryset.active()
        match self.value():
            case "today":
                return here.expected_on(timezone.localdate())
            case "now":
                return here.filter(admitted_from__lte=now, admitted_until__gt=now)
            case "later":
                return here.filter(admitted_from__gt=now)
            case "over":
                return here.filter(admitted_until__lte=now)
            case _:
                return queryset


@admin.register(Visitor)
class VisitorAdmin(PersonAdmin[Visitor]):
    form = VisitorForm
    list_display = (
        "portrait",
        "full_name",
        "identifier",
        "company",
        "host",
        "admitted_from",
        "admitted_until",
        "standing",
    )
    phone_columns = ("number", "company", "standing")
    phone_gives_way = "company"
    list_filter = (VisitFilter, StandingFilter)
    list_select_related = ("host",)
    autocomplete_fields = ("host",)
    summary = ("identifier", "company", "purpose")
    fieldsets = (
        (None, {"fields": (("whole_name", "company"), "card_name", "identifier")}),
        (
            _("Visit"),
            {"fields": ("host", "purpose", ("admitted_from", "admitted_until"), "is_active")},
        ),
        (_("Contact"), {"fields": (("phone_number", "email"),)}),
        (_("Kitchen"), {"fields": ("diet_note",)}),
        (_("Terminals"), {"fields": ("terminal_pin",)}),
        (_("Dates"), {"fields": (("enrolled_on", "left_on"), ("created_at", "updated_at"))}),
    )

    def save_model(
        self, request: HttpRequest, obj: Visitor, form: ModelForm[Visitor], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        obj.refresh_from_db(fields=["identifier", "full_name"])  # as the database gave it
