"""Many cards switched off, or on again: it names whose they are first, and can be taken back."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cards.many import switch_cards
from cards.office.chosen_cards import ChosenCardsView, to_the_list
from cards.office.forms import SwitchForm
from cards.office.one_by_one import tell_of_many


class SwitchMany(ChosenCardsView):
    page = "cards/choose_switch.html"
    form_class = SwitchForm
    is_active: ClassVar[bool]

    def act(self, form: SwitchForm) -> HttpResponse:
        cards = form.cleaned_data["cards"]
        if not form.cleaned_data["confirmed"]:
            return self.ask(cards)
        done = switch_cards(cards=cards, is_active=self.is_active, by=self.user)
        tell_of_many(self.request, done, self.done_words(len(done.cards)))
        return to_the_list()

    def ask(self, cards: Sequence[UUID], **more: Any) -> HttpResponse:
        return super().ask(cards, is_active=self.is_active, **more)

    def done_words(self, number: int) -> str:
        """With `{number}`."""
        raise NotImplementedError


class SwitchManyOn(SwitchMany):
    route = "cards/switch-on/"
    url_name = "cards_switch_on"
    title = _("Activate cards")
    warning = _("They open gates again. It can be undone for a day.")
    is_active = True

    def does(self, number: int) -> str:
        words = ngettext("Activate {number} card", "Activate {number} cards", number)
        return words.format(number=number)

    def done_words(self, number: int) -> str:
        return ngettext("{number} card is active now.", "{number} cards are active now.", number)


class SwitchManyOff(SwitchMany):
    route = "cards/switch-off/"
    url_name = "cards_switch_off"
    title = _("Switch cards off")
    warning = _("They open nothing until they are activated again. It can be undone for a day.")
    is_active = False

    def does(self, number: int) -> str:
        words = ngettext("Switch {number} card off", "Switch {number} cards off", number)
        return words.format(number=number)

    def done_words(self, number: int) -> str:
        return ngettext(
            "{number} card is switched off now.", "{number} cards are switched off now.", number
        )
