"""Serving by name: whoever has no card at hand, an extra portion, a guest."""

from functools import cached_property
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from accounts.roles import Capability
from core.errors import DomainError
from kitchen.by_name import serve_by_name
from kitchen.expected import periods_on
from kitchen.models import MAX_GUEST_NAME, MAX_REASON, KitchenService, MealPeriod
from kitchen.sittings import sittings_at
from kitchen.summary import dishes_of
from office.rooms import Room
from office.views import OfficeView
from people.fields import clean_line
from people.models import Person

MOST_FOUND = 20


class ByNameForm(forms.Form):
    guest_name = forms.CharField(label=_("Name of the guest"), max_length=MAX_GUEST_NAME)
    period = forms.ModelChoiceField(
        label=_("Period"),
        queryset=MealPeriod.objects.none(),
        required=False,
        empty_label=_("The one that is on now"),
    )
    food_item = forms.CharField(
        label=_("Item"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"list": "dishes", "autocomplete": "off"}),
    )
    extra = forms.BooleanField(
        label=_("An extra portion"), required=False, help_text=_("Beyond what they may have.")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON,
        help_text=_("Why by name: the card is at home, a guest of the school."),
        error_messages={"required": _("Say why.")},
    )
    use_required_attribute = False

    def __init__(self, *, person: Person | None, **options: Any) -> None:
        super().__init__(**options)
        del self.fields["guest_name" if person else "extra"]
        today = [period.period_id for period in periods_on(timezone.localdate())]
        period: Any = self.fields["period"]
        period.queryset = MealPeriod.objects.filter(pk__in=today)

    def clean(self) -> dict[str, Any]:
        for name, value in self.cleaned_data.items():
            if isinstance(value, str):
                self.cleaned_data[name] = clean_line(value)
        is_extra = self.cleaned_data.get("extra") or "guest_name" in self.fields
        return {"extra": is_extra, **self.cleaned_data}


class ServeByNameView(OfficeView, FormView[ByNameForm]):
    """Finds somebody by `?q=`, and serves the `?person=` of the address; without one, a guest.

    With `?extra=` it is to be a portion more.
    """

    route = "kitchen/serve/"
    url_name = "kitchen_serve"
    title = _("Serve by name")
    capability = Capability.MANAGE_MEALS
    room = Room.KITCHEN
    place = 4
    template_name = "kitchen/serve.html"
    form_class = ByNameForm

    @cached_property
    def person(self) -> Person | None:
        asked = self.request.GET.get("person")
        try:
            return get_object_or_404(Person, pk=forms.UUIDField().clean(asked)) if asked else None
        except forms.ValidationError:
            return None

    def get_initial(self) -> dict[str, Any]:
        return {"extra": "extra" in self.request.GET}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "person": self.person}

    def form_valid(self, form: ByNameForm) -> HttpResponse:
        asked = {name: value for name, value in form.cleaned_data.items() if value is not None}
        try:
            meal = serve_by_name(by=self.user, person=self.person, **asked)
        except DomainError as error:
            form.add_error(None, error.message)
            return self.form_invalid(form)
        is_served = (
            gettext("{name} is served, {period}.").format(name=meal.diner, period=meal.period.name)
            if meal.period
            else gettext("{name} is served.").format(name=meal.diner)
        )
        messages.success(self.request, is_served)
        return redirect(reverse("admin:kitchen_serve"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        words = self.request.GET.get("q", "").replace("\x00", "").strip()
        served = KitchenService.objects.filter(served_by=self.user, date=timezone.localdate(now))
        return super().get_context_data(
            person=self.person,
            words=words,
            found=Person.objects.active().search(words)[:MOST_FOUND] if words else (),
            served_now=[sitting.period for sitting in sittings_at(now)],
            dishes=dishes_of(timezone.localdate(now)),
            served=served.count(),
            most=settings.KITCHEN_BY_NAME_PER_DAY,
            **kwargs,
        )
