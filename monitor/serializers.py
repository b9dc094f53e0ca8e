"""The bodies of the monitor's endpoints (contract section 7), and the seed's names for ours."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.fields import FieldsByRole
from attendance.serializers import AttendanceSerializer
from cards.serializers import CardSerializer, NumberChoiceSerializer
from core.errors import messages_in
from discipline.serializers import (
    EvidenceSerializer,
    IncidentFactsSerializer,
    IncidentSerializer,
)
from kitchen.serializers import KitchenServiceSerializer, SummarySerializer
from live.serializers import LiveTapSerializer
from people.kinds import kinds_with_days
from people.serializers import LineSerializerField, MomentField, PlausibleMomentField
from pos.models import MAX_FOOD_ITEM, MAX_TEXT
from pos.protocol import BAD_FOOD_ITEM
from pos.serializers import ReaderStateSerializer, TapAnswerSerializer
from presence.serializers import OnSiteSerializer
from students.models import Student
from students.serializers import StudentSerializer


class CardIdField(serializers.CharField):
    """A card's number in any spelling, or its UUID."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_TEXT, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise ValidationError("A card number is text: as a JSON number it loses digits.")
        return super().to_internal_value(data)


class CardIdSerializer(serializers.Serializer[Any]):
    card_id = CardIdField(help_text="A card's number in any spelling, or its UUID.")


# --- cards ------------------------------------------------------------------------------------


class MonitorCardSerializer(CardSerializer):
    """A card under our names, and under the seed's."""

    card_id = serializers.UUIDField(source="pk", read_only=True)
    issued_to = serializers.UUIDField(
        source="person_id", read_only=True, help_text="The id of the holder."
    )
    issue_date = serializers.DateTimeField(source="issued_date", read_only=True)
    active_status = serializers.BooleanField(source="is_active", read_only=True)

    class Meta(CardSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *CardSerializer.Meta.fields,
            "card_id",
            "issued_to",
            "issue_date",
            "active_status",
        )
        read_only_fields = fields  # type: ignore[assignment]


# --- students ---------------------------------------------------------------------------------


class ContactSerializer(FieldsByRole, serializers.Serializer[Any]):
    phone_number = serializers.CharField()
    email = serializers.CharField()


class GivenContactSerializer(serializers.Serializer[Any]):
    phone_number = serializers.CharField(required=False, allow_blank=True)
    email = serializers.CharField(required=False, allow_blank=True)


KEYS = serializers.ListField(child=serializers.UUIDField(), allow_null=True)
NAME_PARTS = ("first_name", "middle_name", "surname")
SEED_FIELDS = ("student_id", "name", "contact_info", "registered_card_id")


class MonitorStudentSerializer(StudentSerializer):
    """A student under our names, and under the seed's where they differ."""

    student_id = serializers.UUIDField(source="pk", read_only=True)
    name = serializers.CharField(source="full_name", read_only=True)
    contact_info = ContactSerializer(source="*", read_only=True)
    registered_card_id = serializers.SerializerMethodField(
        help_text="The id of the card that is not retired, or null."
    )

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_registered_card_id(self, student: Student) -> Any:
        card = self.get_card(student)
        return card and card["card_uuid"]

    class Meta(StudentSerializer.Meta):
        fields = (*StudentSerializer.Meta.fields, *SEED_FIELDS)  # type: ignore[assignment]


class CardWishSerializer(NumberChoiceSerializer):
    """The card that a new student is to have: a number, or the wish for a generated one."""

    expiry_date = PlausibleMomentField(required=False, allow_null=True, default=None)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        try:
            return super().run_validation(data)
        except ValidationError as error:
            raise ValidationError(messages_in(error.detail)) from error


class RegisterStudentSerializer(StudentSerializer):
    """A student under our names, or under the seed's `name` and `contact_info`."""

    card = CardWishSerializer(required=False, allow_null=True)  # type: ignore[assignment]
    name = LineSerializerField(
        required=False,
        write_only=True,
        help_text="In place of its parts: the first name, middle names, and the surname last.",
    )
    contact_info = GivenContactSerializer(
        required=False, write_only=True, help_text="In place of `phone_number` and `email`."
    )

    class Meta(StudentSerializer.Meta):
        fields = (*StudentSerializer.Meta.fields, "name", "contact_info")  # type: ignore[assignment]

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values: dict[str, Any] = super().to_internal_value(_in_our_names(data))
        return values


def _in_our_names(data: Any) -> Any:
    """The body with the seed's names put in ours; both may be given where they agree."""
    if not isinstance(data, dict):
        return data
    said = dict(data)
    if "name" in said:
        parts = {key: said[key] for key in NAME_PARTS if isinstance(said.get(key), str)}
        said.update(split_name(_valid(LineSerializerField(), "name", said.pop("name")), parts))
    if "contact_info" in said:
        contact = _valid(GivenContactSerializer(), "contact_info", said.pop("contact_info"))
        if wrong := [key for key, value in contact.items() if said.get(key, value) != value]:
            message = _disagreement(wrong)
            raise ValidationError({"contact_info": [message]})
        said.update(contact)
    return said


def _disagreement(keys: Sequence[str]) -> str:
    return _("Does not agree with {keys}.").format(keys=_(" and ").join(keys))


def _valid(field: serializers.Field[Any, Any, Any, Any], name: str, value: Any) -> Any:
    try:
        return field.run_validation(value)
    except ValidationError as error:
        raise ValidationError({name: error.detail}) from error


def split_name(name: str, parts: Mapping[str, str]) -> dict[str, str]:
    """`first_name`, `middle_name` and `surname` of a whole name; `parts` are those that are known.

    Nothing tells where a surname of two words begins, so it is the last word, unless `parts` say
    otherwise; one word alone is the first name. Raises ValidationError if they contradict the name.
    """
    words, known = name.split(), {key: value.split() for key, value in parts.items()}
    first = words[: len(known.get("first_name") or " ")]
    last = words[len(words) - len(known.get("surname") or " ") :]
    middle = words[len(first) : len(words) - len(last)]
    split = {"first_name": first, "middle_name": middle, "surname": last}
    if len(words) == 1:
        is_surname = bool(known.get("surname")) and not known.get("first_name")
        split = {key: [] for key in split} | {"surname" if is_surname else "first_name": words}
    elif len(first) + len(middle) + len(last) != len(words):
        raise ValidationError({"name": [_("Enter at least a first name and a surname.")]})
    if wrong := [key for key, value in known.items() if value and not _same(value, split[key])]:
        raise ValidationError({"name": [_disagreement(wrong)]})
    return {key: " ".join(value) for key, value in split.items()}


def _same(some: list[str], others: list[str]) -> bool:
    return [word.casefold() for word in some] == [word.casefold() for word in others]


class StudentDetailsSerializer(MonitorStudentSerializer):
    """A student with the latest of each ledger; a part that the role may not read is null.

    What the seed has as many-to-many fields are foreign keys to the student here. Their other end
    is told as such a field would be: by the keys of the rows beside it.
    """

    attendance = AttendanceSerializer(
        many=True, source="latest_days", read_only=True, allow_null=True
    )
    attendance_record = serializers.SerializerMethodField()
    discipline = IncidentSerializer(
        many=True, source="latest_incidents", read_only=True, allow_null=True
    )
    meals = KitchenServiceSerializer(
        many=True, source="latest_meals", read_only=True, allow_null=True
    )
    food_service_record = serializers.SerializerMethodField()

    @extend_schema_field(KEYS)
    def get_attendance_record(self, student: Student) -> Any:
        return _keys(student, "latest_days")

    @extend_schema_field(KEYS)
    def get_food_service_record(self, student: Student) -> Any:
        return _keys(student, "latest_meals")

    class Meta(MonitorStudentSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *MonitorStudentSerializer.Meta.fields,
            "attendance",
            "attendance_record",
            "discipline",
            "meals",
            "food_service_record",
        )


def _keys(student: Student, rows: str) -> list[str] | None:
    found = getattr(student, rows, None)
    return None if found is None else [str(row.pk) for row in found]


# --- taps, meals, incidents -------------------------------------------------------------------


class AttendanceCheckSerializer(CardIdSerializer):
    direction = serializers.ChoiceField(["in", "out"], required=False, allow_null=True)
    at = MomentField(
        required=False, allow_null=True, help_text="Left out: now. Without offset: campus time."
    )
    location = LineSerializerField(
        required=False, allow_blank=True, allow_null=True, max_length=100
    )


class MealSerializer(serializers.Serializer[Any]):
    """Whose meal it is by `card_id`, or without a card by `student_uuid`: one of them."""

    card_id = CardIdField(required=False, help_text="A card's number in any spelling, or its UUID.")
    student_uuid = serializers.PrimaryKeyRelatedField(
        source="student",
        queryset=Student.objects.all(),
        pk_field=serializers.UUIDField(),
        required=False,
    )
    food_item = LineSerializerField(
        required=False, allow_blank=True, allow_null=True, max_length=MAX_FOOD_ITEM
    )
    service_time = MomentField(
        source="at",
        required=False,
        allow_null=True,
        help_text="Left out: now. Without offset: campus time.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("student" in attrs) == ("card_id" in attrs):
            raise ValidationError({"card_id": [_("Give card_id or student_uuid, one of them.")]})
        return attrs

    def validate_food_item(self, value: str | None) -> str | None:
        """Letters of some scripts are joined by invisible signs, which no reader can send."""
        if value and not value.isprintable():
            raise ValidationError(BAD_FOOD_ITEM)
        return value


class MealAnswerSerializer(KitchenServiceSerializer, TapAnswerSerializer):
    """The meal as `/api/kitchen/services/` has it, with the answer of the tap that it came from.

    Without a card there is no tap: `event_id` is the meal's id.
    """

    class Meta(KitchenServiceSerializer.Meta):
        fields = (
            *TapAnswerSerializer().fields,
            *KitchenServiceSerializer.Meta.fields,
        )


class IncidentReportSerializer(IncidentFactsSerializer):
    """The student by `student_uuid`, or by `card_id`: one of them."""

    student_uuid = serializers.PrimaryKeyRelatedField(
        source="student",
        queryset=Student.objects.all(),
        pk_field=serializers.UUIDField(),
        required=False,
    )
    card_id = CardIdField(required=False, help_text="A card's number in any spelling, or its UUID.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("student" in attrs) == ("card_id" in attrs):
            message = _("Give student_uuid or card_id, one of them.")
            raise ValidationError({"student_uuid": [message]})
        return attrs


class ReportWithEvidenceSerializer(IncidentReportSerializer, EvidenceSerializer):
    """The same as multipart/form-data, with a file."""


class GroupSerializer(serializers.Serializer[Any]):
    """One group's day. `not_yet_seen`: nobody has seen them, and the day is not closed.

    `no_card`: expected but for a card that works; neither seen nor absent.
    """

    present = serializers.IntegerField()
    late = serializers.IntegerField()
    absent = serializers.IntegerField()
    excused = serializers.IntegerField()
    not_yet_seen = serializers.IntegerField()
    no_card = serializers.IntegerField()
    on_site_now = serializers.IntegerField()


class GroupsSerializer(serializers.Serializer[Any]):
    """Those of whom the role may know."""

    @property
    def may_be_absent(self) -> list[str]:
        return list(self.fields)

    def get_fields(self) -> dict[str, Any]:
        return {
            kind.plural_key: GroupSerializer(required=False) for kind in kinds_with_days().values()
        }


class AttendanceOfDaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    present = serializers.IntegerField()
    late = serializers.IntegerField()
    absent = serializers.IntegerField()
    excused = serializers.IntegerField()


class MealsOfDaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    served = serializers.IntegerField()


class IncidentsTodaySerializer(serializers.Serializer[Any]):
    today = serializers.IntegerField()
    points_deducted = serializers.IntegerField()


class DashboardSerializer(serializers.Serializer[Any]):
    """Today; what the role may not read is left out. The first six are the students'."""

    date = serializers.DateField()
    generated_at = serializers.DateTimeField()
    present = serializers.IntegerField(required=False)
    late = serializers.IntegerField(required=False)
    absent = serializers.IntegerField(required=False)
    excused = serializers.IntegerField(required=False)
    not_yet_seen = serializers.IntegerField(required=False)
    no_card = serializers.IntegerField(required=False)
    is_working_day = serializers.BooleanField(
        required=False, help_text="Somebody is expected today."
    )
    on_site_now = OnSiteSerializer(required=False)
    attendance = GroupsSerializer(required=False)
    attendance_by_day = AttendanceOfDaySerializer(many=True, required=False)
    meals = SummarySerializer(required=False)
    meals_by_day = MealsOfDaySerializer(many=True, required=False)
    incidents = IncidentsTodaySerializer(required=False)
    readers = ReaderStateSerializer(many=True, required=False)
    latest_taps = LiveTapSerializer(many=True, required=False)

    @property
    def may_be_absent(self) -> list[str]:
        """By role: all but the time."""
        return [name for name, field in self.fields.items() if not field.required]
