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
from attendance.corrections import Correction, correct_people
from attendance.models import Attendance, Status
from core.errors import DomainError
from office.days import OneDayView
from people.fields import clean_line
from people.kinds import PersonKind
from people.models import Person
from people.scope import kinds_with_days_for

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


class KindDayView(OneDayView):
    """Mix into a view about a day of people of the `<str:kind>` of its address.

    Of those whom the user may know of.
    """

    @property
    def kind(self) -> PersonKind:
        """Raises Http404 for a word that is none of theirs."""
        kind = kinds_with_days_for(self.user).get(self.kwargs["kind"])
        if kind is None:
            raise Http404
        return kind


class CorrectDayView(KindDayView, FormView[CorrectionForm]):
    """The form for the `people` of the address; sent, it corrects their day, all or nobody's."""

    route = "attendance/day/<day:day>/<str:kind>/correct/"
    url_name = "attendance_correct"
    capability = Capability.CORRECT_ATTENDANCE
    title = "Correct a day"
    template_name = "attendance/correct.html"
    form_class = CorrectionForm

    @cached_property
    def people(self) -> list[Person]:
        asked = self.request.POST if self.request.method == "POST" else self.request.GET
        people = Person.objects.of_kind(self.kind).seen_by(self.user)
        return list(people.filter(pk__in=_ids(asked.getlist("people"))))

    def get_form(self, form_class: type[CorrectionForm] | None = None) -> CorrectionForm:
        """Without a correction of anybody there is nothing to take back."""
        form = super().get_form(form_class)
        days = Attendance.objects.filter(date=self.day, person__in=self.people)
        if not days.exclude(corrected_status="").exists():
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
        correction = Correction(reason, None, None, None) if is_back else Correction(reason, status)
        number = correct_people(
            day=self.day,
            kind=self.kind.key,
            people=[person.pk for person in self.people],
            correction=correction,
            by=self.user,
        )
        if is_back:
            return f"Taken back: the correction of {self.kind.count_of(number)}."
        return f"{status}: {self.kind.count_of(number)}. The reason: {reason}"

    def get_success_url(self) -> str:
        """To where they came from: the register as it was filtered, or the person's day."""
        query = self.request.POST if self.request.method == "POST" else self.request.GET
        if person := query.get("to_person"):
            ids = _ids([person])
            return address_of_person(self.day, self.kind, ids[0])
        filters = QueryDict(query.get("back", "")).urlencode()
        return f"{reverse('admin:attendance_day_of', args=[self.day])}?{filters}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        data = self.request.POST if self.request.method == "POST" else self.request.GET
        return super().get_context_data(
            day=self.day,
            kind=self.kind,
            people=self.people,
            number=self.kind.count_of(len(self.people)),
            back=data.get("back", ""),
            to_person=data.get("to_person", ""),
            cancel=self.get_success_url(),
            **kwargs,
        )


def address_of_person(day: date, kind: PersonKind, pk: UUID) -> str:
    return reverse("admin:attendance_person_day", args=[day, kind.key, pk])


def offer_no_taking_back(form: CorrectionForm) -> None:
    status: Any = form.fields["status"]
    status.choices = Status.choices


def _ids(texts: Collection[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError as error:
        raise Http404 from error
