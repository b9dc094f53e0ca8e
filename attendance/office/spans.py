"""What lasts from a day to a day, or for hours of them: what calendar and absences ask alike."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, Final

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attendance.office.changing import RuleChangeView
from attendance.open_days import Scope
from office.lists import DAY_INPUT, TIME_INPUT
from office.previewing import add_errors
from people.office.audience import AudienceForm

API_NAMES: Final = {"first_day": "from", "last_day": "to"}
FORM_NAMES: Final = {name: key for key, name in API_NAMES.items()}
SPAN_FIELDS: Final = ("first_day", "last_day", "starts_at", "ends_at")


class SpanForm(AudienceForm):
    first_day = forms.DateField(label=_("First day"), widget=DAY_INPUT)
    last_day = forms.DateField(
        label=_("Last day"), widget=DAY_INPUT, required=False, help_text=_("Empty: that one day.")
    )
    starts_at = forms.TimeField(
        label=_("From"),
        widget=TIME_INPUT,
        required=False,
        help_text=_("Only for a part of each day; empty: from its beginning."),
    )
    ends_at = forms.TimeField(
        label=_("Until"), widget=TIME_INPUT, required=False, help_text=_("Empty: to its end.")
    )

    def span(self) -> dict[str, Any]:
        """As the API is sent it; of a form that is valid."""
        said = {API_NAMES.get(name, name): self.cleaned_data[name] for name in SPAN_FIELDS}
        said["to"] = said["to"] or said["from"]
        return said


class SpanView(RuleChangeView):
    """Mix into the view of one entry: the one of the address, or a new one."""

    form_class: ClassVar[type[SpanForm]]
    words: ClassVar[str]
    """The field that says what it is."""

    @cached_property
    def entry(self) -> Any:
        """The row as it is; None: it is new."""
        raise NotImplementedError

    @cached_property
    def form(self) -> Any:
        entry = self.entry
        asked = self.request.POST if self.request.method == "POST" else None
        names = (*SPAN_FIELDS, self.words)
        initial = {name: getattr(entry, name) for name in names} if entry else self.first_words()
        applies_to = self.applies_to_of(entry) if entry else self.first_audience()
        return self.form_class(asked, user=self.user, applies_to=applies_to, initial=initial)

    def first_words(self) -> dict[str, Any]:
        return {}

    def first_audience(self) -> dict[str, list[str]]:
        return {}

    def applies_to_of(self, entry: Any) -> dict[str, list[str]]:
        applies_to: dict[str, list[str]] = entry.applies_to
        return applies_to

    def form_again(self, step: str) -> bool:
        if step not in {"edit", "find"}:
            return False
        self.form.unchecked()
        return True

    def validated(self, serializer: Any) -> dict[str, Any] | None:
        """What the serializer read, without what the preview asks; None: the form says why not."""
        if not serializer.is_valid():
            add_errors(self.form, serializer.errors, FORM_NAMES)
            return None
        return {n: v for n, v in serializer.validated_data.items() if n != "apply_to_closed"}

    def scope_with(self, said: dict[str, Any]) -> Scope:
        """Of what it was and what it would be."""
        scope = Scope(said["first_day"], said["last_day"])
        if self.entry:
            scope |= Scope(self.entry.first_day, self.entry.last_day)
        return scope

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = {"form": self.form, "entry": self.entry}
        return super().get_context_data(**{**shown, **kwargs})


def always(whom: Q) -> Callable[[Any], Q]:
    """These people, whatever the rules are."""
    return lambda rules: whom
