"""Taking an incident or a merit back: it stays in the ledger, and counts no more."""

from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.generic import FormView

from accounts.roles import Capability
from core.errors import DomainError
from discipline.models import MAX_REASON, Incident, Merit
from discipline.services import void_incident, void_merit
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


class VoidForm(forms.Form):
    reason = forms.CharField(
        label="Why it is voided",
        max_length=MAX_REASON,
        help_text="For example: the wrong student. It is kept for good.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        return clean_line(self.cleaned_data["reason"])


class VoidEntry(OfficeView, FormView[VoidForm]):
    """Asks why, and says what is left to the student then."""

    capability = Capability.MANAGE_DISCIPLINE
    template_name = "discipline/void.html"
    form_class = VoidForm
    back_name: ClassVar[str]
    action: ClassVar[str]
    words_once_voided: ClassVar[str]
    words_if_voided: ClassVar[str]

    @property
    def entry(self) -> Any:
        """An incident, or a merit. Raises Http404."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        """Of the entry's page."""
        raise NotImplementedError

    @property
    def points_after(self) -> int:
        raise NotImplementedError

    def void(self, *, reason: str) -> Incident | Merit:
        raise NotImplementedError

    def form_valid(self, form: VoidForm) -> HttpResponse:
        try:
            student = self.void(reason=form.cleaned_data["reason"]).student
        except DomainError as error:
            messages.error(self.request, error.message)
        else:
            points = f"{student.full_name} has {student.discipline_points} points now."
            messages.success(self.request, f"{self.words_once_voided} {points}")
        return redirect(self.address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry
        return super().get_context_data(
            entry=entry,
            student=entry.student,
            points_after=self.points_after,
            back=self.address,
            back_name=self.back_name,
            action=self.action,
            words_if_voided=self.words_if_voided,
            **kwargs,
        )


class VoidView(VoidEntry):
    route = "discipline/incident/<uuid:pk>/void/"
    url_name = "discipline_void"
    title = "Void this incident?"
    back_name = "The incident"
    action = "Void this incident"
    words_once_voided = "The incident is voided."
    words_if_voided = "This incident has been voided already."

    @cached_property
    def entry(self) -> Incident:
        incidents = Incident.objects.select_related("student")
        return get_object_or_404(incidents, pk=self.kwargs["pk"])

    @property
    def address(self) -> str:
        return reverse("admin:discipline_incident_change", args=[self.entry.pk])

    @property
    def points_after(self) -> int:
        return self.entry.student.points_after(deducted=-self.entry.points_deducted)

    def void(self, *, reason: str) -> Incident:
        return void_incident(incident=self.entry, reason=reason, by=self.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(incident=self.entry, **kwargs)


class VoidMerit(VoidEntry):
    route = "discipline/merit/<uuid:pk>/void/"
    url_name = "discipline_void_merit"
    title = "Void this merit?"
    back_name = "The merit"
    action = "Void this merit"
    words_once_voided = "The merit is voided."
    words_if_voided = "This merit has been voided already."

    @cached_property
    def entry(self) -> Merit:
        return get_object_or_404(Merit.objects.select_related("student"), pk=self.kwargs["pk"])

    @property
    def address(self) -> str:
        return reverse("admin:discipline_merit_change", args=[self.entry.pk])

    @property
    def points_after(self) -> int:
        return self.entry.student.points_after(deducted=self.entry.points)

    def void(self, *, reason: str) -> Merit:
        return void_merit(merit=self.entry, reason=reason, by=self.user)
