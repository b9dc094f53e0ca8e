"""Temporary cards in the office: given from a person's page, taken back, and the list of them."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from cards import services
from cards.desk.spellings import chosen_format
from cards.desk.taps import read_tap
from cards.models import Card, CardQuerySet
from cards.office.addresses import person_url
from cards.office.card_actions import CardAction, holders_of
from cards.office.forms import first_error
from core.errors import DomainError, InvalidFields
from core.filters import MAX_SEARCH_LENGTH
from office.rooms import Room
from office.views import OfficeView

MOST_TEXT = 200
PER_PAGE = 50
LIST = "list"  # where whoever takes a card back came from


class LendForm(forms.Form):
    """What is given: the chip as it was tapped or typed, and until when if not for the day."""

    text = forms.CharField(
        max_length=MOST_TEXT, error_messages={"required": _("Tap the card, or type its number.")}
    )
    valid_until = forms.DateTimeField(required=False)


class LendToOne(OfficeView):
    """A temporary card, for one person."""

    route = "cards/temporary/lend/<str:card_type>/<uuid:pk>/"
    url_name = "cards_lend"
    title = _("Give a temporary card")
    capability = Capability.MANAGE_CARDS

    def post(self, request: HttpRequest, card_type: str, pk: UUID) -> HttpResponse:
        holder = get_object_or_404(holders_of(card_type), pk=pk)
        try:
            card = self._lend(holder)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            ends = date_format(timezone.localtime(card.expiry_date), "j M Y, H:i")
            said = gettext("{name} has temporary card {card} until {when}.")
            messages.success(request, said.format(name=holder.full_name, card=card, when=ends))
        return HttpResponseRedirect(person_url(holder))

    def _lend(self, holder: Any) -> Card:
        form = LendForm(self.request.POST)
        if not form.is_valid():
            raise InvalidFields({"text": [first_error(form)]})
        given = form.cleaned_data
        spelling = chosen_format(self.request.POST.get("number_format", ""))
        tap = read_tap(text=given["text"], number_format=spelling)
        if tap.problem or tap.is_code:
            problem = tap.problem or gettext("This is what is printed on a card. Tap its chip.")
            raise InvalidFields({"text": [problem]})
        return services.issue_temporary_card(
            holder=holder, rfid_number=tap.number, by=self.user, valid_until=given["valid_until"]
        )


class TakeBack(CardAction):
    route = "cards/card/<uuid:pk>/return/"
    url_name = "cards_card_return"
    title = _("Temporary card returned")

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        response = super().post(request, pk)
        if request.POST.get("back") == LIST:
            asked = {name: request.POST.get(name, "") for name in ("state", "q")}
            return HttpResponseRedirect(
                reverse(
                    "admin:cards_temporary", query={key: asked[key] for key in asked if asked[key]}
                )
            )
        return response

    def act(self, card: Card) -> str:
        services.return_card(card=card)
        own = Card.objects.current().of(card.person).first()
        if own is None:
            return gettext("Temporary card {card} is back.").format(card=card)
        said = gettext("Temporary card {card} is back. Card {own} is good again.")
        return said.format(card=card, own=own)


class TemporaryCardsView(OfficeView, TemplateView):
    """Which are out and which overdue, the longest overdue first; or those that have ended."""

    route = "cards/temporary/"
    url_name = "cards_temporary"
    title = _("Temporary cards")
    capability = Capability.MANAGE_CARDS
    room = Room.CARDS
    place = 4
    template_name = "cards/temporary.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        state = self.request.GET.get("state", "")
        words = self.request.GET.get("q", "").replace("\x00", "").strip()[:MAX_SEARCH_LENGTH]
        cards: CardQuerySet = Card.objects.temporary().with_holders()
        if state in Card.Lent.values:
            cards = cards.lent(state, at=now)
        else:
            state, cards = "", cards.filter(retired_at=None)
        order = "-retired_at" if state == Card.Lent.RETURNED else "expiry_date"
        found = cards.search_as(self.user, words).order_by(order, "pk")
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            lines=[(card, card.lent(at=now), person_url(card.person)) for card in page],
            page=page,
            pages=page.paginator.get_elided_page_range(page.number),
            state=state,
            states=[
                (urlencode({"state": value, "q": words}), label, value == state)
                for value, label in (("", gettext("Out and overdue")), *Card.Lent.choices)
            ],
            q=words,
            query=urlencode({"state": state, "q": words}),
            back=LIST,
            **kwargs,
        )
