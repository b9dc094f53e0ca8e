"""Cards that are to be good for longer: a new end for all of them, and then a print, if at all."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cards.many import NO_DEFAULT, prolong_cards
from cards.office.chosen_cards import ChosenCardsView, to_the_list
from cards.office.forms import CardsForm, first_error
from cards.office.one_by_one import tell_of_many
from cards.office.print_views import ChoosePrint


class UntilForm(forms.Form):
    """The last day; left empty, as long as a card that is issued today."""

    until = forms.DateField(
        required=False, error_messages={"invalid": _("This is no day. Write 2027-09-30.")}
    )

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if until and until < timezone.localdate():
            raise forms.ValidationError(gettext("This day is over."))
        return until


class ProlongMany(ChosenCardsView):
    route = "cards/prolong/"
    url_name = "cards_prolong"
    title = _("Prolong cards")
    page = "cards/choose_prolong.html"
    warning = _(
        "They keep their numbers. What is printed on them still says the old end: print them "
        "again, or tell people that gates know better. It can be undone for a day."
    )

    def does(self, number: int) -> str:
        words = ngettext("Prolong {number} card", "Prolong {number} cards", number)
        return words.format(number=number)

    def act(self, form: CardsForm) -> HttpResponse:
        cards, until = form.cleaned_data["cards"], UntilForm(self.request.POST)
        if "until" not in self.request.POST:
            return self.ask(cards)
        if not until.is_valid():
            messages.error(self.request, first_error(until))
            return self.ask(cards)
        return self.prolong(cards, until.cleaned_data["until"])

    def ask(self, cards: Sequence[UUID], **more: Any) -> HttpResponse:
        return super().ask(cards, today=timezone.localdate(), **more)

    def prolong(self, cards: Sequence[UUID], until: date | None) -> HttpResponse:
        done = prolong_cards(cards=cards, until=until, by=self.user)
        prolonged = [card.pk for card in done.cards]
        if not prolonged and str(NO_DEFAULT) in done.refusals:
            messages.error(self.request, NO_DEFAULT)
            return self.ask(cards)
        words = ngettext(
            "{number} card is good for longer now.",
            "{number} cards are good for longer now.",
            len(prolonged),
        )
        tell_of_many(self.request, done, words)
        return ChoosePrint.asking(self.request, prolonged) if prolonged else to_the_list()
