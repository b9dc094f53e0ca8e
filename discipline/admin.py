"""Incidents in the registration office; `office` has what is done to them, merits and points."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format

from accounts.models import User
from discipline.models import Incident, Merit, PointsLeft, Proposal, Threshold
from discipline.office.merits import MeritAdmin
from discipline.office.points_left import PointsLeftAdmin
from discipline.office.proposals import ProposalAdmin, ThresholdAdmin
from discipline.office.recording import IncidentForm
from discipline.office.voiding import VoidedFilter, struck
from discipline.services import record_incident
from office.chips import chip, portrait
from office.lists import LatestRows, LookOnly, OfficeModelAdmin
from office.rooms import Room
from office.tasks import Tone
from students.models import Student


@admin.register(Incident)
class IncidentAdmin(LookOnly, OfficeModelAdmin[Incident]):
    """Recorded here and voided; nothing of an incident is ever changed."""

    room = Room.DISCIPLINE
    place = 1
    form = IncidentForm
    autocomplete_fields = ("student",)
    change_form_template = "discipline/change_form.html"
    list_display = (
        "portrait",
        "full_name",
        "registration_number",
        "day",
        "kind",
        "points",
        "recorded_by",
        "state",
    )
    list_display_links = ("full_name",)
    list_filter = ("date_of_incident", "category", VoidedFilter)
    list_select_related = ("student", "recorded_by")
    list_per_page = 50
    paginator = LatestRows
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    search_fields = ("student",)  # shows the search box; get_search_results does the search
    search_help_text = "Any part of the student's name or number."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return OfficeModelAdmin.has_add_permission(self, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        incidents = Incident.objects.seen_by(request.user)
        return incidents.select_related("student", "recorded_by", "voided_by")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        one_button = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().add_view(request, form_url, {**one_button, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        may_void = {"may_void": self.has_add_permission(request)}
        return super().change_view(
            request, object_id, form_url, {**may_void, **(extra_context or {})}
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Incident], search_term: str
    ) -> tuple[QuerySet[Incident], bool]:
        words = search_term.replace("\x00", "").strip()
        if not words:
            return queryset, False
        found = Student.objects.all().search(words).values("pk")
        return queryset.filter(student__in=found), False

    def save_model(
        self, request: HttpRequest, obj: Incident, form: ModelForm[Incident], change: bool
    ) -> None:
        assert isinstance(form, IncidentForm)
        assert isinstance(request.user, User)
        obj.pk = record_incident(by=request.user, **form.facts()).pk

    def response_add(
        self, request: HttpRequest, obj: Incident, post_url_continue: str | None = None
    ) -> HttpResponse:
        student = Student.objects.get(pk=obj.student_id)
        left = f"{student.full_name} has {student.discipline_points} points left."
        messages.success(request, f"The incident is recorded. {left}")
        return redirect("admin:discipline_incident_change", obj.pk)

    @admin.display(description="")
    def portrait(self, incident: Incident) -> str:
        return portrait(photo=incident.student.photo, name=incident.student.full_name)

    @admin.display(description="Name")
    def full_name(self, incident: Incident) -> str:
        return str(incident.student.full_name)

    @admin.display(description="Registration number")
    def registration_number(self, incident: Incident) -> str:
        return incident.student.identifier

    @admin.display(description="Day")
    def day(self, incident: Incident) -> str:
        return date_format(incident.date_of_incident, "D j M Y")

    @admin.display(description="Kind")
    def kind(self, incident: Incident) -> str:
        return struck(incident, incident.get_category_display() or "Not named")

    @admin.display(description="Points")
    def points(self, incident: Incident) -> str:
        return struck(incident, str(incident.points_deducted))

    @admin.display(description="State")
    def state(self, incident: Incident) -> str:
        return chip("Voided", Tone.QUIET) if incident.is_voided else chip("Stands", Tone.WARN)


admin.site.register(Merit, MeritAdmin)
admin.site.register(PointsLeft, PointsLeftAdmin)
admin.site.register(Threshold, ThresholdAdmin)
admin.site.register(Proposal, ProposalAdmin)
