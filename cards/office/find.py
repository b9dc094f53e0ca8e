"""One box for everything that has a name or a number: people, cards, classes, pages.

As a page, and as what the box shows while somebody types (`static/office/finder.js`).
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
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
from people.finding import found_people
from people.kinds import PersonKind, kinds
from people.models import Person
from people.office.values import values_in_use
from people.scope import may_read
from people.search import fold, words

MOST = 20
MOST_TYPED = 5


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


class FindingView(OfficeView, TemplateView):
    capability = Capability.READ_PEOPLE
    title = _("Find")
    most = MOST

    @property
    def text(self) -> str:
        return self.request.GET.get("q", "").replace("\x00", "").strip()[:MAX_SEARCH_LENGTH]

    def found(self) -> list[Found]:
        """People of each kind, and cards."""
        if not words(self.text):
            return []
        known = [kind for kind in kinds() if may_read(self.user, kind)]
        found = _people(known, self.text, self.user, self.most)
        if self.user.may(Capability.READ_CARDS) and self.user.sees(Detail.CHIP_NUMBERS):
            found.append(_cards(self.text, self.most))
        return [kind for kind in found if kind.hits]


class FindView(FindingView):
    """The first of each kind; a single hit is opened at once."""

    route = "find/"
    url_name = "find"
    template_name = "cards/find.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = self.found()
        hits = [hit for kind in found for hit in kind.hits]
        if len({hit.url for hit in hits}) == 1:
            return HttpResponseRedirect(hits[0].url)
        return self.render_to_response(self.get_context_data(q=self.text, found=found))


class FindWhileTypingView(FindingView):
    """The few of each that the box shows, classes and pages among them, as a piece of HTML."""

    route = "find/typed/"
    url_name = "find_typed"
    template_name = "cards/found.html"
    raise_exception = True  # a script cannot follow to the login page: 403
    most = MOST_TYPED

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        asked = words(self.text)
        ways = [*_pages(asked, context["rooms"]), *_classes(asked, self.user)] if asked else []
        return {**context, "q": self.text, "found": self.found(), "ways": ways[: self.most]}


def _pages(asked: list[str], rooms: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Doors of the menu by their names: name, room, address."""
    doors = ((link.name, room["name"], link.url) for room in rooms for link in room["links"])
    return [door for door in doors if _has_all(asked, f"{door[0]} {door[1]}")]


def _classes(asked: list[str], user: User) -> list[tuple[str, str, str]]:
    """Classes that there are, each leading to its people."""
    found = []
    for kind in kinds():
        field = kind.card_group
        if not field or not may_read(user, kind):
            continue
        column: Any = Person._meta.get_field(field)
        own = user.own_classes
        for value in values_in_use(column, kind):
            is_seen = own is None or value.upper() in own
            if value and is_seen and _has_all(asked, f"{kind.groups[field]} {value}"):
                url = people_url(kind, f"?{urlencode({field: value})}")
                found.append(
                    (
                        value,
                        gettext("{group}, {people}").format(
                            group=kind.groups[field], people=kind.title.lower()
                        ),
                        url,
                    )
                )
    return found


def _has_all(asked: list[str], name: str) -> bool:
    text = fold(name)
    return all(word in text for word in asked)


def _people(known: list[PersonKind], text: str, user: User, most: int) -> list[Found]:
    keys = found_people(user, text, known, most + 1)
    rows = Person.objects.filter(pk__in=keys).seen_by(user).with_current_card()
    people = sorted(rows, key=lambda person: person.identifier.upper() != text.upper())
    found = []
    for kind in known:
        first = [person for person in people if person.kind == kind.key]
        all_url = people_url(kind, f"?{urlencode({'q': text})}") if len(first) > most else ""
        found.append(Found(str(kind.title), [_hit(person) for person in first[:most]], all_url))
    return found


def _hit(person: Person) -> Hit:
    cards: Any = person
    return _line(person, person.identifier, holder_chip(cards.current_cards))


def _cards(text: str, most: int) -> Found:
    """Cards with this in their number, whatever its spelling; the names are the people's."""
    number = _number(text)
    cards = Card.objects.with_holders().search(number).filter(rfid_number__contains=number)
    first = [_line(card.person, card.rfid_number, card_chip(card)) for card in cards[:most]]
    return Found(gettext("Cards"), first, "")


def _number(text: str) -> str:
    try:
        return canonical_number(text)
    except ValidationError:
        return text.upper()


def _line(person: Person, number: str, chip: str) -> Hit:
    name = str(person.full_name)
    picture = portrait(photo=person.photo, name=name)
    return Hit(name, number, person_url(person), picture, chip)
