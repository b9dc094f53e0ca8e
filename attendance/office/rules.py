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
from attendance.changes import Scope, change_rules, set_policy
from attendance.closing import check_day, close_day
from attendance.models import EVERYBODY, ClosedDay, Holiday, Schedule
from attendance.office.closing import told
from attendance.schedules import Policy, everybodys_policy
from core.errors import DomainError
from core.weekdays import WeekdaysFormField, days_in_words
from office.chips import chip
from office.lists import DAY_INPUT, LookOnly, OfficeModelAdmin
from office.rooms import Room
from office.tasks import Tone

YEAR_DIGITS = 4


class PolicyForm(forms.ModelForm[Schedule]):
    """The simple way to say a rule: a limit, an end, the days of the week."""

    class_level = forms.CharField(
        max_length=50,
        required=False,
        help_text="As it is written on the students' pages, for example NTA 4. This rule "
        "holds for them; everybody's holds for all others.",
    )
    late_after = forms.TimeField(
        label="Late after", help_text="Whoever arrives after this time is Late."
    )
    working_days = WeekdaysFormField(
        required=False, help_text="On other days nobody is expected, and nobody is Absent."
    )

    class Meta:
        model = Schedule
        fields = ("closes_at",)
        labels = {"closes_at": "The day closes at"}
        help_texts = {
            "closes_at": "Whoever is expected and has not been seen by then is Absent.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.instance if self.instance.pk and self.instance.sessions else None
        policy = Policy.of(known or everybodys_policy())
        self.initial.setdefault("late_after", policy.late_after)
        self.initial.setdefault("working_days", policy.working_days)
        self.initial.setdefault("closes_at", policy.closes_at)
        if known:
            self.initial["class_level"] = policy.class_level
            self.fields["class_level"].disabled = True

    def clean(self) -> Any:
        super().clean()
        cleaned = self.cleaned_data
        if self.errors:
            return cleaned
        closes_at = cleaned.get("closes_at")
        if closes_at and cleaned["late_after"] >= closes_at:
            raise forms.ValidationError("A day closes after the late limit.")
        return cleaned

    def said(self) -> dict[str, Any]:
        return {
            name: self.cleaned_data[name] for name in ("late_after", "closes_at", "working_days")
        }


class ScheduleAdmin(OfficeModelAdmin[Schedule]):
    """Everybody's rule stays; a class level can be given one of its own, and lose it again."""

    room = Room.ATTENDANCE
    place = 4
    form = PolicyForm
    fields = ("class_level", "late_after", "closes_at", "working_days")
    list_display = ("whose", "late", "closes_at", "working")

    @admin.display(description="For")
    def whose(self, schedule: Schedule) -> str:
        if schedule.policy_of is None:
            return schedule.name
        return f"Class level {schedule.policy_of}" if schedule.policy_of else "Everybody else"

    @admin.display(description="Late after")
    def late(self, schedule: Schedule) -> Any:
        return Policy.of(schedule).late_after

    @admin.display(description="Working days")
    def working(self, schedule: Schedule) -> str:
        return days_in_words(Policy.of(schedule).working_days)

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        is_own = obj is not None and obj.policy_of != EVERYBODY
        return is_own and self.has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Schedule, form: forms.ModelForm[Schedule], change: bool
    ) -> None:
        assert isinstance(form, PolicyForm)
        assert isinstance(request.user, User)
        level = obj.policy_of if change else form.cleaned_data["class_level"]
        policy = set_policy(class_level=level or EVERYBODY, changes=form.said(), by=request.user)
        obj.pk = policy.pk

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        assert isinstance(request.user, User)
        change_rules(lambda _: obj.delete(), what="Policy removed", scope=Scope(), by=request.user)


class HolidayForm(forms.ModelForm[Holiday]):
    class Meta:
        model = Holiday
        fields = ("name", "first_day", "last_day")
        help_texts = {
            "first_day": "Nobody is expected on these days, and nobody is Absent. A day that is "
            "closed already stays as it is.",
            "name": "For example Independence Day.",
        }


class YearFilter(admin.SimpleListFilter):
    title = "year"
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        years = Holiday.objects.dates("first_day", "year", order="DESC")
        return [(str(first.year), str(first.year)) for first in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        year = self.value() or ""
        return queryset.filter(first_day__year=int(year)) if _is_a_year(year) else queryset


def _is_a_year(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == YEAR_DIGITS and text != "0000"


class HolidayAdmin(OfficeModelAdmin[Holiday]):
    room = Room.ATTENDANCE
    place = 5
    form = HolidayForm
    list_display = ("name", "first_day", "last_day", "weekday", "when")
    list_filter = (YearFilter,)
    search_fields = ("name",)
    search_help_text = "Any part of a holiday's name."
    ordering = ("-first_day",)

    def has_delete_permission(self, request: HttpRequest, obj: Holiday | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Holiday, form: forms.ModelForm[Holiday], change: bool
    ) -> None:
        assert isinstance(request.user, User)
        change_rules(
            lambda _: obj.save(),
            what="Holiday written",
            scope=Scope(obj.first_day, obj.last_day),
            by=request.user,
        )

    def delete_model(self, request: HttpRequest, obj: Holiday) -> None:
        assert isinstance(request.user, User)
        scope = Scope(obj.first_day, obj.last_day)
        change_rules(lambda _: obj.delete(), what="Holiday removed", scope=scope, by=request.user)

    @admin.display(description="Day of the week")
    def weekday(self, holiday: Holiday) -> str:
        return f"{holiday.first_day:%A}"

    @admin.display(description="When")
    def when(self, holiday: Holiday) -> str:
        today = timezone.localdate()
        if holiday.first_day <= today <= holiday.last_day:
            return chip("Today", Tone.GOOD)
        return chip("To come", Tone.INFO) if holiday.first_day > today else chip("Past", Tone.QUIET)


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
            check_day(day)
        except DomainError as error:
            raise forms.ValidationError(error.message, code=error.code) from error
        return day

    def validate_unique(self) -> None:
        """Closing a day again is no mistake."""


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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return OfficeModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: ClosedDay | None = None) -> Any:
        return self.fields if obj else ("date",)

    def save_model(
        self,
        request: HttpRequest,
        obj: ClosedDay,
        form: forms.ModelForm[ClosedDay],
        change: bool,
    ) -> None:
        assert isinstance(request.user, User)
        messages.success(request, told(close_day(day=obj.date, by=request.user)))

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
