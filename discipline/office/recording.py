"""Writing an incident down."""

from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from discipline.evidence import EvidenceRefused, checked
from discipline.lines import clean_lines
from discipline.models import MAX_DESCRIPTION, MOST_POINTS, Incident, today
from office.lists import DAY_INPUT
from people.models import validate_past_day


class IncidentForm(forms.ModelForm[Incident]):
    """What the API asks of an incident, in an officer's words."""

    date_of_incident = forms.DateField(
        label="Day", initial=today, widget=DAY_INPUT, validators=[validate_past_day]
    )
    points_deducted = forms.IntegerField(
        label="Points",
        min_value=1,
        max_value=MOST_POINTS,
        help_text=f"What the incident costs: 1 to {MOST_POINTS} points.",
    )
    incident_description = forms.CharField(
        label="What happened",
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="It cannot be changed later: a mistake is voided and written anew.",
    )
    evidence = forms.FileField(
        required=False, help_text="A JPEG, PNG or PDF file of at most 5 MB, if there is one."
    )

    class Meta:
        model = Incident
        fields = (
            "student",
            "category",
            "date_of_incident",
            "points_deducted",
            "incident_description",
            "evidence",
        )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "student" in self.fields:  # only looked at, the page has none
            student: Any = self.fields["student"].widget
            student.can_view_related = False  # whose button would lead away from the form

    def clean_incident_description(self) -> str:
        return clean_lines(self.cleaned_data["incident_description"])

    def clean_evidence(self) -> "UploadedFile[bytes] | None":
        upload: UploadedFile[bytes] | None = self.cleaned_data["evidence"]
        if not upload:
            return None
        try:
            checked(upload)
        except EvidenceRefused as error:
            raise forms.ValidationError(error.message, code=error.code) from error
        upload.seek(0)  # it is read once more when it is stored
        return upload

    def facts(self) -> dict[str, Any]:
        """As `discipline.services.record_incident` takes them."""
        facts: dict[str, Any] = {name: self.cleaned_data[name] for name in self.Meta.fields}
        assert isinstance(facts["date_of_incident"], date)
        return facts
