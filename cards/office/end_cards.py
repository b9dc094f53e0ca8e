"""The end of many cards at once: retired or replaced, with one reason for all of them."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cards import services
from cards.models import Card
from cards.office.chosen_cards import ChosenCardsView, to_the_list
from cards.office.forms import REPLACE_REASONS, RETIRE_REASONS, CardsForm, ReasonForm
from cards.office.one_by_one import DONE, act_on_each, tell
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
    title = _("Retire cards")
    warning = _(
        "They are dead at once, and stay dead: this cannot be undone. Their holders have no card "
        "then."
    )
    reasons = RETIRE_REASONS

    def does(self, number: int) -> str:
        words = ngettext("Retire {number} card", "Retire {number} cards", number)
        return words.format(number=number)

    def end(self, cards: Sequence[UUID], reason: str) -> HttpResponse:
        def retire(card: Card) -> None:
            services.retire_card(card=card, reason=reason)

        outcomes = act_on_each(cards, retire)
        words = ngettext(
            "{number} card is retired for good now.",
            "{number} cards are retired for good now.",
            outcomes[DONE],
        )
        tell(self.request, outcomes, words)
        return to_the_list()


class ReplaceMany(EndCardsView):
    route = "cards/replace/"
    url_name = "cards_replace"
    title = _("Replace cards")
    warning = _(
        "They are dead at once, and stay dead: this cannot be undone. Each holder gets a new card "
        "to print."
    )
    reasons = REPLACE_REASONS

    def does(self, number: int) -> str:
        words = ngettext("Replace {number} card", "Replace {number} cards", number)
        return words.format(number=number)

    def end(self, cards: Sequence[UUID], reason: str) -> HttpResponse:
        issued: list[UUID] = []

        def replace(card: Card) -> None:
            new = services.replace_card(card=card, reason=reason, rfid_number=None, by=self.user)
            issued.append(new.pk)

        outcomes = act_on_each(cards, replace)
        words = ngettext(
            "{number} card is replaced now.", "{number} cards are replaced now.", outcomes[DONE]
        )
        tell(self.request, outcomes, words)
        return ChoosePrint.asking(self.request, issued) if issued else to_the_list()
