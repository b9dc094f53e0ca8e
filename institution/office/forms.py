"""The form of a group of settings: a field for each, as its kind says."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.errors import InvalidFields
from institution.kinds import (
    MOST_MONTHS,
    Choice,
    Colour,
    Headers,
    KeptDays,
    Kind,
    Lines,
    Minutes,
    MonthsByKind,
    Picture,
    Secret,
    Whole,
    YesOrNo,
    Zone,
)
from institution.logo import keep_logo
from institution.reading import is_said, setting
from institution.setting import Group, Setting
from people.kinds import PersonKind, kinds

FORGET: Final = "forget_"
UPLOADED: Final = "uploaded_"
LONG_TEXT: Final = 500


class GroupForm(forms.Form):
    """`texts()` is what was said, as `institution.services.change_settings` takes it."""

    def __init__(self, group: Group, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decided = [each for each in group.settings if not is_said(each)]
        for each in self.decided:
            self.fields |= dict(_fields_of(each))

    def texts(self) -> dict[str, str]:
        return {
            each.name: text
            for each in self.decided
            if (text := self._text_of(each, self.cleaned_data)) is not None
        }

    def _text_of(self, which: Setting[Any], said: Mapping[str, Any]) -> str | None:
        """None: it stays as it is."""
        if which.is_secret:
            return "" if said.get(FORGET + which.name) else said[which.name] or None
        if isinstance(which.kind, MonthsByKind):
            months = {kind.key: said[_of_kind(which, kind)] or 0 for kind in _kinds_with_cards()}
            return which.kind.text(months)
        if isinstance(which.kind, YesOrNo):
            return which.kind.text(bool(said[which.name]))
        return str(said[which.name])

    def clean(self) -> dict[str, Any]:
        """A picture is kept when it comes: what goes on through the preview is its digest."""
        said: dict[str, Any] = super().clean() or {}
        for each in self.decided:
            if not isinstance(each.kind, Picture):
                continue
            if said.get(FORGET + each.name):
                said[each.name] = ""
            elif uploaded := said.get(UPLOADED + each.name):
                try:
                    said[each.name] = keep_logo(uploaded.read()).pk
                except InvalidFields as error:
                    self.add_error(UPLOADED + each.name, ValidationError(error.messages))
        return said

    def add_refusal(self, refusal: InvalidFields) -> None:
        for name, messages in refusal.fields.items():
            shown = name if name in self.fields else next(iter(self._shown_for(name)), None)
            self.add_error(shown, ValidationError(messages))

    def _shown_for(self, name: str) -> Iterator[str]:
        return (each for each in self.fields if each.startswith(f"{name}__"))


def _kinds_with_cards() -> list[PersonKind]:
    """Visitors have a card for a visit."""
    return [kind for kind in kinds() if kind.is_personnel]


def _of_kind(which: Setting[Any], kind: PersonKind) -> str:
    return f"{which.name}__{kind.key}"


def _fields_of(which: Setting[Any]) -> Iterator[tuple[str, forms.Field]]:
    kind, value = which.kind, setting(which)
    said: dict[str, Any] = {"label": which.label, "help_text": which.help, "required": False}
    text = "" if which.is_secret else kind.text(value)
    if isinstance(kind, MonthsByKind):
        shown = _kinds_with_cards()
        for each in shown:
            yield (
                _of_kind(which, each),
                forms.IntegerField(
                    **{
                        **said,
                        "label": _("{kind}: valid for, in months").format(kind=each.title),
                        "help_text": which.help if each is shown[-1] else "",
                    },
                    initial=value.get(each.key) or None,
                    min_value=0,
                    max_value=MOST_MONTHS,
                ),
            )
        return
    if isinstance(kind, Picture):
        yield which.name, forms.CharField(widget=forms.HiddenInput, initial=text, required=False)
        picker = forms.FileInput(attrs={"accept": ".svg,.png,image/svg+xml,image/png"})
        yield UPLOADED + which.name, forms.FileField(**said, widget=picker)
        if value:
            yield (
                FORGET + which.name,
                _tick(_("Take the {name} away").format(name=which.label.lower())),
            )
        return
    if isinstance(kind, Secret):
        is_kept = bool(value) and value != which.default
        said["help_text"] = _secret_words(which, is_kept=is_kept)
        yield which.name, forms.CharField(**said, widget=_secret_input(kind))
        if is_kept:
            yield (
                FORGET + which.name,
                _tick(_("Forget the {name}").format(name=_in_a_sentence(str(which.label)))),
            )
        return
    yield which.name, _plain_field(kind, said, value, text)


def _plain_field(kind: Kind[Any], said: dict[str, Any], value: Any, text: str) -> forms.Field:
    match kind:
        case YesOrNo():
            return forms.BooleanField(**said, initial=value)
        case Choice():
            return forms.ChoiceField(**said, choices=list(kind.choices.items()), initial=text)
        case Zone():
            zones = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]
            return forms.ChoiceField(**said, choices=zones, initial=text)
        case Colour():
            picker = forms.TextInput(attrs={"type": "color"})
            return forms.CharField(**said, widget=picker, initial=text)
        case Lines():
            area = forms.Textarea(attrs={"rows": 4})
            return forms.CharField(**said, widget=area, initial=text)
        case Whole() | KeptDays() | Minutes():
            number = forms.TextInput(attrs={"inputmode": "numeric"})
            return forms.CharField(**said, widget=number, initial=text)
        case _:
            longest = getattr(kind, "longest", 0)
            wide = forms.Textarea(attrs={"rows": 3}) if longest > LONG_TEXT else forms.TextInput
            return forms.CharField(**said, widget=wide, initial=text)


def _in_a_sentence(label: str) -> str:
    return label[0].lower() + label[1:]


def _tick(label: str) -> forms.Field:
    return forms.BooleanField(label=label, required=False)


def _secret_words(which: Setting[Any], *, is_kept: bool) -> str:
    kept = _("One is kept, and never shown; leave this empty to keep it.")
    how = kept if is_kept else _("None is kept.")
    return f"{how} {which.help}".strip()


def _secret_input(kind: Secret) -> forms.Widget:
    attrs = {"autocomplete": "new-password", "spellcheck": "false"}
    if isinstance(kind, Headers):
        attrs["placeholder"] = '{"Authorization": "Bearer ..."}'
    return forms.PasswordInput(attrs=attrs)
