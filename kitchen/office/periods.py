"""When meals are served."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from core.weekdays import WeekdaysFormField, days_in_words
from kitchen.models import MealPeriod, every_day
from kitchen.services import refusing_overlap
from kitchen.serving import ServingPeriod
from office.chips import chip
from office.lists import OfficeModelAdmin
from office.rooms import Room
from office.tasks import Tone


class MealPeriodForm(forms.ModelForm[MealPeriod]):
    days = WeekdaysFormField(
        initial=every_day, help_text="On the other days nothing is served in this period."
    )

    class Meta:
        model = MealPeriod
        fields = ("name", "starts_at", "ends_at", "days", "is_active")
        labels = {"starts_at": "From", "ends_at": "Until", "is_active": "In use"}
        help_texts = {
            "ends_at": "From this time on the period is over. No two periods overlap.",
            "is_active": "Off: nothing is served in it. What was served stays in the lists.",
        }

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


class MealPeriodAdmin(OfficeModelAdmin[MealPeriod]):
    room = Room.KITCHEN
    place = 3
    form = MealPeriodForm
    list_display = ("name", "times", "served_on", "state")
    list_filter = ("is_active",)
    fields = ("name", ("starts_at", "ends_at"), "days", "is_active")

    def save_model(
        self,
        request: HttpRequest,
        obj: MealPeriod,
        form: forms.ModelForm[MealPeriod],
        change: bool,
    ) -> None:
        with refusing_overlap():
            obj.save(update_fields=form.changed_data if change else None)

    @admin.display(description="Time", ordering="starts_at")
    def times(self, period: MealPeriod) -> str:
        return f"{period.starts_at:%H:%M}–{period.ends_at:%H:%M}"

    @admin.display(description="Days")
    def served_on(self, period: MealPeriod) -> str:
        return days_in_words(period.days)

    @admin.display(description="State")
    def state(self, period: MealPeriod) -> str:
        if not period.is_active:
            return chip("Switched off", Tone.QUIET)
        hours = ServingPeriod(period.pk, period.name, period.starts_at, period.ends_at, period.days)
        is_now = hours.covers(timezone.localtime())
        return chip("Being served now", Tone.GOOD) if is_now else chip("In use", Tone.INFO)
