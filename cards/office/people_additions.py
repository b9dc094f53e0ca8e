"""What cards add to the lists and pages of people in the office."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability, Detail
from cards.desk.spellings import SPELLINGS
from cards.holders import without_card
from cards.models import Card, IDCardPrintLog
from cards.office.filters import HeldCardFilter
from cards.office.forms import REPLACE_REASONS, REPRINT_REASONS, RETIRE_REASONS
from cards.office.list_actions import (
    issue_to_people,
    print_of_people,
    prolong_of_people,
    replace_of_people,
    retire_of_people,
    switch_off_of_people,
    switch_on_of_people,
)
from cards.office.states import card_chip, holder_chip
from office.lists import NextStep
from people.deed_models import Deed
from people.deeds import those_who_came
from people.kinds import PersonKind
from people.models import Person
from people.office.additions import Act, PeopleAddition


@admin.display(description=_("Card"))
def card(person: Any) -> str:
    return holder_chip(person.current_cards)


@dataclass(frozen=True, slots=True)
class HeldCardRow:
    """A card, and how it stands."""

    card: Card
    chip: str

    @property
    def is_overdue(self) -> bool:
        return self.card.lent(at=timezone.now()) == Card.Lent.OVERDUE


class CardsOfPeople(PeopleAddition):
    columns: ClassVar[Any] = (card,)
    filters: ClassVar[Any] = (HeldCardFilter,)
    stylesheet = "cards/office.css"

    def actions(self, user: User, kind: PersonKind) -> Iterable[tuple[str, Act, str]]:
        if not user.may(Capability.MANAGE_CARDS):
            return ()
        return (
            ("issue_cards", issue_to_people, gettext("Issue cards")),
            ("print_cards", print_of_people, gettext("Print cards")),
            ("switch_on_cards", switch_on_of_people, gettext("Activate cards")),
            ("switch_off_cards", switch_off_of_people, gettext("Switch cards off")),
            ("prolong_cards", prolong_of_people, gettext("Prolong cards")),
            ("replace_cards", replace_of_people, gettext("Replace cards")),
            ("retire_cards", retire_of_people, gettext("Retire cards: lost, returned")),
        )

    def after_import(self, user: User, deed: Deed) -> Iterable[NextStep]:
        number = without_card(those_who_came(deed)).count()
        if not number or not user.may(Capability.MANAGE_CARDS):
            return ()
        url = reverse("admin:cards_issue_to_imported", args=[deed.pk])
        words = gettext("Issue cards to these {number}").format(number=f"{number:,}")
        return (NextStep(words, url),)

    def panel(self, request: HttpRequest, person: Person) -> str:
        """The card that the person holds, and what can be done; below it the earlier ones."""
        assert isinstance(request.user, User)
        context = panel_of(person, seen_by=request.user)
        return render_to_string("cards/panel.html", context, request)


def panel_of(person: Person, *, seen_by: User) -> dict[str, Any]:
    """What `cards/panel.html` shows."""
    cards = Card.objects.of(person).select_related("person", "hand_out__handed_out_by")
    cards = cards.order_by("-issued_date", "card_uuid")
    shown = [HeldCardRow(card, card_chip(card)) for card in cards]
    may_manage = seen_by.may(Capability.MANAGE_CARDS)
    out = (row for row in shown if row.card.is_temporary and not row.card.is_retired)
    lent = next(out, None)
    current = next((row for row in shown if row.card.is_current), None)
    name_on_card = IDCardPrintLog.objects.name_on(current.card) if current else ""
    return {
        "person": person,
        "current": current,
        "printed_before": bool(name_on_card),
        "reprint_reasons": REPRINT_REASONS,
        "old_name": name_on_card if name_on_card != person.full_name else "",
        "lent": lent,
        "may_lend": may_manage and person.is_active and (lent is None or lent.is_overdue),
        "spellings": SPELLINGS,
        "earlier": [row for row in shown if row.card.is_retired],
        "may_manage": may_manage,
        "may_read": seen_by.may(Capability.READ_CARDS),
        "sees_numbers": seen_by.sees(Detail.CHIP_NUMBERS),
        "retire_reasons": RETIRE_REASONS,
        "replace_reasons": REPLACE_REASONS,
    }
