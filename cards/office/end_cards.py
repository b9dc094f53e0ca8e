"""The end of many cards at once: retired or replaced, with one reason for all of them."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.roles import Capability
from cards import services
from cards.models import Card
from cards.office.forms import (
    REPLACE_REASONS,
    RETIRE_REASONS,
    CardsForm,
    ReasonForm,
    first_error,
)
from cards.office.one_by_one import act_on_each, tell
from cards.office.print_views import choose_print
from office.views import OfficeView


class EndCardsView(OfficeView):
    """A POST of cards asks for the reason; with the reason it ends them.

    The cards travel with the form: what is ended is what the page has shown.
    """

    capability = Capability.MANAGE_CARDS
    verb: ClassVar[str]
    warning: ClassVar[str]
    reasons: ClassVar[Any]

    def post(self, request: HttpRequest) -> HttpResponse:
        form, chosen = CardsForm(request.POST), ReasonForm(request.POST)
        if not form.is_valid():
            messages.error(request, first_error(form))
            return to_the_list()
        cards = form.cleaned_data["cards"]
        if not chosen.is_valid():
            return self.ask(cards)
        return self.end(cards, chosen.cleaned_data["reason"])

    def ask(self, cards: Sequence[UUID]) -> HttpResponse:
        context = self.get_context_data(
            number=len(cards),
            cards=",".join(map(str, cards)),
            address=reverse(f"admin:{self.url_name}"),
            verb=self.verb,
            warning=self.warning,
            reasons=self.reasons,
        )
        return render(self.request, "cards/choose_end.html", context)

    def end(self, cards: Sequence[UUID], reason: str) -> HttpResponse:
        raise NotImplementedError


class RetireMany(EndCardsView):
    route = "cards/retire/"
    url_name = "cards_retire"
    title = "Retire cards"
    verb = "Retire"
    warning = "They are dead at once, and stay dead. Their holders have no card then."
    reasons = RETIRE_REASONS

    def end(self, cards: Sequence[UUID], reason: str) -> HttpResponse:
        def retire(card: Card) -> None:
            services.retire_card(card=card, reason=reason)

        tell(self.request, act_on_each(cards, retire), "retired for good")
        return to_the_list()


class ReplaceMany(EndCardsView):
    route = "cards/replace/"
    url_name = "cards_replace"
    title = "Replace cards"
    verb = "Replace"
    warning = "They are dead at once, and stay dead. Each holder gets a new card to print."
    reasons = REPLACE_REASONS

    def end(self, cards: Sequence[UUID], reason: str) -> HttpResponse:
        issued: list[UUID] = []

        def replace(card: Card) -> None:
            new = services.replace_card(card=card, reason=reason, rfid_number=None, by=self.user)
            issued.append(new.pk)

        tell(self.request, act_on_each(cards, replace), "replaced")
        return choose_print(self.request, issued) if issued else to_the_list()


class AsksOfCards(Protocol):
    """A page that asks something about cards before it does anything with them."""

    def setup(self, request: HttpRequest) -> None: ...

    def ask(self, cards: Sequence[UUID]) -> HttpResponse: ...


def choose_end(
    page: Callable[[], AsksOfCards], request: HttpRequest, cards: Sequence[UUID]
) -> HttpResponse:
    """The page that asks why these cards end, or until when they are good."""
    asking = page()
    asking.setup(request)
    return asking.ask(cards)


def to_the_list() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:cards_card_changelist"))
