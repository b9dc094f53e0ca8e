"""Days, rules and corrections over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from attendance.models import EVERYBODY, Attendance, Holiday, Policy, Status
from core.weekdays import WeekdaysSerializerField
from people.fields import LineField
from people.kind_keys import KindKeysSerializer
from people.kinds import DayList, kinds_with_days
from people.serializers import LineSerializerField

MOST_PEOPLE = 500


class CorrectionSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(Status.choices, source="corrected_status")
    reason = serializers.CharField(source="correction_reason")
    by = serializers.CharField(source="corrected_by.username")
    at = serializers.DateTimeField(source="corrected_at")


DAY_FIELDS = (
    "date",
    "status",
    "attendance_time",
    "left_at",
    "source",
    "derived_status",
    "correction",
)


class DaySerializer(serializers.ModelSerializer[Attendance]):
    """A person's day. `derived_status` is what the taps say, whatever was corrected."""

    # A generated column is a text to the framework, in UTC where its neighbour is campus time.
    left_at = serializers.DateTimeField(read_only=True, allow_null=True)
    source = serializers.ChoiceField(["tap", "close", "correction"], read_only=True)  # type: ignore[assignment]
    correction = serializers.SerializerMethodField()

    @extend_schema_field(CorrectionSerializer(allow_null=True))
    def get_correction(self, record: Attendance) -> dict[str, Any] | None:
        return CorrectionSerializer(record).data if record.corrected_status else None


class AttendanceSerializer(DaySerializer):
    student = serializers.UUIDField(source="person_id", read_only=True)
    student_name = serializers.CharField(source="person.full_name")
    registration_number = serializers.CharField(source="person.identifier")
    class_level = serializers.CharField(source="person.class_level")
    department = serializers.CharField(source="person.department")

    class Meta:
        model = Attendance
        fields = (
            "attendance_id",
            "student",
            "student_name",
            "registration_number",
            "class_level",
            "department",
            *DAY_FIELDS,
        )
        read_only_fields = fields


class StaffAttendanceSerializer(DaySerializer, KindKeysSerializer):
    name = serializers.CharField(source="person.full_name", read_only=True)
    identifier = serializers.CharField(source="person.identifier", read_only=True)
    # The seed's names of what stands beside them.
    staff_id = serializers.UUIDField(
        source="person_id", read_only=True, help_text="Whose day it is, staff or security."
    )
    attendance_date = serializers.DateField(source="date", read_only=True)
    timestamp = serializers.DateTimeField(source="attendance_time", read_only=True, allow_null=True)

    class Meta:
        model = Attendance
        fields = (
            "attendance_id",
            *(kind.key for kind in DayList.STAFF.kinds),
            "name",
            "identifier",
            *DAY_FIELDS,
            "staff_id",
            "attendance_date",
            "timestamp",
        )
        read_only_fields = fields


class CorrectSerializer(serializers.Serializer[Any]):
    """What a day really was, and why. `status: null` takes an earlier correction back."""

    status = serializers.ChoiceField(Status.choices, allow_null=True)
    reason = LineSerializerField(max_length=300)


class CorrectPeopleSerializer(CorrectSerializer):
    """The same for one day of several people of one kind, seen or not."""

    date = serializers.DateField()
    kind = serializers.ChoiceField(list(kinds_with_days()))
    people = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MOST_PEOPLE
    )


class CorrectedSerializer(serializers.Serializer[Any]):
    corrected = serializers.IntegerField(help_text="For how many people it was done.")


class PolicySerializer(serializers.ModelSerializer[Policy]):
    working_days = WeekdaysSerializerField()

    class Meta:
        model = Policy
        fields = ("class_level", "late_after", "closes_at", "working_days", "updated_at")


class GeneralPolicySerializer(PolicySerializer):
    """Everybody's policy, and the class levels that have one of their own."""

    overrides = serializers.SerializerMethodField()

    @extend_schema_field(PolicySerializer(many=True))
    def get_overrides(self, general: Policy) -> Any:
        own = Policy.objects.exclude(class_level=EVERYBODY)
        return PolicySerializer(own, many=True).data

    class Meta(PolicySerializer.Meta):
        fields = (*PolicySerializer.Meta.fields, "overrides")  # type: ignore[assignment]


class PolicyChangeSerializer(serializers.Serializer[Any]):
    """What is left out stays as it is; with `class_level` it is about that class level only."""

    class_level = LineSerializerField(
        required=False, default="", allow_blank=True, allow_null=True, max_length=50
    )
    late_after = serializers.TimeField(required=False)
    closes_at = serializers.TimeField(required=False)
    working_days = WeekdaysSerializerField(required=False)


class HolidaySerializer(serializers.ModelSerializer[Holiday]):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        LineField: LineSerializerField,
    }

    class Meta:
        model = Holiday
        fields = ("holiday_id", "date", "name")


class CloseSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()


class ClosedSerializer(serializers.Serializer[Any]):
    """`absent`: how many Absent days this closing wrote, by kind of person."""

    date = serializers.DateField()
    closed_at = serializers.DateTimeField()
    was_closed = serializers.BooleanField(help_text="It had been closed before.")
    absent = serializers.DictField(child=serializers.IntegerField())
