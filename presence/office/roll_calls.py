"""Roll-calls: begin one, mark people on a phone, end it, and what came of it."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView

from accounts.models import User
from accounts.roles import Capability
from core.errors import DomainError
from office.rooms import Room
from office.tasks import Task, Tone
from office.views import OfficeView
from people.fields import clean_line
from presence.models import MOST_TEXT, RollCall
from presence.services import RollCallSheet, end_roll_call, start_roll_call

PER_PAGE = 20


class RollCallForm(forms.Form):
    is_drill = forms.TypedChoiceField(
        label=_("What it is"),
        choices=(("drill", _("A drill")), ("real", _("Real: people are in danger"))),
        coerce=lambda said: said == "drill",
        initial="drill",
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=MOST_TEXT,
        required=False,
        help_text=_("For example: fire drill of the term."),
    )
    place = forms.CharField(label=_("Where people gather"), max_length=MOST_TEXT, required=False)

    def clean_name(self) -> str:
        return clean_line(self.cleaned_data["name"])

    def clean_place(self) -> str:
        return clean_line(self.cleaned_data["place"])


class RollCallsView(OfficeView, FormView[RollCallForm]):
    """All of them, and the form that begins one, for whoever may."""

    route = "attendance/roll-calls/"
    url_name = "presence_roll_calls"
    title = _("Roll-calls")
    capability = Capability.READ_ATTENDANCE
    room = Room.ATTENDANCE
    place = 12
    template_name = "presence/roll_calls.html"
    form_class = RollCallForm

    @property
    def may_begin(self) -> bool:
        return self.user.may(Capability.MANAGE_ATTENDANCE)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_begin:
            return redirect(f"admin:{self.url_name}")
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: RollCallForm) -> HttpResponse:
        try:
            begun = start_roll_call(by=self.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error("is_drill", error.message)
            return self.form_invalid(form)
        return redirect("admin:presence_roll_call", begun.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        roll_calls = RollCall.objects.select_related("started_by")
        page = Paginator(roll_calls, PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            page=page,
            pages=page.paginator.get_elided_page_range(page.number),
            may_begin=self.may_begin,
            **kwargs,
        )


class OneRollCallView(OfficeView):
    """Mix into a view about the roll-call of its address."""

    capability = Capability.READ_ATTENDANCE

    @cached_property
    def roll_call(self) -> RollCall:
        roll_calls = RollCall.objects.select_related("started_by", "ended_by")
        return get_object_or_404(roll_calls, pk=self.kwargs["pk"])

    @cached_property
    def sheet(self) -> RollCallSheet:
        return RollCallSheet(self.roll_call, seen_by=self.user)

    @property
    def address(self) -> str:
        return reverse("admin:presence_roll_call", args=[self.roll_call.pk])


class RollCallView(OneRollCallView, TemplateView):
    """For a phone: `roll-call.js` shows people as the API tells of them, and keeps what is said
    while there is no network. POST ends the roll-call.
    """

    route = "attendance/roll-calls/<uuid:pk>/"
    url_name = "presence_roll_call"
    title = _("Roll-call")
    template_name = "presence/roll_call.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.user.may(Capability.MANAGE_ATTENDANCE):
            try:
                end_roll_call(roll_call=self.roll_call, by=self.user)
            except DomainError as error:
                messages.error(request, error.message)
        return redirect(self.address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            title=self.roll_call.title,
            roll_call=self.roll_call,
            sheet=self.sheet,
            times=times_in_words(self.sheet),
            may_mark=self.user.may(Capability.CORRECT_ATTENDANCE),
            may_end=self.user.may(Capability.MANAGE_ATTENDANCE),
            **kwargs,
        )


def times_in_words(sheet: RollCallSheet) -> list[tuple[str, str]]:
    """After how long half, nearly all and all of them were found."""
    # xgettext:no-python-format
    most = gettext("95 % found after")
    words = (gettext("Half found after"), most, gettext("All found after"))
    return list(zip(words, map(_duration, sheet.times.values()), strict=True))


def _duration(seconds: int | None) -> str:
    if seconds is None:
        return gettext("never")
    minutes, rest = divmod(seconds, 60)
    words = gettext("{minutes} min {seconds} s") if minutes else gettext("{seconds} s")
    return words.format(minutes=minutes, seconds=rest)


class RollCallWorkerView(OfficeView):
    """The script that hands the page of a roll-call out while there is no network. A browser asks
    for it anew with each visit.
    """

    route = "attendance/roll-calls/worker.js"
    url_name = "presence_roll_call_worker"
    title = _("Roll-call")
    capability = Capability.READ_ATTENDANCE

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(
            request, "presence/roll-call-worker.js", content_type="text/javascript; charset=utf-8"
        )


class RollCallPrintView(OneRollCallView, TemplateView):
    """The list on A4, by group, each with a box to tick."""

    route = "attendance/roll-calls/<uuid:pk>/print/"
    url_name = "presence_roll_call_print"
    title = _("Roll-call")
    template_name = "presence/print.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            title=self.roll_call.title,
            at=self.roll_call.started_at,
            everybody=self.sheet.lines,
            **kwargs,
        )


def under_way(user: User) -> Task | None:
    """A roll-call that nobody has ended."""
    roll_calls = list(RollCall.objects.under_way())
    if not roll_calls:
        return None
    real = next((each for each in roll_calls if not each.is_drill), None)
    url = reverse("admin:presence_roll_call", args=[(real or roll_calls[0]).pk])
    number, tone = len(roll_calls), Tone.BAD if real else Tone.WARN
    what = ngettext("roll-call is under way", "roll-calls are under way", number)
    return Task(number, what, gettext("Find people"), url, tone)
