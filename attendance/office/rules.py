"""The rules of the day, holidays and closed days."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from accounts.models import User
from attendance import services
from attendance.models import EVERYBODY, ClosedDay, ClosedRule, Holiday, Policy
from attendance.office.closing import told
from core.errors import DomainError
from core.weekdays import WeekdaysFormField, days_in_words
from office.chips import chip
from office.lists import DAY_INPUT, LookOnly, OfficeModelAdmin
from office.rooms import Room
from office.tasks import Tone

YEAR_DIGITS = 4


class PolicyForm(forms.ModelForm[Policy]):
    working_days = WeekdaysFormField(
        required=False, help_text="On other days nobody is expected, and nobody is Absent."
    )

    class Meta:
        model = Policy
        fields = ("class_level", "late_after", "closes_at", "working_days")
        labels = {"late_after": "Late after", "closes_at": "The day closes at"}
        help_texts = {
            "class_level": "As it is written on the students' pages, for example NTA 4. This rule "
            "holds for them; everybody's holds for all others.",
            "late_after": "Whoever arrives after this time is Late.",
            "closes_at": "Whoever is expected and has not been seen by then is Absent.",
        }


class PolicyAdmin(OfficeModelAdmin[Policy]):
    """Everybody's policy stays; a class level can be given one of its own, and lose it again."""

    room = Room.ATTENDANCE
    place = 4
    form = PolicyForm
    list_display = ("whose", "late_after", "closes_at", "working")

    @admin.display(description="For")
    def whose(self, policy: Policy) -> str:
        return f"Class level {policy.class_level}" if policy.class_level else "Everybody else"

    @admin.display(description="Working days")
    def working(self, policy: Policy) -> str:
        return days_in_words(policy.working_days)

    def get_readonly_fields(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        return ("class_level",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A class level's first policy begins as everybody's."""
        general = Policy.objects.get(class_level=EVERYBODY)
        names = ("late_after", "closes_at", "working_days")
        return {name: getattr(general, name) for name in names}

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        is_own = obj is not None and obj.class_level != EVERYBODY
        return is_own and self.has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Policy, form: forms.ModelForm[Policy], change: bool
    ) -> None:
        names = form.changed_data if change else form.cleaned_data
        changes = {name: form.cleaned_data[name] for name in names if name != "class_level"}
        policy, _ = services.set_policy(class_level=obj.class_level, changes=changes)
        obj.pk = policy.pk

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        services.remove_policy(policy=obj)


class HolidayForm(forms.ModelForm[Holiday]):
    class Meta:
        model = Holiday
        fields = ("date", "name")
        labels = {"date": "Day"}
        help_texts = {
            "date": "Nobody is expected on this day, and nobody is Absent. A day that is closed "
            "already stays as it is.",
            "name": "For example Independence Day.",
        }


class YearFilter(admin.SimpleListFilter):
    title = "year"
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        years = Holiday.objects.dates("date", "year", order="DESC")
        return [(str(first.year), str(first.year)) for first in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        year = self.value() or ""
        return queryset.filter(date__year=int(year)) if _is_a_year(year) else queryset


def _is_a_year(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == YEAR_DIGITS and text != "0000"


class HolidayAdmin(OfficeModelAdmin[Holiday]):
    room = Room.ATTENDANCE
    place = 5
    form = HolidayForm
    list_display = ("name", "date", "weekday", "when")
    list_filter = (YearFilter,)
    search_fields = ("name",)
    search_help_text = "Any part of a holiday's name."
    ordering = ("-date",)

    def has_delete_permission(self, request: HttpRequest, obj: Holiday | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Holiday, form: forms.ModelForm[Holiday], change: bool
    ) -> None:
        obj.save(update_fields=form.changed_data if change else None)

    @admin.display(description="Day of the week")
    def weekday(self, holiday: Holiday) -> str:
        return f"{holiday.date:%A}"

    @admin.display(description="When")
    def when(self, holiday: Holiday) -> str:
        today = timezone.localdate()
        if holiday.date == today:
            return chip("Today", Tone.GOOD)
        return chip("To come", Tone.INFO) if holiday.date > today else chip("Past", Tone.QUIET)


class CloseForm(forms.ModelForm[ClosedDay]):
    date = forms.DateField(
        label="Day",
        initial=timezone.localdate,
        widget=DAY_INPUT,
        help_text="Whoever is expected on this day and has not been seen is Absent. A tap that "
        "comes in later repairs it, and a day can be closed again.",
    )

    class Meta:
        model = ClosedDay
        fields = ("date",)

    def clean_date(self) -> Any:
        day = self.cleaned_data["date"]
        try:
            services.check_day(day)
        except DomainError as error:
            raise forms.ValidationError(error.message, code=error.code) from error
        return day

    def validate_unique(self) -> None:
        """Closing a day again is no mistake."""


class RuleInline(admin.TabularInline[ClosedRule, ClosedDay]):
    """The rules by which the day was closed."""

    model = ClosedRule
    fields = ("class_level", "late_after", "is_expected")
    readonly_fields = fields
    ordering = ("class_level",)
    can_delete = False
    verbose_name_plural = "rules of this day; the one without a class level is everybody's"

    def has_add_permission(self, request: HttpRequest, obj: ClosedDay | None = None) -> bool:
        return False


class ClosedDayAdmin(LookOnly, OfficeModelAdmin[ClosedDay]):
    """To look at; adding one closes that day."""

    room = Room.ATTENDANCE
    place = 3
    form = CloseForm
    fields = ("date", "closed_at", "closer")
    readonly_fields = ("closer",)
    list_display = ("day", "closed_at", "closer", "register")
    list_display_links = ("day",)
    list_select_related = ("closed_by",)
    inlines = (RuleInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return OfficeModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: ClosedDay | None = None) -> Any:
        return self.fields if obj else ("date",)

    def get_inlines(self, request: HttpRequest, obj: ClosedDay | None = None) -> Any:
        return self.inlines if obj else ()

    def save_model(
        self,
        request: HttpRequest,
        obj: ClosedDay,
        form: forms.ModelForm[ClosedDay],
        change: bool,
    ) -> None:
        assert isinstance(request.user, User)
        messages.success(request, told(services.close_day(day=obj.date, by=request.user)))

    @admin.display(description="Day", ordering="date")
    def day(self, day: ClosedDay) -> str:
        return date_format(day.date, "l j F Y")

    @admin.display(description="Who came")
    def register(self, day: ClosedDay) -> str:
        address = reverse("admin:attendance_day_of", args=[day.date])
        return format_html('<a href="{}">Day view</a>', address)

    @admin.display(description="Closed by")
    def closer(self, day: ClosedDay) -> str:
        return str(day.closed_by or "by itself")
