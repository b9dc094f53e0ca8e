"""Saying what a day really was: for one person, or for several with one reason."""

from collections.abc import Collection
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic import FormView

from accounts.roles import Capability
from attendance.models import Status
from attendance.register import GROUPS, Group
from attendance.services import correct_people
from core.errors import DomainError
from office.days import OneDayPage
from people.fields import clean_line

TAKE_BACK = "taps"


class CorrectionForm(forms.Form):
    """What the day really was, and why."""

    status = forms.ChoiceField(
        label="What it was",
        choices=[*Status.choices, (TAKE_BACK, "As the taps say: take the correction back")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        max_length=300,
        help_text="For example: school trip, doctor's note, forgot the card. It is kept for good.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        return clean_line(self.cleaned_data["reason"])


class GroupDayPage(OneDayPage):
    """Mix into a view about a day of the `<str:group>` of its address."""

    @property
    def group(self) -> Group:
        """Raises Http404 for a word that is none."""
        key = self.kwargs["group"]
        if key not in GROUPS:
            raise Http404
        return GROUPS[key]


class CorrectPage(GroupDayPage, FormView[CorrectionForm]):
    """The form for the `people` of the address; sent, it corrects their day, all or nobody's."""

    capability = Capability.MANAGE_ATTENDANCE
    title = "Correct a day"
    template_name = "attendance/correct.html"
    form_class = CorrectionForm

    @cached_property
    def people(self) -> list[Any]:
        asked = self.request.POST if self.request.method == "POST" else self.request.GET
        return list(self.group.everybody().filter(pk__in=_ids(asked.getlist("people"))))

    def get_form(self, form_class: type[CorrectionForm] | None = None) -> CorrectionForm:
        """Without a correction of anybody there is nothing to take back."""
        form = super().get_form(form_class)
        corrected = self.group.days_on(self.day).exclude(corrected_status="")
        if not corrected.filter(**{f"{self.group.holder}__in": self.people}).exists():
            offer_no_taking_back(form)
        return form

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.people:
            messages.error(request, "Choose somebody first.")
            return redirect(self.get_success_url())
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: CorrectionForm) -> HttpResponse:
        try:
            messages.success(self.request, self._correct(**form.cleaned_data))
        except DomainError as error:
            messages.error(self.request, error.message)
        return redirect(self.get_success_url())

    def _correct(self, *, status: str, reason: str) -> str:
        """What was done, in words."""
        is_back = status == TAKE_BACK
        number = correct_people(
            day=self.day,
            kind=self.group.key,
            people=[person.pk for person in self.people],
            status="" if is_back else status,
            reason=reason,
            by=self.user,
        )
        if is_back:
            return f"Taken back: the correction of {self.group.number(number)}."
        return f"{status}: {self.group.number(number)}. The reason: {reason}"

    def get_success_url(self) -> str:
        """To where they came from: the register as it was filtered, or the person's day."""
        query = self.request.POST if self.request.method == "POST" else self.request.GET
        if person := query.get("to_person"):
            ids = _ids([person])
            return address_of_person(self.day, self.group, ids[0])
        filters = QueryDict(query.get("back", "")).urlencode()
        return f"{reverse('admin:attendance_day_of', args=[self.day])}?{filters}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        data = self.request.POST if self.request.method == "POST" else self.request.GET
        return super().get_context_data(
            day=self.day,
            group=self.group,
            people=self.people,
            number=self.group.number(len(self.people)),
            back=data.get("back", ""),
            to_person=data.get("to_person", ""),
            cancel=self.get_success_url(),
            **kwargs,
        )


def address_of_person(day: date, group: Group, pk: UUID) -> str:
    return reverse("admin:attendance_person_day", args=[day, group.key, pk])


def offer_no_taking_back(form: CorrectionForm) -> None:
    status: Any = form.fields["status"]
    status.choices = Status.choices


def _ids(texts: Collection[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError as error:
        raise Http404 from error
