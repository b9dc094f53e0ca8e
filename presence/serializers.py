"""Who is on site, roll-calls and streaks over REST (contract section 9)."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from core.filters import MAX_SEARCH_LENGTH
from people.fields import LineField
from people.kinds import kind_choices, kinds, kinds_with_days
from people.models import Person
from people.serializers import LineSerializerField, MomentField, PlausibleMomentField
from pos.models import MAX_TEXT
from presence.models import MOST_TEXT, RollCall, RollCallMark
from presence.on_site import Here, Sighting
from presence.roll_calls import Whereabouts
from presence.services import RollCallLine, RollCallSheet
from presence.streaks import FEWEST, Streak

MOST_DAYS = 366
NAME = 150  # the longest of a group


def _part(help_text: str) -> serializers.CharField:
    return serializers.CharField(required=False, max_length=NAME, help_text=help_text)


class PeopleAskedSerializer(serializers.Serializer[Any]):
    """Whom a list is about; left out: everybody."""

    kind = serializers.ChoiceField(kind_choices(), required=False)
    class_level = _part("In any case.")
    class_code = _part("In any case.")
    department = _part("As it is spelled.")
    search = serializers.CharField(
        required=False,
        max_length=MAX_SEARCH_LENGTH,
        help_text="Words to find in any part of a name or number, in any order.",
    )


class OnSiteAskedSerializer(PeopleAskedSerializer):
    at = PlausibleMomentField(
        required=False,
        help_text="An instant that is not ahead; without an offset it is campus time. "
        "Left out: now.",
    )


class StreaksAskedSerializer(PeopleAskedSerializer):
    kind = serializers.ChoiceField(list(kinds_with_days()), required=False)
    min = serializers.IntegerField(
        default=FEWEST, min_value=1, max_value=MOST_DAYS, help_text="The fewest days in a row."
    )


class PersonLineSerializer(serializers.Serializer[Any]):
    """A person in a list, with the groups that they are in now."""

    person = serializers.UUIDField(source="pk")
    kind = serializers.ChoiceField(kind_choices())
    full_name = serializers.CharField()
    identifier = serializers.CharField()
    class_level = serializers.CharField()
    class_code = serializers.CharField()
    department = serializers.CharField()


class LastSeenSerializer(serializers.Serializer[Any]):
    """`reader` is empty for a tap that was entered by hand."""

    at = serializers.DateTimeField()
    reader = serializers.CharField()
    location = serializers.CharField()


class HereSerializer(PersonLineSerializer):
    """Somebody who is on site."""

    group = serializers.CharField(
        help_text="The class or department by which the list is in order."
    )
    since = serializers.DateTimeField()
    last_seen = LastSeenSerializer(allow_null=True, help_text="At a gate or at a hatch.")


def here_body(one: Here, person: Person, seen: Sighting | None) -> dict[str, Any]:
    body = {**PersonLineSerializer(person).data, "group": one.group}
    return {
        **body,
        "since": _told(one.since),
        "last_seen": LastSeenSerializer(seen).data if seen else None,
    }


class OnSiteSerializer(serializers.Serializer[Any]):
    """Of the kinds of whom the role may know, whatever page is shown."""

    total = serializers.IntegerField()

    @property
    def may_be_absent(self) -> list[str]:
        return [kind.plural_key for kind in kinds()]

    def get_fields(self) -> dict[str, Any]:
        counts = {kind.plural_key: serializers.IntegerField(required=False) for kind in kinds()}
        return {**super().get_fields(), **counts}


class GroupCountSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(kind_choices())
    group = serializers.CharField()
    count = serializers.IntegerField()


class PageSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="On all pages together.")
    next = serializers.CharField(allow_null=True, help_text="A path with its query, or null.")
    previous = serializers.CharField(allow_null=True, help_text="A path with its query, or null.")


class OnSiteListSerializer(PageSerializer):
    """Who was on site `at` that instant, by kind, group and arrival."""

    at = serializers.DateTimeField()
    totals = OnSiteSerializer()
    groups = GroupCountSerializer(many=True)
    results = HereSerializer(many=True)


class StreakSerializer(PersonLineSerializer):
    """So many expected days in a row without them; Excused ones neither add nor break."""

    days = serializers.IntegerField()
    since = serializers.DateField(help_text="The first of the days.")
    last_present = serializers.DateField(
        allow_null=True, help_text="The last expected day on which they came, if one is known."
    )


def streak_body(streak: Streak, person: Person) -> dict[str, Any]:
    return {
        **PersonLineSerializer(person).data,
        "days": streak.days,
        "since": streak.since,
        "last_present": streak.last_present,
    }


class StreaksSerializer(PageSerializer):
    results = StreakSerializer(many=True)


# --- roll-calls --------------------------------------------------------------------------------


class RollCallSerializer(serializers.ModelSerializer[RollCall]):
    """A drill or a real one. Two of the same sort are never under way at once."""

    is_drill = serializers.BooleanField(help_text="False: people are in danger.")
    started_by = serializers.CharField(source="started_by.username", read_only=True)
    ended_by = serializers.CharField(
        source="ended_by.username", read_only=True, allow_null=True, default=None
    )

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        LineField: LineSerializerField,
    }

    class Meta:
        model = RollCall
        fields: tuple[str, ...] = (
            "roll_call_id",
            "name",
            "place",
            "is_drill",
            "started_at",
            "started_by",
            "ended_at",
            "ended_by",
        )
        read_only_fields = ("started_at", "ended_at")


class RollCallCountsSerializer(serializers.Serializer[Any]):
    """`total`: on the list, of whom each state has so many; `unexpected`: found besides."""

    total = serializers.IntegerField()
    unmarked = serializers.IntegerField(help_text="Nothing has been said of them.")
    safe = serializers.IntegerField()
    away = serializers.IntegerField(help_text="Elsewhere, and known to be.")
    missing = serializers.IntegerField()
    unexpected = serializers.IntegerField()


class RollCallEntrySerializer(PersonLineSerializer):
    """A person in a roll-call, with the groups of its beginning."""

    group = serializers.CharField()
    unexpected = serializers.BooleanField(help_text="Was found, and was not on the list.")
    since = serializers.DateTimeField(allow_null=True, help_text="On site since then.")
    last_seen = LastSeenSerializer(allow_null=True, help_text="Before the roll-call began.")
    state = serializers.ChoiceField([state.value for state in Whereabouts])
    marked_at = serializers.DateTimeField(
        allow_null=True, help_text="The earliest statement since which that has stood."
    )
    marked_by = serializers.CharField(help_text="Who said so, or the reader of a muster point.")


def entry_body(line: RollCallLine) -> dict[str, Any]:
    entry, standing = line.entry, line.standing
    seen = None
    if entry and entry.seen_at:
        seen = {"at": entry.seen_at, "reader": entry.seen_by_reader, "location": entry.seen_where}
    return {
        **PersonLineSerializer(line.person).data,
        **line.groups,
        "group": line.group,
        "unexpected": entry is None,
        "since": entry and _told(entry.since),
        "last_seen": seen and LastSeenSerializer(seen).data,
        "state": standing.state.value,
        "marked_at": standing.at and _told(standing.at),
        "marked_by": standing.by,
    }


def _told(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat()


class RollCallDetailSerializer(RollCallSerializer):
    """A roll-call as far as the caller may know of its people."""

    counts = RollCallCountsSerializer(read_only=True)
    seconds_to_50 = serializers.IntegerField(
        read_only=True,
        allow_null=True,
        help_text="Until half of those on the list were found, safe or elsewhere. Null: not yet.",
    )
    seconds_to_95 = serializers.IntegerField(read_only=True, allow_null=True)
    seconds_to_100 = serializers.IntegerField(read_only=True, allow_null=True)
    never_found = serializers.ListField(
        child=serializers.UUIDField(),
        read_only=True,
        help_text="Those on the list who are neither safe nor known to be elsewhere.",
    )
    entries = RollCallEntrySerializer(many=True, read_only=True)

    class Meta(RollCallSerializer.Meta):
        fields = (
            *RollCallSerializer.Meta.fields,
            "counts",
            "seconds_to_50",
            "seconds_to_95",
            "seconds_to_100",
            "never_found",
            "entries",
        )

    def to_representation(self, instance: RollCall) -> dict[str, Any]:
        sheet = RollCallSheet(instance, seen_by=self.context["request"].user)
        return {
            **RollCallSerializer(instance, context=self.context).data,
            "counts": sheet.counts,
            **sheet.times,
            "never_found": [str(line.person.pk) for line in sheet.never_found],
            "entries": [entry_body(line) for line in sheet.lines],
        }


class MarkSerializer(serializers.Serializer[Any]):
    """How it stands with one person: `person`, or any `card` that they have or had."""

    person = serializers.UUIDField(required=False)
    card = serializers.CharField(
        required=False,
        max_length=MAX_TEXT,
        help_text="A card's number or UUID, also a retired one's.",
    )
    state = serializers.ChoiceField(RollCallMark.State.choices)
    at = MomentField(
        required=False,
        help_text="When it was said, for what comes later. Left out: now.",
    )
    device = LineSerializerField(
        required=False, max_length=MOST_TEXT, allow_blank=True, help_text="On which phone."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("person" in attrs) == ("card" in attrs):
            raise serializers.ValidationError({"person": [_("Give either a person or a card.")]})
        return attrs
