"""The calendar in the office: its list, a year of it, and the form of an entry."""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from attendance.models import Holiday
from attendance.office.audience import meant
from attendance.office.changing import Draft, RuleChangeView, saved
from attendance.office.spans import SpanForm, SpanView, always
from attendance.open_days import Scope
from attendance.rule_serializers import HolidaySerializer
from attendance.rules import ONE_DAY
from attendance.sentences import audience_in_words, entry_in_words
from office.chips import chip
from office.days import YEARS
from office.lists import OfficeModelAdmin
from office.previewing import complete
from office.rooms import Room
from office.tasks import Tone
from office.views import OfficeView

LIST: Final = "admin:attendance_holiday_changelist"
YEAR_DIGITS: Final = 4


def sentence_of_holiday(holiday: Holiday) -> str:
    """`Everybody is free for Independence Day, 9 December 2026.`"""
    who = audience_in_words(holiday.applies_to)
    if holiday.audience.is_everybody:
        said = gettext("Everybody is free for {holiday}, {when}.")
    else:
        said = gettext("{people} are free for {holiday}, {when}.")
    return said.format(people=who, holiday=holiday.name, when=entry_in_words(holiday))


class HolidayForm(SpanForm):
    name = forms.CharField(
        max_length=100, label=_("Name"), help_text=_("For example Independence Day.")
    )


class HolidayView(SpanView):
    title = _("Add a holiday")
    template_name = "attendance/holiday.html"
    form_class = HolidayForm
    words = "name"
    back_name = _("Holidays")

    @property
    def back(self) -> str:
        return reverse(LIST)

    @cached_property
    def entry(self) -> Any:
        return found_holiday(self.kwargs["pk"]) if "pk" in self.kwargs else None

    def draft(self) -> Draft | None:
        form, known = self.form, self.entry
        if not form.is_valid():
            return None
        said = {**form.span(), "name": form.cleaned_data["name"]}
        data = {**said, "applies_to": form.applies_to()}
        validated = self.validated(HolidaySerializer(known, data=data))
        if validated is None:
            return None
        validated.pop("reason", None)
        thought = Holiday(**validated)
        return Draft(
            what=f"{validated['name']} {'changed' if known else 'added'}",
            write=lambda _: saved(found_holiday(known.pk) if known else Holiday(), validated),
            scope=self.scope_with(validated),
            before=sentence_of_holiday(known) if known else "",
            after=sentence_of_holiday(thought),
            touched=always(meant(validated["applies_to"])),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        title = {"title": self.entry.name} if self.entry else {}
        return super().get_context_data(**{**title, **kwargs})


def found_holiday(pk: Any) -> Holiday:
    """Raises Http404."""
    try:
        return Holiday.objects.get(pk=forms.UUIDField().clean(pk))
    except (Holiday.DoesNotExist, forms.ValidationError) as error:
        raise Http404 from error


class RemoveHolidayView(RuleChangeView):
    title = _("Remove this holiday?")
    action = _("Remove this holiday")
    is_dangerous = True
    needs_form = False
    back_name = _("Holidays")

    @property
    def back(self) -> str:
        return reverse(LIST)

    def draft(self) -> Draft:
        holiday = found_holiday(self.kwargs["pk"])
        return Draft(
            what=f"{holiday.name} removed",
            write=lambda _: Holiday.objects.filter(pk=holiday.pk).delete(),
            scope=Scope(holiday.first_day, holiday.last_day),
            before=sentence_of_holiday(holiday),
        )


# --- a year -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class YearDay:
    """A day of the picture; `name` of what is on it, `is_part`: not for all, or not all of it."""

    day: date
    name: str
    is_part: bool


@dataclass(frozen=True, slots=True)
class Month:
    name: str
    weeks: Sequence[Sequence[YearDay | None]]


class YearView(OfficeView, TemplateView):
    route = "attendance/calendar/<int:year>/"
    url_name = "attendance_year"
    title = _("A year")
    capability = Capability.READ_ATTENDANCE
    template_name = "attendance/year.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        year = self.kwargs["year"]
        if year not in YEARS:
            raise Http404
        first, last = date(year, 1, 1), date(year, 12, 31)
        holidays = list(Holiday.objects.filter(first_day__lte=last, last_day__gte=first))
        return super().get_context_data(
            **{
                "title": f"{year}",
                "year": year,
                "months": list(months_of(year, holidays)),
                "holidays": [(one, sentence_of_holiday(one)) for one in holidays],
                "earlier": year - 1 if year - 1 in YEARS else None,
                "later": year + 1 if year + 1 in YEARS else None,
                "today": timezone.localdate(),
                "may_change": self.user.may(Capability.MANAGE_ATTENDANCE),
                **kwargs,
            }
        )


def months_of(year: int, holidays: Sequence[Holiday]) -> Iterable[Month]:
    """The months in weeks from Monday to Sunday; None: a day of another month."""
    on: dict[date, list[Holiday]] = {}
    for holiday in holidays:
        day = max(holiday.first_day, date(year, 1, 1))
        while day <= min(holiday.last_day, date(year, 12, 31)):
            on.setdefault(day, []).append(holiday)
            day += ONE_DAY
    for month in range(1, 13):
        weeks = [
            [_year_day(date(year, month, day), on) if day else None for day in week]
            for week in calendar.monthcalendar(year, month)
        ]
        yield Month(str(MONTHS[month]), weeks)


def _year_day(day: date, on: dict[date, list[Holiday]]) -> YearDay:
    entries = on.get(day, [])
    is_whole = any(
        one.audience.is_everybody and not (one.starts_at or one.ends_at) for one in entries
    )
    return YearDay(day, ", ".join(one.name for one in entries), not is_whole)


# --- the list -----------------------------------------------------------------------------------


class YearFilter(admin.SimpleListFilter):
    title = _("year")
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        years = Holiday.objects.dates("first_day", "year", order="DESC")
        return [(str(first.year), str(first.year)) for first in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        year = self.value() or ""
        return queryset.filter(first_day__year=int(year)) if _is_a_year(year) else queryset


def _is_a_year(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == YEAR_DIGITS and text != "0000"


def when_chip(first: date, last: date) -> str:
    """Whether it is now, to come, or past."""
    today = timezone.localdate()
    if first <= today <= last:
        return chip(_("Now"), Tone.GOOD)
    return chip(_("To come"), Tone.INFO) if first > today else chip(_("Past"), Tone.QUIET)


class HolidayAdmin(OfficeModelAdmin[Holiday]):
    room = Room.ATTENDANCE
    place = 5
    change_list_template = "attendance/holidays.html"
    list_display = ("name", "days", "for_whom", "when")
    list_display_links = ("name",)
    list_filter = (YearFilter,)
    sortable_by = ()
    list_per_page = 50
    search_fields = ("name",)
    search_help_text = _("Any part of a name.")
    ordering = ("-first_day", "holiday_id")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """None: each is removed by itself, after a preview."""
        return {}

    def has_delete_permission(self, request: HttpRequest, obj: Holiday | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        year = {"year": timezone.localdate().year}
        return super().changelist_view(request, {**year, **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return complete(HolidayView.as_view()(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return complete(HolidayView.as_view()(request, pk=object_id))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        return complete(RemoveHolidayView.as_view()(request, pk=object_id))

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """Whoever only reads sees all there is in the list."""
        return ("name",) if self.has_change_permission(request) else None

    @admin.display(description=_("Days"))
    def days(self, holiday: Holiday) -> str:
        days = entry_in_words(holiday)
        if holiday.first_day != holiday.last_day:
            return days
        return f"{date_format(holiday.first_day, 'l')} {days}"

    @admin.display(description=_("For whom"))
    def for_whom(self, holiday: Holiday) -> str:
        return audience_in_words(holiday.applies_to)

    @admin.display(description=_("When"))
    def when(self, holiday: Holiday) -> str:
        return when_chip(holiday.first_day, holiday.last_day)
