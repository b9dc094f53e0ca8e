"""Who holds a card, and who holds none."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext

from cards.models import Card, CardQuerySet
from people.kinds import PersonKind


def current_card_of_each() -> CardQuerySet:
    """For `Exists`: the card that is not retired of the person in the outer query."""
    return Card.objects.current().filter(person=OuterRef("pk"))


def not_gone(rows: Any, *, of: str = "") -> Any:
    """Those who are here, or still to come: not whoever's visit is over.

    `of`: the way from these rows to their person, as `person__`; without one they are people.
    """
    over = {f"{of}admitted_until__lte": timezone.now()}
    return rows.filter(**{f"{of}is_active": True}).exclude(**over)


def without_card(people: Any) -> Any:
    """Those who are not gone and hold no card that is not retired."""
    return not_gone(people).filter(~Exists(current_card_of_each()))


def people_without_cards(kind: PersonKind) -> Any:
    return without_card(kind.model.objects.of_own_kind())


@dataclass(frozen=True, slots=True)
class Group:
    """People of one kind: of one class or department, or all if undivided."""

    kind: PersonKind
    value: str = ""

    @property
    def name(self) -> str:
        return self.kind.group_name(self.value)

    @property
    def people(self) -> Any:
        """Those of them who have no card."""
        waiting = people_without_cards(self.kind)
        return waiting.filter(**self.condition)

    @property
    def condition(self) -> dict[str, str]:
        return {self.kind.card_group: self.value} if self.kind.card_group else {}


def groups_heading(kind: PersonKind) -> str:
    if not kind.group_word:
        return str(kind.title)
    return gettext("{people} by {group}").format(people=kind.title, group=kind.group_word)


def groups_without_cards(kind: PersonKind) -> list[tuple[Group, int]]:
    """Every group in which somebody has no card, with how many; in one query."""
    return counted_groups(kind, people_without_cards(kind))


def counted_groups(kind: PersonKind, found: Any) -> list[tuple[Group, int]]:
    """The groups in which one of these people is, with how many."""
    people, field = found.order_by(), kind.card_group
    if not field:
        number = people.count()
        return [(Group(kind), number)] if number else []
    counted = people.values_list(field).annotate(number=Count("*")).order_by(field)
    return [(Group(kind, value), number) for value, number in counted]
