"""Meal periods and meals in the registration office."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.office import DailyAdmin, LookOnly, OfficeModelAdmin
from kitchen.models import KitchenService, MealPeriod, every_day
from kitchen.services import refusing_overlap
from students.models import Student
from trackxpert.weekdays import WeekdaysFormField


class MealPeriodForm(forms.ModelForm[MealPeriod]):
    days = WeekdaysFormField(initial=every_day)

    class Meta:
        model = MealPeriod
        fields = ("name", "starts_at", "ends_at", "days", "is_active")

    def clean(self) -> dict[str, Any]:
        """Says which period is in the way; the database alone is safe against two at once."""
        data = self.cleaned_data
        if data.get("is_active") and {"starts_at", "ends_at", "days"} <= data.keys():
            self._refuse_overlap(data)
        return data

    def _refuse_overlap(self, data: dict[str, Any]) -> None:
        others = MealPeriod.objects.filter(
            is_active=True,
            days__overlap=data["days"],
            starts_at__lt=data["ends_at"],
            ends_at__gt=data["starts_at"],
        ).exclude(pk=self.instance.pk)
        if other := others.first():
            self.add_error(None, f"{other} is served at some of these times.")


@admin.register(MealPeriod)
class MealPeriodAdmin(OfficeModelAdmin[MealPeriod]):
    form = MealPeriodForm
    list_display = ("name", "starts_at", "ends_at", "days", "is_active")
    list_filter = ("is_active",)

    def save_model(
        self,
        request: HttpRequest,
        obj: MealPeriod,
        form: forms.ModelForm[MealPeriod],
        change: bool,
    ) -> None:
        with refusing_overlap():
            obj.save(update_fields=form.changed_data if change else None)


class DoubleFilter(admin.SimpleListFilter):
    title = "served twice"
    parameter_name = "double"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", "Second meals in a period")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_double=True) if self.value() == "yes" else queryset


@admin.register(KitchenService)
class KitchenServiceAdmin(LookOnly, DailyAdmin[KitchenService]):
    list_display = (
        "service_time",
        "full_name",
        "registration_number",
        "meal_period",
        "food_item",
        "is_offline",
        "second",
    )
    list_display_links = ("service_time", "full_name")
    list_filter = ("date", "period", "is_offline", DoubleFilter)
    list_select_related = ("student", "period")
    fields = (
        "student",
        "registration_number",
        "meal_period",
        "date",
        "service_time",
        "food_item",
        "is_offline",
        "second",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[KitchenService]:
        return KitchenService.objects.with_doubles()

    def about(self, rows: QuerySet[KitchenService], words: str) -> QuerySet[KitchenService]:
        return rows.filter(student__in=Student.objects.all().search(words).values("pk"))

    @admin.display(description="Name")
    def full_name(self, meal: KitchenService) -> str:
        return str(meal.student.full_name)

    @admin.display(description="Registration number")
    def registration_number(self, meal: KitchenService) -> str:
        return meal.student.registration_number

    @admin.display(description="Period")
    def meal_period(self, meal: KitchenService) -> str:
        return meal.period.name if meal.period else "outside of every period"

    @admin.display(description="Second", boolean=True)
    def second(self, meal: Any) -> bool:
        """The student had been served in that period before."""
        return bool(meal.is_double)
