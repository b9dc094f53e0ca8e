"""Cards over REST, in the seed's shapes."""

from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import SkipField

from accounts.fields import FieldsByRole
from accounts.models import User
from cards.models import Card, IDCardPrintLog, IDCardVerificationLog, PrintJob
from cards.numbers import canonical_number
from people.kind_keys import KindKeysSerializer
from people.kinds import PersonKind, kind_choices, kind_keys, kind_named, kinds
from people.models import Person
from people.serializers import (
    LineSerializerField,
    MomentField,
    PlausibleMomentField,
    UntilField,
    facts_serializer,
)

MAX_PRINT = 5000


class CardNumberField(serializers.CharField):
    """A card number in any spelling; stored in canonical form."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(
                gettext("A card number is text, in quotes."), code="invalid"
            )
        try:
            return canonical_number(super().to_internal_value(data))
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, code="invalid") from error


class CreatorSerializer(serializers.ModelSerializer[User]):
    user_type = serializers.CharField(source="role")

    class Meta:
        model = User
        fields = ("username", "user_type")


class HolderMixin:
    """Who holds the card; cards of people of other kinds leave it out."""

    card_type: ClassVar[str]

    def get_attribute(self, instance: Card) -> Any:
        if instance.card_type != self.card_type:
            raise SkipField
        return instance.person.own


@cache
def holder_serializer(kind: PersonKind) -> type[serializers.BaseSerializer[Any]]:
    """Says of a holder what `card_keys` names, as the kind's own serializer does."""
    shown = facts_serializer(kind, "Card{}", kind.card_keys)
    return type(shown.__name__, (HolderMixin, shown), {"card_type": kind.key})


class CardSerializer(FieldsByRole, serializers.ModelSerializer[Card]):
    """A card; its holder is there under the name of the holder's kind."""

    expiry_date = MomentField(read_only=True, allow_null=True)
    created_by = CreatorSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Card
        fields = (
            "card_uuid",
            "rfid_number",
            "card_type",
            "is_active",
            "issued_date",
            "expiry_date",
            "is_temporary",
            "suspended_until",
            "retired_at",
            "retired_reason",
            "created_by",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        holders = {
            kind.key: holder_serializer(kind)(read_only=True, required=False) for kind in kinds()
        }
        return {**super().get_fields(), **holders}

    @property
    def may_be_absent(self) -> frozenset[str]:
        """One holder is there, under the name of its kind."""
        return super().may_be_absent | {kind.key for kind in kinds()}


class NumberChoiceSerializer(serializers.Serializer[Any]):
    """Either a number, or the wish for a generated one."""

    rfid_number = CardNumberField(required=False)
    generate_rfid = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wants_generated = attrs.pop("generate_rfid")
        if wants_generated == ("rfid_number" in attrs):
            message = (
                gettext("Give a number, or generate_rfid: true, not both.")
                if wants_generated
                else gettext("Give a number, or generate_rfid: true.")
            )
            raise serializers.ValidationError({"rfid_number": [message]})
        attrs.setdefault("rfid_number", None)
        return attrs


class HolderUuidsSerializer(serializers.Serializer[Any]):
    """Whose card: `card_type`, and the person's id under the name of that kind."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        uuids = {kind.card_uuid_key: self.uuid_field() for kind in kinds()}
        return {**super().get_fields(), **uuids}

    def uuid_field(self) -> serializers.UUIDField:
        return serializers.UUIDField(required=False)


class CardCreateSerializer(HolderUuidsSerializer, NumberChoiceSerializer):
    """A new card: its type, its holder of that type, and a number."""

    card_type = serializers.ChoiceField(kind_choices())
    issued_date = PlausibleMomentField(
        required=False, help_text="When it was handed out, if that was before now."
    )
    expiry_date = PlausibleMomentField(
        required=False,
        allow_null=True,
        help_text="Null: no end. Left out: as the institution's settings say.",
    )

    def validate_issued_date(self, moment: datetime) -> datetime:
        if moment > timezone.now():
            raise serializers.ValidationError(gettext("A card is not handed out before it is."))
        return moment

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind = kind_named(attrs.pop("card_type"))
        names = (each.card_uuid_key for each in kinds())
        given = {name: attrs.pop(name) for name in names if name in attrs}
        wanted = kind.card_uuid_key
        if wrong := [name for name in given if name != wanted]:
            message = gettext("A {kind} card takes {name} only.").format(kind=kind.key, name=wanted)
            raise serializers.ValidationError({name: [message] for name in wrong})
        if wanted not in given:
            raise serializers.ValidationError({wanted: [gettext("This field is required.")]})
        attrs = super().validate(attrs)
        attrs["holder"] = existing_holder(kind, given[wanted])
        return attrs


def existing_holder(kind: PersonKind, pk: Any) -> Person:
    holder: Person | None = kind.model.objects.filter(pk=pk).first()
    if holder is None:
        raise serializers.ValidationError(
            {kind.card_uuid_key: [gettext("There is no such person.")]}
        )
    return holder


class TemporaryCardSerializer(CardSerializer):
    """A temporary card: out, overdue, or returned (also if it was retired for another reason)."""

    valid_until = serializers.DateTimeField(source="expiry_date", read_only=True)
    state = serializers.SerializerMethodField()

    class Meta(CardSerializer.Meta):
        fields = (*CardSerializer.Meta.fields, "valid_until", "state")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(serializers.ChoiceField(Card.Lent.choices))
    def get_state(self, card: Card) -> str:
        return card.lent(at=timezone.now())


class TemporaryCardCreateSerializer(HolderUuidsSerializer):
    """Who gets a temporary card, the number of its chip, and until when."""

    rfid_number = CardNumberField()
    valid_until = UntilField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Left out: until the end of the day on the campus, or of the visit before that.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [kind for kind in kinds() if kind.card_uuid_key in attrs]
        if len(given) != 1:
            message = gettext("Give one person: {names}.").format(
                names=gettext(" or ").join(kind.card_uuid_key for kind in kinds())
            )
            names = [kind.card_uuid_key for kind in given or kinds()]
            raise serializers.ValidationError({name: [message] for name in names})
        (kind,) = given
        attrs["holder"] = existing_holder(kind, attrs.pop(kind.card_uuid_key))
        return attrs


class CardChangeSerializer(HolderUuidsSerializer):
    """What can change on a card; its holder and type may be repeated, never changed."""

    rfid_number = CardNumberField(required=False)
    is_active = serializers.BooleanField(required=False)
    expiry_date = PlausibleMomentField(required=False, allow_null=True)
    card_type = serializers.ChoiceField(kind_choices(), required=False)

    def uuid_field(self) -> serializers.UUIDField:
        return serializers.UUIDField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        card = self.instance
        assert isinstance(card, Card)
        fixed: dict[str, Any] = {
            kind.card_uuid_key: card.person_id if kind.key == card.card_type else None
            for kind in kinds()
        }
        fixed["card_type"] = card.card_type
        given = {name: attrs.pop(name) for name in fixed if name in attrs}
        if changed := [name for name, value in given.items() if value != fixed[name]]:
            message = gettext("The holder and the type of a card never change.")
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


class SwitchAnswerSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()
    data: Any = SwitchedSerializer()


class ReasonSerializer(serializers.Serializer[Any]):
    reason = LineSerializerField(
        required=False, default="", allow_blank=True, max_length=200, help_text="Why once more."
    )


class BulkPrintSerializer(ReasonSerializer):
    """Which cards to print: by id, or by the filters of the list; not both."""

    card_uuids = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_empty=False, max_length=MAX_PRINT
    )
    filter = serializers.DictField(required=False)
    layout = serializers.ChoiceField(PrintJob.Layout.choices, default=PrintJob.Layout.CR80)
    first_cell = serializers.IntegerField(
        min_value=1,
        max_value=10,
        default=1,
        help_text="Of the first A4 sheet, row by row: those before it are used up.",
    )
    flip = serializers.ChoiceField(
        PrintJob.Flip.choices,
        default=PrintJob.Flip.LONG,
        help_text="On which edge the printer turns A4 sheets.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        first = serializers.IntegerField(
            min_value=1, default=1, help_text="Goes on with this card of them, as after a jam."
        )
        return {**super().get_fields(), "from": first}

    def validate_filter(self, wanted: dict[str, Any]) -> dict[str, str]:
        """The values as a query string would have them: `true` and `"true"` are the same."""
        if not all(isinstance(value, str | bool | int) for value in wanted.values()):
            raise serializers.ValidationError(gettext("Filters take text, numbers, true or false."))
        return {name: str(value) for name, value in wanted.items()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("card_uuids" in attrs) == ("filter" in attrs):
            message = gettext("Give card_uuids or filter, one of them.")
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
            "first_cell",
            "flip",
            "reason",
            "done",
            "total",
            "warnings",
            "error",
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


class PrintLogSerializer(FieldsByRole, KindKeysSerializer):
    printed_by = CreatorSerializer(read_only=True)

    class Meta:
        model = IDCardPrintLog
        fields = (
            "id",
            "card_uuid",
            "rfid_number",
            "card_type",
            *kind_keys(),
            "full_name",
            "identifier",
            "printed_by",
            "printed_at",
            "success",
            "error_message",
            "reason",
            "job",
        )


class VerificationLogSerializer(FieldsByRole, KindKeysSerializer):
    class Meta:
        model = IDCardVerificationLog
        fields = (
            "id",
            "asked",
            "card_uuid",
            "rfid_number",
            "card_type",
            *kind_keys(),
            "full_name",
            "identifier",
            "result",
            "reason",
            "ip_address",
            "user_agent",
            "verified_at",
        )
