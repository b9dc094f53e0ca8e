"""The end of many cards at once: retired or replaced, with one reason for all of them."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse

from cards import services
from cards.models import Card
from cards.office.chosen_cards import ChosenCardsView, to_the_list
from cards.office.forms import REPLACE_REASONS, RETIRE_REASONS, CardsForm, ReasonForm
from cards.office.one_by_one import act_on_each, tell
from cards.office.print_views import ChoosePrint


class EndCardsView(ChosenCardsView):
    """For a reason, which is asked for."""

    page = "cards/choose_end.html"
    reasons: ClassVar[Any]

    def act(self, form: CardsForm) -> HttpResponse:
        cards, chosen = form.cleaned_data["cards"], ReasonForm(self.request.POST)
        if not chosen.is_valid():
            return self.ask(cards)
        return self.end(cards, chosen.cleaned_data["reason"])

    def ask(self, cards: Sequence[UUID], **more: Any) -> HttpResponse:
        return super().ask(cards, reasons=self.reasons, **more)

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
        return ChoosePrint.asking(self.request, issued) if issued else to_the_list()
