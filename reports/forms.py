"""What people choose in the office: a report to download, or one to be sent."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from office.lists import DAY_INPUT
from reports.kinds import GroupBy, Subject
from reports.models import MOST_RECIPIENTS, FileFormat, ReportSchedule
from reports.periods import ReportPeriod, span_before
from reports.serializers import AskedSerializer
from reports.services import outside_of_allowed_domains, without_repeats

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

RANGE = "range"
DAYS = [
    ("this-week", _("This week")),
    ("last-week", _("Last week")),
    ("this-month", _("This month")),
    ("last-month", _("Last month")),
    (RANGE, _("From a day to a day")),
]
PERIODS = {"week": ReportPeriod.WEEKLY, "month": ReportPeriod.MONTHLY}


def choices_of(subjects: Iterable[str]) -> "list[tuple[str, StrOrPromise]]":
    return [(subject, Subject(subject).label) for subject in subjects]


class DownloadForm(forms.Form):
    """`asked` is what the API's own reading of it came to."""

    report = forms.ChoiceField(label=_("Report"), widget=forms.RadioSelect)
    days = forms.ChoiceField(label=_("Of which days"), choices=DAYS, widget=forms.RadioSelect)
    first = forms.DateField(label=pgettext_lazy("day", "From"), required=False, widget=DAY_INPUT)
    last = forms.DateField(label=pgettext_lazy("day", "To"), required=False, widget=DAY_INPUT)
    group_by = forms.ChoiceField(label=_("One line for each"), choices=GroupBy.choices)
    format = forms.ChoiceField(label=pgettext_lazy("file", "As"), choices=FileFormat.choices)

    def __init__(self, *args: Any, subjects: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        report: Any = self.fields["report"]
        report.choices = choices_of(subjects)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("days") == RANGE:
            for name in ("first", "last"):
                if name not in self.errors and not data.get(name):
                    self.add_error(name, gettext("Choose a day."))
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
            message = gettext("At most {most} addresses; these are {n}.")
            raise ValidationError(message.format(most=MOST_RECIPIENTS, n=len(value)))
        for address in value:
            try:
                validate_email(address)
            except ValidationError as error:
                message = gettext("“{address}” is no e-mail address.")
                raise ValidationError(message.format(address=address)) from error
        if outside := outside_of_allowed_domains(value):
            message = gettext("Reports are not sent to this domain: {domains}.")
            raise ValidationError(message.format(domains=", ".join(outside)))


def _addresses(text: str) -> list[str]:
    return [address for address in re.split(r"[\s,;]+", text) if address]


class ScheduleForm(forms.ModelForm[ReportSchedule]):
    recipients = RecipientsField(
        label=pgettext_lazy("mail", "To"),
        help_text=_("E-mail addresses, one a line. They get figures about students."),
    )

    class Meta:
        model = ReportSchedule
        fields = ("report", "period", "group_by", "format", "recipients", "is_active")
        labels = {
            "report": _("Report"),
            "period": _("How often"),
            "group_by": _("One line for each"),
            "format": pgettext_lazy("file", "As"),
            "is_active": _("It is sent"),
        }
        help_texts = {"period": _("It is sent when the week or month is over.")}
