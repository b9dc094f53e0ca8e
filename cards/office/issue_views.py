"""Cards for a whole class: who has none, class by class, and what an issue did."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from cards.holders import Group, groups_heading, groups_without_cards, without_card
from cards.office.addresses import people_url, person_url
from cards.office.list_actions import ISSUED, issue_to
from cards.office.print_views import LAYOUTS
from core.errors import DomainError
from office.rooms import Room
from office.views import ConfirmView, OfficeView
from people.deed_models import Deed
from people.deeds import those_who_came
from people.kinds import PersonKind, is_kind, kind_named, kinds
from people.office.first_people import first_steps

# Of those who were refused, so many are named.
NAMED = 100


class IssueToClassView(OfficeView, TemplateView):
    """Each class with the number of those who have no card, and a button that issues them."""

    route = "cards/issue/"
    url_name = "cards_issue"
    title = _("Issue cards to a class")
    capability = Capability.MANAGE_CARDS
    room = Room.CARDS
    place = 2
    door = _("Issue to a class")
    template_name = "cards/issue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lists = [
            {"heading": groups_heading(kind), "groups": found}
            for kind in kinds()
            if (found := [(group, _url(group), n) for group, n in groups_without_cards(kind)])
        ]
        steps = None if lists else first_steps(self.request)
        return super().get_context_data(lists=lists, first_steps=steps, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        kind = request.POST.get("card_type")
        if kind is None or not is_kind(kind):
            raise Http404
        group = Group(kind_named(kind), request.POST.get("group", ""))
        try:
            return issue_to(request, group.kind, group.people, about=group.value)
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:cards_issue"))


class IssueToThoseWhoCame(ConfirmView):
    """Cards for whoever came with an import and has none."""

    route = "cards/issue/change/<uuid:pk>/"
    url_name = "cards_issue_to_imported"
    title = _("Issue cards to whoever came with an import?")
    capability = Capability.MANAGE_CARDS
    action = _("Issue the cards")
    back_name = _("The change")

    @cached_property
    def deed(self) -> Deed:
        return get_object_or_404(Deed, pk=self.kwargs["pk"])

    @property
    def back(self) -> str:
        return reverse("admin:people_deed_change", args=[self.deed.pk])

    @property
    def waiting(self) -> Any:
        return without_card(those_who_came(self.deed)).order_by("search_text", "pk")

    def warning(self) -> str:
        came = kind_named(self.deed.kind).count_of(those_who_came(self.deed).count())
        return gettext(
            "{people} came with {import_name}. {number} of them are here and have no card: each of "
            "these gets one with a number that is made for it."
        ).format(people=came, import_name=self.deed.about, number=self.waiting.count())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            kind = kind_named(self.deed.kind)
            return issue_to(request, kind, self.waiting, about=self.deed.about)
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(self.back)


def _url(group: Group) -> str:
    return people_url(group.kind, f"?{urlencode({'card': 'none', **group.condition})}")


class IssuedView(OfficeView, TemplateView):
    """What the last issue of this session did: how many, who was refused and why, and printing."""

    route = "cards/issued/"
    url_name = "cards_issued"
    title = _("Cards issued")
    capability = Capability.MANAGE_CARDS
    template_name = "cards/issued.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if ISSUED not in request.session:
            return HttpResponseRedirect(reverse("admin:cards_issue"))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        issued = self.request.session[ISSUED]
        cards, refused = issued["cards"], issued["refused"]
        kind = kind_named(issued["card_type"])
        deed = Deed.objects.filter(pk=issued["change"]).first() if issued.get("change") else None
        return super().get_context_data(
            number=len(cards),
            cards=",".join(cards),
            layouts=LAYOUTS,
            deed=deed,
            refused=len(refused),
            reasons=Counter(why for _, why in refused).most_common(),
            named=_named(kind, refused[:NAMED]),
            more=max(0, len(refused) - NAMED),
            back=people_url(kind),
            **kwargs,
        )


def _named(kind: PersonKind, refused: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Who was refused, where they are, and why, in one query."""
    people = kind.model.objects.in_bulk([pk for pk, _ in refused])
    found = {str(pk): person for pk, person in people.items()}
    return [
        {"name": str(person), "url": person_url(person), "words": why}
        for pk, why in refused
        if (person := found.get(pk))
    ]
