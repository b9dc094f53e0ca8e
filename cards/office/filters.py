"""What the lists of people, cards and their logs are narrowed by; none reads a table to say how."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cards.holders import current_card_of_each, without_card
from cards.models import Card, CardQuerySet, IDCardPrintLog
from cards.standing import CARD_EXPIRED, CARD_INACTIVE, CARD_RETIRED, CARD_SUSPENDED
from people.standing import HOLDER_INACTIVE, NOT_EXPECTED, OK

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NEW = timedelta(days=7)
_PRINTED = Exists(IDCardPrintLog.objects.filter(card_uuid=OuterRef("pk"), success=True))


def never_printed(cards: CardQuerySet) -> CardQuerySet:
    """Cards in use that no successful print is logged of."""
    return cards.current().filter(~_PRINTED)


def new_and_not_printed(cards: CardQuerySet) -> CardQuerySet:
    """By when the row was written, which has an index; a card that was issued long ago on paper
    and is only now recorded is not new."""
    since = timezone.now() - NEW
    return never_printed(cards).filter(created_at__gte=since, issued_date__gte=since)


class CardChoiceFilter(admin.SimpleListFilter):
    """A filter with a fixed list of choices, each of them a method of the same name."""

    choice_names: "tuple[tuple[str, StrOrPromise], ...]"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, "StrOrPromise"]]:
        return list(self.choice_names)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = dict(self.choice_names)
        if self.value() not in known:
            return queryset
        narrowed: QuerySet[Any] = getattr(self, str(self.value()))(queryset)
        return narrowed


def last_midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def issued_today(cards: CardQuerySet) -> CardQuerySet:
    """Neither those that were issued long ago on paper and are only now recorded; by the row first,
    which has an index.
    """
    midnight = last_midnight()
    return cards.filter(created_at__gte=midnight, issued_date__gte=midnight)


class IssuedFilter(CardChoiceFilter):
    title = _("Issued")
    parameter_name = "issued"
    choice_names = (("today", _("Today")),)

    def today(self, cards: CardQuerySet) -> CardQuerySet:
        return issued_today(cards)


class HeldCardFilter(CardChoiceFilter):
    """People by their card."""

    title = _("card")
    parameter_name = "card"
    choice_names = (
        ("none", _("No card")),
        ("any", _("Has a card")),
        ("active", _("Active card")),
        ("off", pgettext_lazy("card", "Switched off")),
        ("expired", pgettext_lazy("card", "Expired")),
        ("suspended", _("Temporary card in use")),
        ("refused", _("Holder not admitted")),
    )

    def none(self, people: QuerySet[Any]) -> QuerySet[Any]:
        narrowed: QuerySet[Any] = without_card(people)
        return narrowed

    def any(self, people: QuerySet[Any]) -> QuerySet[Any]:
        return people.filter(Exists(current_card_of_each()))

    def active(self, people: QuerySet[Any]) -> QuerySet[Any]:
        return self._holding(people, OK)

    def off(self, people: QuerySet[Any]) -> QuerySet[Any]:
        return self._holding(people, CARD_INACTIVE)

    def expired(self, people: QuerySet[Any]) -> QuerySet[Any]:
        return self._holding(people, CARD_EXPIRED)

    def suspended(self, people: QuerySet[Any]) -> QuerySet[Any]:
        return self._holding(people, CARD_SUSPENDED)

    def refused(self, people: QuerySet[Any]) -> QuerySet[Any]:
        return self._holding(people, HOLDER_INACTIVE, NOT_EXPECTED)

    def _holding(self, people: QuerySet[Any], *codes: str) -> QuerySet[Any]:
        held = current_card_of_each().in_standing(*codes, at=timezone.now())
        return people.filter(Exists(held))


class CardStateFilter(CardChoiceFilter):
    title = _("state")
    parameter_name = "state"
    choice_names = (
        ("active", pgettext_lazy("card", "Active")),
        ("off", pgettext_lazy("card", "Switched off")),
        ("ending", _("Expires within 30 days")),
        ("expired", pgettext_lazy("card", "Expired")),
        ("suspended", _("Temporary card in use")),
        ("refused", _("Holder not admitted")),
        ("temporary", _("Temporary")),
        ("retired", _("Retired")),
        ("lost", _("Lost or stolen, not replaced")),
    )

    def active(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.in_standing(OK, at=timezone.now())

    def off(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.in_standing(CARD_INACTIVE, at=timezone.now())

    def ending(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.ending_soon(at=timezone.now())

    def expired(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.in_standing(CARD_EXPIRED, at=timezone.now())

    def suspended(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.in_standing(CARD_SUSPENDED, at=timezone.now())

    def temporary(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.temporary()

    def refused(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.in_standing(HOLDER_INACTIVE, NOT_EXPECTED, at=timezone.now())

    def retired(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.in_standing(CARD_RETIRED, at=timezone.now())

    def lost(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.lost_and_not_replaced()


class PrintedFilter(CardChoiceFilter):
    """Cards that are in use by whether they have ever been printed."""

    title = _("print")
    parameter_name = "printed"
    choice_names = (
        ("new", _("Issued this week, not printed")),
        ("never", _("Never printed")),
        ("once", _("Printed")),
        ("old", _("Printed with an old name")),
    )

    def new(self, cards: CardQuerySet) -> QuerySet[Card]:
        return new_and_not_printed(cards)

    def never(self, cards: CardQuerySet) -> QuerySet[Card]:
        return never_printed(cards)

    def once(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.filter(_PRINTED)

    def old(self, cards: CardQuerySet) -> QuerySet[Card]:
        return cards.printed_with_old_name()


class SuccessFilter(CardChoiceFilter):
    title = _("result")
    parameter_name = "result"
    choice_names = (("printed", _("Printed")), ("failed", _("Failed")))

    def printed(self, log: QuerySet[Any]) -> QuerySet[Any]:
        return log.filter(success=True)

    def failed(self, log: QuerySet[Any]) -> QuerySet[Any]:
        return log.filter(success=False)
