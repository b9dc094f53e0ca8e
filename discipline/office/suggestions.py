"""How many points each category suggests: one page of all categories."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import FormView

from accounts.roles import Capability
from core.history import maker_of, usernames
from discipline.models import MOST_POINTS, Category, SuggestedPoints
from discipline.suggesting import suggest_points, suggested_points
from office.rooms import Room
from office.views import OfficeView

LATEST = 20


class SuggestionsForm(forms.Form):
    """A field for each category."""

    use_required_attribute = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for category in Category:
            self.fields[category.value] = forms.IntegerField(
                label=category.label, min_value=1, max_value=MOST_POINTS
            )


class SuggestionsView(OfficeView, FormView[SuggestionsForm]):
    route = "discipline/suggested-points/"
    url_name = "discipline_suggestions"
    title = _("Suggested points")
    capability = Capability.MANAGE_DISCIPLINE
    room = Room.DISCIPLINE
    place = 8
    template_name = "discipline/suggestions.html"
    form_class = SuggestionsForm

    def get_initial(self) -> dict[str, Any]:
        return dict(suggested_points())

    def form_valid(self, form: SuggestionsForm) -> HttpResponse:
        number = suggest_points(form.cleaned_data)
        words = ngettext(
            "{number} category suggests other points now.",
            "{number} categories suggest other points now.",
            number,
        )
        messages.success(self.request, words.format(number=number))
        return redirect(reverse("admin:discipline_suggestions"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        log: Any = SuggestedPoints.pgh_event_model  # type: ignore[attr-defined]
        events = list(log.objects.select_related("pgh_context").order_by("-pgh_id")[:LATEST])
        names = usernames(events)
        history = [(event, names.get(maker_of(event), "")) for event in events]
        return super().get_context_data(history=history, most=MOST_POINTS, **kwargs)
