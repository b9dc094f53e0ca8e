"""Taking an incident or a merit back: it stays in the ledger, and counts no more."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from accounts.roles import Capability
from core.errors import DomainError
from discipline.models import MAX_REASON, Incident, Merit
from discipline.services import void_incident, void_merit
from office.views import OfficeView
from people.fields import clean_line

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class VoidedFilter(admin.SimpleListFilter):
    """Of incidents, and of merits."""

    title = _("state")
    parameter_name = "voided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("no", gettext("Standing")), ("yes", gettext("Voided"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(voided_at__isnull=self.value() == "no")


class VoidForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is voided"),
        max_length=MAX_REASON,
        help_text=_("For example: the wrong student. It is kept for good."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        return clean_line(self.cleaned_data["reason"])


class VoidEntry(OfficeView, FormView[VoidForm]):
    """Asks why, and says what is left to the student then."""

    capability = Capability.MANAGE_DISCIPLINE
    template_name = "discipline/void.html"
    form_class = VoidForm
    back_name: "ClassVar[StrOrPromise]"
    action: "ClassVar[StrOrPromise]"
    words_once_voided: "ClassVar[StrOrPromise]"
    words_if_voided: "ClassVar[StrOrPromise]"

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
            points = student.discipline_points
            left = ngettext(
                "{name} has {points} point now.", "{name} has {points} points now.", points
            ).format(name=student.full_name, points=points)
            messages.success(self.request, f"{self.words_once_voided} {left}")
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
    title = _("Void this incident?")
    back_name = _("The incident")
    action = _("Void this incident")
    words_once_voided = _("The incident is voided.")
    words_if_voided = _("This incident has been voided already.")

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
    title = _("Void this merit?")
    back_name = _("The merit")
    action = _("Void this merit")
    words_once_voided = _("The merit is voided.")
    words_if_voided = _("This merit has been voided already.")

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
