"""Who is on site, roll-calls and streaks over REST (contract section 9)."""

from typing import Any

from rest_framework import serializers

from core.filters import MAX_SEARCH_LENGTH
from people.kinds import kind_choices, kinds, kinds_with_days
from people.models import Person
from people.serializers import MomentField
from presence.on_site import Here, Sighting
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
    at = MomentField(
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
        "since": HereSerializer().fields["since"].to_representation(one.since),
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
