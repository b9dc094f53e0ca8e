from django_filters import rest_framework as filters

from core.filters import BooleanFilter
from people.kind_keys import KindKeysFilter
from people.kinds import kinds
from pos.models import Activity, Code, Decision, Tap


class TapFilter(KindKeysFilter):
    kinds = kinds()
    device = filters.UUIDFilter(field_name="device_id")
    activity = filters.ChoiceFilter(choices=Activity.choices)
    decision = filters.ChoiceFilter(choices=Decision.choices)
    code = filters.ChoiceFilter(choices=Code.choices)
    card = filters.UUIDFilter(field_name="card_uuid")
    offline = BooleanFilter(field_name="is_offline")
    clock_suspect = BooleanFilter(field_name="is_clock_suspect")
    would_deny = BooleanFilter()

    class Meta:
        model = Tap
        fields: tuple[str, ...] = ()
