"""Incidents over REST."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.urls import reverse
from rest_framework import serializers

from discipline.lines import clean_lines
from discipline.models import MAX_DESCRIPTION, MAX_REASON, MOST_POINTS, Category, Incident
from people.models import validate_past_day
from people.serializers import LineSerializerField
from students.models import Student


class LinesField(serializers.CharField):
    """Text of some lines, each of which shows all that it holds."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return clean_lines(super().to_internal_value(data))
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, code=error.code) from error


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    student_name = serializers.CharField(source="student.full_name")
    registration_number = serializers.CharField(source="student.identifier")
    class_level = serializers.CharField(source="student.class_level")
    department = serializers.CharField(source="student.department")
    evidence_url = serializers.SerializerMethodField(
        help_text="Address of the file, for who may read incidents; or null."
    )
    recorded_by = serializers.CharField(source="recorded_by.username")
    voided_by = serializers.CharField(source="voided_by.username", default=None, allow_null=True)

    def get_evidence_url(self, incident: Incident) -> str | None:
        if not incident.evidence:
            return None
        address = reverse("incident-evidence", args=[incident.pk])
        return str(self.context["request"].build_absolute_uri(address))

    class Meta:
        model = Incident
        fields: tuple[str, ...] = (
            "discipline_id",
            "student",
            "student_name",
            "registration_number",
            "class_level",
            "department",
            "category",
            "incident_description",
            "points_deducted",
            "date_of_incident",
            "evidence_url",
            "recorded_by",
            "recorded_at",
            "voided_at",
            "voided_by",
            "void_reason",
        )
        read_only_fields: tuple[str, ...] = fields


class IncidentAnswerSerializer(IncidentSerializer):
    """An incident that was just recorded or voided, and what the student has left."""

    discipline_points = serializers.IntegerField(source="student.discipline_points")

    class Meta(IncidentSerializer.Meta):
        fields = (*IncidentSerializer.Meta.fields, "discipline_points")
        read_only_fields = fields


class IncidentFactsSerializer(serializers.Serializer[Any]):
    """What is said of an incident; subclasses say how the student is named."""

    incident_description = LinesField(max_length=MAX_DESCRIPTION)
    points_deducted = serializers.IntegerField(min_value=1, max_value=MOST_POINTS)
    date_of_incident = serializers.DateField(
        required=False,
        allow_null=True,
        validators=[validate_past_day],
        help_text="Left out: today.",
    )
    category = serializers.ChoiceField(Category.choices, required=False, allow_blank=True)


class EvidenceSerializer(serializers.Serializer[Any]):
    evidence = serializers.FileField(
        required=False, allow_null=True, help_text="A JPEG, PNG or PDF file of at most 5 MB."
    )


class RecordSerializer(IncidentFactsSerializer):
    student = serializers.PrimaryKeyRelatedField(
        queryset=Student.objects.all(), pk_field=serializers.UUIDField()
    )


class RecordWithEvidenceSerializer(RecordSerializer, EvidenceSerializer):
    """The same as multipart/form-data, with a file."""


class VoidSerializer(serializers.Serializer[Any]):
    reason = LineSerializerField(max_length=MAX_REASON)
