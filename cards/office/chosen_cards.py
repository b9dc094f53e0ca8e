"""Pages that ask something about many cards before anything is done with them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.roles import Capability
from cards.models import Card
from cards.office.forms import CardsForm, first_error
from office.views import OfficeView

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ChosenCardsView(OfficeView):
    """A POST of cards asks `page`; with the answer it acts.

    The cards travel with the form: what is acted upon is what the page has shown.
    """

    capability = Capability.MANAGE_CARDS
    page: ClassVar[str]
    # What comes of it.
    warning: ClassVar["StrOrPromise"]
    form_class: ClassVar[type[CardsForm]] = CardsForm

    @classmethod
    def asking(cls, request: HttpRequest, cards: Sequence[UUID]) -> HttpResponse:
        """The page about these cards, in answer to a request to another address."""
        view = cls()
        view.setup(request)
        return view.ask(cards)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form_class(request.POST)
        if not form.is_valid():
            messages.error(request, first_error(form))
            return to_the_list()
        return self.act(form)

    def act(self, form: Any) -> HttpResponse:
        """Ask, where nothing was answered yet; else do it."""
        raise NotImplementedError

    def does(self, number: int) -> str:
        """What the button says: what is done to so many cards."""
        raise NotImplementedError

    def ask(self, cards: Sequence[UUID], **more: Any) -> HttpResponse:
        address = reverse(f"admin:{self.url_name}")
        asked_here = self.request.path == address
        context = self.get_context_data(
            number=len(cards),
            cards=",".join(map(str, cards)),
            named=_in_this_order(cards),
            address=address,
            back=list_of_cards() if asked_here else self.request.get_full_path(),
            button=self.does(len(cards)),
            warning=self.warning,
            **more,
        )
        return render(self.request, self.page, context)


def _in_this_order(cards: Sequence[UUID]) -> list[Card]:
    found = Card.objects.select_related("person").in_bulk(list(cards))
    return [found[key] for key in cards if key in found]


def list_of_cards() -> str:
    return reverse("admin:cards_card_changelist")


def to_the_list() -> HttpResponse:
    return HttpResponseRedirect(list_of_cards())
