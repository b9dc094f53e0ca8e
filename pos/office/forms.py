"""The form that registers a reader."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cards.number_formats import NumberFormat
from pos.mapping import BadMapping, table_of
from pos.models import Device
from pos.teaching import colliding_cards


class ReaderForm(forms.ModelForm[Device]):
    """The settings of a reader that is registered.

    A number format that cannot tell some cards apart is told so before it is written: the form
    comes back, and what is sent then is meant.
    """

    warned_of = forms.CharField(label=_("Warned of"), widget=forms.HiddenInput, required=False)

    def clean_number_format(self) -> str:
        number_format: str = self.cleaned_data["number_format"]
        if "number_format" not in self.changed_data and self.instance.created_at:
            return number_format
        colliding = colliding_cards(NumberFormat(number_format))
        if colliding and self.data.get("warned_of") != number_format:
            self.data = {**self.data.dict(), "warned_of": number_format}  # type: ignore[attr-defined]
            raise forms.ValidationError(
                gettext(
                    "A reader of this format would refuse {cards} in use: it tells "
                    "a part of their numbers only, and others have the same part. Save again if "
                    "that is meant."
                ).format(cards=counted_cards(colliding))
            )
        return number_format

    def clean_mapping(self) -> dict[str, Any]:
        # An empty field is no table at all.
        mapping: dict[str, Any] = self.cleaned_data["mapping"] or {}
        try:
            table_of(mapping)
        except BadMapping as error:
            raise forms.ValidationError(str(error)) from error
        return mapping


def counted_cards(number: int) -> str:
    return ngettext("{n} card", "{n} cards", number).format(n=f"{number:,}")


class RegisterForm(ReaderForm):
    """Sent twice, as by a reload of the page that shows the key, it registers one reader."""

    number = forms.UUIDField(
        label=_("Number"), widget=forms.HiddenInput, required=False, initial=uuid4
    )

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
        self.cleaned_data.pop("warned_of", None)
        if number and Device.objects.filter(pk=number).exists():
            raise forms.ValidationError(
                gettext(
                    "This reader is registered already, and its key was shown. Find it in the "
                    "list: there it gets a new key, if this one is lost."
                )
            )
        return {**self.cleaned_data, "pos_id": number or self.instance.pk}
