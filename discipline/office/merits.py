"""Merits: recorded like incidents, voided like them, and told to nobody at home."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.views.generic import FormView

from accounts.models import User
from accounts.roles import Capability
from core.errors import DomainError
from discipline.lines import clean_lines
from discipline.models import MAX_DESCRIPTION, MOST_POINTS, Merit, today
from discipline.office.voiding import VoidedFilter, VoidForm, struck
from discipline.services import record_merit, void_merit
from office.chips import NOTHING, chip, portrait
from office.lists import DAY_INPUT, LatestRows, LookOnly, OfficeModelAdmin
from office.moments import day_and_time
from office.rooms import Room
from office.tasks import Tone
from office.views import OfficeView
from people.models import validate_past_day
from students.models import Student


class MeritForm(forms.ModelForm[Merit]):
    date = forms.DateField(
        label="Day", initial=today, widget=DAY_INPUT, validators=[validate_past_day]
    )
    points = forms.IntegerField(
        min_value=1,
        max_value=MOST_POINTS,
        help_text=f"What it gives: 1 to {MOST_POINTS} points. They make good for what incidents "
        "have cost, or will cost.",
    )
    description = forms.CharField(
        label="What they did",
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="It cannot be changed later: a mistake is voided and written anew.",
    )

    class Meta:
        model = Merit
        fields = ("student", "date", "points", "description")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "student" in self.fields:  # only looked at, the page has none
            student: Any = self.fields["student"].widget
            student.can_view_related = False  # whose button would lead away from the form

    def clean_description(self) -> str:
        return clean_lines(self.cleaned_data["description"])


class MeritAdmin(LookOnly, OfficeModelAdmin[Merit]):
    """Recorded here and voided; nothing of a merit is ever changed."""

    room = Room.DISCIPLINE
    place = 3
    form = MeritForm
    autocomplete_fields = ("student",)
    change_form_template = "discipline/merit_form.html"
    list_display = (
        *("portrait", "full_name", "registration_number", "day", "given", "recorded_by", "state"),
    )
    list_display_links = ("full_name",)
    list_filter = ("date", VoidedFilter)
    list_select_related = ("student", "recorded_by")
    list_per_page = 50
    paginator = LatestRows
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    search_fields = ("student",)  # shows the search box; get_search_results does the search
    search_help_text = "Any part of the student's name or number."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return OfficeModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: Merit | None = None) -> Any:
        told = ("who", "day", "given", "description", "recorded", "taken_back")
        return told if obj else self.form.Meta.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Merit]:
        merits = Merit.objects.seen_by(request.user)
        return merits.select_related("student", "recorded_by", "voided_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Merit], search_term: str
    ) -> tuple[QuerySet[Merit], bool]:
        words = search_term.replace("\x00", "").strip()
        if not words:
            return queryset, False
        found = Student.objects.all().search(words).values("pk")
        return queryset.filter(student__in=found), False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        one_button = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().add_view(request, form_url, {**one_button, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_void"] = self.has_add_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Merit, form: ModelForm[Merit], change: bool
    ) -> None:
        assert isinstance(request.user, User)
        facts = {name: form.cleaned_data[name] for name in MeritForm.Meta.fields}
        obj.pk = record_merit(by=request.user, **facts).pk

    def response_add(
        self, request: HttpRequest, obj: Merit, post_url_continue: str | None = None
    ) -> HttpResponse:
        student = Student.objects.get(pk=obj.student_id)
        left = f"{student.full_name} has {student.discipline_points} points left."
        messages.success(request, f"The merit is recorded. {left}")
        return redirect("admin:discipline_merit_change", obj.pk)

    @admin.display(description="")
    def portrait(self, merit: Merit) -> str:
        return portrait(photo=merit.student.photo, name=merit.student.full_name)

    @admin.display(description="Name")
    def full_name(self, merit: Merit) -> str:
        return str(merit.student.full_name)

    @admin.display(description="Registration number")
    def registration_number(self, merit: Merit) -> str:
        return merit.student.identifier

    @admin.display(description="Student")
    def who(self, merit: Merit) -> str:
        return f"{merit.student.full_name}, {merit.student.identifier}"

    @admin.display(description="Day")
    def day(self, merit: Merit) -> str:
        return date_format(merit.date, "D j M Y")

    @admin.display(description="Points")
    def given(self, merit: Merit) -> str:
        return struck(merit, f"+{merit.points}")

    @admin.display(description="Recorded")
    def recorded(self, merit: Merit) -> str:
        return f"{merit.recorded_by}, {day_and_time(merit.recorded_at)}"

    @admin.display(description="Voided", empty_value=NOTHING)
    def taken_back(self, merit: Merit) -> str:
        if merit.voided_at is None:
            return ""
        return f"{merit.void_reason} ({merit.voided_by}, {day_and_time(merit.voided_at)})"

    @admin.display(description="State")
    def state(self, merit: Merit) -> str:
        return chip("Voided", Tone.QUIET) if merit.is_voided else chip("Stands", Tone.GOOD)


class VoidMerit(OfficeView, FormView[VoidForm]):
    route = "discipline/merit/<uuid:pk>/void/"
    url_name = "discipline_void_merit"
    capability = Capability.MANAGE_DISCIPLINE
    title = "Void this merit?"
    template_name = "discipline/void_merit.html"
    form_class = VoidForm

    @cached_property
    def merit(self) -> Merit:
        return get_object_or_404(Merit.objects.select_related("student"), pk=self.kwargs["pk"])

    @property
    def address(self) -> str:
        return reverse("admin:discipline_merit_change", args=[self.merit.pk])

    def form_valid(self, form: VoidForm) -> HttpResponse:
        try:
            merit = void_merit(merit=self.merit, reason=form.cleaned_data["reason"], by=self.user)
        except DomainError as error:
            messages.error(self.request, error.message)
        else:
            student = merit.student
            points = f"{student.full_name} has {student.discipline_points} points now."
            messages.success(self.request, f"The merit is voided. {points}")
        return redirect(self.address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        merit = self.merit
        points_after = merit.student.points_after(deducted=merit.points)
        return super().get_context_data(
            merit=merit, points_after=points_after, address=self.address, **kwargs
        )
