"""The shapes of reports for `/api/schema/`, made from what is counted."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers

from reports.answers import CONTENT_TYPES
from reports.kinds import LABELS, GroupBy, Kind

NO_PAGE = "Grouped by student only: a page of them, in place of `groups`."


def responses_of(kind: Kind) -> dict[Any, Any]:
    files = {
        (200, media.partition(";")[0]): OpenApiTypes.BINARY for media in CONTENT_TYPES.values()
    }
    return {(200, "application/json"): _report(kind), **files}


def _report(kind: Kind) -> Any:
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


def _shape(kind: Kind, what: str, **fields: Any) -> Any:
    return type(f"{kind.subject.label}{what}Serializer", (serializers.Serializer,), fields)


def _texts() -> dict[str, Any]:
    keys = dict.fromkeys(label.key for labels in LABELS.values() for label in labels)
    texts: dict[str, Any] = {key: serializers.CharField(required=False) for key in keys}
    return {"group": serializers.CharField(), **texts}


def _figures(kind: Kind, *, is_day: bool = False) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if not is_day:
        fields[kind.students.key] = serializers.IntegerField(
            required=False, help_text="Not in the groups by student."
        )
    for figure in kind.figures:
        fields[figure.key] = serializers.IntegerField()
    for rate in kind.rates:
        fields[rate.key] = serializers.FloatField(allow_null=True)
    if kind.parts and not is_day:
        fields[kind.parts.key] = serializers.DictField(child=serializers.IntegerField())
    return fields
