"""Rules of the day over REST: policy, schedules, calendar, absences (contract section 9)."""

from datetime import time
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from attendance.models import RuleChange, Schedule
from attendance.schedules import Policy, policies
from core.weekdays import WeekdaysSerializerField
from people.fields import LineField
from people.kinds import keys_with_days, kinds_with_days
from people.models import Person, validate_plausible_day
from people.serializers import LineSerializerField

MOST_PEOPLE = 500


class PolicySerializer(serializers.Serializer[Policy]):
    class_level = serializers.CharField(allow_blank=True)
    late_after = serializers.TimeField()
    closes_at = serializers.TimeField(allow_null=True)
    working_days = WeekdaysSerializerField()
    updated_at = serializers.DateTimeField()


class GeneralPolicySerializer(PolicySerializer):
    """Everybody's policy, and the class levels that have one of their own."""

    overrides = serializers.SerializerMethodField()

    @extend_schema_field(PolicySerializer(many=True))
    def get_overrides(self, general: Policy) -> Any:
        own = [Policy.of(schedule) for schedule in policies() if schedule.policy_of]
        return [PolicySerializer(policy).data for policy in own]


class ApplyingSerializer(serializers.Serializer[Any]):
    """Whether a change of rules is applied to closed days too, and why."""

    apply_to_closed = serializers.BooleanField(required=False, default=False, write_only=True)
    reason = LineSerializerField(
        required=False, allow_blank=True, default="", max_length=300, write_only=True
    )


class PolicyChangeSerializer(ApplyingSerializer):
    """What is left out stays as it is; with `class_level` it is about that class level only."""

    class_level = LineSerializerField(
        required=False, default="", allow_blank=True, allow_null=True, max_length=50
    )
    late_after = serializers.TimeField(required=False)
    closes_at = serializers.TimeField(required=False)
    working_days = WeekdaysSerializerField(required=False)


class PreviewedChangeSerializer(serializers.Serializer[Any]):
    to = serializers.CharField(allow_null=True, help_text="Null: no row, nothing is said.")
    count = serializers.IntegerField()

    def get_fields(self) -> Any:
        """`from` is a word of Python's."""
        before = serializers.CharField(allow_null=True, help_text="Null: there was no row.")
        return {"from": before, **super().get_fields()}


class PreviewSerializer(serializers.Serializer[Any]):
    """What a change of rules would do; nothing was written.

    `days_changed` counts days of people, open and closed; `closed_days_changed` those of them that
    only `apply_to_closed` changes.
    """

    days_changed = serializers.IntegerField()
    changes = PreviewedChangeSerializer(many=True)
    closed_days_changed = serializers.IntegerField()
    notices_sent = serializers.IntegerField(help_text="About these days, to guardians.")


class AudienceSerializer(serializers.Serializer[Any]):
    """Whom a rule is for; empty: everybody.

    Kinds and departments narrow each other and the classes; levels and codes of classes add up;
    whoever is named is meant in any case.
    """

    kinds = serializers.ListField(child=serializers.ChoiceField(keys_with_days()), required=False)
    class_levels = serializers.ListField(child=LineSerializerField(max_length=50), required=False)
    class_codes = serializers.ListField(child=LineSerializerField(max_length=50), required=False)
    departments = serializers.ListField(child=LineSerializerField(max_length=150), required=False)
    people = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_PEOPLE
    )

    def validate(self, attrs: Any) -> dict[str, list[str]]:
        return {name: [str(one) for one in said] for name, said in attrs.items() if said}

    def validate_people(self, people: list[UUID]) -> list[UUID]:
        known = Person.objects.filter(pk__in=people, kind__in=kinds_with_days())
        unknown = set(people) - set(known.values_list("pk", flat=True))
        if unknown:
            message = gettext("There is nobody with this id: {id}.").format(id=min(unknown))
            raise serializers.ValidationError(message)
        return people

    def to_representation(self, applies_to: Any) -> Any:
        return {name: applies_to.get(name, []) for name in self.fields}


class SessionSerializer(serializers.Serializer[Any]):
    """Without `late_after` whoever comes after the beginning is late; without `ends_at` it lasts
    as long as the day, and nobody leaves early.
    """

    name = LineSerializerField(max_length=50)
    weekdays = WeekdaysSerializerField()
    starts_at = serializers.TimeField()
    late_after = serializers.TimeField(required=False, allow_null=True)
    ends_at = serializers.TimeField(required=False, allow_null=True, default=None)
    requires_tap = serializers.BooleanField(required=False, default=False)

    def to_internal_value(self, data: Any) -> Any:
        """A session is whole, also where the schedule that it is in is changed in part."""
        if not getattr(self.root, "partial", False):
            return super().to_internal_value(data)
        whole = SessionSerializer(data=data)
        whole.is_valid(raise_exception=True)
        return whole.validated_data

    def validate(self, attrs: Any) -> Any:
        if attrs.get("late_after") is None:
            attrs["late_after"] = attrs["starts_at"]
        ends_at = attrs["ends_at"]
        if ends_at == attrs["starts_at"]:
            raise serializers.ValidationError(
                {"ends_at": [gettext("A session lasts for some time.")]}
            )
        length = _minutes(attrs["starts_at"], ends_at) if ends_at else DAY_MINUTES
        if _minutes(attrs["starts_at"], attrs["late_after"]) >= length:
            message = gettext("The limit lies between the beginning and the end.")
            raise serializers.ValidationError({"late_after": [message]})
        return attrs

    def to_representation(self, session: Any) -> Any:
        return session


def change_id_field() -> serializers.UUIDField:
    return serializers.UUIDField(
        read_only=True,
        allow_null=True,
        default=None,
        help_text="Of what was applied to closed days just now, to undo it; else null.",
    )


class ScheduleSerializer(ApplyingSerializer, serializers.ModelSerializer[Schedule]):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        LineField: LineSerializerField,
    }
    sessions = SessionSerializer(many=True, allow_empty=False)
    applies_to = AudienceSerializer(required=False)
    change_id = change_id_field()
    is_policy = serializers.SerializerMethodField(
        help_text="It can be changed as a policy too; its audience is fixed."
    )

    class Meta:
        model = Schedule
        fields = (
            "schedule_id",
            "name",
            "day_begins",
            "sessions",
            "closes_at",
            "applies_to",
            "valid_from",
            "valid_to",
            "is_policy",
            "updated_at",
            "change_id",
            "apply_to_closed",
            "reason",
        )

    def get_is_policy(self, schedule: Schedule) -> bool:
        return schedule.policy_of is not None

    def validate(self, attrs: Any) -> Any:
        sessions = attrs.get("sessions", self.instance and self.instance.sessions) or []
        times = [_as_times(session) for session in sessions]
        begins = attrs.get("day_begins", self.instance and self.instance.day_begins)
        if begins is None:
            begins = attrs["day_begins"] = fitting_day_begin(times)
        for name, starts_at, ends_at in times:
            if ends_at and _minutes(begins, starts_at) + _minutes(starts_at, ends_at) > DAY_MINUTES:
                message = gettext(
                    "{session} would end after the day does, which begins at {time}."
                ).format(session=name, time=f"{begins:%H:%M}")
                raise serializers.ValidationError({"day_begins": [message]})
        is_policy = self.instance is not None and self.instance.policy_of is not None
        if is_policy and "applies_to" in attrs and attrs["applies_to"] != self.instance.applies_to:  # type: ignore[union-attr]
            raise serializers.ValidationError(
                {"applies_to": [gettext("The audience of a policy is fixed.")]}
            )
        first = attrs.get("valid_from", self.instance and self.instance.valid_from)
        last = attrs.get("valid_to", self.instance and self.instance.valid_to)
        if first and last and last < first:
            raise serializers.ValidationError(
                {"valid_to": [gettext("This is before the first day.")]}
            )
        if "sessions" in attrs:
            attrs["sessions"] = [_as_row(session) for session in attrs["sessions"]]
        return attrs


DAY_MINUTES = 24 * 60


def _minutes(first: time, last: time) -> int:
    """From the one to the next other, by the clock on the wall."""
    return (last.hour * 60 + last.minute - first.hour * 60 - first.minute) % DAY_MINUTES


def _as_times(session: Any) -> tuple[str, time, time | None]:
    starts_at, ends_at = session["starts_at"], session.get("ends_at")
    if isinstance(starts_at, str):
        starts_at = time.fromisoformat(starts_at)
        ends_at = time.fromisoformat(ends_at) if ends_at else None
    return session["name"], starts_at, ends_at


def _as_row(session: Any) -> dict[str, Any]:
    times = {name: session[name] for name in ("starts_at", "late_after", "ends_at")}
    return {**session, **{name: at and at.isoformat() for name, at in times.items()}}


def fitting_day_begin(sessions: list[tuple[str, time, time | None]]) -> time:
    """Midnight; of a night's work the middle between its end and its next beginning."""
    for _, starts_at, ends_at in sessions:
        if ends_at and ends_at < starts_at:
            middle = ends_at.hour * 60 + ends_at.minute + _minutes(ends_at, starts_at) // 2
            return time(middle // 60, 0)
    return time(0)


LONGEST_SPAN = 400  # days


class SpanSerializer(ApplyingSerializer):
    """`date`, or `from` and `to`; with `starts_at` and `ends_at` for some hours of each day."""

    date = serializers.DateField(required=False, validators=[validate_plausible_day])
    to = serializers.DateField(required=False, validators=[validate_plausible_day])
    starts_at = serializers.TimeField(required=False, allow_null=True)
    ends_at = serializers.TimeField(required=False, allow_null=True)
    applies_to = AudienceSerializer(required=False)
    change_id = change_id_field()

    day_key: ClassVar[str] = "from"

    def get_fields(self) -> Any:
        """`from` is a word of Python's."""
        first = serializers.DateField(required=False, validators=[validate_plausible_day])
        return {"from": first, **super().get_fields()}

    def to_representation(self, instance: Any) -> Any:
        return super().to_representation(_Spanned(instance))

    def validate(self, attrs: Any) -> Any:
        day, first, last = (attrs.pop(name, None) for name in ("date", "from", "to"))
        if day and (first or last) and {first or day, last or day} != {day}:
            raise serializers.ValidationError(
                {"date": [gettext("Say either date, or from and to.")]}
            )
        known = self.instance
        first = day or first or (known and known.first_day)
        if first is None:
            raise serializers.ValidationError({self.day_key: [gettext("This field is required.")]})
        last = day or last or (known.last_day if known else first)
        if last < first:
            raise serializers.ValidationError({"to": [gettext("This is before the first day.")]})
        if (last - first).days > LONGEST_SPAN:
            raise serializers.ValidationError({"to": [gettext("This is more than a year.")]})
        starts, ends = (
            attrs.get(name, known and getattr(known, name)) for name in ("starts_at", "ends_at")
        )
        if starts and starts == ends:
            raise serializers.ValidationError({"ends_at": [gettext("It lasts for some time.")]})
        return {**attrs, "first_day": first, "last_day": last}


class _Spanned:
    """A row with the contract's names for its days."""

    def __init__(self, row: Any) -> None:
        self.row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(
            self.row, {"date": "first_day", "from": "first_day", "to": "last_day"}.get(name, name)
        )


class HolidaySerializer(SpanSerializer):
    """`date` is the first day of several."""

    day_key = "date"
    holiday_id = serializers.UUIDField(read_only=True)
    name = LineSerializerField(max_length=100)


class AbsenceSerializer(SpanSerializer):
    """Of one person, or of whom `applies_to` means. `date` is the first day of several."""

    absence_id = serializers.UUIDField(read_only=True)
    person_name = serializers.CharField(
        source="person.full_name", read_only=True, default=None, allow_null=True
    )
    reason = LineSerializerField(max_length=300)
    recorded_by = serializers.CharField(
        source="recorded_by.username", read_only=True, default=None, allow_null=True
    )
    recorded_at = serializers.DateTimeField(read_only=True)

    def get_fields(self) -> Any:
        of_kinds = {kind.key: OfKindField(kind.key) for kind in kinds_with_days().values()}
        return {**super().get_fields(), **of_kinds}

    def validate(self, attrs: Any) -> Any:
        named = {key: attrs.pop(key) for key in kinds_with_days() if attrs.get(key)}
        for key in kinds_with_days():
            attrs.pop(key, None)
        attrs = super().validate(attrs)
        if named:
            if len(named) > 1 or attrs.get("applies_to"):
                message = gettext("Say one person, or applies_to.")
                raise serializers.ValidationError({min(named): [message]})
            ((key, person),) = named.items()
            attrs["person"] = Person.objects.filter(pk=person, kind=key).first()
            if attrs["person"] is None:
                message = gettext("There is no {key} with this id.").format(key=key)
                raise serializers.ValidationError({key: [message]})
            attrs["applies_to"] = {}
        elif attrs.get("applies_to"):
            attrs["person"] = None
        elif self.instance is None or "applies_to" in attrs:
            raise serializers.ValidationError({"applies_to": [gettext("Say who is away.")]})
        return attrs


class OfKindField(serializers.UUIDField):
    """The person, if that is of this kind."""

    def __init__(self, kind: str) -> None:
        super().__init__(required=False, allow_null=True, source="person")
        self.kind = kind

    def bind(self, field_name: str, parent: Any) -> None:
        super().bind(field_name, parent)
        self.source_attrs = [field_name]

    def get_attribute(self, instance: Any) -> Any:
        person = instance.person
        return person.pk if person and person.kind == self.kind else None


class RuleChangeSerializer(serializers.ModelSerializer[RuleChange]):
    """What was done to closed days at once."""

    made_by = serializers.CharField(source="made_by.username", default=None, allow_null=True)
    undone_by = serializers.CharField(source="undone_by.username", default=None, allow_null=True)

    class Meta:
        model = RuleChange
        fields = (
            "change_id",
            "what",
            "reason",
            "days_changed",
            "made_by",
            "made_at",
            "undone_by",
            "undone_at",
        )
        read_only_fields = fields
