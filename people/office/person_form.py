"""The form of a person in the office: the columns, and the photo."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from people.kinds import PersonKind
from people.photos import PhotoRefused, prepared

PHOTO_FIELDS = ("new_photo", "remove_photo")


class PersonForm(forms.ModelForm[Any]):
    """A photo is checked as over REST (`people.photos`); a refusal stands on its field."""

    new_photo = forms.FileField(
        label=_("New photo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png", "data-portrait": ""}),
        help_text=format_lazy(
            _("JPEG or PNG, at most {number} MB."), number=settings.PHOTO_MAX_BYTES // 2**20
        ),
    )
    remove_photo = forms.BooleanField(label=_("Remove the photo"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind: PersonKind = self._meta.model.person_kind
        self.names = self.fields.keys() & set(map(self.kind.attribute, self.kind.name_keys))
        for name in self.names if len(self.names) == 1 else ():
            self.fields[name].required = True
        if first_day := self.fields.get("enrolled_on"):
            first_day.required = False

    def clean(self) -> dict[str, Any]:
        """One part of a name is enough."""
        cleaned = super().clean() or self.cleaned_data
        if len(self.names) > 1 and not any(cleaned.get(name) for name in self.names):
            for name in self.names - self.errors.keys():
                self.add_error(name, self.kind.nameless)
        return cleaned

    def clean_identifier(self) -> str:
        number: str = self.cleaned_data["identifier"]
        people = self._meta.model.objects.of_kind(self.kind)
        if people.with_values("identifier", [number]).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(self.kind.number_taken, code="unique")
        return number

    def clean_enrolled_on(self) -> date:
        """Left empty it is today, or what it was."""
        given: date | None = self.cleaned_data["enrolled_on"]
        kept: date = self.instance.enrolled_on
        return given or kept

    def clean_new_photo(self) -> bytes | None:
        """The photo as it will be kept."""
        upload: UploadedFile[Any] | None = self.cleaned_data["new_photo"]
        if not upload:
            return None
        try:
            return prepared(upload, size=upload.size or 0)
        except PhotoRefused as error:
            raise forms.ValidationError(error.message, code=error.code) from error

    def changed_columns(self) -> list[str]:
        return [name for name in self.changed_data if name not in PHOTO_FIELDS]
