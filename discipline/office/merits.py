"""Merits: recorded like incidents, voided like them, and told to nobody at home."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from discipline.lines import clean_lines
from discipline.models import MAX_DESCRIPTION, MOST_POINTS, Merit, today
from discipline.office.entries import EntryAdmin, struck, without_ways_out
from discipline.office.voiding import VoidedFilter
from discipline.services import record_merit
from office.chips import NOTHING
from office.lists import DAY_INPUT
from office.moments import day_and_time
from office.rooms import Room
from office.tasks import Tone
from people.models import validate_past_day


class MeritForm(forms.ModelForm[Merit]):
    date = forms.DateField(
        label=_("Day"), initial=today, widget=DAY_INPUT, validators=[validate_past_day]
    )
    points = forms.IntegerField(
        label=_("Points"),
        min_value=1,
        max_value=MOST_POINTS,
        help_text=format_lazy(
            _(
                "What it gives: 1 to {most} points. They make good for what incidents have cost, "
                "or will cost."
            ),
            most=MOST_POINTS,
        ),
    )
    description = forms.CharField(
        label=_("What they did"),
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("It cannot be changed later: a mistake is voided and written anew."),
    )

    class Meta:
        model = Merit
        fields = ("student", "date", "points", "description")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "student" in self.fields:  # only looked at, the page has none
            without_ways_out(self.fields["student"])

    def clean_description(self) -> str:
        return clean_lines(self.cleaned_data["description"])


class MeritAdmin(EntryAdmin[Merit]):
    room = Room.DISCIPLINE
    place = 3
    form = MeritForm
    words_once_recorded = _("The merit is recorded.")
    tone_of_standing = Tone.GOOD
    change_form_template = "discipline/merit_form.html"
    list_display = (
        *("portrait", "full_name", "registration_number", "day", "given", "recorded_by", "state"),
    )
    phone_columns = ("given", "day", "state")
    list_filter = ("date", VoidedFilter)

    def get_fields(self, request: HttpRequest, obj: Merit | None = None) -> Any:
        told = ("who", "day", "given", "description", "recorded", "taken_back")
        return told if obj else self.form.Meta.fields

    def save_model(
        self, request: HttpRequest, obj: Merit, form: ModelForm[Merit], change: bool
    ) -> None:
        assert isinstance(request.user, User)
        facts = {name: form.cleaned_data[name] for name in MeritForm.Meta.fields}
        obj.pk = record_merit(by=request.user, **facts).pk

    @admin.display(description=_("Student"))
    def who(self, merit: Merit) -> str:
        return f"{merit.student.full_name}, {merit.student.identifier}"

    @admin.display(description=_("Day"))
    def day(self, merit: Merit) -> str:
        return date_format(merit.date, "D j M Y")

    @admin.display(description=_("Points"))
    def given(self, merit: Merit) -> str:
        return struck(merit, f"+{merit.points}")

    @admin.display(description=_("Recorded"))
    def recorded(self, merit: Merit) -> str:
        return f"{merit.recorded_by}, {day_and_time(merit.recorded_at)}"

    @admin.display(description=pgettext_lazy("entry", "Voided"))
    def taken_back(self, merit: Merit) -> str:
        if merit.voided_at is None:
            return NOTHING
        return f"{merit.void_reason} ({merit.voided_by}, {day_and_time(merit.voided_at)})"
