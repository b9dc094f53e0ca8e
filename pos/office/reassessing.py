"""Taps of today of a card that nobody knew then: offered at the desk, and beside its holder."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from cards.models import Card
from office.moments import clock
from office.views import ConfirmView
from people.models import Person
from people.office.additions import PeopleAddition
from pos.reassessing import (
    UnknownCard,
    card_to_reassess,
    may_reassess,
    reassess,
    unknown_today,
)


def offer_to_count(user: User, card: Card) -> str:
    """HTML that offers to count what this card did today before it was enrolled, if anything."""
    if card.retired_at or not may_reassess(user, card.person):
        return ""
    taps = list(unknown_today(card, now=timezone.now()))
    if not taps:
        return ""
    said = ", ".join(
        gettext("{time} at {reader}").format(
            time=date_format(timezone.localtime(tap.counted_at), "H:i"),
            reader=tap.device.name if tap.device else "",
        )
        for tap in taps
        if tap.counted_at
    )
    context = {"card": card, "said": said, "number": len(taps)}
    return render_to_string("pos/office/offer_to_count.html", context)


class TapsBeforeEnrolment(PeopleAddition):
    def panel(self, request: HttpRequest, person: Person) -> str:
        assert isinstance(request.user, User)
        cards = Card.objects.filter(person=person.pk, retired_at=None).select_related("person")
        return "".join(offer_to_count(request.user, card) for card in cards)


class CountBeforeEnrolment(ConfirmView):
    route = "pos/card/<uuid:card_uuid>/count-today/"
    url_name = "pos_count_today"
    title = _("Count taps of today")
    action = _("Count them")
    capability = Capability.READ_PEOPLE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user = request.user
        is_other = isinstance(user, User) and not (
            user.may(Capability.MANAGE_CARDS) or user.may(Capability.CORRECT_ATTENDANCE)
        )
        if is_other:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def card(self) -> Card:
        try:
            return card_to_reassess(self.kwargs["card_uuid"], by=self.user)
        except UnknownCard as error:
            raise Http404 from error

    @property
    def back(self) -> str:
        return reverse(self.card.person.declared.change_page, args=[self.card.person_id])

    @property
    def back_name(self) -> str:
        return str(self.card.person.full_name)

    def warning(self) -> str:
        taps = list(unknown_today(self.card, now=timezone.now()))
        if not taps:
            return gettext("Nothing of today waits to be counted.")
        said = ", ".join(
            gettext("{time} at {reader}").format(time=clock(tap.counted_at), reader=tap.device)
            for tap in taps
            if tap.counted_at
        )
        return gettext(
            "This card was tapped before it was enrolled: {taps}. Counted, that is "
            "{holder}, whose day follows; the refusals stay in the ledger."
        ).format(taps=said, holder=self.back_name)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        now = timezone.now()
        number = len(reassess(self.card, since=timezone.localdate(now), now=now))
        said = ngettext("{n} tap of today counted.", "{n} taps of today counted.", number)
        messages.success(request, said.format(n=number))
        return redirect(self.back)
