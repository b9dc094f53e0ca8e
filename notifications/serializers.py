"""Notices over REST: what was told to whom, and why not."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from notifications.models import Notice
from notifications.waiting import WaitsFor, waits_for


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    student_name = serializers.CharField(source="student.full_name")
    guardian_name = serializers.CharField(source="guardian.name", allow_null=True, default=None)
    event = serializers.UUIDField(
        source="event_id", help_text="The `attendance_id` or the `discipline_id`."
    )
    recipient = serializers.SerializerMethodField(
        help_text="Where it was sent, all but its ends left out: numbers are for the office."
    )
    waits_for = serializers.SerializerMethodField(help_text="What a pending notice waits for.")

    class Meta:
        model = Notice
        fields = (
            "notice_id",
            "student",
            "student_name",
            "guardian",
            "guardian_name",
            "channel",
            "kind",
            "event",
            "date",
            "says",
            "corrects",
            "state",
            "waits_for",
            "reason",
            "attempts",
            "next_attempt_at",
            "expires_at",
            "sent_at",
            "recipient",
            "subject",
            "body",
            "created_at",
        )
        read_only_fields = fields

    def get_recipient(self, notice: Notice) -> str:
        return masked(notice.recipient)

    @extend_schema_field(serializers.ChoiceField(WaitsFor.values, allow_null=True))
    def get_waits_for(self, notice: Notice) -> str | None:
        return waits_for(notice, at=timezone.now())


def masked(recipient: str) -> str:
    """`+255…678`, `a…@example.org`."""
    name, at, domain = recipient.rpartition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"{recipient[:4]}…{recipient[-3:]}" if recipient else ""
