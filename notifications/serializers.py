"""Guardians and notices over REST: who is told, what was told to whom, and why not."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import FieldsByRole
from core.constraints import violations_as_field_errors
from notifications.contacts import take_over_stop
from notifications.models import (
    LANDLINE,
    Channel,
    Guardian,
    GuardianConsent,
    News,
    Notice,
    channels_reaching,
)
from notifications.sending import WaitsFor, waits_for
from people.fields import LineField, PhoneField, is_landline
from people.serializers import LineSerializerField, PhoneSerializerField


class EachOnce(serializers.MultipleChoiceField):
    """A list of some of the choices, each once and in the order of the choices."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices=choices, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        chosen = super().to_internal_value(data)
        return [choice for choice in self.choices if choice in chosen]

    def to_representation(self, value: Any) -> Any:
        return list(value)


class GuardianSerializer(serializers.ModelSerializer[Guardian]):
    """A guardian. On create, `channels` left out means each that has an address."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        LineField: LineSerializerField,
        PhoneField: PhoneSerializerField,
    }
    channels = EachOnce(Channel.choices, required=False, help_text="Each needs its address.")
    news = EachOnce(News.choices, required=False, help_text="What they are told of.")
    confirmed = serializers.BooleanField(
        read_only=True, help_text="The number or address is theirs: they answered, or the office."
    )
    stopped = serializers.BooleanField(read_only=True, help_text="They are told nothing any more.")

    class Meta:
        model = Guardian
        fields = (
            "guardian_id",
            "student",
            "name",
            "relationship",
            "phone",
            "email",
            "channels",
            "news",
            "language",
            "is_active",
            "quiet_hours",
            "confirmed",
            "confirmed_at",
            "confirmed_by",
            "stopped",
            "stopped_at",
            "stopped_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = (
            "student",
            "confirmed_at",
            "confirmed_by",
            "stopped_at",
            "stopped_by",
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        addresses = {
            Channel.EMAIL: ("email", gettext("E-mail needs an e-mail address.")),
            Channel.SMS: ("phone", gettext("SMS needs a phone number.")),
        }
        known = {field: getattr(self.instance, field, "") for field, _ in addresses.values()}
        known.update(attrs)
        if not known["phone"] and not known["email"]:
            message = gettext("A guardian has a phone number or an e-mail address.")
            raise serializers.ValidationError(message)
        if self.instance is None:
            attrs.setdefault(
                "channels", channels_reaching(phone=known["phone"], email=known["email"])
            )
        channels = attrs.get("channels", getattr(self.instance, "channels", []))
        missing = {
            field: [message]
            for channel, (field, message) in addresses.items()
            if channel in channels and not known[field]
        }
        if Channel.SMS in channels and is_landline(known["phone"]):
            missing["phone"] = [str(LANDLINE)]
        if missing:
            raise serializers.ValidationError(missing)
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Guardian:
        guardian = Guardian(**validated_data)
        take_over_stop(guardian, changed=("phone", "email"))
        with violations_as_field_errors(Guardian):
            guardian.save(force_insert=True)
        return guardian

    def update(self, instance: Guardian, validated_data: dict[str, Any]) -> Guardian:
        """Write the fields that really change; the same request again changes nothing."""
        changed = [
            name for name, value in validated_data.items() if getattr(instance, name) != value
        ]
        for name in changed:
            setattr(instance, name, validated_data[name])
        if changed:
            changed += take_over_stop(instance, changed=changed)
            with violations_as_field_errors(Guardian):
                instance.save(update_fields=[*changed, "updated_at"])
        return instance


class GuardianConsentSerializer(serializers.ModelSerializer[GuardianConsent]):
    """That a guardian agreed to being told; `withdrawn_at` is null while it holds."""

    recorded_by = serializers.CharField(source="recorded_by.username", read_only=True)
    withdrawal_recorded_by = serializers.CharField(
        source="withdrawal_recorded_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = GuardianConsent
        fields = (
            "consent_id",
            "given_at",
            "how",
            "recorded_by",
            "withdrawn_at",
            "withdrawal_recorded_by",
        )
        read_only_fields = ("consent_id", "given_at", "withdrawn_at")


class NoticeSerializer(FieldsByRole, serializers.ModelSerializer[Notice]):
    student_name = serializers.CharField(source="student.full_name")
    guardian_name = serializers.CharField(source="guardian.name", allow_null=True, default=None)
    event = serializers.UUIDField(
        source="event_id", help_text="The `attendance_id` or the `discipline_id`."
    )
    recipient = serializers.SerializerMethodField(
        help_text="Where it was sent, all but its ends left out: numbers are for the office."
    )
    waits_for = serializers.SerializerMethodField(help_text="What a pending notice waits for.")

    class Meta:
        model = Notice
        fields = (
            "notice_id",
            "student",
            "student_name",
            "guardian",
            "guardian_name",
            "channel",
            "kind",
            "event",
            "date",
            "says",
            "corrects",
            "state",
            "waits_for",
            "reason",
            "attempts",
            "next_attempt_at",
            "expires_at",
            "sent_at",
            "recipient",
            "subject",
            "body",
            "created_at",
        )
        read_only_fields = fields

    def get_recipient(self, notice: Notice) -> str:
        return masked(notice.recipient)

    @extend_schema_field(serializers.ChoiceField(WaitsFor.values, allow_null=True))
    def get_waits_for(self, notice: Notice) -> str | None:
        return waits_for(notice, at=timezone.now())


def masked(recipient: str) -> str:
    """`+255…678`, `a…@example.org`."""
    name, at, domain = recipient.rpartition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"{recipient[:4]}…{recipient[-3:]}" if recipient else ""
