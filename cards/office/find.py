"""One box for everything that has a name or a number: people, and cards by their numbers."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.generic import TemplateView

from accounts.models import User
from accounts.roles import Capability, Detail
from cards.models import Card
from cards.numbers import canonical_number
from cards.office.addresses import people_url, person_url
from cards.office.states import card_chip, holder_chip
from core.filters import MAX_SEARCH_LENGTH
from office.chips import portrait
from office.views import OfficeView
from people.kinds import PersonKind, kinds
from people.models import Person
from people.scope import may_read
from people.search import words

MOST = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the answer: whose, with which number, and how it stands with the card."""

    name: str
    number: str
    url: str
    portrait: str
    chip: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one kind; `all_url` is the whole list when there is more than this."""

    heading: str
    hits: list[Hit]
    all_url: str


class FindView(OfficeView, TemplateView):
    """The first of each kind; a single hit is opened at once."""

    route = "find/"
    url_name = "find"
    capability = Capability.READ_PEOPLE
    title = "Find"
    template_name = "cards/find.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        text = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_SEARCH_LENGTH]
        found = self._found(text) if words(text) else []
        hits = [hit for kind in found for hit in kind.hits]
        if len({hit.url for hit in hits}) == 1:
            return HttpResponseRedirect(hits[0].url)
        return self.render_to_response(self.get_context_data(q=text, found=found))

    def _found(self, text: str) -> list[Found]:
        found = [_people(kind, text, self.user) for kind in kinds() if may_read(self.user, kind)]
        if self.user.may(Capability.READ_CARDS) and self.user.sees(Detail.CHIP_NUMBERS):
            found.append(_cards(text))
        return [kind for kind in found if kind.hits]


def _people(kind: PersonKind, text: str, user: User) -> Found:
    people: Any = kind.model.objects.seen_by(user)
    first = list(people.with_current_card().search_as(user, text)[: MOST + 1])
    all_url = people_url(kind, f"?{urlencode({'q': text})}") if len(first) > MOST else ""
    return Found(kind.title, [_hit(person) for person in first[:MOST]], all_url)


def _hit(person: Person) -> Hit:
    cards: Any = person
    return _line(person, person.identifier, holder_chip(cards.current_cards))


def _cards(text: str) -> Found:
    """Cards with this in their number, whatever its spelling; the names are the people's."""
    number = _number(text)
    cards = Card.objects.with_holders().search(number).filter(rfid_number__contains=number)
    first = [_line(card.person, card.rfid_number, card_chip(card)) for card in cards[:MOST]]
    return Found("Cards", first, "")


def _number(text: str) -> str:
    try:
        return canonical_number(text)
    except ValidationError:
        return text.upper()


def _line(person: Person, number: str, chip: str) -> Hit:
    name = str(person.full_name)
    picture = portrait(photo=person.photo, name=name)
    return Hit(name, number, person_url(person), picture, chip)
