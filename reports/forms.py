"""What people choose in the office: a report to download, or one to be sent."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from office.lists import DAY_INPUT
from reports.kinds import GroupBy, Subject
from reports.models import MOST_RECIPIENTS, FileFormat, ReportSchedule
from reports.periods import ReportPeriod, span_before
from reports.serializers import AskedSerializer
from reports.services import outside_of_allowed_domains, without_repeats

RANGE = "range"
DAYS = [
    ("this-week", "This week"),
    ("last-week", "Last week"),
    ("this-month", "This month"),
    ("last-month", "Last month"),
    (RANGE, "From a day to a day"),
]
PERIODS = {"week": ReportPeriod.WEEKLY, "month": ReportPeriod.MONTHLY}


def choices_of(subjects: Iterable[str]) -> list[tuple[str, str]]:
    return [(subject, Subject(subject).label) for subject in subjects]


class DownloadForm(forms.Form):
    """`asked` is what the API's own reading of it came to."""

    report = forms.ChoiceField(widget=forms.RadioSelect)
    days = forms.ChoiceField(label="Of which days", choices=DAYS, widget=forms.RadioSelect)
    first = forms.DateField(label="From", required=False, widget=DAY_INPUT)
    last = forms.DateField(label="To", required=False, widget=DAY_INPUT)
    group_by = forms.ChoiceField(label="One line for each", choices=GroupBy.choices)
    format = forms.ChoiceField(label="As", choices=FileFormat.choices)

    def __init__(self, *args: Any, subjects: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        report: Any = self.fields["report"]
        report.choices = choices_of(subjects)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("days") == RANGE:
            for name in ("first", "last"):
                if name not in self.errors and not data.get(name):
                    self.add_error(name, "Choose a day.")
        if self.errors:
            return data
        asked = AskedSerializer(data={**_days_of(data), "group_by": data["group_by"]})
        if asked.is_valid():
            return {**data, "asked": asked.validated_data}
        names = {"from": "first", "to": "last"}
        for field, messages in asked.errors.items():
            self.add_error(names.get(field), [str(message) for message in messages])
        return data


def _days_of(data: dict[str, Any]) -> dict[str, Any]:
    """As the API is asked for them."""
    if data["days"] == RANGE:
        return {"from": data["first"], "to": data["last"]}
    when, _, unit = data["days"].partition("-")
    period, today = PERIODS[unit], timezone.localdate()
    day = today if when == "this" else span_before(period, today).first
    return {"period": period, "date": day}


class RecipientsField(forms.CharField):
    """Addresses, one a line, or with commas between them."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), "\n".join(_addresses(data or "")))

    def to_python(self, value: Any) -> Any:
        return without_repeats(_addresses(super().to_python(value) or ""))

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MOST_RECIPIENTS:
            raise ValidationError(f"At most {MOST_RECIPIENTS} addresses; these are {len(value)}.")
        for address in value:
            try:
                validate_email(address)
            except ValidationError as error:
                raise ValidationError(f"“{address}” is no e-mail address.") from error
        if outside := outside_of_allowed_domains(value):
            raise ValidationError(f"Reports are not sent to this domain: {', '.join(outside)}.")


def _addresses(text: str) -> list[str]:
    return [address for address in re.split(r"[\s,;]+", text) if address]


class ScheduleForm(forms.ModelForm[ReportSchedule]):
    recipients = RecipientsField(
        label="To", help_text="E-mail addresses, one a line. They get figures about students."
    )

    class Meta:
        model = ReportSchedule
        fields = ("report", "period", "group_by", "format", "recipients", "is_active")
        labels = {
            "period": "How often",
            "group_by": "One line for each",
            "format": "As",
            "is_active": "It is sent",
        }
        help_texts = {"period": "It is sent when the week or month is over."}
