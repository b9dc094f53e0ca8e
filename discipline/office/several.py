"""One incident of several students: one form, an incident of each, asked before and taken back as
one."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from accounts.roles import Capability
from core.errors import DomainError
from core.uuids import as_uuid, unpacked
from discipline.models import Category, Incident
from discipline.office.recording import EvidenceForm, FactsForm
from discipline.office.voiding import VoidForm
from discipline.services import record_incidents, void_incidents
from discipline.words import points_in_words
from office.previewing import PreviewedView
from office.rooms import Room
from office.views import OfficeView
from people.office.audience import NamedPeopleForm
from students.kind import STUDENT
from students.models import Student

LIST: Final = "admin:discipline_incident_changelist"
MOST_STUDENTS: Final = 100


def too_many() -> str:
    return gettext("Choose at most {most} students at once.").format(most=MOST_STUDENTS)


class SeveralForm(FactsForm, NamedPeopleForm):
    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        people: Any = self.fields["people"]
        people.queryset = self.everybody

    @property
    def everybody(self) -> Any:
        return Student.objects.active().seen_by(self.user)

    def clean_people(self) -> list[Student]:
        people = list(self.cleaned_data["people"])
        if not people:
            raise forms.ValidationError(_("Choose the students first."))
        if len(people) > MOST_STUDENTS:
            raise forms.ValidationError(too_many())
        return people


@dataclass(frozen=True, slots=True)
class Cost:
    """What it would leave to one of them."""

    student: Student
    after: int


@dataclass(frozen=True, slots=True)
class SeveralDraft:
    after: str
    before: str = ""


class RecordSeveral(PreviewedView):
    """Those of `?chosen=`, which are `packed`, are chosen to begin with."""

    route = "discipline/incident/several/"
    url_name = "discipline_several"
    capability = Capability.MANAGE_DISCIPLINE
    title = _("One incident of several")
    room = Room.DISCIPLINE
    place = 2
    template_name = "discipline/several_form.html"
    preview_template = "discipline/several_preview.html"
    back_name = _("Incidents")

    @property
    def back(self) -> str:
        return reverse(LIST)

    @cached_property
    def form(self) -> SeveralForm:
        request = self.request
        return SeveralForm(
            request.POST if request.method == "POST" else None,
            user=self.user,
            initial={"people": unpacked(request.GET.get("chosen", ""))[:MOST_STUDENTS]},
        )

    @cached_property
    def evidence(self) -> EvidenceForm:
        """Asked for with the preview, for a file cannot go along in it."""
        if self.request.POST.get("step") != "write":
            return EvidenceForm()
        return EvidenceForm(self.request.POST, self.request.FILES)

    def form_again(self, step: str) -> bool:
        if step not in {"edit", "find"}:
            return False
        self.form.unchecked()
        return True

    def kept(self) -> list[tuple[str, str]]:
        """With the points that the preview says, should the category suggest others by then."""
        said = [(name, value) for name, value in super().kept() if name != "points_deducted"]
        return [*said, ("points_deducted", str(self.form.cleaned_data["points_deducted"]))]

    def previewed(self) -> HttpResponse:
        if not self.form.is_valid():
            return self.with_errors()
        said = self.form.cleaned_data
        students, points = said["people"], said["points_deducted"]
        kind = str(Category(said["category"]).label) if said["category"] else gettext("Incident")
        day = date_format(said["date_of_incident"], "l j F Y")
        return self.show_preview(
            draft=SeveralDraft(
                gettext("{kind}, {day}: {points} each.").format(
                    kind=kind, day=day, points=points_in_words(points)
                )
            ),
            described=said["incident_description"],
            number=STUDENT.count_of(len(students)),
            costs=[Cost(student, student.points_after(deducted=points)) for student in students],
            evidence=self.evidence["evidence"],
            seen=uuid4(),
        )

    def written(self) -> HttpResponse:
        if not self.form.is_valid():
            return self.with_errors()
        group = as_uuid(self.request.POST.get("seen"))
        if group is None:
            return self.out_of_date()
        if not self.evidence.is_valid():
            return self.previewed()
        facts = {**self.form.cleaned_data, **self.evidence.cleaned_data}
        students = facts.pop("people")
        del facts["find"]
        try:
            record_incidents(students=students, group=group, by=self.user, **facts)
        except DomainError as error:
            return self.refused(error)
        undo = reverse("admin:discipline_void_several", args=[group])
        words = gettext("The incident is recorded of {students}.").format(
            students=STUDENT.count_of(len(students))
        )
        link = format_html('<a href="{}">{}</a>', undo, gettext("Undo"))
        messages.success(self.request, format_html("{} {}", words, link))
        return redirect(self.back)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(form=self.form, most=MOST_STUDENTS, **kwargs)


class VoidSeveral(OfficeView, FormView[VoidForm]):
    """All that were recorded as one and still stand."""

    route = "discipline/incident/several/<uuid:group>/void/"
    url_name = "discipline_void_several"
    capability = Capability.MANAGE_DISCIPLINE
    title = _("Void this incident of all?")
    template_name = "discipline/void_several.html"
    form_class = VoidForm

    @cached_property
    def incidents(self) -> list[Incident]:
        incidents = Incident.objects.filter(group=self.kwargs["group"]).select_related("student")
        found = list(incidents.order_by("student__full_name", "pk"))
        if not found:
            raise Http404
        return found

    def form_valid(self, form: VoidForm) -> HttpResponse:
        try:
            number = void_incidents(
                group=self.kwargs["group"], by=self.user, reason=form.cleaned_data["reason"]
            )
        except DomainError as error:
            messages.error(self.request, error.message)
        else:
            words = gettext("The incident is voided of {students}. Its points count no more.")
            messages.success(self.request, words.format(students=STUDENT.count_of(number)))
        return redirect(reverse(LIST))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        standing = [
            Cost(each.student, each.student.points_after(deducted=-each.points_deducted))
            for each in self.incidents
            if not each.is_voided
        ]
        return super().get_context_data(
            incident=self.incidents[0],
            standing=standing,
            number=STUDENT.count_of(len(standing)),
            voided=len(self.incidents) - len(standing),
            back=reverse(LIST),
            **kwargs,
        )
