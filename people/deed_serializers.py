"""What the API says of what was done to many people at once."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.filters import hidden_names
from core.history import BeforeAndAfterSerializer
from people.deed_models import Deed, DeedRow
from people.photo_uploads import Outcome
from people.serializers import ImportRowSerializer, ImportSummarySerializer


class DeedSerializer(serializers.ModelSerializer[Deed]):
    """An import, an upload of photos, or a change of many people or cards; `about` names the file,
    the class, or what changed.
    """

    made_by = serializers.CharField(source="made_by.username")
    undone_by = serializers.CharField(source="undone_by.username", default=None, allow_null=True)
    summary = serializers.DictField(child=serializers.IntegerField())
    is_undoable = serializers.BooleanField(help_text="Whether it can still be taken back.")
    undoable_until = serializers.DateTimeField()

    class Meta:
        model = Deed
        fields = (
            "change_id",
            "what",
            "kind",
            "about",
            "summary",
            "made_by",
            "made_at",
            "is_undoable",
            "undoable_until",
            "undone_by",
            "undone_at",
        )
        read_only_fields = fields


class DeedRowSerializer(serializers.ModelSerializer[DeedRow]):
    """What was done to one person or card: each field before and after. A photo is told by its
    file, a card's number to whoever may know it.
    """

    row = serializers.IntegerField(source="number")
    action = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    class Meta:
        model = DeedRow
        fields = ("row", "identifier", "person", "action", "changes")
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(["created", "updated"]))
    def get_action(self, row: DeedRow) -> str:
        return "created" if row.is_created else "updated"

    @extend_schema_field(serializers.DictField(child=BeforeAndAfterSerializer()))
    def get_changes(self, row: DeedRow) -> dict[str, Any]:
        hidden = hidden_names(self.context["request"])
        return {
            name: {"before": row.before.get(name), "after": value}
            for name, value in row.after.items()
            if name not in hidden
        }


class DeedWithRowsSerializer(DeedSerializer):
    rows = serializers.SerializerMethodField()

    class Meta:
        model = Deed
        fields = (*DeedSerializer.Meta.fields, "rows")
        read_only_fields = fields

    @extend_schema_field(DeedRowSerializer(many=True))
    def get_rows(self, deed: Deed) -> Any:
        return DeedRowSerializer(deed.rows.defer("photo"), many=True, context=self.context).data


class ReportSerializer(serializers.Serializer[Any]):
    """What a change of many people did, or would do, in the shape that imports have."""

    dry_run = serializers.BooleanField()
    summary = ImportSummarySerializer()
    rows = ImportRowSerializer(many=True)
    change_id = serializers.UUIDField(
        allow_null=True,
        help_text="By which `/api/changes/` takes it back; null if nothing was changed.",
    )


class PhotosSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(
        help_text="A ZIP of at most 12 MB and 1,000 JPEG or PNG pictures, named by identification "
        "number, with `_` or `-` for `/`."
    )
    dry_run = serializers.BooleanField(default=True)
    skip_failed = serializers.BooleanField(
        default=False, help_text="Leave out what cannot be used; else it stops a real run."
    )
    crop_landscape = serializers.BooleanField(
        default=False, help_text="Take the middle of pictures that are wider than high."
    )


class PictureRowSerializer(ImportRowSerializer):
    file = serializers.CharField()
    outcome = serializers.ChoiceField([outcome.value for outcome in Outcome])


class PhotoSummarySerializer(ImportSummarySerializer):
    """`matched` and those after it count pictures by what they are."""

    matched = serializers.IntegerField()
    unmatched = serializers.IntegerField()
    unreadable = serializers.IntegerField()
    too_small = serializers.IntegerField()
    landscape = serializers.IntegerField()
    duplicate = serializers.IntegerField()


class PhotoReportSerializer(ReportSerializer):
    """What an upload of photos did, or would do; `row` is the number of the picture."""

    summary = PhotoSummarySerializer()
    rows = PictureRowSerializer(many=True)


class MovedRowSerializer(serializers.Serializer[Any]):
    """A row that is no longer as the change has left it; `fields` are those that were edited."""

    row = serializers.IntegerField()
    identifier = serializers.CharField()
    person = serializers.UUIDField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    reasons = serializers.ListField(child=serializers.CharField())


class MovedOnSerializer(serializers.Serializer[Any]):
    """409: nothing was taken back; `rows`, with the code `moved_on`, are why."""

    may_be_absent = ("rows",)

    detail = serializers.CharField()
    code = serializers.CharField()
    rows = MovedRowSerializer(many=True, required=False)
