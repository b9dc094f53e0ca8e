"""Writing an incident down: the fields of it, whoever it is about."""

import json
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from discipline.evidence import EvidenceRefused, checked
from discipline.lines import clean_lines
from discipline.models import MAX_DESCRIPTION, MOST_POINTS, Category, Incident, today
from discipline.office.entries import without_ways_out
from discipline.suggesting import suggested_points
from office.lists import DAY_INPUT
from people.models import validate_past_day


class FactsForm(forms.Form):
    """What the API asks of an incident, in an officer's words.

    `discipline/points.js` fills in the points that are suggested for a category; where it does not
    run, points that are left out are those.
    """

    category = forms.ChoiceField(
        label=_("Category"), choices=[("", _("Not named")), *Category.choices], required=False
    )
    date_of_incident = forms.DateField(
        label=_("Day"), initial=today, widget=DAY_INPUT, validators=[validate_past_day]
    )
    points_deducted = forms.IntegerField(
        label=_("Points"),
        required=False,
        min_value=1,
        max_value=MOST_POINTS,
        help_text=format_lazy(
            _("What the incident costs: 1 to {most} points. A category suggests some."),
            most=MOST_POINTS,
        ),
    )
    incident_description = forms.CharField(
        label=_("What happened"),
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("It cannot be changed later: a mistake is voided and written anew."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "category" in self.fields:  # only looked at, the page has none
            self.fields["category"].widget.attrs["data-points"] = json.dumps(self.suggested)

    @cached_property
    def suggested(self) -> dict[str, int]:
        return suggested_points()

    def clean_incident_description(self) -> str:
        return clean_lines(self.cleaned_data["incident_description"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("points_deducted") is None and "points_deducted" not in self.errors:
            cleaned["points_deducted"] = self.suggested.get(cleaned.get("category", ""))
            if cleaned["points_deducted"] is None:
                self.add_error(
                    "points_deducted", gettext("Say how many points, or choose a category.")
                )
        return cleaned


class EvidenceForm(forms.Form):
    evidence = forms.FileField(
        label=_("Evidence"),
        required=False,
        help_text=_("A JPEG, PNG or PDF file of at most 5 MB, if there is one."),
    )

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


class IncidentForm(FactsForm, EvidenceForm, forms.ModelForm[Incident]):
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
        if "student" in self.fields:
            without_ways_out(self.fields["student"])

    def facts(self) -> dict[str, Any]:
        """As `discipline.services.record_incident` takes them."""
        facts: dict[str, Any] = {name: self.cleaned_data[name] for name in self.Meta.fields}
        assert isinstance(facts["date_of_incident"], date)
        return facts
