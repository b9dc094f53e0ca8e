"""The kitchen's ledger in the registration office; `office` has its day and its periods."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from accounts.models import User
from kitchen.models import KitchenService, MealPeriod
from kitchen.office.periods import MealPeriodAdmin
from office.chips import NOTHING, chip, portrait
from office.lists import DailyAdmin, LookOnly
from office.rooms import Room
from office.tasks import Tone
from people.models import Person


class DoubleFilter(admin.SimpleListFilter):
    title = "served twice"
    parameter_name = "double"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", "Second meals in a period")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_double=True) if self.value() == "yes" else queryset


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
    list_filter = ("date", "period", "is_offline", DoubleFilter)
    list_select_related = ("person", "period")
    fields = (
        "who",
        "registration_number",
        "meal_period",
        "of_day",
        "served_at",
        "item",
        "remark",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[KitchenService]:
        return KitchenService.objects.with_doubles()

    def about(
        self, rows: QuerySet[KitchenService], words: str, *, seen_by: User
    ) -> QuerySet[KitchenService]:
        return rows.filter(person__in=Person.objects.search(words))

    @admin.display(description="")
    def portrait(self, meal: KitchenService) -> str:
        return portrait(photo=meal.person.photo, name=meal.person.full_name)

    @admin.display(description="Name")
    def full_name(self, meal: KitchenService) -> str:
        return str(meal.person.full_name)

    @admin.display(description="Student")
    def who(self, meal: KitchenService) -> str:
        address = reverse(meal.person.declared.change_page, args=[meal.person_id])
        return format_html('<a href="{}">{}</a>', address, meal.person.full_name)

    @admin.display(description="Registration number")
    def registration_number(self, meal: KitchenService) -> str:
        return meal.person.identifier

    @admin.display(description="Served at")
    def served_at(self, meal: KitchenService) -> str:
        return date_format(timezone.localtime(meal.service_time), "D j M Y, H:i:s")

    @admin.display(description="Day")
    def of_day(self, meal: KitchenService) -> str:
        address = reverse("admin:kitchen_day_of", args=[meal.date])
        return format_html('<a href="{}">{}</a>', address, date_format(meal.date, "l j F Y"))

    @admin.display(description="Period")
    def meal_period(self, meal: KitchenService) -> str:
        return meal.period.name if meal.period else "Outside of every period"

    @admin.display(description="Item", empty_value=NOTHING)
    def item(self, meal: KitchenService) -> str:
        return meal.food_item

    @admin.display(description="Remark", empty_value="")
    def remark(self, meal: KitchenService) -> str:
        """A second meal: they had been served in that period before."""
        remarks = {
            chip("Second meal", Tone.WARN): meal.is_double,
            chip("Uploaded later", Tone.QUIET): meal.is_offline,
        }
        return mark_safe(" ".join(said for said, is_true in remarks.items() if is_true))  # noqa: S308


admin.site.register(MealPeriod, MealPeriodAdmin)
