"""Why a day is what it is, over REST (contract section 9)."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import DayAccess
from attendance.models import Attendance, Status
from attendance.views import ReadsDays
from attendance.why import why
from core.strict import StrictView
from people.kinds import DayList


class PassFactSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    direction = serializers.ChoiceField(["in", "out", ""], help_text="Empty: either way.")
    is_refused = serializers.BooleanField(help_text="Refused on the way out, and out all the same.")
    is_again = serializers.BooleanField(help_text="The one before over again: it says nothing.")


class SessionFactSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    times = serializers.CharField()
    status = serializers.ChoiceField([*Status.choices, ("", "Nothing to say yet")])
    text = serializers.CharField()


class WhySerializer(serializers.Serializer[Any]):
    """Facts, the rule that applies, and the result, in words that a parent understands."""

    text = serializers.CharField()
    status = serializers.ChoiceField([*Status.choices, ("", "Nothing to say yet")])
    is_expected = serializers.BooleanField()
    is_without_card = serializers.BooleanField()
    expected = serializers.CharField(help_text="Why they were expected, or were not.")
    is_provisional = serializers.BooleanField(help_text="It may still change by itself.")
    standing = serializers.CharField(help_text="Why it is provisional, or final.")
    rule_name = serializers.CharField()
    rule = serializers.CharField(help_text="The schedule that applies, as a sentence.")
    rules_version = serializers.IntegerField(
        allow_null=True, help_text="Of the rules by which the day was closed; null: it is open."
    )
    passes = PassFactSerializer(many=True)
    sessions = SessionFactSerializer(many=True)
    absences = serializers.ListField(child=serializers.CharField())
    holidays = serializers.ListField(child=serializers.CharField())
    correction = serializers.CharField(help_text="Empty: it was not corrected.")


class WhyView(StrictView):
    """Of a day in the list of `day_list`."""

    permission_classes = (ReadsDays & DayAccess,)
    day_list = DayList.STUDENTS

    @extend_schema(summary="Say why a day is what it is", responses=WhySerializer)
    def get(self, request: Request, attendance_id: Any) -> Response:
        """Facts, rule and result, in words that a parent understands."""
        days: Any = Attendance.objects.select_related("person")
        seen = days.in_list(self.day_list).seen_by(request.user)
        record = get_object_or_404(seen, pk=attendance_id)
        return Response(WhySerializer(asdict(why(record.person, record.date))).data)


class StaffWhyView(WhyView):
    day_list = DayList.STAFF
