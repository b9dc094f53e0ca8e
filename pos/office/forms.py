"""The form that registers a reader."""

from typing import Any
from uuid import UUID, uuid4

from django import forms

from pos.mapping import BadMapping, table_of
from pos.models import Device


class ReaderForm(forms.ModelForm[Device]):
    """The settings of a reader that is registered."""

    def clean_mapping(self) -> dict[str, Any]:
        # An empty field is no table at all.
        mapping: dict[str, Any] = self.cleaned_data["mapping"] or {}
        try:
            table_of(mapping)
        except BadMapping as error:
            raise forms.ValidationError(str(error)) from error
        return mapping


class RegisterForm(ReaderForm):
    """Sent twice, as by a reload of the page that shows the key, it registers one reader."""

    number = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    class Meta:
        model = Device
        fields = (
            "name",
            "location",
            "activity_type",
            "direction",
            "number_format",
            "debounce_seconds",
            "is_muster",
            "protocol",
            "serial_number",
            "mapping",
        )

    def clean(self) -> dict[str, Any]:
        number: UUID | None = self.cleaned_data.pop("number", None)
        if number and Device.objects.filter(pk=number).exists():
            raise forms.ValidationError(
                "This reader is registered already, and its key was shown. Find it in the list: "
                "there it gets a new key, if this one is lost."
            )
        return {**self.cleaned_data, "pos_id": number or self.instance.pk}
