from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from people.serializers import PersonSerializer
from students.bulk_change import CHANGEABLE
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
            "card_name",
            "class_level",
            "class_code",
            "program",
            "department",
            "date_of_birth",
            "phone_number",
            "email",
            "diet_note",
            "terminal_pin",
            "student_status",
            "academic_status",
            "is_active",
            "enrolled_on",
            "left_on",
            "admitted",
            "discipline_points",
            "photo_url",
            "card",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("discipline_points",)


class StudentChangesSerializer(StudentSerializer):
    """What many students are given at once."""

    class Meta(StudentSerializer.Meta):
        fields = CHANGEABLE  # type: ignore[assignment]
        read_only_fields = ()  # type: ignore[assignment]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(_("Say what is to be changed."))
        return attrs


class BulkChangeSerializer(serializers.Serializer[Any]):
    """Whom, by id or as the list is filtered, and what they are given."""

    student_uuids = serializers.ListField(
        child=serializers.UUIDField(), required=False, min_length=1, max_length=20_000
    )
    filter = serializers.DictField(
        required=False,
        allow_empty=False,
        help_text="The filters of the list, and `search`: everybody whom it then shows.",
    )
    changes = StudentChangesSerializer()
    dry_run = serializers.BooleanField(default=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("student_uuids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError(_("Say whom: either student_uuids or filter."))
        return attrs
