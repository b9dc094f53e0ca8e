"""Webhooks and their deliveries over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from people.fields import LineField
from people.serializers import LineSerializerField
from webhooks.models import CHOICES, OPEN, Delivery, EventName, Webhook
from webhooks.services import change_webhook


class EventsField(serializers.ListField):
    """Families and names of events, each once and in the order of the choices."""

    child = serializers.ChoiceField(CHOICES)

    def to_internal_value(self, data: Any) -> list[str]:
        chosen = super().to_internal_value(data)
        return [value for value, _ in CHOICES if value in chosen]


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """A receiver. `off_because` says why it was switched off, if nobody did."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        LineField: LineSerializerField,
    }
    events = EventsField(
        allow_empty=False,
        help_text="Whole families such as `tap`, or single events such as `tap.denied`.",
    )
    off_because = serializers.ChoiceField(
        [("", "On, or switched off by somebody."), *Webhook.Off.choices], read_only=True
    )
    previous_secret_until = serializers.DateTimeField(
        source="previous_until",
        read_only=True,
        allow_null=True,
        help_text="Until then the secret before the last roll signs as well.",
    )

    class Meta:
        model = Webhook
        fields = (
            "webhook_id",
            "url",
            "description",
            "events",
            "is_active",
            "off_because",
            "failing_since",
            "secret_made_at",
            "previous_secret_until",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("failing_since", "secret_made_at")

    def update(self, instance: Webhook, validated_data: dict[str, Any]) -> Webhook:
        return change_webhook(webhook=instance, **validated_data)


class NewWebhookSerializer(WebhookSerializer):
    """A webhook with its secret, shown this once."""

    secret = serializers.CharField(read_only=True, help_text="What its deliveries are signed with.")

    class Meta(WebhookSerializer.Meta):
        fields: tuple[str, ...] = (*WebhookSerializer.Meta.fields, "secret")  # type: ignore[assignment]


class SecretSerializer(serializers.Serializer[Any]):
    webhook_id = serializers.UUIDField()
    secret = serializers.CharField(help_text="Shown this once.")
    previous_secret_until = serializers.DateTimeField(
        help_text="Until then the secret before this one signs as well."
    )


class TestResultSerializer(serializers.Serializer[Any]):
    """What came back for a test event."""

    __test__ = False

    delivered = serializers.BooleanField(help_text="The receiver answered 2xx.")
    status = serializers.IntegerField(allow_null=True, help_text="Null: nobody answered.")
    answer = serializers.CharField(help_text="The first 500 characters of the answer's body.")
    reason = serializers.CharField(help_text="Why it was not delivered; empty if it was.")


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One event for this receiver, and what became of it."""

    delivery_id = serializers.UUIDField(
        source="event_id", help_text="The event's id, as in `X-TrackXpert-Delivery`."
    )
    event = serializers.ChoiceField(EventName.choices)
    data = serializers.DictField(  # type: ignore[assignment]  # DRF has an attribute of that name
        help_text="What is sent as `data`; docs/webhooks.md has its fields."
    )
    next_attempt_at = serializers.SerializerMethodField(
        help_text="When it is tried (again); null once it is over."
    )

    class Meta:
        model = Delivery
        fields = (
            "delivery_id",
            "event",
            "occurred_at",
            "data",
            "state",
            "attempts",
            "last_attempt_at",
            "last_status",
            "last_answer",
            "reason",
            "next_attempt_at",
            "delivered_at",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_attempt_at(self, delivery: Delivery) -> str | None:
        if delivery.state not in OPEN:
            return None
        shown: str = serializers.DateTimeField().to_representation(delivery.next_attempt_at)
        return shown
