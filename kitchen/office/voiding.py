"""Taking a meal back: it stays in the list, and its portion is free again."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from accounts.roles import Capability
from core.errors import DomainError
from kitchen.models import MAX_REASON, KitchenService
from kitchen.services import void_meal
from office.views import OfficeView
from people.fields import clean_line


class VoidMealForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is taken back"),
        max_length=MAX_REASON,
        help_text=_("For example: the wrong person. It is kept for good."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reason(self) -> str:
        return clean_line(self.cleaned_data["reason"])


class VoidMealView(OfficeView, FormView[VoidMealForm]):
    route = "kitchen/kitchenservice/<uuid:pk>/void/"
    url_name = "kitchen_void"
    capability = Capability.MANAGE_MEALS
    title = _("Take this meal back?")
    template_name = "kitchen/void.html"
    form_class = VoidMealForm

    @cached_property
    def meal(self) -> KitchenService:
        meals = KitchenService.objects.select_related("person", "period")
        return get_object_or_404(meals, pk=self.kwargs["pk"])

    @property
    def address(self) -> str:
        return reverse("admin:kitchen_kitchenservice_change", args=[self.meal.pk])

    def form_valid(self, form: VoidMealForm) -> HttpResponse:
        try:
            void_meal(meal=self.meal, reason=form.cleaned_data["reason"], by=self.user)
        except DomainError as error:
            messages.error(self.request, error.message)
        else:
            taken_back = gettext("The meal of {name} is taken back.")
            messages.success(self.request, taken_back.format(name=self.meal.diner))
        return redirect(self.address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(meal=self.meal, address=self.address, **kwargs)
