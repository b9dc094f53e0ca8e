"""What the live feed tells, described; `live.events` writes it."""

from typing import Any

from rest_framework import serializers

from attendance.models import Status
from live.events import AUDIENCE
from outbox.models import Event
from people.kinds import kind_keys
from pos.models import Activity, Code, Decision


class LiveReaderSerializer(serializers.Serializer[Any]):
    pos_id = serializers.UUIDField()
    name = serializers.CharField()


class LiveHolderSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(kind_keys())
    full_name = serializers.CharField()
    identifier = serializers.CharField()
    photo_url = serializers.CharField(allow_null=True, help_text="A path.")


class LiveTapSerializer(serializers.Serializer[Any]):
    """A tap as dashboards show it. `reader: null`: somebody entered it."""

    tap_id = serializers.IntegerField()
    event_id = serializers.CharField()
    activity = serializers.ChoiceField(Activity.choices)
    reader = LiveReaderSerializer(allow_null=True)
    location = serializers.CharField()
    decision = serializers.ChoiceField(Decision.choices)
    code = serializers.ChoiceField(Code.choices)
    message = serializers.CharField()
    would_deny = serializers.BooleanField()
    offline = serializers.BooleanField()
    clock_suspect = serializers.BooleanField()
    reader_decision = serializers.ChoiceField(Decision.choices, allow_blank=True)
    debounced = serializers.BooleanField(
        help_text="The same card read again: nobody came or went who had not before."
    )
    annulled = serializers.BooleanField(help_text="It was taken back, and counts no more.")
    direction = serializers.ChoiceField(["in", "out"], allow_blank=True)
    at = serializers.DateTimeField(help_text="When it counts.")
    received_at = serializers.DateTimeField()
    attendance_status = serializers.ChoiceField(Status.choices, allow_null=True)
    food_item = serializers.CharField()
    served = serializers.BooleanField(help_text="A meal.")
    holder = LiveHolderSerializer(allow_null=True)


class LiveEventSerializer(serializers.Serializer[Any]):
    """`data` depends on `event`: of a tap it is as in the dashboard's `latest_taps`.

    `tap_annulled`: the tap as it is now that it was taken back.
    """

    event = serializers.ChoiceField(["tap", Event.Kind.TAP_ANNULLED.value, *AUDIENCE])
    data = serializers.DictField()  # type: ignore[assignment]


class LiveAnswerSerializer(serializers.Serializer[Any]):
    """`position` goes into the next `?since=`. `gap`: too much happened; read the dashboard."""

    position = serializers.CharField()
    gap = serializers.BooleanField()
    events = LiveEventSerializer(many=True)
