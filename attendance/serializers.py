"""Days, rules and corrections over REST."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from attendance.corrections import UNSAID, Correction
from attendance.models import Attendance, Status
from people.kind_keys import KindKeysSerializer
from people.kinds import DayList, keys_with_days
from people.serializers import LineSerializerField, MomentField

MOST_PEOPLE = 500


class CorrectionSerializer(serializers.Serializer[Any]):
    """What was said instead; null: nothing was said of that."""

    status = serializers.ChoiceField(Status.choices, allow_null=True)
    attendance_time = serializers.DateTimeField(allow_null=True)
    left_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()


class SessionResultSerializer(serializers.Serializer[Any]):
    """`status` is null while the day is open and nobody came to it."""

    name = serializers.CharField()
    status = serializers.ChoiceField(Status.choices, allow_null=True)
    arrived_at = serializers.DateTimeField(allow_null=True)
    left_at = serializers.DateTimeField(allow_null=True)


DAY_FIELDS = (
    "date",
    "status",
    "attendance_time",
    "left_at",
    "source",
    "derived_status",
    "minutes_late",
    "left_early",
    "hours_on_site",
    "sessions",
    "is_counted",
    "is_closed",
    "correction",
)


class DaySerializer(serializers.ModelSerializer[Attendance]):
    """A person's day. `derived_status` is what the taps say, whatever was corrected."""

    source = serializers.ChoiceField(  # type: ignore[assignment]
        ["tap", "close", "correction", "absence"], read_only=True
    )
    derived_status = serializers.SerializerMethodField(help_text="Null: the facts say nothing.")
    hours_on_site = serializers.SerializerMethodField(
        help_text="Of the stays whose arrival and departure are both known."
    )
    is_counted = serializers.BooleanField(
        read_only=True, help_text="Something was expected: the day counts in rates."
    )
    is_closed = serializers.SerializerMethodField()
    sessions = serializers.SerializerMethodField()
    correction = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(Status.choices, allow_null=True))
    def get_derived_status(self, record: Attendance) -> str | None:
        return record.derived_status or None

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_hours_on_site(self, record: Attendance) -> float | None:
        minutes = record.minutes_on_site
        return None if minutes is None else round(minutes / 60, 2)

    def get_is_closed(self, record: Attendance) -> bool:
        return record.closed_under_id is not None

    @extend_schema_field(SessionResultSerializer(many=True))
    def get_sessions(self, record: Attendance) -> Any:
        return [
            {**session, **{name: _local(session[name]) for name in ("arrived_at", "left_at")}}
            for session in record.sessions
        ]

    @extend_schema_field(CorrectionSerializer(allow_null=True))
    def get_correction(self, record: Attendance) -> dict[str, Any] | None:
        if not record.is_corrected:
            return None
        assert record.corrected_by
        said = {
            "status": record.corrected_status or None,
            "attendance_time": record.corrected_arrival,
            "left_at": record.corrected_departure,
            "reason": record.correction_reason,
            "by": record.corrected_by.username,
            "at": record.corrected_at,
        }
        return CorrectionSerializer(said).data


def _local(text: str | None) -> str | None:
    """An instant as it was kept, in campus time."""
    if text is None:
        return None
    return timezone.localtime(datetime.fromisoformat(text)).isoformat()


class AttendanceSerializer(DaySerializer):
    """The groups are those of the beginning of that day."""

    student = serializers.UUIDField(source="person_id", read_only=True)
    student_name = serializers.CharField(source="person.full_name")
    registration_number = serializers.CharField(source="person.identifier")

    class Meta:
        model = Attendance
        fields = (
            "attendance_id",
            "student",
            "student_name",
            "registration_number",
            "class_level",
            "class_code",
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
            "department",
            *DAY_FIELDS,
            "staff_id",
            "attendance_date",
            "timestamp",
        )
        read_only_fields = fields


class CorrectSerializer(serializers.Serializer[Any]):
    """What a day really was, and why; at least one of the three. Null takes an earlier correction
    back.
    """

    status = serializers.ChoiceField(Status.choices, allow_null=True, required=False)
    attendance_time = MomentField(allow_null=True, required=False)
    left_at = MomentField(allow_null=True, required=False)
    reason = LineSerializerField(max_length=300)

    def validate(self, attrs: Any) -> Any:
        if not {"status", "attendance_time", "left_at"} & attrs.keys():
            message = _("Say what it was: status, attendance_time or left_at.")
            raise serializers.ValidationError({"status": [message]}, code="required")
        return attrs

    @property
    def correction(self) -> Correction:
        """Of data that is valid."""
        said = self.validated_data
        return Correction(
            reason=said["reason"],
            status=said.get("status", UNSAID),
            arrived_at=said.get("attendance_time", UNSAID),
            left_at=said.get("left_at", UNSAID),
        )


class CorrectPeopleSerializer(CorrectSerializer):
    """The same for one day of several people of one kind, seen or not."""

    date = serializers.DateField()
    kind = serializers.ChoiceField(keys_with_days())
    people = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MOST_PEOPLE
    )


class CorrectedSerializer(serializers.Serializer[Any]):
    corrected = serializers.IntegerField(help_text="For how many people it was done.")


class CloseSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()


class ClosedSerializer(serializers.Serializer[Any]):
    """`absent`: how many Absent days this closing wrote, by kind of person."""

    date = serializers.DateField()
    closed_at = serializers.DateTimeField()
    was_closed = serializers.BooleanField(help_text="It had been closed before.")
    absent = serializers.DictField(child=serializers.IntegerField())


class ReopenSerializer(CloseSerializer):
    reason = LineSerializerField(max_length=300)


class ReopenedSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    change_id = serializers.UUIDField(help_text="By which it can be undone.")
    days_changed = serializers.IntegerField(help_text="Days of people that are others now.")
