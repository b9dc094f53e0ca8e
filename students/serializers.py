from typing import Any

from rest_framework import serializers

from notifications.models import Channel, Guardian, News
from people.fields import LineField, PhoneField
from people.serializers import LineSerializerField, PersonSerializer, PhoneSerializerField
from students.models import Student


class StudentSerializer(PersonSerializer[Student]):
    class Meta:
        model = Student
        fields = (
            "student_uuid",
            "registration_number",
            "first_name",
            "middle_name",
            "surname",
            "full_name",
            "class_level",
            "class_code",
            "program",
            "department",
            "date_of_birth",
            "phone_number",
            "email",
            "student_status",
            "academic_status",
            "is_active",
            "discipline_points",
            "photo_url",
            "card",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("discipline_points",)


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
            "created_at",
            "updated_at",
        )
        read_only_fields = ("student",)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        addresses = {
            Channel.EMAIL: ("email", "E-mail needs an e-mail address."),
            Channel.SMS: ("phone", "SMS needs a phone number."),
        }
        known = {field: getattr(self.instance, field, "") for field, _ in addresses.values()}
        known.update(attrs)
        if not known["phone"] and not known["email"]:
            message = "A guardian has a phone number or an e-mail address."
            raise serializers.ValidationError(message)
        if self.instance is None:
            reached = [channel for channel, (field, _) in addresses.items() if known[field]]
            attrs.setdefault("channels", reached)
        channels = attrs.get("channels", getattr(self.instance, "channels", []))
        missing = {
            field: [message]
            for channel, (field, message) in addresses.items()
            if channel in channels and not known[field]
        }
        if missing:
            raise serializers.ValidationError(missing)
        return attrs

    def update(self, instance: Guardian, validated_data: dict[str, Any]) -> Guardian:
        """Write the fields that really change; the same request again changes nothing."""
        changed = [
            name for name, value in validated_data.items() if getattr(instance, name) != value
        ]
        for name in changed:
            setattr(instance, name, validated_data[name])
        if changed:
            instance.save(update_fields=[*changed, "updated_at"])
        return instance
