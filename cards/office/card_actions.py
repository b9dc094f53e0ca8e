"""What is done to one card from the page of its holder: each a POST that leads back there."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Capability
from cards import services
from cards.models import Card
from cards.office.addresses import person_url
from cards.office.forms import AgainForm, ReasonForm, first_error
from cards.office.print_warnings import letters_in_words
from cards.prints import NameUnprintable, pdf_response, print_card
from core.errors import DomainError, InvalidFields
from core.locks import for_change
from office.views import OfficeView
from people.kinds import is_kind, kind_named


class IssueToOne(OfficeView):
    """A card with a generated number, for one person."""

    route = "cards/issue/<str:card_type>/<uuid:pk>/"
    url_name = "cards_issue_to_one"
    title = _("Issue a card")
    capability = Capability.MANAGE_CARDS

    def post(self, request: HttpRequest, card_type: str, pk: UUID) -> HttpResponse:
        holder = get_object_or_404(holders_of(card_type), pk=pk)
        try:
            card = services.issue_card(holder=holder, rfid_number=None, by=self.user)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            said = gettext("Card {card} is issued. Print it now, or with others later.")
            messages.success(request, said.format(card=card))
        return HttpResponseRedirect(person_url(holder))


def holders_of(card_type: str) -> Any:
    if not is_kind(card_type):
        raise Http404
    return kind_named(card_type).model.objects.all()


class CardAction(OfficeView):
    """Subclasses do one thing to a card whose row is locked, and say what they did."""

    capability = Capability.MANAGE_CARDS

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        holder = get_object_or_404(Card.objects.select_related("person"), pk=pk).person
        try:
            with transaction.atomic():
                cards = for_change(Card.objects.with_holders())
                said = self.act(get_object_or_404(cards, pk=pk))
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, said)
        return HttpResponseRedirect(person_url(holder))

    def act(self, card: Card) -> str:
        raise NotImplementedError

    def reason(self) -> str:
        form = ReasonForm(self.request.POST)
        if not form.is_valid():
            raise InvalidFields({"reason": [first_error(form)]})
        chosen: str = form.cleaned_data["reason"]
        return chosen


class SwitchOn(CardAction):
    route = "cards/card/<uuid:pk>/on/"
    url_name = "cards_card_on"
    title = _("Activate")

    def act(self, card: Card) -> str:
        services.switch_card(card=card, is_active=True)
        return gettext("Card {card} is active.").format(card=card)


class SwitchOff(CardAction):
    route = "cards/card/<uuid:pk>/off/"
    url_name = "cards_card_off"
    title = _("Switch off")

    def act(self, card: Card) -> str:
        services.switch_card(card=card, is_active=False)
        said = gettext("Card {card} is switched off. It opens nothing until it is activated again.")
        return said.format(card=card)


class Retire(CardAction):
    route = "cards/card/<uuid:pk>/retire/"
    url_name = "cards_card_retire"
    title = _("Retire")

    def act(self, card: Card) -> str:
        services.retire_card(card=card, reason=self.reason())
        reason = card.get_retired_reason_display().lower()
        return gettext("Card {card} is retired for good: {reason}.").format(
            card=card, reason=reason
        )


class Replace(CardAction):
    route = "cards/card/<uuid:pk>/replace/"
    url_name = "cards_card_replace"
    title = _("Replace")

    def act(self, card: Card) -> str:
        new = services.replace_card(card=card, reason=self.reason(), rfid_number=None, by=self.user)
        said = gettext("Card {card} is retired for good, and {new} is issued. Print the new card.")
        return said.format(card=card, new=new)


class PrintOne(OfficeView):
    """The PDF, to look at and print; logged as over REST, where GET prints as well."""

    capability = Capability.MANAGE_CARDS
    route = "cards/card/<uuid:pk>/print/"
    url_name = "cards_card_print"
    title = _("Print")

    def get(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        card = get_object_or_404(Card.objects.with_holders(), pk=pk)
        form = AgainForm(request.GET)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        try:
            printed = print_card(card=card, by=self.user, reason=reason)
        except NameUnprintable as error:
            messages.error(request, letters_in_words(error))
            return HttpResponseRedirect(person_url(card.person))
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(person_url(card.person))
        return pdf_response(card, printed, disposition="inline")
