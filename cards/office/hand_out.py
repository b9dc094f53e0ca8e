"""The hand-out list: who has received their card, ticked by name or by tapping the card."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from cards.desk.spellings import SPELLINGS, chosen_format
from cards.desk.taps import DeskTap, read_tap
from cards.hand_out_models import LONGEST_NAME, HandOut
from cards.handing_out import Receivers, groups_that_wait, hand_out, take_back
from cards.holders import groups_heading
from cards.models import Card
from cards.office.addresses import person_url
from cards.office.forms import first_error
from core.uuids import as_uuid
from office.rooms import Room
from office.views import OfficeView
from people.kinds import is_kind, kind_named, kinds

MOST_TEXT = 200
PER_PAGE = 100
MOST_TICKED = 1000


class TickForm(forms.Form):
    """Whose cards were received, and by whom if not by themselves."""

    cards = forms.TypedMultipleChoiceField(
        coerce=UUID, error_messages={"required": _("Tick who has received their card.")}
    )
    received_by = forms.CharField(max_length=LONGEST_NAME, required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        ticked = data.getlist("cards")[:MOST_TICKED]
        self.fields["cards"].choices = [(pk, pk) for pk in ticked if as_uuid(pk)]  # type: ignore[attr-defined]


class HandOutView(OfficeView, TemplateView):
    """Each group with the number of cards that wait; of one the list, to tick, tap and print."""

    route = "cards/hand-out/"
    url_name = "cards_hand_out"
    title = _("Hand out cards")
    capability = Capability.MANAGE_CARDS
    room = Room.CARDS
    place = 8
    template_name = "cards/hand_out.html"

    @property
    def group(self) -> Receivers | None:
        kind, _, value = self.request.GET.get("group", "").replace("\x00", "").partition(":")
        return Receivers(kind_named(kind), value) if is_kind(kind) else None

    @property
    def number_format(self) -> str:
        """What the reader on the desk sends; empty if that has not been said."""
        said = self.request.GET.get("number_format", "")
        return chosen_format(said) if said else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        group = self.group
        context = {
            "spellings": SPELLINGS,
            "number_format": self.number_format,
            "lists": self._lists(),
        }
        if group:
            context |= self._of(group)
        return super().get_context_data(**{**context, **kwargs})

    def _lists(self) -> list[dict[str, Any]]:
        found = ((groups_heading(kind), kind, groups_that_wait(kind)) for kind in kinds())
        return [
            {
                "heading": heading,
                "groups": [
                    (group, _key(kind.key, group.value), number) for group, number in groups
                ],
            }
            for heading, kind, groups in found
            if groups
        ]

    def _of(self, group: Receivers) -> dict[str, Any]:
        is_done = self.request.GET.get("show") == "received"
        cards = group.received if is_done else group.waiting
        page = Paginator(cards, PER_PAGE).get_page(self.request.GET.get("page"))
        key = _key(group.kind.key, group.value)
        if self.number_format:
            key = f"{key}&number_format={self.number_format}"
        return {
            "group": group,
            "is_done": is_done,
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number),
            "lines": [(card, person_url(card.person)) for card in page],
            "tabs": [
                (f"group={key}", gettext("Waiting"), not is_done),
                (f"group={key}&show=received", gettext("Received"), is_done),
            ],
            "query": f"group={key}{'&show=received' if is_done else ''}",
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        if "back" in request.POST:
            self._take_back(request.POST["back"])
        elif "text" in request.POST:
            self._tapped()
        else:
            self._ticked()
        query = request.GET.copy()
        # The next number is read as this one was.
        if "number_format" in request.POST:
            query["number_format"] = chosen_format(request.POST["number_format"])
        return HttpResponseRedirect(
            f"{request.path}?{query.urlencode()}" if query else request.path
        )

    def _ticked(self) -> None:
        form = TickForm(self.request.POST)
        if not form.is_valid():
            messages.error(self.request, first_error(form))
            return
        said = form.cleaned_data
        cards = hand_out(
            card_uuids=said["cards"],
            by=self.user,
            how=HandOut.How.TICK,
            received_by=said["received_by"],
        )
        number, whom = len(cards), said["received_by"]
        words = (
            ngettext(
                "{number} card is received by {name}.",
                "{number} cards are received by {name}.",
                number,
            )
            if whom
            else ngettext("{number} card is received.", "{number} cards are received.", number)
        )
        messages.success(self.request, words.format(number=number, name=whom))

    def _tapped(self) -> None:
        text = self.request.POST["text"][:MOST_TEXT]
        spelling = chosen_format(self.request.POST.get("number_format", ""))
        tap = read_tap(text=text, number_format=spelling)
        card = _card_of(tap)
        if card is None:
            problem = tap.problem or gettext("Nobody has this card.")
            messages.error(self.request, problem if not tap.cards else SEVERAL)
            return
        holder = card.person
        who = f"{holder.full_name}, {holder.identifier}"
        if card.is_retired or card.is_temporary or holder.is_gone:
            said = gettext("This card of {who} is none to hand out.").format(who=who)
            messages.error(self.request, said)
        elif hand_out(card_uuids=[card.pk], by=self.user, how=HandOut.How.TAP):
            said = gettext("{who} has received card {card}.").format(who=who, card=card)
            messages.success(self.request, said)
        else:
            said = gettext("{who} had received this card before.").format(who=who)
            messages.warning(self.request, said)

    def _take_back(self, key: str) -> None:
        card = as_uuid(key)
        if card and take_back(card_uuid=card, by=self.user):
            messages.success(self.request, gettext("This card waits to be handed out again."))


SEVERAL = _("The reader tells only a part of the number, and it fits several cards.")


def _card_of(tap: DeskTap) -> Card | None:
    """The one card that was tapped, or whose printed code was scanned."""
    if len(tap.cards) != 1:
        return None
    return Card.objects.select_related("person").filter(pk=tap.cards[0].card_uuid).first()


def _key(kind: str, value: str) -> str:
    return urlencode({"": f"{kind}:{value}"})[1:]
