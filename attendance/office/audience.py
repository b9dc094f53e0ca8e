"""For whom a rule is, in a form: kinds, classes, departments that there are; people by search."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.forms.utils import ErrorDict

from accounts.models import User
from attendance.expectation import NOBODY, meant_by
from people.applies_to import AppliesTo
from people.kinds import kinds_with_days, or_q
from people.models import Person

GROUPS: Final = {
    "class_levels": "class_level",
    "class_codes": "class_code",
    "departments": "department",
}
MOST_FOUND: Final = 12


class UnfinishedForm(forms.Form):
    """One whose buttons do more than to send it."""

    def unchecked(self) -> None:
        """It goes on being filled: what is missing is no mistake yet."""
        self._errors = ErrorDict()


class AudienceForm(UnfinishedForm):
    """Ticks nothing: the rule is for everybody."""

    kinds = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Kinds"
    )
    class_levels = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Class levels"
    )
    class_codes = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Classes"
    )
    departments = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Departments"
    )
    people = forms.ModelMultipleChoiceField(queryset=Person.objects.none(), required=False)
    find = forms.CharField(required=False, max_length=200, label="Find people")

    def __init__(
        self,
        data: Any = None,
        *,
        user: User,
        applies_to: Mapping[str, Sequence[str]] | None = None,
        initial: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        known = applies_to or {}
        super().__init__(data, initial={**known, **(initial or {})}, **options)
        self.user = user
        kinds: Any = self.fields["kinds"]
        kinds.choices = [(key, kind.short_title) for key, kind in kinds_with_days().items()]
        for name, field in GROUPS.items():
            there: Any = self.fields[name]
            there.choices = [(value, value) for value in _values_of(field, known.get(name, ()))]
        people: Any = self.fields["people"]
        people.queryset = self._everybody

    @property
    def _everybody(self) -> Any:
        return Person.objects.filter(kind__in=kinds_with_days()).seen_by(self.user)

    @property
    def groups(self) -> list[tuple[forms.BoundField, list[str]]]:
        """The fields of groups that have something to choose, each with what is chosen."""
        fields: Any = (self[name] for name in ("kinds", *GROUPS))
        return [(field, _chosen(field)) for field in fields if field.field.choices]

    @property
    def chosen_people(self) -> list[Person]:
        return list(self._everybody.filter(pk__in=_uuids(self["people"].value() or ())))

    @property
    def found_people(self) -> list[Person]:
        """Whom the words in `find` are about, without those that are chosen."""
        words = str(self["find"].value() or "").replace("\0", "").strip()
        if not words:
            return []
        found = self._everybody.search(words).exclude(pk__in=_uuids(self["people"].value() or ()))
        return list(found[:MOST_FOUND])

    def applies_to(self) -> dict[str, list[str]]:
        """As the contract says it; of a form that is valid."""
        said = {name: list(self.cleaned_data[name]) for name in ("kinds", *GROUPS)}
        said["people"] = [str(person.pk) for person in self.cleaned_data["people"]]
        return {name: values for name, values in said.items() if values}


def _values_of(field: str, kept: Iterable[str]) -> list[str]:
    """Those that there are, and those that the rule has though nobody does any more."""
    people = Person.objects.filter(kind__in=kinds_with_days()).exclude(**{field: ""})
    there = set(people.order_by().values_list(field, flat=True).distinct())
    known = {value.casefold() for value in there}
    return sorted(there | {value for value in kept if value.casefold() not in known})


def _chosen(field: Any) -> list[str]:
    names = dict(field.field.choices)
    return [str(names[value]) for value in field.value() or () if value in names]


def _uuids(values: Iterable[Any]) -> list[str]:
    field = forms.UUIDField()
    found = []
    for value in values:
        try:
            found.append(str(field.clean(getattr(value, "pk", value))))
        except forms.ValidationError:
            continue
    return found


def meant(applies_to: Mapping[str, Sequence[str]]) -> Any:
    """People whom an entry of the calendar or an absence is for."""
    ways = [whom for _, whom in meant_by(AppliesTo.of(applies_to), shifts=True)]
    return or_q(ways) if ways else NOBODY
