"""For whom a rule is, in a form: kinds, classes, departments that there are; people by search."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from django import forms
from django.db.models import Count, QuerySet
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from people.kinds import PersonKind, kind_named, kinds_with_days
from people.models import Person

GROUPS: Final = {
    "class_levels": "class_level",
    "class_codes": "class_code",
    "departments": "department",
}
MOST_FOUND: Final = 12
FIRST_NAMES: Final = 6


class UnfinishedForm(forms.Form):
    """One whose buttons do more than to send it."""

    def unchecked(self) -> None:
        """It goes on being filled: what is missing is no mistake yet."""
        self._errors = ErrorDict()


class NamedPeopleForm(UnfinishedForm):
    """People by name, found with words; `include "people/people_fields.html"` shows them."""

    people = forms.ModelMultipleChoiceField(queryset=Person.objects.none(), required=False)
    find = forms.CharField(required=False, max_length=200, label=_("Find people"))

    @property
    def everybody(self) -> Any:
        """Who can be named at all."""
        raise NotImplementedError

    @property
    def chosen_people(self) -> list[Any]:
        return list(self.everybody.filter(pk__in=_uuids(self["people"].value() or ())))

    @property
    def found_people(self) -> list[Any]:
        """Whom the words in `find` are about, without those that are chosen."""
        words = str(self["find"].value() or "").replace("\0", "").strip()
        if not words:
            return []
        found = self.everybody.search(words).exclude(pk__in=_uuids(self["people"].value() or ()))
        return list(found[:MOST_FOUND])


class AudienceForm(NamedPeopleForm):
    """Ticks nothing: the rule is for everybody."""

    kinds = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=_("Kinds")
    )
    class_levels = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=_("Class levels")
    )
    class_codes = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=_("Classes")
    )
    departments = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=_("Departments")
    )

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
        kinds.choices = [(key, kind.short_title) for key, kind in self.known_kinds().items()]
        for name, field in GROUPS.items():
            there: Any = self.fields[name]
            there.choices = [
                (value, value) for value in self._values_of(field, known.get(name, ()))
            ]
        people: Any = self.fields["people"]
        people.queryset = self.everybody

    @staticmethod
    def known_kinds() -> dict[str, PersonKind]:
        """Of whom somebody can be meant at all, by key."""
        return kinds_with_days()

    @property
    def everybody(self) -> Any:
        return Person.objects.filter(kind__in=self.known_kinds()).seen_by(self.user)

    def _values_of(self, field: str, kept: Iterable[str]) -> list[str]:
        """Those that there are, and those that the rule has though nobody does any more."""
        people = Person.objects.filter(kind__in=self.known_kinds()).exclude(**{field: ""})
        there = set(people.order_by().values_list(field, flat=True).distinct())
        known = {value.casefold() for value in there}
        return sorted(there | {value for value in kept if value.casefold() not in known})

    @property
    def groups(self) -> list[tuple[forms.BoundField, list[str]]]:
        """The fields of groups that have something to choose, each with what is chosen."""
        fields: Any = (self[name] for name in ("kinds", *GROUPS))
        return [(field, _chosen(field)) for field in fields if field.field.choices]

    def applies_to(self) -> dict[str, list[str]]:
        """As the contract says it; of a form that is valid."""
        said = {name: list(self.cleaned_data[name]) for name in ("kinds", *GROUPS)}
        said["people"] = [str(person.pk) for person in self.cleaned_data["people"]]
        return {name: values for name, values in said.items() if values}


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


@dataclass(frozen=True, slots=True)
class Touched:
    """Whom a rule is about: `120 students`, `3 staff`, and the first of them by name."""

    numbers: list[str]
    names: list[str]
    has_more: bool

    @classmethod
    def of(cls, people: QuerySet[Person]) -> Self:
        counts = list(people.order_by("kind").values_list("kind").annotate(Count("pk")))
        return cls(
            [kind_named(key).count_of(number) for key, number in counts],
            [str(person.full_name) for person in people[:FIRST_NAMES]],
            sum(number for _, number in counts) > FIRST_NAMES,
        )
