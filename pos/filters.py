from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce
from django_filters import rest_framework as filters

from cards.models import Card
from core.filters import BooleanFilter, DayOrMomentFilter
from people.kind_keys import KindKeysFilter
from people.kinds import kinds
from pos.models import Activity, Code, Decision, Tap

# `Tap.happened_at`, for the database.
HAPPENED_AT = Coalesce("counted_at", "received_at")


class TapFilter(KindKeysFilter):
    kinds = kinds()
    device = filters.UUIDFilter(field_name="device_id")
    activity = filters.ChoiceFilter(choices=Activity.choices)
    decision = filters.ChoiceFilter(choices=Decision.choices)
    code = filters.ChoiceFilter(choices=Code.choices)
    card = filters.UUIDFilter(method="filter_card")
    offline = BooleanFilter(field_name="is_offline")
    clock_suspect = BooleanFilter(field_name="is_clock_suspect")
    would_deny = BooleanFilter()
    reader_decision = filters.ChoiceFilter(choices=Decision.choices)
    debounced = BooleanFilter(field_name="is_debounced")
    annulled = BooleanFilter(method="filter_annulled")
    to = DayOrMomentFilter(  # type: ignore[assignment]  # a day, as its base has it, or an instant
        moment=HAPPENED_AT, day="date", is_end=True
    )

    def filter_card(self, taps: QuerySet[Tap], name: str, card: UUID) -> QuerySet[Tap]:
        """Among its holder's, for a card is one person's for good: also one that was deleted."""
        holder = Card.objects.filter(pk=card).values("person")
        log: Any = Card.pgh_event_model  # type: ignore[attr-defined]
        then = log.objects.filter(pgh_obj=card).values("person")
        return taps.filter(card_uuid=card, person=Coalesce(Subquery(holder), Subquery(then[:1])))

    def filter_annulled(self, taps: QuerySet[Tap], name: str, is_annulled: bool) -> QuerySet[Tap]:
        return taps.filter(annulment__isnull=not is_annulled)

    class Meta:
        model = Tap
        fields: tuple[str, ...] = ()


# `from` is no name that a class body can assign.
TapFilter.declared_filters["from"] = TapFilter.base_filters["from"] = DayOrMomentFilter(
    moment=HAPPENED_AT, day="date", is_end=False
)
