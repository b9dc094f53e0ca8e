"""When meals are served, and to whom."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxLengthValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core.weekdays import WeekdaysFormField
from kitchen.models import MealPeriod, PeriodRule, every_day, today
from kitchen.services import change_period, in_the_way, make_period
from kitchen.words import meaning
from office.chips import chip
from office.lists import DAY_INPUT, OfficeModelAdmin
from office.rooms import Room
from office.tasks import Tone
from people.fields import clean_line

OWN_FIELDS = tuple(name for name in PeriodRule.RULE if name != "applies_to")
GROUP_FIELDS = ("class_levels", "class_codes", "departments")
LONGEST = 2000


class NamesField(forms.CharField):
    """Names of groups, with commas between them."""

    def __init__(self, **options: Any) -> None:
        validators = [MaxLengthValidator(LONGEST)]
        super().__init__(required=False, validators=validators, **options)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        parts = (clean_line(part) for part in str(super().clean(value)).split(","))
        return [*dict.fromkeys(part for part in parts if part)]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class MealPeriodForm(forms.ModelForm[MealPeriod]):
    days = WeekdaysFormField(
        initial=every_day, help_text="On the other days nothing is served in this period."
    )
    portions = forms.IntegerField(
        initial=1,
        max_value=20,
        validators=[MinValueValidator(1)],
        help_text="How many meals each may have in it on a day.",
    )
    class_levels = NamesField(help_text="Only these, with commas between them. Empty: all.")
    class_codes = NamesField(label="Classes", help_text="These besides.")
    departments = NamesField(help_text="Only people of these. Empty: of all.")
    valid_from = forms.DateField(
        label="Change from",
        required=False,
        initial=today,
        widget=DAY_INPUT,
        help_text="Today: from this moment on. What was served before keeps its period.",
    )

    class Meta:
        model = MealPeriod
        fields = OWN_FIELDS
        labels = {
            "starts_at": "From",
            "ends_at": "Until",
            "is_active": "In use",
            "who": "For",
        }
        help_texts = {
            "ends_at": "From this time on the period is over. Before the start: the next morning.",
            "is_active": "Off: nothing is served in it. What was served stays in the lists.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        period = self.instance
        for name in GROUP_FIELDS:
            self.initial.setdefault(name, [*period.applies_to.get(name, ())])
        is_planned = period.pk and period.valid_from > today()
        self.initial["valid_from"] = period.valid_from if is_planned else today()

    def clean(self) -> dict[str, Any]:
        """Says which period is in the way; the service alone is safe against two at once."""
        data = self.cleaned_data
        if data.get("is_active") and not self.errors and (other := in_the_way(self._asked(data))):
            self.add_error(None, f"{other} is served at some of these times.")
        return data

    def _asked(self, data: dict[str, Any]) -> MealPeriod:
        return MealPeriod(pk=self.instance.pk, **self.rule(data))

    def rule(self, data: dict[str, Any]) -> dict[str, Any]:
        """As `kitchen.services` take it. What the form does not show of `applies_to` stays."""
        applies_to = {**self.instance.applies_to, **{name: data[name] for name in GROUP_FIELDS}}
        said = {name: values for name, values in applies_to.items() if values}
        return {**{name: data[name] for name in OWN_FIELDS}, "applies_to": said}


class MealPeriodAdmin(OfficeModelAdmin[MealPeriod]):
    room = Room.KITCHEN
    place = 3
    form = MealPeriodForm
    change_form_template = "kitchen/period.html"
    list_display = ("name", "meaning", "state")
    list_filter = ("is_active",)
    fieldsets = (
        (None, {"fields": ("name", ("starts_at", "ends_at"), "days", "is_active")}),
        ("For whom", {"fields": (("who", "portions"), *GROUP_FIELDS)}),
        ("From when", {"fields": ("valid_from",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MealPeriod]:
        return super().get_queryset(request).prefetch_related("versions")

    def save_model(
        self,
        request: HttpRequest,
        obj: MealPeriod,
        form: Any,
        change: bool,
    ) -> None:
        rule, valid_from = form.rule(form.cleaned_data), form.cleaned_data["valid_from"]
        if not change:
            obj.pk = make_period(rule=rule, valid_from=valid_from).pk
            return
        changed = {*form.changed_data}
        asked = {name: rule[name] for name in PeriodRule.RULE if name in changed}
        if changed & {*GROUP_FIELDS}:
            asked["applies_to"] = rule["applies_to"]
        period = MealPeriod.objects.get(pk=obj.pk)
        change_period(period=period, changes=asked, valid_from=valid_from)

    def get_fieldsets(self, request: HttpRequest, obj: MealPeriod | None = None) -> Any:
        """Who may only look reads the sentence; the rest is fields of the form."""
        if obj and not self.has_change_permission(request, obj):
            return [(None, {"fields": ("name", "meaning", "state", "valid_from")})]
        return super().get_fieldsets(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if (period := context.get("original")) is not None:
            context["meaning"] = meaning(period)
            versions = sorted(period.versions.all(), key=lambda version: version.held)
            context["rules"] = [(each, meaning(each)) for each in versions] if versions[1:] else ()
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="What it means")
    def meaning(self, period: MealPeriod) -> str:
        return meaning(period)

    @admin.display(description="State")
    def state(self, period: MealPeriod) -> str:
        now, versions = timezone.now(), period.versions.all()
        held: Iterable[PeriodRule] = (each for each in versions if now in each.held)
        rule = next(iter(held), None)
        if rule is None or not rule.is_active:
            return chip("Planned" if period.is_active else "Switched off", Tone.QUIET)
        is_now = rule.day_at(timezone.localtime(now)) is not None
        return chip("Being served now", Tone.GOOD) if is_now else chip("In use", Tone.INFO)
