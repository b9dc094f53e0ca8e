"""Meal periods and meals over REST."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from core.weekdays import WeekdaysSerializerField
from kitchen.models import (
    MAX_GUEST_NAME,
    MAX_REASON,
    Diners,
    KitchenService,
    MealPeriod,
    PeriodRule,
)
from people.applies_to import KEYS, AppliesTo
from people.fields import LineField
from people.kind_keys import KindKeysSerializer
from people.kinds import PersonKind, kind_keys, kinds
from people.models import Person, validate_plausible_day
from people.serializers import LineSerializerField

MAX_NAMED = 500
MAX_PORTIONS = 20


class AppliesToSerializer(serializers.Serializer[Any]):
    """Which people a rule is for; nothing at all is everybody.

    Kinds and departments narrow each other and the classes, levels and codes of classes add up,
    and whoever is named is meant in any case.
    """

    kinds = serializers.ListField(
        child=serializers.ChoiceField(kind_keys()), required=False, default=list
    )
    class_levels = serializers.ListField(
        child=LineSerializerField(max_length=50), required=False, max_length=MAX_NAMED, default=list
    )
    class_codes = serializers.ListField(
        child=LineSerializerField(max_length=50), required=False, max_length=MAX_NAMED, default=list
    )
    departments = serializers.ListField(
        child=LineSerializerField(max_length=150),
        required=False,
        max_length=MAX_NAMED,
        default=list,
    )
    people = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_NAMED, default=list
    )

    def validate_people(self, named: list[Any]) -> list[str]:
        known = Person.objects.filter(pk__in=named).count()
        if known < len(set(named)):
            raise ValidationError(_("Somebody of these is not known here."))
        return sorted({str(person) for person in named})

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """As it is stored: without what is empty."""
        return {key: [*dict.fromkeys(values)] for key, values in attrs.items() if values}

    def to_representation(self, instance: Mapping[str, Any]) -> dict[str, Any]:
        return {key: [*instance.get(key, ())] for key in KEYS}


class PeriodRuleSerializer(serializers.ModelSerializer[Any]):
    """What a period says, at some time."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        LineField: LineSerializerField,
    }
    days = WeekdaysSerializerField(required=False)
    applies_to = AppliesToSerializer(required=False)
    portions = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_PORTIONS,
        help_text="How many meals each may have in it on a day.",
    )

    class Meta:
        model = MealPeriod
        fields: tuple[str, ...] = PeriodRule.RULE


class RuleUntilThenSerializer(PeriodRuleSerializer):
    class Meta(PeriodRuleSerializer.Meta):
        read_only_fields = PeriodRule.RULE


class MealPeriodSerializer(PeriodRuleSerializer):
    """A period as it is from `valid_from` on; `until_then` is what holds now, if that is another
    rule. `who` left out is the students, or everybody where `applies_to` names kinds."""

    until_then = serializers.SerializerMethodField()
    valid_from = serializers.DateField(
        required=False,
        validators=[validate_plausible_day],
        help_text="From when on the change holds. Left out: from now on.",
    )

    class Meta(PeriodRuleSerializer.Meta):
        fields = ("period_id", *PeriodRule.RULE, "valid_from", "until_then")

    @extend_schema_field(RuleUntilThenSerializer(allow_null=True))
    def get_until_then(self, period: MealPeriod) -> Any:
        versions = sorted(period.versions.all(), key=lambda version: version.held)
        now = timezone.now()
        held = next((version for version in versions[:-1] if now in version.held), None)
        return held and RuleUntilThenSerializer(held).data

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        said = attrs.get("applies_to", {})
        if self.instance is None and said.get("kinds"):
            attrs.setdefault("who", Diners.ALL)
        before = self.instance or MealPeriod()
        who, applies_to = (attrs.get(name, getattr(before, name)) for name in ("who", "applies_to"))
        asked = AppliesTo.of(applies_to)
        if not asked.names_people_only and not asked.possible_kinds(Diners(who).kinds):
            raise ValidationError(
                {"applies_to": [_("There are no such people among those in who.")]}
            )
        said_back = self.instance and attrs.get("valid_from") == self.instance.valid_from
        if said_back and attrs["valid_from"] <= timezone.localdate():
            del attrs["valid_from"]  # as it was read, and no wish
        return attrs


class KitchenServiceSerializer(KindKeysSerializer):
    """A meal. `is_double`: they had had their portions of that period and day before."""

    student_name = serializers.CharField(
        source="diner", help_text="The name of whoever ate; of a guest as it was given."
    )
    registration_number = serializers.CharField(
        source="identifier", help_text="The number that they are known by; empty for a guest."
    )
    period_name = serializers.CharField(source="period.name", default=None, allow_null=True)
    offline = serializers.BooleanField(source="is_offline")
    extra = serializers.BooleanField(source="is_extra", help_text="Beyond the portions.")
    is_double = serializers.BooleanField()
    served_by = serializers.CharField(
        source="served_by.username",
        default=None,
        allow_null=True,
        help_text="Who served it by name; null: a reader did.",
    )
    voided_by = serializers.CharField(source="voided_by.username", default=None, allow_null=True)

    class Meta:
        model = KitchenService
        fields: tuple[str, ...] = (
            "service_id",
            *kind_keys(),
            "student_name",
            "registration_number",
            "guest_name",
            "period",
            "period_name",
            "date",
            "food_item",
            "service_time",
            "location",
            "offline",
            "extra",
            "is_double",
            "served_by",
            "reason",
            "voided_at",
            "voided_by",
            "void_reason",
        )
        read_only_fields = fields


def _keys_of(kind: PersonKind) -> tuple[str, str]:
    return kind.uuid_key, kind.card_uuid_key


class PersonByKeySerializer(serializers.Serializer[Any]):
    """Somebody by a name of their kind's: `student_uuid`, `staff_uuid` and so on, one of them.

    As people and as holders of cards they are called so; of guards these are two names.
    """

    def get_fields(self) -> dict[str, Any]:
        of_kinds = {
            key: serializers.PrimaryKeyRelatedField(
                queryset=Person.objects.of_kind(kind),
                pk_field=serializers.UUIDField(),
                required=False,
            )
            for kind in kinds()
            for key in _keys_of(kind)
        }
        return {**super().get_fields(), **of_kinds}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        keys = [key for kind in kinds() for key in dict.fromkeys(_keys_of(kind))]
        named = [attrs.pop(key) for key in keys if key in attrs]
        if len(named) > 1:
            raise ValidationError({keys[0]: [_("Name one person.")]})
        return {**attrs, "person": named[0] if named else None}


class ByNameSerializer(PersonByKeySerializer):
    """A meal that somebody serves by name: to a person, or to a guest by `guest_name`."""

    guest_name = LineSerializerField(max_length=MAX_GUEST_NAME, required=False)
    period = serializers.PrimaryKeyRelatedField(
        queryset=MealPeriod.objects.all(),
        pk_field=serializers.UUIDField(),
        required=False,
        allow_null=True,
        help_text="Left out: the one that is on.",
    )
    food_item = LineSerializerField(
        max_length=100, required=False, allow_blank=True, allow_null=True
    )
    extra = serializers.BooleanField(
        required=False, default=False, help_text="Beyond the portions. A guest's always is."
    )
    reason = LineSerializerField(
        max_length=MAX_REASON, help_text="Why by name: the card is at home, a guest of the school."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        said = super().validate(attrs)
        guest = said.setdefault("guest_name", "")
        if bool(guest) == bool(said["person"]):
            raise ValidationError({"guest_name": [_("Name a person or a guest, one of them.")]})
        said["extra"] = said["extra"] or bool(guest)
        said["food_item"] = said.get("food_item") or ""
        return said


class VoidMealSerializer(serializers.Serializer[Any]):
    reason = LineSerializerField(max_length=MAX_REASON)


class ServedItemSerializer(serializers.Serializer[Any]):
    food_item = serializers.CharField()
    served = serializers.IntegerField()


class ServedPeriodSerializer(serializers.Serializer[Any]):
    period_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    served = serializers.IntegerField()
    doubles = serializers.IntegerField()
    extra = serializers.IntegerField(
        help_text="How many of them were beyond the portions, those of guests too."
    )
    expected = serializers.IntegerField(
        allow_null=True, help_text="For how many it is who are expected on that day."
    )
    still_to_come = serializers.IntegerField(
        allow_null=True, help_text="How many of them have had no meal in it."
    )
    items = ServedItemSerializer(many=True)


class SummarySerializer(serializers.Serializer[Any]):
    """What was served on a day; `period_id: null` are meals outside of every period, of which
    nobody knows how many are expected."""

    date = serializers.DateField()
    served = serializers.IntegerField()
    doubles = serializers.IntegerField()
    extra = serializers.IntegerField(
        help_text="How many of them were beyond the portions, those of guests too."
    )
    expected = serializers.IntegerField(help_text="Meals, of all periods.")
    still_to_come = serializers.IntegerField()
    periods = ServedPeriodSerializer(many=True)
