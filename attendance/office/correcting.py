"""Saying what a day really was: for one person, or for several with one reason."""

from collections.abc import Collection
from datetime import date, datetime, time
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from accounts.roles import Capability
from attendance.corrections import UNSAID, Correction, correct_people
from attendance.models import Attendance, Status
from attendance.roll import roll_on
from attendance.rulebook import current_book
from attendance.rules import on_the_wall
from attendance.sentences import correction_in_words
from core.errors import DomainError, InvalidFields
from office.days import OneDayView
from office.lists import TIME_INPUT
from people.fields import clean_line
from people.kinds import PersonKind
from people.models import Person
from people.scope import kinds_with_days_for

KEEP, TAKE_BACK = "keep", "taps"
# What a service calls the times, and this form.
FORM_NAMES = {"attendance_time": "arrived_at", "left_at": "left_at"}


class CorrectionForm(forms.Form):
    """What the day really was, and why."""

    status = forms.ChoiceField(
        label=_("What it was"),
        choices=[
            *Status.choices,
            (KEEP, _("Leave that: only the times below")),
            (TAKE_BACK, _("As the taps say: take the correction back")),
        ],
        widget=forms.RadioSelect,
    )
    arrived_at = forms.TimeField(
        label=_("Arrived"), required=False, widget=TIME_INPUT, help_text=_("Empty: as it is.")
    )
    left_at = forms.TimeField(
        label=_("Left"),
        required=False,
        widget=TIME_INPUT,
        help_text=_("Empty: as it is. Of a night, the next morning's."),
    )
    reason = forms.CharField(
        max_length=300,
        label=_("Reason"),
        help_text=_(
            "For example: school trip, doctor's note, forgot the card. It is kept for good."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        return clean_line(self.cleaned_data["reason"])

    def clean(self) -> None:
        said = self.cleaned_data
        if said.get("status") == KEEP and not (said.get("arrived_at") or said.get("left_at")):
            self.add_error("status", gettext("Say what it was: a status, or a time below."))


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
    title = _("Correct a day")
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
        if not any(day.is_corrected for day in days):
            offer_no_taking_back(form)
        return form

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.people:
            messages.error(request, gettext("Choose somebody first."))
            return redirect(self.get_success_url())
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: CorrectionForm) -> HttpResponse:
        try:
            messages.success(self.request, self._correct(**form.cleaned_data))
        except InvalidFields as error:
            for name, found in error.fields.items():
                form.add_error(FORM_NAMES.get(name), found)
            return self.form_invalid(form)
        except DomainError as error:
            messages.error(self.request, error.message)
        return redirect(self.get_success_url())

    def _correct(
        self, *, status: str, arrived_at: time | None, left_at: time | None, reason: str
    ) -> str:
        """What was done, in words."""
        is_back = status == TAKE_BACK
        number = correct_people(
            day=self.day,
            kind=self.kind.key,
            people=[person.pk for person in self.people],
            correction=Correction(reason, None, None, None)
            if is_back
            else Correction(
                reason,
                UNSAID if status == KEEP else status,
                self._instant(arrived_at) if arrived_at else UNSAID,
                self._instant(left_at) if left_at else UNSAID,
            ),
            by=self.user,
        )
        people = self.kind.count_of(number)
        if is_back:
            return gettext("Taken back: the correction of {people}.").format(people=people)
        said = correction_in_words("" if status == KEEP else status, arrived_at, left_at)
        return gettext("{correction}: {people}. The reason: {reason}").format(
            correction=capfirst(said), people=people, reason=reason
        )

    def _instant(self, at: time) -> datetime:
        """When the clock shows that in this logical day; of several people, in the first one's."""
        book = current_book()
        person = self.people[0].pk
        plan, _ = book.plan(roll_on(self.day, [person])[person].member, self.day)
        if plan.schedule is None:
            return on_the_wall(self.day, at, book.rules.zone)
        return plan.schedule.instant(self.day, at, book.rules.zone)

    def get_success_url(self) -> str:
        """To where they came from: the teacher's class, the person's day, or the register."""
        query = self.request.POST if self.request.method == "POST" else self.request.GET
        if query.get("to_class"):
            return reverse("admin:attendance_my_class")
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
            to_class=data.get("to_class", ""),
            cancel=self.get_success_url(),
            **kwargs,
        )


def address_of_person(day: date, kind: PersonKind, pk: UUID) -> str:
    return reverse("admin:attendance_person_day", args=[day, kind.key, pk])


def offer_no_taking_back(form: CorrectionForm) -> None:
    status: Any = form.fields["status"]
    status.choices = [choice for choice in status.choices if choice[0] != TAKE_BACK]


def _ids(texts: Collection[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError as error:
        raise Http404 from error
