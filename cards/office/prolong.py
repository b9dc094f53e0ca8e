"""Cards that are to be good for longer: a new end for all of them, and then a print, if at all."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Capability
from cards import services
from cards.models import Card
from cards.office.end_cards import to_the_list
from cards.office.forms import CardsForm, first_error
from cards.office.one_by_one import DONE, act_on_each, tell
from cards.office.print_views import choose_print
from cards.validity import LAST_SECOND, default_expiry
from core.errors import InvalidFields
from office.views import OfficeView

NO_DEFAULT = "Say until when: no validity is set for this kind of people."


class UntilForm(forms.Form):
    """The last day; left empty, as long as a card that is issued today."""

    until = forms.DateField(
        required=False, error_messages={"invalid": "This is no day. Write 2027-09-30."}
    )

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if until and until < timezone.localdate():
            raise forms.ValidationError("This day is over.")
        return until


class ProlongMany(OfficeView):
    """A POST of cards asks until when; with a step it gives them that end.

    The cards travel with the form: what is prolonged is what the page has shown.
    """

    route = "cards/prolong/"
    url_name = "cards_prolong"
    title = "Prolong cards"
    capability = Capability.MANAGE_CARDS

    def post(self, request: HttpRequest) -> HttpResponse:
        form, until = CardsForm(request.POST), UntilForm(request.POST)
        if not form.is_valid():
            messages.error(request, first_error(form))
            return to_the_list()
        cards = form.cleaned_data["cards"]
        if "until" not in request.POST:
            return self.ask(cards)
        if not until.is_valid():
            messages.error(request, first_error(until))
            return self.ask(cards)
        return self.prolong(cards, until.cleaned_data["until"])

    def ask(self, cards: Sequence[UUID]) -> HttpResponse:
        context: dict[str, Any] = {
            "number": len(cards),
            "cards": ",".join(map(str, cards)),
            "address": reverse(f"admin:{self.url_name}"),
            "today": timezone.localdate(),
        }
        return render(self.request, "cards/choose_prolong.html", self.get_context_data(**context))

    def prolong(self, cards: Sequence[UUID], until: date | None) -> HttpResponse:
        prolonged: list[UUID] = []

        def prolong(card: Card) -> None:
            services.change_card(card=card, changes={"expiry_date": _end_of(card, until)})
            prolonged.append(card.pk)

        outcomes = act_on_each(cards, prolong)
        tell(self.request, outcomes, "good for longer")
        return choose_print(self.request, prolonged) if outcomes[DONE] else to_the_list()


def _end_of(card: Card, until: date | None) -> datetime:
    """Raises InvalidFields where neither the form nor the institution says an end."""
    if until:
        return timezone.make_aware(datetime.combine(until, LAST_SECOND))
    end = default_expiry(card.person, issued=timezone.now())
    if end is None:
        raise InvalidFields({"expiry_date": [NO_DEFAULT]})
    return end
