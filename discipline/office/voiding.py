"""Taking an incident back: it stays in the ledger, and the student has the points back."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.generic import FormView

from accounts.roles import Capability
from core.errors import DomainError
from discipline.models import MAX_REASON, Incident
from discipline.services import void_incident
from office.views import OfficeView
from people.fields import clean_line


class VoidedFilter(admin.SimpleListFilter):
    """Of incidents, and of merits."""

    title = "state"
    parameter_name = "voided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("no", "Standing"), ("yes", "Voided")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(voided_at__isnull=self.value() == "no")


def struck(entry: Any, text: str) -> str:
    """Struck through once it is voided; the chip beside it says so in words."""
    return format_html("<s>{}</s>", text) if entry.is_voided else text


class VoidForm(forms.Form):
    reason = forms.CharField(
        label="Why it is voided",
        max_length=MAX_REASON,
        help_text="For example: the wrong student. It is kept for good.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        return clean_line(self.cleaned_data["reason"])


class VoidView(OfficeView, FormView[VoidForm]):
    route = "discipline/incident/<uuid:pk>/void/"
    url_name = "discipline_void"
    capability = Capability.MANAGE_DISCIPLINE
    title = "Void this incident?"
    template_name = "discipline/void.html"
    form_class = VoidForm

    @cached_property
    def incident(self) -> Incident:
        incidents = Incident.objects.select_related("student")
        return get_object_or_404(incidents, pk=self.kwargs["pk"])

    def form_valid(self, form: VoidForm) -> HttpResponse:
        try:
            incident = void_incident(
                incident=self.incident, reason=form.cleaned_data["reason"], by=self.user
            )
        except DomainError as error:
            messages.error(self.request, error.message)
        else:
            student = incident.student
            points = f"{student.full_name} has {student.discipline_points} points now."
            messages.success(self.request, f"The incident is voided. {points}")
        return redirect(self.address)

    @property
    def address(self) -> str:
        return reverse("admin:discipline_incident_change", args=[self.incident.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        student = self.incident.student
        return super().get_context_data(
            incident=self.incident,
            student=student,
            points_after=student.points_after(deducted=-self.incident.points_deducted),
            address=self.address,
            **kwargs,
        )
