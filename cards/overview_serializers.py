"""The seed's answers about many people: statistics, who has no card, cards for many at once."""

from functools import cache
from typing import Any

from rest_framework import serializers

from cards.serializers import CardSerializer
from people.kinds import PersonKind, kinds
from people.serializers import facts_serializer

MAX_BULK = 500


def _personnel() -> list[PersonKind]:
    return [kind for kind in kinds() if kind.is_personnel]


class StatisticsSummarySerializer(serializers.Serializer[Any]):
    """People are active people; cards are all cards, of personnel only."""

    total_personnel = serializers.IntegerField()
    total_cards = serializers.IntegerField()
    active_cards = serializers.IntegerField()
    inactive_cards = serializers.IntegerField()
    coverage_percentage = serializers.FloatField(help_text="Of people, those who hold a card.")
    recent_cards_30_days = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        names = [
            name
            for kind in _personnel()
            for name in (
                f"total_{kind.plural_key}",
                f"{kind.key}_cards",
                f"{kind.plural_key}_without_cards",
            )
        ]
        return {**super().get_fields(), **{name: serializers.IntegerField() for name in names}}


class CardsByTypeSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        return {kind.key: serializers.IntegerField() for kind in _personnel()}


class StatisticsSerializer(serializers.Serializer[Any]):
    summary = StatisticsSummarySerializer()
    cards_by_type = CardsByTypeSerializer()


@cache
def cardless_serializer(kind: PersonKind) -> Any:
    """The answer of `<kinds>-without-cards`."""
    fields = {
        "count": serializers.IntegerField(),
        kind.plural_key: facts_serializer(kind, "Cardless{}", kind.cardless_keys)(many=True),
        "message": serializers.CharField(),
    }
    return _shape(f"{kind.plural_key.capitalize()}WithoutCards", fields)


@cache
def bulk_create_serializer(kind: PersonKind) -> Any:
    """What `bulk-create-<kind>-cards` is asked."""
    uuids = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MAX_BULK
    )
    wish = serializers.BooleanField(
        required=False, default=True, help_text="Many cards at once take generated numbers."
    )
    fields = {f"{kind.card_uuid_key}s": uuids, "generate_rfid": wish}
    return _shape(f"BulkCreate{kind.key.capitalize()}Cards", fields)


class BulkCountsSerializer(serializers.Serializer[Any]):
    total_requested = serializers.IntegerField()
    successful = serializers.IntegerField()
    failed = serializers.IntegerField()


@cache
def bulk_created_serializer(kind: PersonKind) -> Any:
    """What `bulk-create-<kind>-cards` answers."""
    title = kind.key.capitalize()
    why = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    asked = serializers.JSONField(help_text="As it was sent.")
    error = _shape(f"BulkCreate{title}Error", {kind.card_uuid_key: asked, "errors": why})
    fields = {
        "success": serializers.BooleanField(help_text="At least one card was made."),
        "message": serializers.CharField(),
        "change_id": serializers.UUIDField(
            allow_null=True,
            help_text="By which `/api/changes/` takes them back; null if no card was made.",
        ),
        "created_cards": CardSerializer(many=True),
        "errors": error(many=True),
        "summary": BulkCountsSerializer(),
    }
    return _shape(f"{title}CardsCreated", fields)


def _shape(name: str, fields: dict[str, Any]) -> Any:
    return type(f"{name}Serializer", (serializers.Serializer,), fields)
