"""What is done with the cards of a selection: of people, of a class, or of cards themselves."""

from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards import services
from cards.models import Card
from cards.office.chosen_cards import ChosenCardsView
from cards.office.end_cards import ReplaceMany, RetireMany
from cards.office.print_views import ChoosePrint
from cards.office.prolong import ProlongMany
from cards.office.switch import SwitchManyOff, SwitchManyOn
from core.errors import DomainError
from people.kinds import PersonKind
from people.office.additions import Act

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from cards.models import CardQuerySet

# A card takes some milliseconds, and the officer's browser waits for all of them. More is refused,
# never cut short; of a list that has stopped counting, "all" cannot be chosen.
MOST_AT_ONCE = 2_000
ISSUED = "issued_cards"  # in the session: what the last issue did


class TooManySelected(DomainError):
    code = "too_many"

    def __init__(self) -> None:
        said = gettext("At most {most} at once: filter by class, or select fewer.")
        super().__init__(said.format(most=f"{MOST_AT_ONCE:,}"))


def refusals_told(act: Act) -> Act:
    """An action whose refusal is a message over the list."""

    @wraps(act)
    def told(admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        try:
            return act(admin, request, rows)
        except DomainError as error:
            messages.error(request, error.message)
            return None

    return told


@refusals_told
def issue_to_people(admin: Any, request: HttpRequest, people: QuerySet[Any]) -> HttpResponse | None:
    return issue_to(request, people.model.person_kind, people)


def issue_to(
    request: HttpRequest, kind: PersonKind, people: QuerySet[Any], *, about: str = ""
) -> HttpResponse:
    """Issue in the order of the list, and lead to what became of it. Raises TooManySelected.

    `about`: whose class they are, or with which file they came.
    """
    assert isinstance(request.user, User)
    wanted = [str(pk) for pk in _keys(people)]
    result = services.issue_cards(kind=kind, holder_uuids=wanted, by=request.user, about=about)
    request.session[ISSUED] = {
        "card_type": kind.key,
        "cards": [str(card.pk) for card in result.cards],
        "change": str(result.deed.pk) if result.deed else None,
        "refused": [[pk, str(error)] for pk, error in result.errors],
    }
    return HttpResponseRedirect(reverse("admin:cards_issued"))


def _of_people(page: type[ChosenCardsView]) -> Act:
    """Asks `page` of the cards of these people in the order of the list, as they are handed out."""

    @refusals_told
    def ask(admin: Any, request: HttpRequest, people: QuerySet[Any]) -> HttpResponse | None:
        cards = _cards_held_by(request, people)
        return page.asking(request, cards) if cards else None

    return ask


def _of_cards(page: type[ChosenCardsView], if_none: "StrOrPromise") -> Act:
    """Asks `page` of those that are in use; `if_none` is said where none is."""

    @refusals_told
    def ask(admin: Any, request: HttpRequest, cards: QuerySet[Any]) -> HttpResponse | None:
        keys = _in_use(request, cards, if_none)
        return page.asking(request, keys) if keys else None

    return ask


def _cards_held_by(request: HttpRequest, people: QuerySet[Any]) -> list[UUID]:
    """In the order of the list; who has none is said. Raises TooManySelected."""
    keys = _keys(people)
    cards = Card.objects.current().filter(person__in=keys)
    held = dict(cards.values_list("person_id", "pk"))
    if without := sum(key not in held for key in keys):
        said = gettext("{number} of these people have no card yet.").format(number=without)
        messages.warning(request, said)
    return [held[key] for key in keys if key in held]


def _in_use(request: HttpRequest, cards: QuerySet[Any], if_none: "StrOrPromise") -> list[UUID]:
    """People's own that are not retired, by department and name. Raises TooManySelected."""
    keys = _keys(cast("CardQuerySet", cards).current().by_name())
    if not keys:
        messages.error(request, if_none)
    return keys


HAVE_ENDED = _("Retired cards have ended already, and temporary ones are taken back.")
print_of_people = _of_people(ChoosePrint)
prolong_of_people = _of_people(ProlongMany)
replace_of_people = _of_people(ReplaceMany)
retire_of_people = _of_people(RetireMany)
switch_on_of_people = _of_people(SwitchManyOn)
switch_off_of_people = _of_people(SwitchManyOff)
print_of_cards = _of_cards(ChoosePrint, _("Retired and temporary cards are not printed."))
prolong_of_cards = _of_cards(
    ProlongMany, _("Retired cards have ended already; temporary ones are given anew.")
)
replace_of_cards = _of_cards(ReplaceMany, HAVE_ENDED)
retire_of_cards = _of_cards(RetireMany, HAVE_ENDED)


def _switching(page: type[ChosenCardsView]) -> Act:
    """Asks `page` of those that are not retired, temporary ones among them; the others are told."""

    @refusals_told
    def ask(admin: Any, request: HttpRequest, cards: QuerySet[Any]) -> HttpResponse | None:
        chosen = cast("CardQuerySet", cards)
        keys = _keys(chosen.filter(retired_at=None).by_name())
        if ended := chosen.filter(retired_at__isnull=False).count():
            said = ngettext(
                "{number} of these cards is retired, and stays so.",
                "{number} of these cards are retired, and stay so.",
                ended,
            )
            messages.warning(request, said.format(number=ended))
        return page.asking(request, keys) if keys else None

    return ask


switch_on_of_cards = _switching(SwitchManyOn)
switch_off_of_cards = _switching(SwitchManyOff)


def _keys(rows: QuerySet[Any]) -> list[UUID]:
    keys = list(rows.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if len(keys) > MOST_AT_ONCE:
        raise TooManySelected
    return keys
