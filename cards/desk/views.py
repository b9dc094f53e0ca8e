"""The page of the enrolment desk. One form does it all; the script only sends it faster.

The first tap comes back with the number in the form; a tap of the same number links it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.vary import vary_on_headers
from django.views.generic.base import TemplateResponseMixin

from accounts.models import User
from accounts.roles import Capability
from cards.desk.feedback import Feedback, feedback_to, linked, refused
from cards.desk.linking import NeedsReason, link_card
from cards.desk.places import DeskPlace, desk_url, found_people
from cards.desk.queue import Queue, queues
from cards.desk.spellings import SPELLINGS, WARNINGS, chosen_format
from cards.desk.taps import DeskTap, read_tap
from cards.models import Card
from cards.number_formats import NumberFormat
from cards.office.addresses import person_url
from cards.office.forms import REPLACE_REASONS
from cards.office.states import card_chip, holder_chip
from core.errors import DomainError
from core.uuids import as_uuid
from office.chips import portrait
from office.registry import contributions
from office.rooms import Room
from office.views import OfficeView
from people.models import Person
from people.office.first_people import first_steps

MOST_TEXT = 200
# HTML about a card that was just enrolled, or nothing; apps above bring it (`office.registry`).
DeskSection = Callable[[User, Card], str]
MOST_CARDS = 8


@dataclass(frozen=True)
class PersonLine:
    """Somebody in a list of the page."""

    name: str
    number: str
    portrait: str
    chip: str
    url: str


@method_decorator(vary_on_headers("Accept"), name="dispatch")
class EnrolmentDeskView(TemplateResponseMixin, OfficeView):
    route = "cards/desk/"
    url_name = "cards_desk"
    title = _("Enrolment desk")
    capability = Capability.MANAGE_CARDS
    room = Room.CARDS
    place = 1
    template_name = "cards/desk.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        place = DeskPlace.of(request.GET)
        asked = request.GET.get("q", "").replace("\x00", "").strip()[:MOST_TEXT]
        found = found_people(asked)
        if len(found) == 1:
            return HttpResponseRedirect(desk_url(queue=place.queue, person=found[0]))
        done = _card_of(request.GET.get("done", ""))
        hits = [_choice(place, person) for person in found]
        return self.shown(
            place, answer=linked(done) if done else None, done=done, q=asked, hits=hits
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """A tap: the first shows what the card is, the second of the same card links it."""
        place = DeskPlace.of(request.GET)
        tap = self._tap()
        first = request.POST.get("first", "")
        if place.person is not None and tap.is_free and tap.number == first:
            return self._link(place, place.person, tap)
        is_another = bool(first) and first != tap.number
        answer = feedback_to(tap, person=place.person, is_another=is_another)
        return self.shown(place, answer=answer, tap=tap)

    def _tap(self) -> DeskTap:
        """What was tapped or typed; nothing at all confirms what was shown before."""
        text, first = (self.request.POST.get(name, "")[:MOST_TEXT] for name in ("text", "first"))
        if first and not text.strip():
            return read_tap(text=first, number_format=NumberFormat.HEX)
        return read_tap(text=text, number_format=self._format())

    def _format(self) -> NumberFormat:
        return chosen_format(self.request.POST.get("number_format", ""))

    def _link(self, place: DeskPlace, person: Person, tap: DeskTap) -> HttpResponse:
        form = self.request.POST
        try:
            card = link_card(
                holder=person,
                number=tap.number,
                replaces=form.get("replaces", ""),
                reason=form.get("reason", ""),
                by=self.user,
            )
        except NeedsReason as error:
            return self.shown(DeskPlace.of(self.request.GET), answer=refused(str(error)), tap=tap)
        except DomainError as error:
            # Another desk was faster, maybe: what is true now says more than the refusal alone.
            return self._refused(str(error))
        after = place.afterwards()
        if not self._is_script():
            return HttpResponseRedirect(_done_url(after, card))
        return self.shown(after, answer=linked(card), done=card, url=_done_url(after, card))

    def _refused(self, words: str) -> HttpResponse:
        place, tap = DeskPlace.of(self.request.GET), self._tap()
        if tap.cards:
            return self.shown(
                place, answer=feedback_to(tap, person=place.person, is_another=False), tap=tap
            )
        return self.shown(place, answer=refused(words))

    def _is_script(self) -> bool:
        return self.request.headers.get("Accept") == "application/json"

    def shown(
        self,
        place: DeskPlace,
        *,
        answer: Feedback | None = None,
        tap: DeskTap | None = None,
        url: str = "",
        **context: Any,
    ) -> HttpResponse:
        done: Card | None = context.get("done")
        shows: Sequence[DeskSection] = contributions().desk_sections if done else ()
        body = {
            "place": place,
            "sections": [html for show in shows if done and (html := show(self.user, done))],
            "group": _group_of(place.person),
            "portrait": place.person and _portrait(place.person, "large"),
            "person_url": place.person and person_url(place.person),
            "chip": place.person and holder_chip([card] if (card := place.current_card) else []),
            "remaining": place.queue.people.count() if place.queue else 0,
            "answer": answer,
            "tap": tap,
            "first": tap.number if tap and tap.is_free and place.person else "",
            "lines": _lines_of(tap),
            "spellings": SPELLINGS,
            "number_format": self._format(),
            "warning": WARNINGS[self._format()],
            "reasons": REPLACE_REASONS,
            "reason": self.request.POST.get("reason", ""),
            **context,
        }
        if self._is_script():
            return self._as_json(body, answer, url or place.url)
        choices = _choices()
        steps = None if choices else first_steps(self.request)
        frame = self.get_context_data(queues=choices, first_steps=steps, **body)
        return self.render_to_response(frame)

    def _as_json(self, body: dict[str, Any], answer: Feedback | None, url: str) -> JsonResponse:
        return JsonResponse(
            {
                "state": answer.state if answer else "",
                "number": body["tap"].number if body["tap"] else "",
                "says": f"{answer.title}. {answer.text}" if answer else "",
                "url": url,
                "queue": _queue_words(body["place"].queue, body["remaining"]),
                "html": render_to_string("cards/desk_body.html", body, self.request),
            }
        )


def _choices() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (heading, [(queue.key, _queue_words(queue, number)) for queue, number in groups])
        for heading, groups in queues()
    ]


def _queue_words(queue: Queue | None, number: int) -> str:
    if queue is None:
        return ""
    return gettext("{group}: {number} without a card").format(group=queue.name, number=number)


def _done_url(place: DeskPlace, card: Card) -> str:
    return desk_url(queue=place.queue, person=place.person, done=str(card.pk))


def _card_of(pk: str) -> Card | None:
    key = as_uuid(pk)
    return Card.objects.with_holders().filter(pk=key).first() if key else None


def _group_of(person: Person | None) -> str:
    """The class or the department, to ask by when two have the same name."""
    field = person.declared.card_group if person else ""
    return str(getattr(person, field)) if field else ""


def _portrait(person: Person, size: str = "small") -> str:
    return portrait(photo=person.photo, name=str(person.full_name), size=size)


def _choice(place: DeskPlace, person: Person) -> PersonLine:
    cards: Any = person
    url = desk_url(queue=place.queue, person=person)
    chip = holder_chip(cards.current_cards)
    return PersonLine(str(person.full_name), person.identifier, _portrait(person), chip, url)


def _lines_of(tap: DeskTap | None) -> list[PersonLine]:
    """Whose the tapped card is, or may be."""
    pks = [found.card_uuid for found in tap.cards[:MOST_CARDS]] if tap else []
    return list(_lines(Card.objects.with_holders().filter(pk__in=pks))) if pks else []


def _lines(cards: Iterable[Card]) -> Iterable[PersonLine]:
    for card in cards:
        holder = card.person
        words = gettext("{number}, card {card}").format(number=holder.identifier, card=card)
        url = person_url(holder)
        yield PersonLine(str(holder.full_name), words, _portrait(holder), card_chip(card), url)
