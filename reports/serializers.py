"""What is asked of reports, and their schedules, over REST."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from accounts.models import User
from people.models import validate_plausible_day
from reports.formats import CONTENT_TYPES
from reports.kinds import KINDS, LABELS, GroupBy, ReportKind, Subject
from reports.models import MOST_RECIPIENTS, ReportSchedule
from reports.periods import ReportPeriod, Span, span_of
from reports.services import outside_of_allowed_domains, without_repeats

MAX_RANGE_DAYS = 366
AMONG = ("class_level", "class_code", "department", "student")


def _day(help_text: str) -> serializers.DateField:
    return serializers.DateField(
        required=False, validators=[validate_plausible_day], help_text=help_text
    )


class AskedSerializer(serializers.Serializer[Any]):
    """Which days, and how they are grouped."""

    period = serializers.ChoiceField(
        ReportPeriod.choices,
        required=False,
        allow_blank=True,
        help_text="The ISO week (Monday to Sunday) or the month that holds `date`. Left out, and "
        "without `from` and `to`: monthly.",
    )
    date = _day("A day of that week or month. Left out: today.")
    to = _day(f"The last day; at most {MAX_RANGE_DAYS} days with the first.")
    group_by = serializers.ChoiceField(GroupBy.choices, default=GroupBy.CLASS)
    class_level = serializers.CharField(required=False, help_text="Only of this one, in any case.")
    class_code = serializers.CharField(required=False)
    department = serializers.CharField(required=False)
    student = serializers.UUIDField(required=False)

    def get_fields(self) -> dict[str, Any]:
        # `from` is no name that a class body can assign.
        first = _day("The first day, instead of `period`; needs `to`.")
        return {**super().get_fields(), "from": first}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`{span, group_by, among}`."""
        first, last = attrs.get("from"), attrs.get("to")
        period, day = attrs.get("period"), attrs.get("date")
        if first is None and last is None:
            span = span_of(period or ReportPeriod.MONTHLY, day or timezone.localdate())
        elif period or day:
            raise _wrong(
                "period" if period else "date", gettext("Give either a period or from and to.")
            )
        else:
            span = _range(first, last)
        among = {name: attrs[name] for name in AMONG if name in attrs}
        return {"span": span, "group_by": GroupBy(attrs["group_by"]), "among": among}


def _range(first: Any, last: Any) -> Span:
    if first is None or last is None:
        raise _wrong("from" if first is None else "to", gettext("Give both from and to."))
    if last < first:
        raise _wrong("to", gettext("The last day is before the first."))
    span = Span(first, last)
    if span.length > MAX_RANGE_DAYS:
        message = gettext("At most {most} days; these are {n}.")
        raise _wrong("to", message.format(most=MAX_RANGE_DAYS, n=span.length))
    return span


def _wrong(field: str, message: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [message]})


class ReportScheduleSerializer(serializers.ModelSerializer[ReportSchedule]):
    recipients = serializers.ListField(
        child=serializers.EmailField(max_length=254),
        min_length=1,
        max_length=MOST_RECIPIENTS,
        help_text="E-mail addresses.",
    )
    created_by = serializers.CharField(source="created_by.username", read_only=True)

    class Meta:
        model = ReportSchedule
        fields = (
            "schedule_id",
            "report",
            "group_by",
            "period",
            "format",
            "recipients",
            "is_active",
            "created_by",
            "created_at",
            "updated_at",
            "next_send_at",
            "last_sent_for",
            "last_sent_at",
            "last_error",
        )
        read_only_fields = (
            "created_at",
            "updated_at",
            "next_send_at",
            "last_sent_for",
            "last_sent_at",
            "last_error",
        )

    def validate_report(self, report: str) -> str:
        """Who may not read a report may not have it sent either."""
        user = self.context["request"].user
        assert isinstance(user, User)
        if not user.may(KINDS[Subject(report)].capability):
            raise PermissionDenied
        return report

    def validate_recipients(self, recipients: list[str]) -> list[str]:
        if outside := outside_of_allowed_domains(recipients):
            words = gettext("Reports are not sent to this domain: {domains}.")
            words = words.format(domains=", ".join(outside))
            raise serializers.ValidationError(words, "domain_not_allowed")
        return without_repeats(recipients)


# --- the shapes of reports, for `/api/schema/` -----------------------------------------------

NO_PAGE = "Grouped by student only: a page of them, in place of `groups`."


def responses_of(kind: ReportKind) -> dict[Any, Any]:
    files = {
        (200, media.partition(";")[0]): OpenApiTypes.BINARY for media in CONTENT_TYPES.values()
    }
    return {(200, "application/json"): _report(kind), **files}


def _report(kind: ReportKind) -> Any:
    figures = _figures(kind)
    optional: dict[str, Any] = {"required": False, "help_text": NO_PAGE}
    group = _shape(kind, "Group", **_texts(), **figures)
    fields = {
        "report": serializers.ChoiceField([kind.subject.value]),
        "from": serializers.DateField(),
        "to": serializers.DateField(),
        "group_by": serializers.ChoiceField(GroupBy.choices),
        "institution": serializers.CharField(),
        "generated_at": serializers.DateTimeField(),
        "totals": _shape(kind, "Totals", **figures)(help_text=kind.note),
        "days": _shape(kind, "Day", date=serializers.DateField(), **_figures(kind, is_day=True))(
            many=True
        ),
        "groups": group(many=True, required=False, help_text="By class or department: all."),
        "count": serializers.IntegerField(**optional),
        "next": serializers.CharField(allow_null=True, **optional),
        "previous": serializers.CharField(allow_null=True, **optional),
        "results": group(many=True, **optional),
    }
    return _shape(kind, "Report", **fields)


def _shape(kind: ReportKind, what: str, **fields: Any) -> Any:
    """A key that is not `required` here is there in some reports only."""
    optional = [name for name, field in fields.items() if not getattr(field, "required", True)]
    name = f"{kind.subject.value.capitalize()}{what}Serializer"
    return type(name, (serializers.Serializer,), {**fields, "may_be_absent": optional})


def _texts() -> dict[str, Any]:
    keys = dict.fromkeys(label.key for labels in LABELS.values() for label in labels)
    texts: dict[str, Any] = {key: serializers.CharField(required=False) for key in keys}
    return {"group": serializers.CharField(), **texts}


def _figures(kind: ReportKind, *, is_day: bool = False) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if not is_day:
        fields[kind.students.key] = serializers.IntegerField(
            required=False, help_text="Not in the groups by student."
        )
    for figure in kind.figures:
        fields[figure.key] = serializers.IntegerField()
    if not is_day:
        fields |= {aside.key: serializers.IntegerField() for aside in kind.asides}
    for rate in kind.rates:
        fields[rate.key] = serializers.FloatField(allow_null=True)
    if kind.breakdown and not is_day:
        fields[kind.breakdown.key] = serializers.DictField(child=serializers.IntegerField())
    return fields
