"""The kitchen's ledger in the registration office; `office` has its day and its periods."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from kitchen.models import KitchenService, MealPeriod
from kitchen.office.periods import MealPeriodAdmin
from office.chips import NOTHING, chip, portrait
from office.lists import DailyAdmin, LookOnly
from office.moments import clock, day_and_time
from office.rooms import Room
from office.tasks import Tone
from people.models import Person


class DoubleFilter(admin.SimpleListFilter):
    title = _("served twice")
    parameter_name = "double"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", gettext("Second meals in a period"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_double=True) if self.value() == "yes" else queryset


class ExtraFilter(admin.SimpleListFilter):
    title = _("beyond the portions")
    parameter_name = "extra"
    conditions: ClassVar[Mapping[str, Q]] = {
        "person": Q(is_extra=True, person__isnull=False),
        "guest": Q(person=None),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("person", gettext("Extra portions")), ("guest", gettext("Meals of guests"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        condition = self.conditions.get(self.value() or "")
        return queryset.filter(condition) if condition else queryset


@admin.register(KitchenService)
class KitchenServiceAdmin(LookOnly, DailyAdmin[KitchenService]):
    room = Room.KITCHEN
    place = 2
    list_display = (
        "portrait",
        "full_name",
        "registration_number",
        "served_at",
        "meal_period",
        "item",
        "remark",
    )
    list_display_links = ("full_name",)
    phone_columns = ("served_at", "meal_period")
    phone_gives_way = "meal_period"
    list_filter = ("date", "period", "is_offline", DoubleFilter, ExtraFilter)
    list_select_related = ("person", "period", "served_by", "voided_by")
    fields = (
        "who",
        "registration_number",
        "meal_period",
        "of_day",
        "served_at",
        "item",
        "by_name",
        "remark",
        "taken_back",
    )

    change_form_template = "kitchen/meal.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[KitchenService]:
        return KitchenService.objects.with_doubles()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        assert isinstance(request.user, User)
        context["may_void"] = request.user.may(Capability.MANAGE_MEALS)
        return super().render_change_form(request, context, *args, **kwargs)

    def about(
        self, rows: QuerySet[KitchenService], words: str, *, seen_by: User
    ) -> QuerySet[KitchenService]:
        return rows.filter(person__in=Person.objects.search(words))

    @admin.display(description="")
    def portrait(self, meal: KitchenService) -> str:
        return portrait(photo=meal.person.photo if meal.person else None, name=meal.diner)

    @admin.display(description=_("Name"))
    def full_name(self, meal: KitchenService) -> str:
        return meal.diner

    @admin.display(description=_("Who"))
    def who(self, meal: KitchenService) -> str:
        if meal.person is None:
            return gettext("{name}, a guest").format(name=meal.guest_name)
        address = reverse(meal.person.declared.change_page, args=[meal.person_id])
        return format_html('<a href="{}">{}</a>', address, meal.person.full_name)

    @admin.display(description=_("Number"), empty_value=NOTHING)
    def registration_number(self, meal: KitchenService) -> str:
        return meal.identifier

    @admin.display(description=_("Served at"))
    def served_at(self, meal: KitchenService) -> str:
        return clock(meal.service_time)

    @admin.display(description=_("Day"))
    def of_day(self, meal: KitchenService) -> str:
        address = reverse("admin:kitchen_day_of", args=[meal.date])
        return format_html('<a href="{}">{}</a>', address, date_format(meal.date, "l j F Y"))

    @admin.display(description=_("Period"))
    def meal_period(self, meal: KitchenService) -> str:
        return meal.period.name if meal.period else gettext("Outside of every period")

    @admin.display(description=_("Served by name"), empty_value=NOTHING)
    def by_name(self, meal: KitchenService) -> str:
        why = f": {meal.reason}" if meal.reason else ""
        return f"{meal.served_by}{why}" if meal.served_by else ""

    @admin.display(description=_("Taken back"), empty_value=NOTHING)
    def taken_back(self, meal: KitchenService) -> str:
        if meal.voided_at is None:
            return ""
        return f"{meal.void_reason} ({meal.voided_by}, {day_and_time(meal.voided_at)})"

    @admin.display(description=_("Item"), empty_value=NOTHING)
    def item(self, meal: KitchenService) -> str:
        return meal.food_item

    @admin.display(description=_("Remark"), empty_value="")
    def remark(self, meal: KitchenService) -> str:
        """A second meal: they had had their portions of that period."""
        remarks = {
            chip(gettext("Taken back"), Tone.BAD): meal.voided_at,
            chip(gettext("Second meal"), Tone.WARN): meal.is_double,
            chip(gettext("Extra"), Tone.INFO): meal.is_extra and meal.person_id,
            chip(gettext("Guest"), Tone.INFO): meal.person_id is None,
            chip(gettext("Uploaded later"), Tone.QUIET): meal.is_offline,
        }
        return mark_safe(" ".join(said for said, is_true in remarks.items() if is_true))  # noqa: S308


admin.site.register(MealPeriod, MealPeriodAdmin)
