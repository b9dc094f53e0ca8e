"""Cards over REST, in the seed's shapes."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from cards.models import (
    HOLDER_MODEL,
    Card,
    CardType,
    IDCardPrintLog,
    IDCardVerificationLog,
    PrintJob,
)
from cards.numbers import canonical_number
from people.models import Person
from security.models import SecurityPersonnel
from staff.models import StaffMember
from students.models import Student

MAX_PRINT = 5000
HOLDER_KEYS = ("student", "staff", "security")
HOLDER_UUIDS = {
    CardType.STUDENT: "student_uuid",
    CardType.STAFF: "staff_uuid",
    CardType.SECURITY: "security_uuid",
}


class CardNumberField(serializers.CharField):
    """A card number in any spelling; stored in canonical form."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("A card number is text, in quotes.", code="invalid")
        try:
            return canonical_number(super().to_internal_value(data))
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, code="invalid") from error


class CreatorSerializer(serializers.ModelSerializer[User]):
    user_type = serializers.CharField(source="role")

    class Meta:
        model = User
        fields = ("username", "user_type")


class CardStudentSerializer(serializers.ModelSerializer[Student]):
    class Meta:
        model = Student
        fields = ("student_uuid", "registration_number", "full_name", "department")


class CardStaffSerializer(serializers.ModelSerializer[StaffMember]):
    class Meta:
        model = StaffMember
        fields = ("staff_uuid", "staff_number", "full_name", "department", "position")


class CardSecuritySerializer(serializers.ModelSerializer[SecurityPersonnel]):
    class Meta:
        model = SecurityPersonnel
        fields = ("security_id", "employee_id", "badge_number", "full_name")


class CardSerializer(serializers.ModelSerializer[Card]):
    """A card; of `student`, `staff` and `security` the one that holds it is there."""

    student = CardStudentSerializer(read_only=True, required=False)
    staff = CardStaffSerializer(read_only=True, required=False)
    security = CardSecuritySerializer(source="security_personnel", read_only=True, required=False)
    created_by = CreatorSerializer(read_only=True)

    class Meta:
        model = Card
        fields = (
            "card_uuid",
            "rfid_number",
            "card_type",
            "is_active",
            "issued_date",
            "expiry_date",
            "retired_at",
            "retired_reason",
            "student",
            "staff",
            "security",
            "created_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def to_representation(self, instance: Card) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return {k: v for k, v in shown.items() if k not in HOLDER_KEYS or k == instance.card_type}


class NumberChoiceSerializer(serializers.Serializer[Any]):
    """Either a number, or the wish for a generated one."""

    rfid_number = CardNumberField(required=False)
    generate_rfid = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wants_generated = attrs.pop("generate_rfid")
        if wants_generated == ("rfid_number" in attrs):
            message = "Give a number, or generate_rfid: true" + (
                ", not both." if wants_generated else "."
            )
            raise serializers.ValidationError({"rfid_number": [message]})
        attrs.setdefault("rfid_number", None)
        return attrs


class CardCreateSerializer(NumberChoiceSerializer):
    """A new card: its type, its holder of that type, and a number."""

    card_type = serializers.ChoiceField(CardType.choices)
    student_uuid = serializers.UUIDField(required=False)
    staff_uuid = serializers.UUIDField(required=False)
    security_uuid = serializers.UUIDField(required=False)
    expiry_date = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        card_type = CardType(attrs.pop("card_type"))
        given = {name: attrs.pop(name) for name in HOLDER_UUIDS.values() if name in attrs}
        wanted = HOLDER_UUIDS[card_type]
        if wrong := [name for name in given if name != wanted]:
            message = f"A {card_type} card takes {wanted} only."
            raise serializers.ValidationError({name: [message] for name in wrong})
        if wanted not in given:
            raise serializers.ValidationError({wanted: ["This field is required."]})
        attrs = super().validate(attrs)
        attrs["holder"] = self._holder(card_type, given[wanted])
        return attrs

    def _holder(self, card_type: CardType, pk: Any) -> Person:
        holder = HOLDER_MODEL[card_type]._default_manager.filter(pk=pk).first()
        if holder is None:
            raise serializers.ValidationError(
                {HOLDER_UUIDS[card_type]: ["There is no such person."]}
            )
        return holder


class CardChangeSerializer(serializers.Serializer[Card]):
    """What can change on a card; its holder and type may be repeated, never changed."""

    rfid_number = CardNumberField(required=False)
    is_active = serializers.BooleanField(required=False)
    expiry_date = serializers.DateTimeField(required=False, allow_null=True)
    card_type = serializers.ChoiceField(CardType.choices, required=False)
    student_uuid = serializers.UUIDField(required=False, allow_null=True)
    staff_uuid = serializers.UUIDField(required=False, allow_null=True)
    security_uuid = serializers.UUIDField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        card = self.instance
        assert isinstance(card, Card)
        fixed = {
            "card_type": card.card_type,
            "student_uuid": card.student_id,
            "staff_uuid": card.staff_id,
            "security_uuid": card.security_personnel_id,
        }
        given = {name: attrs.pop(name) for name in fixed if name in attrs}
        if changed := [name for name, value in given.items() if value != fixed[name]]:
            message = "The holder and the type of a card never change."
            raise serializers.ValidationError({name: [message] for name in changed})
        return attrs


class RetireSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(Card.Reason.choices)


class ReplaceSerializer(NumberChoiceSerializer, RetireSerializer):
    pass


class SwitchedSerializer(serializers.ModelSerializer[Card]):
    class Meta:
        model = Card
        fields = ("card_uuid", "is_active", "updated_at")


class BulkPrintSerializer(serializers.Serializer[Any]):
    """Which cards to print: by id, or by the filters of the list; not both."""

    card_uuids = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_empty=False, max_length=MAX_PRINT
    )
    filter = serializers.DictField(required=False)
    layout = serializers.ChoiceField(PrintJob.Layout.choices, default=PrintJob.Layout.CR80)

    def validate_filter(self, wanted: dict[str, Any]) -> dict[str, str]:
        """The values as a query string would have them: `true` and `"true"` are the same."""
        if not all(isinstance(value, str | bool | int) for value in wanted.values()):
            raise serializers.ValidationError("Filters take text, numbers, true or false.")
        return {name: str(value) for name, value in wanted.items()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("card_uuids" in attrs) == ("filter" in attrs):
            message = "Give card_uuids or filter, one of them."
            raise serializers.ValidationError({"card_uuids": [message]})
        return attrs


class BulkPrintAnswerSerializer(serializers.Serializer[Any]):
    job_id = serializers.UUIDField()
    status_url = serializers.CharField()


class PrintJobSerializer(serializers.ModelSerializer[PrintJob]):
    file_url = serializers.SerializerMethodField()

    class Meta:
        model = PrintJob
        fields = (
            "job_id",
            "state",
            "layout",
            "done",
            "total",
            "warnings",
            "file_url",
            "created_at",
            "finished_at",
        )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_file_url(self, job: PrintJob) -> str | None:
        if not job.file:
            return None
        address = reverse("print-job-file", args=[job.pk])
        return str(self.context["request"].build_absolute_uri(address))


class PrintLogSerializer(serializers.ModelSerializer[IDCardPrintLog]):
    printed_by = CreatorSerializer(read_only=True)

    class Meta:
        model = IDCardPrintLog
        fields = (
            "id",
            "card_uuid",
            "rfid_number",
            "card_type",
            "full_name",
            "identifier",
            "printed_by",
            "printed_at",
            "success",
            "error_message",
            "job",
        )


class VerificationLogSerializer(serializers.ModelSerializer[IDCardVerificationLog]):
    class Meta:
        model = IDCardVerificationLog
        fields = (
            "id",
            "asked",
            "card_uuid",
            "rfid_number",
            "card_type",
            "full_name",
            "identifier",
            "result",
            "reason",
            "ip_address",
            "user_agent",
            "verified_at",
        )
