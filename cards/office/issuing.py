"""Cards for a whole class: who has none, class by class, and what an issue did."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.generic import TemplateView

from accounts.roles import Capability
from cards.holders import people_without_cards
from cards.models import HOLDER_MODEL, CardType
from cards.office.addresses import people_url, person_url
from cards.office.print_pages import LAYOUTS
from cards.office.selections import ISSUED, issue_to
from core.errors import DomainError
from office.pages import OfficePage
from office.rooms import add_page
from people.models import Person

# The column that people of a kind are grouped by; guards are one group.
GROUP_FIELD = {CardType.STUDENT: "class_code", CardType.STAFF: "department", CardType.SECURITY: ""}
HEADINGS = {
    CardType.STUDENT: ("Students by class", "No class"),
    CardType.STAFF: ("Staff by department", "No department"),
    CardType.SECURITY: ("Security personnel", "All"),
}
# Of those who were refused, so many are named.
NAMED = 100


@dataclass(frozen=True, slots=True)
class Group:
    """People of one kind and one class or department who have no card."""

    card_type: CardType
    value: str
    number: int

    @property
    def name(self) -> str:
        return self.value or HEADINGS[self.card_type][1]

    @property
    def url(self) -> str:
        field = GROUP_FIELD[self.card_type]
        query = {"card": "none", **({field: self.value} if field else {})}
        return people_url(HOLDER_MODEL[self.card_type], f"?{urlencode(query)}")


def groups(card_type: CardType) -> list[Group]:
    """In one query, whatever the number of classes."""
    people, field = people_without_cards(card_type).order_by(), GROUP_FIELD[card_type]
    if not field:
        number = people.count()
        return [Group(card_type, "", number)] if number else []
    counted = people.values_list(field).annotate(number=Count("*")).order_by(field)
    return [Group(card_type, value, number) for value, number in counted]


class IssuePage(OfficePage, TemplateView):
    """Each class with the number of those who have no card, and a button that issues them."""

    capability = Capability.MANAGE_CARDS
    title = "Issue cards to a class"
    template_name = "cards/issue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = [
            {"heading": HEADINGS[card_type][0], "groups": found}
            for card_type in CardType
            if (found := groups(card_type))
        ]
        return super().get_context_data(kinds=kinds, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        if (card_type := request.POST.get("card_type")) not in CardType.values:
            raise Http404
        people, field = people_without_cards(CardType(card_type)), GROUP_FIELD[CardType(card_type)]
        if field:
            people = people.filter(**{field: request.POST.get("group", "")})
        try:
            return issue_to(request, CardType(card_type), people)
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:cards_issue"))


class IssuedPage(OfficePage, TemplateView):
    """What the last issue of this session did: how many, who was refused and why, and printing."""

    capability = Capability.MANAGE_CARDS
    title = "Cards issued"
    template_name = "cards/issued.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if ISSUED not in request.session:
            return HttpResponseRedirect(reverse("admin:cards_issue"))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        issued = self.request.session[ISSUED]
        cards, refused = issued["cards"], issued["refused"]
        model = HOLDER_MODEL[CardType(issued["card_type"])]
        return super().get_context_data(
            number=len(cards),
            cards=",".join(cards),
            layouts=LAYOUTS,
            refused=len(refused),
            reasons=Counter(why for _, why in refused).most_common(),
            named=_named(model, refused[:NAMED]),
            more=max(0, len(refused) - NAMED),
            back=people_url(model),
            **kwargs,
        )


def _named(model: type[Person], refused: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Who was refused, where they are, and why, in one query."""
    people = model._default_manager.in_bulk([pk for pk, _ in refused])
    found = {str(pk): person for pk, person in people.items()}
    return [
        {"name": str(person), "url": person_url(person), "words": why}
        for pk, why in refused
        if (person := found.get(pk))
    ]


add_page(door="cards_issue", title="Issue to a class", capability=Capability.MANAGE_CARDS)
