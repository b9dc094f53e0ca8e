"""The kinds of people, each declared once (contract section 1).

An app that brings a kind of people declares a `PersonKind` in its `kind.py` and names it in its
AppConfig: `person_kind = STUDENT`. Whatever differs by kind is read from that object, here and
everywhere else; nobody asks which kind it is.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, reduce
from operator import or_
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class DayList(StrEnum):
    """The API's two lists of days: `/api/attendance/` and `/api/attendance/staff/`."""

    STUDENTS = "students"
    STAFF = "staff"

    @property
    def kinds(self) -> list["PersonKind"]:
        return [kind for kind in kinds() if kind.day_list == self]


class Rhythm(StrEnum):
    """How a day of such people passes; a simulated school day goes by it."""

    LESSONS = "lessons"
    OFFICE_HOURS = "office_hours"
    SHIFTS = "shifts"


NOTHING: Mapping[str, Any] = MappingProxyType({})
ACTIVE: Mapping[str, "StrOrPromise"] = MappingProxyType({"Active": _("Active")})
ERASED_NUMBER = "ERASED"
"""Among `private_fields`: something that nobody else has, made of the person's id."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PersonKind:
    """What one kind of people is called and what applies to it.

    `*_key` are names in the API; `groups` maps the fields by which people are divided to what
    they are called, the most particular of them being `card_group`.
    """

    key: str
    """In `Person.kind`, as card type, and as the name of filters: `student`."""
    model_label: str
    serializer_path: str
    """How the API reads and shows one; imports read rows by it."""
    viewset_path: str
    """What the API does with them, at `/api/<plural_key>/`."""
    plural_key: str
    """In addresses, imports and statistics: `students`."""
    word: "StrOrPromise"
    """What one of them is, as a choice: `Student`."""
    noun: "StrOrPromise"
    nouns: "StrOrPromise"
    counted: Callable[[int], str]
    """`{number} student`, `{number} students`."""
    title: "StrOrPromise"
    short_title: "StrOrPromise"
    """`Students`, `Staff`, `Security`."""
    holder_word: "StrOrPromise"
    """As the seed's messages begin: `Student already has a card`."""
    holders_word: "StrOrPromise"
    uuid_key: str
    card_uuid_key: str
    own_keys: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """What else the API calls by another name than the model: by field."""
    number_key: str
    number_label: str
    """As printed on the card: `Reg. No.`."""
    number_help: "StrOrPromise"
    number_headings: tuple[str, ...]
    """How else lists call it, without spaces and signs (`people.headings`)."""
    roster_roles: frozenset[str] = frozenset()
    """What OneRoster's `users.csv` calls them; of kinds without any it is not asked."""
    number_taken: "StrOrPromise"
    """What is said when somebody else of the kind has the number."""
    is_number_given: bool = False
    """By the system to whoever comes without one; and nobody ever gets another."""
    has_whole_name: bool = False
    """The name is kept in one piece, and `full_name` is what is entered."""
    status_key: str = ""
    """Without one, `is_active` says all there is to say of the standing."""
    status_words: Mapping[str, "StrOrPromise"] = field(default_factory=lambda: ACTIVE)
    """The statuses there are, and what people call each."""
    admitted: frozenset[str] = frozenset({"Active"})
    """With which status a gate lets in."""
    expected: frozenset[str] = frozenset({"Active"})
    """With which status somebody is Absent who does not come."""
    has_visit: bool = False
    """Let in only between `admitted_from` and `admitted_until`, which all others do without."""
    groups: Mapping[str, "StrOrPromise"] = field(default_factory=lambda: NOTHING)
    card_group: str = ""
    more_words_key: str = ""
    """A field of the kind's own table by which people are found as well."""
    card_keys: tuple[str, ...]
    """What the answer about a card says of its holder."""
    cardless_keys: tuple[str, ...]
    """What the list of people without cards says."""
    verify_keys: tuple[str, ...]
    """What a verification says of whoever holds a good card."""
    card_lines: tuple[tuple[str, str], ...]
    """What is printed under the name: label and field."""
    card_chip: str = ""
    """Which of these fields stands in the band of the card, if it is short enough."""
    card_role: str
    """Printed in the band of the card."""
    card_edge: str = "plain"
    print_name: str
    roles: Mapping[str, str]
    """What the holder is, by language, on the verification page."""
    private_fields: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Of the kind's own table: what tells who somebody was, and what stands there once the person
    is erased."""
    is_personnel: bool = True
    """Counted in the statistics, and expected to hold a card."""
    has_guardians: bool = False
    """Somebody is told of their days."""
    day_list: DayList | None = None
    """Which list shows the days of such people. None: no attendance is kept of them."""
    rhythm: Rhythm = Rhythm.OFFICE_HOURS
    has_own_policy: bool = False
    """Whether a class level may have a rule of its own."""

    @property
    def model(self) -> Any:
        return apps.get_model(self.model_label)

    @property
    def serializer(self) -> Any:
        return import_string(self.serializer_path)

    @property
    def viewset(self) -> Any:
        return import_string(self.viewset_path)

    @property
    def relation(self) -> str:
        """The name under which a `Person` has its row in the kind's own table."""
        return self.model_label.rpartition(".")[2].lower()

    @property
    def app_label(self) -> str:
        return self.model_label.partition(".")[0]

    @property
    def has_department(self) -> bool:
        return "department" in self.groups

    @property
    def group_word(self) -> str:
        """What people without a card are gone through by: `class`; nothing if all at once."""
        return str(self.groups[self.card_group]).lower() if self.card_group else ""

    def group_name(self, value: str) -> str:
        """`F1A`, `No class`; of a kind that is not divided, `Security`."""
        if not self.card_group:
            return str(self.title)
        return value or gettext("No {group}").format(group=self.group_word)

    @property
    def list_page(self) -> str:
        """The name of the office's list of them."""
        return f"admin:{self.app_label}_{self.relation}_changelist"

    @property
    def change_page(self) -> str:
        """The name of the office's page about one of them."""
        return f"admin:{self.app_label}_{self.relation}_change"

    @property
    def statuses(self) -> tuple[str, ...]:
        return tuple(self.status_words)

    @property
    def status_choices(self) -> list[tuple[str, "StrOrPromise"]]:
        return list(self.status_words.items())

    @property
    def name_keys(self) -> tuple[str, ...]:
        """The parts of a name of which one is enough."""
        return ("full_name",) if self.has_whole_name else ("first_name", "surname")

    @property
    def nameless(self) -> str:
        """What is told of somebody who has none of them."""
        if self.has_whole_name:
            return gettext("Enter a name.")
        return gettext("Enter a first name or a surname.")

    @property
    def api_keys(self) -> dict[str, str]:
        """What the API calls a model's field that has another name there."""
        keys = {"pk": self.uuid_key, "identifier": self.number_key}
        if self.status_key:
            keys["status"] = self.status_key
        if self.has_whole_name:
            keys["whole_name"] = "full_name"
        return {**keys, **self.own_keys}

    def attribute(self, key: str) -> str:
        """The model's field behind a name of the API."""
        if key == self.card_uuid_key:
            return "pk"
        return next((field for field, name in self.api_keys.items() if name == key), key)

    def facts(self, person: Any, keys: tuple[str, ...]) -> dict[str, Any]:
        """The values of these keys, of a person of this kind with its own row."""
        return {key: getattr(person, self.attribute(key)) for key in keys}

    def count_of(self, number: int) -> str:
        """`1 student`, `2 students`."""
        return self.counted(number).format(number=number)


@cache
def kinds() -> tuple[PersonKind, ...]:
    """All kinds, in the order of INSTALLED_APPS."""
    configs = apps.get_app_configs()
    return tuple(c.person_kind for c in configs if hasattr(c, "person_kind"))


@cache
def _by_key() -> dict[str, PersonKind]:
    return {kind.key: kind for kind in kinds()}


def kind_named(key: str) -> PersonKind:
    """Raises KeyError for what is no kind."""
    return _by_key()[key]


@cache
def kinds_with_days() -> dict[str, PersonKind]:
    """The kinds of whose people attendance is kept, by key."""
    return {kind.key: kind for kind in kinds() if kind.day_list}


def keys_with_days() -> list[str]:
    return list(kinds_with_days())


def is_kind(key: str | None) -> bool:
    return key in _by_key()


def kind_keys() -> list[str]:
    return list(_by_key())


def or_q(conditions: Iterable[Q]) -> Q:
    """Any of these; of none at all, everything."""
    return reduce(or_, conditions, Q())


def kind_choices() -> list[tuple[str, "StrOrPromise"]]:
    return [(kind.key, kind.word) for kind in kinds()]


def kind_titles() -> list[tuple[str, "StrOrPromise"]]:
    """As choices among all people of a kind: `Students`."""
    return [(kind.key, kind.title) for kind in kinds()]
