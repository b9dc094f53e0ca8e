"""Thresholds, what they propose, and the page on which a person decides."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from accounts.models import User
from accounts.roles import Capability
from core.errors import DomainError
from discipline.models import MAX_REASON, OPEN, Proposal, Threshold
from discipline.proposals import SUSPENDED, decide_proposal, save_threshold
from office.chips import NOTHING, chip
from office.lists import OfficeModelAdmin
from office.moments import day_and_time
from office.rooms import Room
from office.tasks import Task, Tone
from office.views import OfficeView
from people.fields import clean_line
from people.office.changes import say_done
from students.office_rows import RowsOfStudents

STATES = {
    "open": (_("Waits"), OPEN),
    "accepted": (_("Accepted"), Q(decision="accepted")),
    "dismissed": (_("Dismissed"), Q(decision="dismissed")),
    "risen": (_("Points above again"), Q(decision="", risen_at__isnull=False)),
}


def proposals_waiting(user: User) -> Task | None:
    number = Proposal.objects.seen_by(user).open().count()
    if not number:
        return None
    text = ngettext(
        "act is proposed for students with few points",
        "acts are proposed for students with few points",
        number,
    )
    url = reverse("admin:discipline_proposal_changelist") + "?state=open"
    return Task(number, text, gettext("Decide"), url, Tone.WARN)


def state_chip(proposal: Proposal) -> str:
    if proposal.decision:
        is_accepted = proposal.decision == Proposal.Decision.ACCEPTED
        return chip(proposal.get_decision_display(), Tone.BAD if is_accepted else Tone.QUIET)
    if proposal.is_open:
        return chip(gettext("Waits"), Tone.WARN)
    return chip(gettext("Points above again"), Tone.QUIET)


class ThresholdAdmin(OfficeModelAdmin[Threshold]):
    """Switched off, never changed: what was proposed keeps its reason."""

    room = Room.DISCIPLINE
    place = 7
    list_display = ("__str__", "state", "waiting")
    list_filter = ("is_active",)
    sortable_by = ()
    fields = ("at_or_below", "act", "is_active")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Threshold]:
        """With how many wait of the students whom this role may know of."""
        waiting = Proposal.objects.seen_by(request.user).open().filter(threshold=OuterRef("pk"))
        counted = waiting.order_by().values("threshold").annotate(number=Count("pk"))
        number = Coalesce(Subquery(counted.values("number")), 0)
        return super().get_queryset(request).annotate(waiting_now=number)

    def get_readonly_fields(self, request: HttpRequest, obj: Threshold | None = None) -> Any:
        return ("at_or_below", "act") if obj else ()

    def save_model(
        self, request: HttpRequest, obj: Threshold, form: ModelForm[Threshold], change: bool
    ) -> None:
        if number := save_threshold(obj):
            words = ngettext(
                "It is proposed for {number} student who has so few points already.",
                "It is proposed for {number} students who have so few points already.",
                number,
            )
            messages.info(request, words.format(number=number))

    @admin.display(description=_("State"))
    def state(self, threshold: Threshold) -> str:
        return (
            chip(gettext("In use"), Tone.GOOD)
            if threshold.is_active
            else chip(pgettext("threshold", "Off"), Tone.QUIET)
        )

    @admin.display(description=_("Proposals that wait"))
    def waiting(self, threshold: Any) -> str:
        return str(threshold.waiting_now)


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(value, str(state[0])) for value, state in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = STATES.get(self.value() or "")
        return queryset.filter(known[1]) if known else queryset


class ProposalAdmin(RowsOfStudents[Proposal]):
    room = Room.DISCIPLINE
    place = 5
    list_display = (
        *("portrait", "full_name", "registration_number", "class_code"),
        *("act", "points_left", "proposed", "state"),
    )
    list_filter = (StateFilter, "threshold")
    list_select_related = ("student", "threshold", "decided_by")
    change_form_template = "discipline/proposal.html"
    fields = ("who", "act", "points_left", "proposed", "risen", "decided", "note")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        assert isinstance(request.user, User)
        context["may_decide"] = request.user.may(Capability.MANAGE_DISCIPLINE)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("Student"))
    def who(self, proposal: Proposal) -> str:
        url = reverse("admin:discipline_ledger", args=[proposal.student_id])
        return format_html('<a href="{}">{}</a>', url, proposal.student.full_name)

    @admin.display(description=_("Class"), empty_value=NOTHING)
    def class_code(self, proposal: Proposal) -> str:
        return str(proposal.student.class_code)

    @admin.display(description=_("Proposed act"))
    def act(self, proposal: Proposal) -> str:
        return str(proposal.threshold.act)

    @admin.display(description=_("Proposed"))
    def proposed(self, proposal: Proposal) -> str:
        return day_and_time(proposal.proposed_at)

    @admin.display(description=_("Points above again"), empty_value=NOTHING)
    def risen(self, proposal: Proposal) -> str:
        return day_and_time(proposal.risen_at) if proposal.risen_at else ""

    @admin.display(description=_("Decision"))
    def decided(self, proposal: Proposal) -> str:
        if not proposal.decided_at:
            return state_chip(proposal)
        by = f"{proposal.decided_by}, {day_and_time(proposal.decided_at)}"
        return format_html("{} {}", state_chip(proposal), by)

    @admin.display(description=_("State"))
    def state(self, proposal: Proposal) -> str:
        return state_chip(proposal)


class DecisionForm(forms.Form):
    note = forms.CharField(
        label=_("Note"),
        max_length=MAX_REASON,
        help_text=_("What is done, or why it is not. It is kept for good."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    suspend = forms.BooleanField(
        required=False,
        label=_("Suspend the student now"),
        help_text=_("If you accept: no gate opens until their status is changed back."),
    )

    def __init__(self, *, may_suspend: bool, **options: Any) -> None:
        super().__init__(**options)
        if not may_suspend:
            del self.fields["suspend"]

    def clean_note(self) -> str:
        return clean_line(self.cleaned_data["note"])


class DecideView(OfficeView, FormView[DecisionForm]):
    """By POST: `decision` is the button, accepted or dismissed."""

    route = "discipline/proposal/<uuid:pk>/decide/"
    url_name = "discipline_decide"
    capability = Capability.MANAGE_DISCIPLINE
    title = _("Decide")
    template_name = "discipline/decide.html"
    form_class = DecisionForm

    @cached_property
    def proposal(self) -> Proposal:
        proposals = Proposal.objects.select_related("student", "threshold")
        return get_object_or_404(proposals, pk=self.kwargs["pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        may = self.user.may(Capability.MANAGE_PEOPLE)
        is_here = self.proposal.student.is_active and self.proposal.student.status != SUSPENDED
        return {**super().get_form_kwargs(), "may_suspend": may and is_here}

    def form_valid(self, form: DecisionForm) -> HttpResponse:
        decision = self.request.POST.get("decision")
        if decision not in Proposal.Decision.values:
            form.add_error(None, gettext("Accept it or dismiss it."))
            return self.form_invalid(form)
        is_accepted = decision == Proposal.Decision.ACCEPTED
        waiting = reverse("admin:discipline_proposal_changelist") + "?state=open"
        try:
            decided = decide_proposal(
                proposal=self.proposal,
                decision=decision,
                note=form.cleaned_data["note"],
                by=self.user,
                suspend=is_accepted and form.cleaned_data.get("suspend", False),
            )
        except DomainError as error:
            messages.error(self.request, error.message)
            return redirect(waiting)
        words = gettext("Accepted: {what}.") if is_accepted else gettext("Dismissed: {what}.")
        what = f"{self.proposal.threshold.act}, {self.proposal.student.full_name}"
        words = words.format(what=what)
        if decided.change_id:
            suspended = gettext("They are suspended.")
            words = f"{words} {suspended}"
        say_done(self.request, decided.change_id, words)
        return redirect(waiting)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        proposal = self.proposal
        return super().get_context_data(
            title=proposal.threshold.act,
            proposal=proposal,
            student=proposal.student,
            address=reverse("admin:discipline_proposal_change", args=[proposal.pk]),
            **kwargs,
        )
