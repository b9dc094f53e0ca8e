"""Incidents in the registration office: to look at; the API records and voids them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.office import LatestRows, LookOnly, OfficeModelAdmin
from discipline.models import Incident
from students.models import Student


class VoidedFilter(admin.SimpleListFilter):
    title = "voided"
    parameter_name = "voided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("no", "Standing"), ("yes", "Voided")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(voided_at__isnull=self.value() == "no")


@admin.register(Incident)
class IncidentAdmin(LookOnly, OfficeModelAdmin[Incident]):
    list_display = (
        "date_of_incident",
        "full_name",
        "registration_number",
        "category",
        "points_deducted",
        "recorded_by",
        "stands",
    )
    list_display_links = ("date_of_incident", "full_name")
    list_filter = ("date_of_incident", "category", VoidedFilter)
    list_select_related = ("student", "recorded_by")
    list_per_page = 50
    paginator = LatestRows
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    search_fields = ("student",)  # shows the search box; get_search_results does the search
    search_help_text = "Any part of the student's name or number."
    fields = (
        "student",
        "date_of_incident",
        "category",
        "incident_description",
        "points_deducted",
        "file",
        "recorded_by",
        "recorded_at",
        "voided_at",
        "voided_by",
        "void_reason",
    )
    readonly_fields = ("file",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Incident], search_term: str
    ) -> tuple[QuerySet[Incident], bool]:
        words = search_term.replace("\x00", "").strip()
        if not words:
            return queryset, False
        found = Student.objects.all().search(words).values("pk")
        return queryset.filter(student__in=found), False

    @admin.display(description="Name")
    def full_name(self, incident: Incident) -> str:
        return str(incident.student.full_name)

    @admin.display(description="Registration number")
    def registration_number(self, incident: Incident) -> str:
        return incident.student.registration_number

    @admin.display(description="Stands", boolean=True)
    def stands(self, incident: Incident) -> bool:
        return not incident.is_voided

    @admin.display(description="Evidence", empty_value="none")
    def file(self, incident: Incident) -> str | None:
        if not incident.evidence:
            return None
        address = reverse("incident-evidence", args=[incident.pk])
        return format_html('<a href="{}">Download</a>', address)
