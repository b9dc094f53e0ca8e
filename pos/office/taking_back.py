"""Taking a tap back that was a mistake: it stays in the ledger, and what it did is undone."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from core.errors import DomainError
from office.views import OfficeView
from people.fields import clean_line
from pos.annulling import annul_tap, may_annul
from pos.models import MAX_REASON, Activity, Tap


class TakeBackForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is taken back"),
        max_length=MAX_REASON,
        help_text=_("For example: the wrong person. It is kept for good."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        return clean_line(self.cleaned_data["reason"])


class TakeBackView(OfficeView, FormView[TakeBackForm]):
    route = "pos/tap/<int:pk>/take-back/"
    url_name = "pos_tap_take_back"
    title = _("Take this tap back?")
    template_name = "pos/office/take_back.html"
    form_class = TakeBackForm

    @cached_property
    def tap(self) -> Tap:
        """Only one that this user sees and may take back."""
        seen = Tap.objects.with_names().select_related("entered_by").seen_by(self.user)
        tap = get_object_or_404(seen, pk=self.kwargs["pk"])
        if not may_annul(self.user, tap):
            raise Http404
        return tap

    @property
    def address(self) -> str:
        return reverse("admin:pos_tap_change", args=[self.tap.pk])

    def form_valid(self, form: TakeBackForm) -> HttpResponse:
        try:
            annul_tap(tap=self.tap, reason=form.cleaned_data["reason"], by=self.user)
        except DomainError as error:
            messages.error(self.request, error.message)
        else:
            said = gettext("The tap is taken back, and what it did is undone.")
            messages.success(self.request, said)
        return redirect(self.address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_meal = self.tap.activity == Activity.FOOD_SERVICE
        shown = {"tap": self.tap, "address": self.address, "is_meal": is_meal}
        return super().get_context_data(**shown, **kwargs)
