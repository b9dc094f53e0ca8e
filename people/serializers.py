"""What the API says about every person, and how it reads what clients send."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import FieldsByRole
from core.constraints import violations_as_field_errors
from core.errors import messages_in
from core.parsers import NotJSON, parse_json
from people.days import DayOrder
from people.fields import LineField, PhoneField, clean_line, clean_phone
from people.headings import EXACT, IGNORED, MAPPING, SYNONYM
from people.kinds import PersonKind
from people.models import (
    LATEST_DAY,
    UNIQUE_IDENTIFIER,
    Consent,
    ImportJob,
    Look,
    Person,
    validate_plausible_instant,
)
from people.standing import CODES

P = TypeVar("P", bound=Person)

ONE_NAME = "First name or surname: one is enough."


class LineSerializerField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        try:
            return clean_line(super().to_internal_value(data))
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, code=error.code) from error


class PhoneSerializerField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        try:
            return clean_phone(super().to_internal_value(data))
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, code=error.code) from error


class MomentField(serializers.DateTimeField):
    """An instant; at the two ends of the calendar DRF's own field breaks.

    Before there were zones the campus was seconds off from UTC, which RFC 3339 cannot say: such an
    instant is told in UTC.
    """

    def enforce_timezone(self, value: datetime) -> datetime:
        moment = super().enforce_timezone(value)
        offset = moment.utcoffset()
        return moment.astimezone(UTC) if offset and offset.seconds % 60 else moment

    def to_internal_value(self, value: Any) -> datetime:
        try:
            return super().to_internal_value(value)
        except OverflowError:
            self.fail("overflow")


class PlausibleMomentField(MomentField):
    """One that somebody can mean: between 1900 and 2100."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[validate_plausible_instant], **kwargs)


class UntilField(PlausibleMomentField):
    """An instant; a day alone means until that day is over."""

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        try:
            date.fromisoformat(str(value).strip())
        except ValueError:
            return moment
        return moment + timedelta(days=1) if moment.year < LATEST_DAY.year else moment


class CurrentCardSerializer(FieldsByRole, serializers.Serializer[Any]):
    """The card that a person holds now; `/api/cards/{card_uuid}/` says the rest."""

    card_uuid = serializers.UUIDField()
    rfid_number = serializers.CharField()
    is_active = serializers.BooleanField()
    issued_date = serializers.DateTimeField()
    expiry_date = MomentField(allow_null=True)


class PersonSerializer(FieldsByRole, serializers.ModelSerializer[P]):
    """A person as the API shows and takes one; subclasses list the fields."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        LineField: LineSerializerField,
        PhoneField: PhoneSerializerField,
    }
    photo_url = serializers.SerializerMethodField(
        help_text="Absolute address of the portrait (a new one for every photo), or null."
    )

    def get_photo_url(self, person: P) -> str | None:
        if not person.photo:
            return None
        request = self.context.get("request")
        return request.build_absolute_uri(person.photo.url) if request else person.photo.url

    admitted = serializers.ChoiceField(
        CODES, read_only=True, help_text="What a gate would say of the person now."
    )
    card = serializers.SerializerMethodField(help_text="The card that is not retired, or null.")

    @extend_schema_field(CurrentCardSerializer(allow_null=True))
    def get_card(self, person: P) -> Any:
        brought: Any = getattr(person, "current_cards", None)
        cards = brought if brought is not None else getattr(person, "cards").current()  # noqa: B009
        card = next(iter(cards), None)
        return card and CurrentCardSerializer(card, context=self.context).data

    def get_extra_kwargs(self) -> dict[str, Any]:
        """The kind says what stands behind a key that is no field of the model."""
        kind, given = self.kind(), super().get_extra_kwargs()
        of_kind: dict[str, dict[str, Any]] = {
            key: {"source": field, "label": key.replace("_", " ").capitalize(), "help_text": ""}
            for field, key in kind.api_keys.items()
        }
        of_kind[kind.number_key]["help_text"] = kind.number_help
        if kind.has_whole_name:
            of_kind["full_name"].update(required=True, allow_blank=False)
        else:
            of_kind |= {key: {"help_text": ONE_NAME} for key in kind.name_keys}
        return {key: {**of_kind.get(key, {}), **given.get(key, {})} for key in {**of_kind, **given}}

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Which statuses there are is the kind's."""
        if field_name == "status":
            return serializers.ChoiceField, {"choices": self.kind().statuses, "required": False}
        return super().build_standard_field(field_name, model_field)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Says that there is no name beside what else is wrong."""
        values: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        try:
            said = values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            by_field: Any = error.detail
            said, errors = dict(data), by_field
        parts = [] if self.kind().has_whole_name else self._writable(self.kind().name_keys)
        if parts and not any(said.get(key, getattr(self.instance, key, "")) for key in parts):
            errors = {key: [self.kind().nameless] for key in parts} | errors
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def _writable(self, keys: Iterable[str]) -> list[str]:
        return [key for key in keys if key in self.fields and not self.fields[key].read_only]

    def create(self, validated_data: dict[str, Any]) -> P:
        with self.violations_as_field_errors():
            return super().create(validated_data)

    def update(self, instance: P, validated_data: dict[str, Any]) -> P:
        """Write the fields that really change; the same request again changes nothing."""
        changed = [
            name for name, value in validated_data.items() if getattr(instance, name) != value
        ]
        if not changed:
            return instance
        for name in changed:
            setattr(instance, name, validated_data[name])
        with self.violations_as_field_errors():
            instance.save(update_fields=[*changed, "updated_at"])
        instance.refresh_from_db(fields=self.generated_fields)
        return instance

    def violations_as_field_errors(self) -> AbstractContextManager[None]:
        kind = self.kind()
        return violations_as_field_errors(
            kind.model, messages={UNIQUE_IDENTIFIER: kind.number_taken}, keys=kind.api_keys
        )

    @classmethod
    def kind(cls) -> PersonKind:
        model: type[Person] = cls.Meta.model
        return model.person_kind

    def read_row(
        self, row: dict[str, str], *, about: P | None
    ) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """What the cells of a row mean, or what is wrong with each; one of the two is empty.

        `about`: whose row it is, or None for somebody new. One serializer reads a whole file, so
        that what it validates against changes from row to row.
        """
        self.instance = about
        try:
            return self.run_validation(row), {}
        except serializers.ValidationError as error:
            by_field: Any = error.detail
            return {}, {name: messages_in(errors) for name, errors in by_field.items()}

    @classmethod
    def import_columns(cls) -> list[str]:
        return [name for name, field in cls().fields.items() if not field.read_only]

    @classmethod
    def csv_columns(cls) -> list[str]:
        """What an import understands, after what says whom it is about."""
        about = [cls.kind().uuid_key, "full_name"]
        return list(dict.fromkeys([*about, *cls.import_columns()]))

    @property
    def generated_fields(self) -> list[str]:
        """What the database computes, such as `full_name`, and a save does not bring back."""
        return [field.name for field in self.kind().model._meta.fields if field.generated]


def facts_serializer(
    kind: PersonKind, name: str, keys: tuple[str, ...], **more: Any
) -> type[serializers.ModelSerializer[Any]]:
    """Says these keys of somebody as the kind's own serializer does, and `more` fields beside.

    `name` is that of the component in the schema: `Card{}` becomes `CardStudent`.
    """
    meta = type("Meta", (kind.serializer.Meta,), {"fields": (*keys, *more)})
    named = name.format(kind.key.capitalize())
    return type(f"{named}Serializer", (kind.serializer,), {"Meta": meta, "__doc__": "", **more})


class PhotoSerializer(serializers.Serializer[Any]):
    photo = serializers.FileField(help_text="JPEG or PNG, at most 5 MB and 24 megapixels.")


class MappingField(serializers.JSONField):
    """Fields by heading, as a JSON object in a form."""

    def to_internal_value(self, data: Any) -> dict[str, str | None]:
        try:
            said = parse_json(data.encode()) if isinstance(data, str) else data
        except (NotJSON, UnicodeEncodeError) as error:
            raise serializers.ValidationError(str(error)) from error
        if isinstance(said, dict) and all(isinstance(one, str | None) for one in said.values()):
            return said
        raise serializers.ValidationError("Give a JSON object of fields by heading.")


class ListFileSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="CSV or XLSX, at most 10 MB.")
    dry_run = serializers.BooleanField(default=True)


class MappedListSerializer(ListFileSerializer):
    mapping = MappingField(
        required=False,
        help_text="Which column is which field, by heading; an empty field leaves the column out. "
        "It is remembered for the next list with the same headings.",
    )


class ImportSerializer(MappedListSerializer):
    date_order = serializers.ChoiceField(
        list(DayOrder),
        required=False,
        help_text="In which order the list writes its days, where they do not tell themselves.",
    )
    accept_duplicates = serializers.BooleanField(
        default=False, help_text="Register whoever is perhaps here already: it is somebody else."
    )


class ImportSummarySerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    failed = serializers.IntegerField()


class ImportColumnSerializer(serializers.Serializer[Any]):
    header = serializers.CharField(help_text="As in the file.")
    field = serializers.CharField(allow_null=True, help_text="What it is read as; null: not read.")
    how = serializers.ChoiceField([EXACT, SYNONYM, MAPPING, IGNORED])


class ImportRowSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="The row's number in the file.")
    action = serializers.ChoiceField(["created", "updated", "unchanged", "failed"])
    identifier = serializers.CharField()
    changes = serializers.DictField(child=serializers.DictField())
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField())
    )


class ListRowSerializer(ImportRowSerializer):
    """A row of a list."""

    notes = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="What was left out of a cell, such as a second phone number.",
    )
    possible_duplicate_of = serializers.ListField(
        child=serializers.DictField(),
        help_text="Whom a new row is perhaps about: UUID (null: further up in the file, with the "
        "`row`), `identifier`, `full_name`, and `because` (`number`, `name_and_birth_date`).",
    )


class ImportReportSerializer(serializers.Serializer[Any]):
    """What an import did, or would do; see `people.import_reports.ImportReport`."""

    dry_run = serializers.BooleanField()
    summary = ImportSummarySerializer()
    rows = ListRowSerializer(many=True)
    columns = ImportColumnSerializer(many=True)
    ignored_columns = serializers.ListField(child=serializers.CharField())
    unread_sheets = serializers.ListField(
        child=serializers.CharField(),
        help_text="Further sheets of the workbook that are lists as well: one is read.",
    )
    change_id = serializers.UUIDField(
        allow_null=True,
        help_text="By which `/api/changes/` takes it back; null if nothing was changed.",
    )


class AtStatusUrlSerializer(serializers.ModelSerializer[ImportJob]):
    status_url = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField())
    def get_status_url(self, job: ImportJob) -> str:
        address = reverse(f"{job.list_key or job.kind}-import-job", args=[job.pk])
        return str(self.context["request"].build_absolute_uri(address))


class ImportBegunSerializer(AtStatusUrlSerializer):
    """An import that goes on in the background, and where to ask for it."""

    class Meta:
        model = ImportJob
        fields = ("job_id", "status_url", "state", "done", "total")
        read_only_fields = fields


class ImportJobSerializer(AtStatusUrlSerializer):
    """How far an import in the background is; `report` once it is over, unless it failed whole.

    `failed` with a report: rows were refused, and nothing was written; without one `code` and
    `detail` say why.
    """

    report = serializers.SerializerMethodField()

    class Meta:
        model = ImportJob
        fields = (
            "job_id",
            "status_url",
            "state",
            "done",
            "total",
            "dry_run",
            "report",
            "code",
            "detail",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields

    @extend_schema_field(ImportReportSerializer(allow_null=True))
    def get_report(self, job: ImportJob) -> Any:
        return job.report  # as it was answered at once if the file were short


class LookSerializer(serializers.ModelSerializer[Look]):
    """Who looked at a person's details; `people`: in an export or a report of so many."""

    username = serializers.CharField(source="user.username")

    class Meta:
        model = Look
        fields = (
            "looked_at",
            "user",
            "username",
            "what",
            "path",
            "asked",
            "people",
            "ip_address",
        )
        read_only_fields = fields


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    """What somebody agreed to for a person; `withdrawn_at` is null while it holds."""

    given_by = LineSerializerField(
        max_length=150, required=False, default="", allow_blank=True, help_text="Who agreed."
    )
    recorded_by = serializers.CharField(source="recorded_by.username", read_only=True)
    withdrawal_recorded_by = serializers.CharField(
        source="withdrawal_recorded_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Consent
        fields = (
            "consent_id",
            "about",
            "given_at",
            "given_by",
            "how",
            "recorded_by",
            "withdrawn_at",
            "withdrawal_recorded_by",
        )
        read_only_fields = ("consent_id", "given_at", "withdrawn_at")


class WithdrawalSerializer(serializers.Serializer[Any]):
    about = serializers.ChoiceField(Consent.About.choices)
