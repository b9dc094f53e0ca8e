"""The shapes of readers and taps, for the API and its schema.

Taps that come in and their answers are only described here: `pos.protocol` reads and writes them.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from accounts.fields import FieldsByRole
from cards.models import Card
from people.fields import LineField
from people.kind_keys import KindKeysSerializer
from people.kinds import kind_keys
from people.serializers import LineSerializerField, MomentField
from pos.mapping import (
    LONGEST_PATH,
    LONGEST_TOPIC,
    MOST_PATHS,
    PARTS,
    READY,
    BadMapping,
    table_of,
)
from pos.models import (
    KNOWN_BY_SERIAL,
    MAX_EVENT_ID,
    MAX_FOOD_ITEM,
    MAX_REASON,
    MAX_SEQ,
    MAX_SERIES,
    MAX_TEXT,
    Activity,
    Code,
    Decision,
    Device,
    Tap,
    TimeQuality,
    format_choices,
)
from pos.protocol import DAY_ONLY, MAX_BATCH, ItemStatus, instant_of
from pos.services import serial_number_is_its_own

_PATHS = {
    "oneOf": [
        {"type": "string", "minLength": 1, "maxLength": LONGEST_PATH},
        {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": LONGEST_PATH},
            "minItems": 1,
            "maxItems": MOST_PATHS,
        },
    ]
}


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "like": {"type": "string", "enum": [*READY]},
            **dict.fromkeys(PARTS, _PATHS),
            "when": {"type": "object", "description": "Path: the value, or one of several."},
            "directions": {"type": "object", "description": "What is sent: `in` or `out`."},
            "topic": {"type": "string", "maxLength": LONGEST_TOPIC},
        },
        "additionalProperties": False,
    }
)
class MappingField(serializers.JSONField):
    """The table of names of a `mapped` reader; see `pos.mapping`."""


class CountsSerializer(serializers.Serializer[Any]):
    """Counts of a reader, both ends included."""

    to = serializers.IntegerField(source="last")

    def get_fields(self) -> dict[str, Any]:
        # `from` is no name that a class body can assign.
        return {"from": serializers.IntegerField(source="first"), **super().get_fields()}


class DeviceSerializer(serializers.ModelSerializer[Device]):
    """A reader. `clock_offset` is its clock minus ours, in milliseconds, by its last heartbeat."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        LineField: LineSerializerField,
    }
    last_seen_at = serializers.DateTimeField(read_only=True, allow_null=True)
    clock_offset = serializers.IntegerField(
        source="heartbeat.clock_offset_ms", read_only=True, default=None, allow_null=True
    )
    queue_depth = serializers.IntegerField(
        source="heartbeat.queue_depth", read_only=True, default=None, allow_null=True
    )
    firmware = serializers.CharField(
        source="heartbeat.firmware", read_only=True, default=None, allow_null=True
    )

    series = serializers.CharField(
        source="latest_series.series",
        read_only=True,
        default=None,
        allow_null=True,
        help_text="The one that came last, of a reader that counts its taps.",
    )
    complete_to = serializers.IntegerField(
        source="latest_series.complete_to",
        read_only=True,
        default=None,
        allow_null=True,
        help_text="Up to this count of the series every tap has come.",
    )
    missing = CountsSerializer(
        source="latest_series.gaps",
        many=True,
        read_only=True,
        default=(),
        help_text="Counts of the series that have not come, while later ones have.",
    )
    to_count = serializers.IntegerField(
        read_only=True,
        help_text="Taps of ids that had been used, as of a reader that began its ids again.",
    )
    mapping = MappingField(required=False)

    class Meta:
        model = Device
        fields = (
            "pos_id",
            "name",
            "location",
            "activity_type",
            "direction",
            "number_format",
            "protocol",
            "serial_number",
            "mapping",
            "debounce_seconds",
            "is_muster",
            "is_active",
            "last_seen_at",
            "clock_offset",
            "queue_depth",
            "firmware",
            "series",
            "complete_to",
            "missing",
            "to_count",
            "key_made_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("key_made_at",)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Where people muster, no meals are served; and some terminals need a serial number."""
        names = ("is_muster", "activity_type", "protocol", "serial_number")
        said = {name: getattr(self.instance, name, None) for name in names} | attrs
        if said["is_muster"] and said["activity_type"] == Activity.FOOD_SERVICE:
            message = _("Where people muster, no meals are served.")
            raise serializers.ValidationError({"is_muster": [message]})
        if said["protocol"] in KNOWN_BY_SERIAL and not said["serial_number"]:
            message = _("A terminal of this kind is known by its serial number.")
            raise serializers.ValidationError({"serial_number": [message]})
        return attrs

    def update(self, instance: Device, validated_data: dict[str, Any]) -> Device:
        with serial_number_is_its_own():
            return super().update(instance, validated_data)

    def validate_mapping(self, mapping: Any) -> dict[str, Any]:
        """A table that can be read; it is kept as it was said."""
        try:
            table_of(mapping)
        except BadMapping as error:
            raise serializers.ValidationError(str(error)) from error
        said: dict[str, Any] = mapping
        return said


class CountedConflictsSerializer(serializers.Serializer[Any]):
    counted = serializers.IntegerField(help_text="How many taps are in the ledger by this.")


class NewDeviceSerializer(DeviceSerializer):
    key = serializers.CharField(read_only=True, help_text="Shown this once.")

    class Meta(DeviceSerializer.Meta):
        fields = (*DeviceSerializer.Meta.fields, "key")  # type: ignore[assignment]


class ChangedDeviceSerializer(DeviceSerializer):
    """Whoever changes `number_format` is told what it costs."""

    collisions = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="As `.../collisions/` counts them; null: the body names no `number_format`.",
    )

    class Meta(DeviceSerializer.Meta):
        fields = (*DeviceSerializer.Meta.fields, "collisions")  # type: ignore[assignment]


class AskedFormatSerializer(serializers.Serializer[Any]):
    number_format = serializers.ChoiceField(
        format_choices(), required=False, help_text="Left out: the one that the reader has."
    )


class CollisionsSerializer(serializers.Serializer[Any]):
    number_format = serializers.ChoiceField(format_choices())
    collisions = serializers.IntegerField(
        help_text="Cards in use that it takes for another: each tap would be `ambiguous_card`."
    )


class TeachSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(
        max_length=MAX_TEXT, trim_whitespace=False, help_text="What the reader sends of the card."
    )
    card_uuid = serializers.PrimaryKeyRelatedField(queryset=Card.objects.all())


class TaughtSerializer(serializers.Serializer[Any]):
    number_format = serializers.ChoiceField(format_choices(), help_text="What the reader has now.")
    formats = serializers.ListField(
        child=serializers.ChoiceField(format_choices()),
        help_text="In which the text is this card's number, those of whole numbers first.",
    )
    collisions = serializers.DictField(
        child=serializers.IntegerField(), help_text="For each of them, as `.../collisions/`."
    )


class KeySerializer(serializers.Serializer[Any]):
    pos_id = serializers.UUIDField()
    key = serializers.CharField(help_text="Shown this once.")


class OwnDeviceSerializer(serializers.ModelSerializer[Device]):
    """What a reader learns of itself."""

    class Meta:
        model = Device
        fields = ("pos_id", "name", "location", "activity_type", "direction", "number_format")


class SinceSerializer(serializers.Serializer[Any]):
    since = MomentField(required=False)


class AdmissionSerializer(serializers.Serializer[Any]):
    """Card numbers as this reader spells them, in order."""

    as_of = serializers.DateTimeField(help_text="For the next `since`.")
    complete = serializers.BooleanField(
        help_text="These are all; else what may have changed since, to be laid over the list."
    )
    cards = serializers.ListField(child=serializers.CharField(), help_text="Admitted.")
    withdrawn = serializers.ListField(
        child=serializers.CharField(), help_text="Known, and not admitted."
    )


class PairingCodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="XXXX-XXXX; shown this once.")
    expires_at = serializers.DateTimeField()
    url = serializers.URLField(help_text="Where a browser enters it; brings the code along.")


class PairSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="In any case, with or without its dash.")


class MealOfTodaySerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    is_on = serializers.BooleanField(help_text="It is served at this moment.")
    expected = serializers.IntegerField()
    still_to_come = serializers.IntegerField(help_text="Expected, and not served yet.")


class ReaderSelfSerializer(serializers.Serializer[Any]):
    device = OwnDeviceSerializer()
    meals = MealOfTodaySerializer(many=True, help_text="Of today, at a hatch; none at a gate.")
    institution = serializers.CharField()
    server_time = serializers.DateTimeField()


class PairedSerializer(ReaderSelfSerializer):
    key = serializers.CharField(help_text="Shown this once; the reader's old key is void.")


class TapSerializer(serializers.Serializer[Any]):
    """What a reader sends."""

    event_id = serializers.CharField(
        required=False,
        allow_null=True,
        max_length=MAX_EVENT_ID,
        help_text="The reader's own, unique per reader. Left out, card, second and way make it.",
    )
    series = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=MAX_SERIES,
        help_text="Another whenever the reader's ids or its count begin again.",
    )
    seq = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=MAX_SEQ,
        help_text="The reader's own count of its taps, one more for each.",
    )
    card = serializers.CharField(max_length=MAX_TEXT, help_text="In the reader's number format.")
    tapped_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Left out: now. Without offset: campus time."
    )
    direction = serializers.ChoiceField(["in", "out"], required=False, allow_null=True)
    offline = serializers.BooleanField(required=False, default=False)
    reader_decision = serializers.ChoiceField(
        Decision.choices,
        required=False,
        allow_null=True,
        help_text="What the reader decided by itself; denied: the tap is kept and counts not.",
    )
    food_item = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=MAX_FOOD_ITEM
    )


class DeviceTimeField(MomentField):
    """What the reader's clock shows when it sends a request with taps."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            allow_null=True,
            help_text="The reader's clock, as it sends this; its taps' times are corrected by it.",
        )


class SingleTapSerializer(TapSerializer):
    device_time = DeviceTimeField()


class TapBatchSerializer(serializers.Serializer[Any]):
    device_time = DeviceTimeField()
    taps = serializers.ListField(child=TapSerializer(), min_length=1, max_length=MAX_BATCH)


class TapHolderSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(kind_keys())
    full_name = serializers.CharField()
    identifier = serializers.CharField()
    photo_url = serializers.URLField(allow_null=True)
    diet_note = serializers.CharField(
        help_text="At a hatch: what the kitchen must know of them. Empty at a gate."
    )


class TapDaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    status = serializers.CharField()
    attendance_time = serializers.DateTimeField(allow_null=True)


class TapMealSerializer(serializers.Serializer[Any]):
    service_id = serializers.UUIDField()
    period = serializers.CharField(allow_null=True)
    food_item = serializers.CharField()


class TapAnswerSerializer(serializers.Serializer[Any]):
    """The answer to one tap."""

    event_id = serializers.CharField()
    decision = serializers.ChoiceField(Decision.choices)
    code = serializers.ChoiceField(Code.choices)
    message = serializers.CharField()
    replayed = serializers.BooleanField(help_text="This event was answered before.")
    would_deny = serializers.BooleanField(help_text="It happened offline; live it were denied.")
    clock_suspect = serializers.BooleanField(help_text="The reader's time is not believed.")
    time_quality = serializers.ChoiceField(
        TimeQuality.choices, help_text="Corrected: by the request's `device_time`."
    )
    recorded_at = serializers.DateTimeField()
    server_time = serializers.DateTimeField()
    holder = TapHolderSerializer(allow_null=True)
    attendance = TapDaySerializer(allow_null=True)
    meal = TapMealSerializer(allow_null=True)
    served_at = serializers.DateTimeField(
        allow_null=True, help_text="Denied `already_served`: when they had their last meal."
    )
    served_location = serializers.CharField(allow_null=True, help_text="And where.")
    ignored = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of this request that are not known here."
    )


class TapRecordedSerializer(TapAnswerSerializer):
    """An item of a batch that is in the ledger, now or since before, with its answer."""

    status = serializers.ChoiceField([ItemStatus.CREATED, ItemStatus.DUPLICATE])


class TapRefusedSerializer(serializers.Serializer[Any]):
    """An item of a batch that is not in the ledger, and why: no tap, or another one of its id."""

    event_id = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField([ItemStatus.CONFLICT, ItemStatus.REJECTED])
    # Null and nothing else, which a client's types could not tell from a key that is not there.
    decision = serializers.ChoiceField(Decision.choices, allow_null=True, help_text="Null.")
    code = serializers.CharField()
    message = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Of a rejected item: what is wrong with each key.",
    )
    ignored = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of this item that are not known here."
    )

    may_be_absent = ("errors",)


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="TapResult",
        serializers=[TapRecordedSerializer, TapRefusedSerializer],
        resource_type_field_name=None,
    )
)
class TapResultField(serializers.ReadOnlyField):
    """One item of a batch."""


class BatchSummarySerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    created = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    conflict = serializers.IntegerField()
    rejected = serializers.IntegerField()


class BatchAnswerSerializer(serializers.Serializer[Any]):
    results = serializers.ListField(child=TapResultField())
    summary = BatchSummarySerializer()
    ignored = serializers.ListField(
        child=serializers.CharField(), help_text="Keys beside `taps` that are not known here."
    )


class ReaderStateSerializer(serializers.Serializer[Any]):
    """A reader as dashboards show it; see `pos.readers`."""

    pos_id = serializers.UUIDField()
    name = serializers.CharField()
    location = serializers.CharField()
    activity_type = serializers.ChoiceField(Activity.choices)
    state = serializers.ChoiceField(Device.State.choices)
    last_seen_at = serializers.DateTimeField(allow_null=True)
    queue_depth = serializers.IntegerField(allow_null=True)
    missing = serializers.IntegerField(
        help_text="Taps that the reader counted and that have not come, while later ones have."
    )
    clock_offset = serializers.IntegerField(allow_null=True, help_text="Milliseconds.")
    is_clock_off = serializers.BooleanField()


class ClockField(serializers.DateTimeField):
    """What a clock shows, however wrong it is."""

    def enforce_timezone(self, value: datetime) -> datetime:
        return instant_of(value)


class HeartbeatSerializer(serializers.Serializer[Any]):
    device_time = ClockField(help_text="The reader's clock.")
    queue_depth = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=2**31 - 1
    )
    firmware = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)


class HeartbeatAnswerSerializer(serializers.Serializer[Any]):
    server_time = serializers.DateTimeField()
    clock_offset_ms = serializers.IntegerField(help_text="The reader's clock minus ours.")
    ignored = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of this request that are not known here."
    )


class TapAnnulmentSerializer(serializers.Serializer[Any]):
    """That a tap was taken back; `by: null`: its reader did."""

    at = serializers.DateTimeField(source="annulled_at")
    by = serializers.CharField(source="annulled_by.username", default=None, allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class ReasonField(LineSerializerField):
    """Why a tap was a mistake, in one line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_REASON, **options)


class AnnulSerializer(serializers.Serializer[Any]):
    """What somebody in the office says of a tap that they take back."""

    reason = ReasonField()


class TextOnlyField(serializers.CharField):
    """As a tap has it: a number is no text, and blanks are characters like any other."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class AnnulOwnSerializer(serializers.Serializer[Any]):
    """What a reader says of one; without `series` it is the last of this `event_id`."""

    event_id = TextOnlyField(max_length=MAX_EVENT_ID)
    series = TextOnlyField(max_length=MAX_SERIES, required=False, allow_blank=True, allow_null=True)
    reason = ReasonField(required=False, allow_blank=True, default="")


class AnnulledOwnSerializer(serializers.Serializer[Any]):
    event_id = serializers.CharField()
    annulled_at = serializers.DateTimeField()
    server_time = serializers.DateTimeField()
    ignored = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of this request that are not known here."
    )


class LedgerTapSerializer(FieldsByRole, KindKeysSerializer):
    """A row of the ledger."""

    device_name = serializers.CharField(source="device.name", default=None, allow_null=True)
    entered_by = serializers.CharField(source="entered_by.username", default=None, allow_null=True)
    card = serializers.UUIDField(source="card_uuid", allow_null=True)
    holder_name = serializers.CharField(
        source="person.full_name", default=None, allow_null=True, read_only=True
    )
    tapped_at = MomentField(allow_null=True, read_only=True)
    offline = serializers.BooleanField(source="is_offline")
    clock_suspect = serializers.BooleanField(source="is_clock_suspect")
    time_quality = serializers.ChoiceField(TimeQuality.choices)
    corrected_by_ms = serializers.IntegerField(
        allow_null=True,
        help_text="How far the reader's clock was ahead, where `counted_at` is corrected by it.",
    )
    reader_decision = serializers.ChoiceField(
        Decision.choices,
        allow_blank=True,
        help_text="What the reader had decided by itself, if it said; denied: it counts not.",
    )
    debounced = serializers.BooleanField(
        source="is_debounced", help_text="The same card read again: the pass of moments before."
    )
    annulled = TapAnnulmentSerializer(
        source="annulment", default=None, allow_null=True, read_only=True
    )
    # The seed's names of what stands beside them.
    pos_id = serializers.UUIDField(
        source="device_id", allow_null=True, help_text="The reader; null: entered by hand."
    )
    activity_type = serializers.ChoiceField(Activity.choices, source="activity")
    timestamp = serializers.DateTimeField(
        source="happened_at", help_text="When it counts, or else when it was received."
    )
    related_card = serializers.UUIDField(source="card_uuid", allow_null=True)

    class Meta:
        model = Tap
        fields = (
            "tap_id",
            "event_id",
            "series",
            "seq",
            "device",
            "device_name",
            "entered_by",
            "location",
            "activity",
            "card_text",
            "number",
            "card",
            *kind_keys(),
            "holder_name",
            "direction",
            "food_item",
            "tapped_at",
            "received_at",
            "counted_at",
            "date",
            "offline",
            "clock_suspect",
            "time_quality",
            "corrected_by_ms",
            "decision",
            "code",
            "would_deny",
            "reader_decision",
            "debounced",
            "annulled",
            "service_id",
            "pos_id",
            "activity_type",
            "timestamp",
            "related_card",
        )


@extend_schema_field({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]})
class DayOrMomentField(serializers.Field[Any, Any, Any, Any]):
    """A day on the campus, or an instant."""

    def to_internal_value(self, data: Any) -> Any:
        is_day = isinstance(data, str) and len(data.strip()) <= DAY_ONLY
        field = serializers.DateField() if is_day else MomentField()
        return field.run_validation(data)


class ReassessSerializer(serializers.Serializer[Any]):
    """Whose taps, and since when."""

    card_uuid = serializers.UUIDField()

    def get_fields(self) -> dict[str, Any]:
        # `from` is no name that a class body can assign.
        return {**super().get_fields(), "from": DayOrMomentField()}


class UnknownThenSerializer(serializers.ModelSerializer[Tap]):
    """A tap of a card that nobody knew then."""

    device_name = serializers.CharField(source="device.name")

    class Meta:
        model = Tap
        fields = (
            "tap_id",
            "device",
            "device_name",
            "location",
            "activity",
            "direction",
            "counted_at",
            "date",
        )


class ReassessedSerializer(serializers.Serializer[Any]):
    preview = serializers.BooleanField()
    counted = serializers.IntegerField(help_text="How many are in the ledger again by this.")
    taps = UnknownThenSerializer(many=True)


class MqttAccessSerializer(serializers.Serializer[Any]):
    """`host` and `port` are the broker's as TrackXpert itself reaches it."""

    host = serializers.CharField()
    port = serializers.IntegerField()
    is_tls = serializers.BooleanField()
    username = serializers.CharField()
    tap_topic = serializers.CharField(help_text="The reader writes here, QoS 1.")
    answer_topic = serializers.CharField(help_text="The reader listens here, QoS 1.")
