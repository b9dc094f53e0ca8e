"""Which column of a list is which field: by its name, by a usual other one, or as was said.

What was said once (`mapping`) is remembered for the next list with the same headings.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from core.errors import InvalidFields
from people.days import ORDER_IN_HEADING
from people.models import ColumnMapping
from people.spreadsheets import CERTAIN, SpreadsheetRefused, Table, column_names, read_table

EXACT, SYNONYM, MAPPING, IGNORED = "exact", "synonym", "mapping", "ignored"
IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]|\*")
# What a list of refused rows says before their cells; the list is corrected and comes back.
REFUSAL_COLUMNS = ("row", "problem")

# Usual headings without spaces and signs, in English and Swahili, and those of OneRoster's users.
USUAL: Mapping[str, tuple[str, ...]] = {
    "first_name": (
        *("givenname", "givennames", "forename", "forenames", "firstnames", "christianname"),
        *("first", "fname", "othernames", "othername", "preferredfirstname", "jina"),
        "jinalakwanza",
    ),
    "middle_name": (
        *("middlenames", "middle", "middleinitial", "secondname", "mname", "othernames"),
        *("othername", "jinalakati", "jinalapili"),
    ),
    "surname": (
        *("lastname", "lastnames", "last", "familyname", "surnames", "lname", "jinalaukoo"),
        *("jinalamwisho", "jinalafamilia", "ukoo"),
    ),
    "full_name": ("name", "names", "nameinfull", "completename", "jina", "jinakamili", "majina"),
    "class_level": (
        *("level", "grade", "grades", "gradelevel", "form", "year", "yearofstudy", "studyyear"),
        *("yeargroup", "standard", "ntalevel", "kidato", "ngazi", "mwakawamasomo"),
    ),
    "class_code": (
        *("class", "classname", "classgroup", "stream", "section", "group", "homeroom"),
        *("formclass", "darasa", "mkondo"),
    ),
    "program": (
        *("programme", "programname", "programmename", "programofstudy", "programmeofstudy"),
        *("course", "coursename", "degreeprogramme", "kozi", "programu", "fani"),
    ),
    "department": ("dept", "departmentname", "faculty", "idara", "kitengo"),
    "date_of_birth": (
        *("dob", "birthdate", "birthday", "dateborn", "born", "bornon"),
        *("tareheyakuzaliwa", "kuzaliwa"),
    ),
    "phone_number": (
        *("phone", "phoneno", "phones", "mobile", "mobileno", "mobilenumber", "mobilephone"),
        *("cell", "cellphone", "cellno", "cellnumber", "tel", "telno", "telephone"),
        *("telephoneno", "telephonenumber", "contact", "contactno", "contactnumber", "msisdn"),
        *("simu", "nambayasimu", "nambazasimu", "nambarisimu", "nambariyasimu"),
        *("simuyamkononi", "sms"),
    ),
    "email": ("emailaddress", "emailid", "mail", "schoolemail", "baruapepe"),
    "student_status": ("status", "enrolmentstatus", "enrollmentstatus", "hali"),
    "employment_status": ("status", "hali", "haliyaajira"),
    "academic_status": ("academicstanding",),
    "is_active": ("active", "enabled", "enableduser"),
    "enrolled_on": (
        *("enrolled", "enrolmentdate", "enrollmentdate", "dateenrolled", "dateofenrolment"),
        *("admissiondate", "dateofadmission", "entrydate", "startdate", "registrationdate"),
        *("tareheyakujiunga", "tareheyakuandikishwa"),
    ),
    "left_on": ("left", "leavingdate", "dateleft", "exitdate", "enddate", "tareheyakuondoka"),
    "position": ("jobtitle", "role", "designation", "post", "title", "cheo", "wadhifa"),
    "badge_number": ("badge", "badgeno", "badgeid"),
    "hire_date": (
        *("hired", "hiredon", "datehired", "dateofhire", "employmentdate"),
        *("dateofemployment", "tareheyakuajiriwa"),
    ),
    "diet_note": ("diet", "dietaryneeds", "dietaryrequirements", "allergies", "lishe"),
    "terminal_pin": ("pin", "devicepin"),
    "company": ("organisation", "organization", "firm", "kampuni"),
    "purpose": ("purposeofvisit", "reason", "madhumuni", "sababu"),
    "expected_from": ("from", "arrival", "kuanzia"),
    "expected_until": ("until", "to", "departure", "hadi"),
}


class MissingColumns(SpreadsheetRefused):
    code = "missing_columns"

    def __init__(self, missing: Iterable[str], more: str = "") -> None:
        words = _("The file lacks these columns: {names}.").format(names=", ".join(missing))
        super().__init__(words + more)


@dataclass(frozen=True)
class Column:
    """What became of a column of the file."""

    header: str
    field: str | None
    how: str

    def as_dict(self) -> dict[str, Any]:
        return {"header": self.header, "field": self.field, "how": self.how}


@dataclass(frozen=True)
class Layout:
    """The columns that lists of one sort may have."""

    key: str
    """Under which mappings are remembered: `student`."""
    fields: Collection[str]
    required: Collection[str]
    any_of: Collection[str] = ()
    """Of which one at least is there."""
    instead: str = ""
    """A field with which nothing else is required: of people who are there."""
    known: Collection[str] = REFUSAL_COLUMNS
    """What our own files have besides, and is not read."""
    usual: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: USUAL)
    stronger: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other names that go before our own: beside `Parent name` a bare `name` is somebody else's."""

    def missing(self, found: Collection[str | None]) -> list[str]:
        if self.instead and self.instead in found:
            return []
        missing = [name for name in self.required if name not in found]
        if self.any_of and not any(name in found for name in self.any_of):
            missing.append(" or ".join(self.any_of))
        # A name in one piece is required, and the one of which one is enough.
        return list(dict.fromkeys(missing))

    def columns(
        self, names: list[str], headings: list[str], mapping: Mapping[str, str]
    ) -> list[Column]:
        """One for each column with a heading: as was said, as we call it, as it is usually called.

        `mapping`: fields by column name; an empty one says that the column is left out. No field
        is taken from two columns.
        """
        fields = {name: mapping[name] for name in names if name in mapping}
        how = dict.fromkeys(fields, MAPPING)
        for name in names:
            word = squashed(name)
            strong = next((each for each, said in self.stronger.items() if word in said), "")
            if strong and name not in how and strong not in fields.values():
                fields[name], how[name] = strong, SYNONYM
        for name in names:
            if name in self.fields and name not in how and name not in fields.values():
                fields[name], how[name] = name, EXACT
        # Headings that can mean one field only before those that can mean two, and of those that
        # mean the same the one that is named first.
        usual = {
            name: self._meanings.get(squashed(name), {})
            for name in names
            if name and name not in how
        }
        ranked = sorted(usual.items(), key=lambda each: (len(each[1]), *each[1].values()))
        for name, meant in ranked:
            free = [one for one in meant if one not in fields.values()]
            if free and name not in self.known:
                fields[name], how[name] = free[0], SYNONYM
        return [
            Column(heading, fields.get(name) or None, how[name] if fields.get(name) else IGNORED)
            for name, heading in zip(names, headings, strict=True)
            if name
        ]

    @cached_property
    def _meanings(self) -> dict[str, dict[str, int]]:
        """By word, which fields it can mean, and how far down it stands among the names of each.

        Worked out once: up to thirty lines of each sheet are weighed.
        """
        found: dict[str, dict[str, int]] = {}
        for one in self.fields:
            for at, word in enumerate(self.usual.get(one, ())):
                found.setdefault(word, {}).setdefault(one, at)
        exact: dict[str, dict[str, int]] = {}
        for one in self.fields:
            exact.setdefault(squashed(one), {})[one] = -1
        return {**found, **exact}


def squashed(heading: str) -> str:
    """`Surname (required)`, `SURNAME*` and `sur-name` are one word; `DOB dd/mm/yyyy` is `dob`."""
    said = ORDER_IN_HEADING.sub("", IN_BRACKETS.sub("", heading)).replace("#", "no")
    bare = unicodedata.normalize("NFKD", said).casefold()
    return "".join(letter for letter in bare if letter.isalnum())


# --- what was said ----------------------------------------------------------------------------


def _digest(names: Iterable[str]) -> str:
    """Of the headings, in whatever order."""
    said = json.dumps(sorted({name for name in names if name}))
    return hashlib.sha256(said.encode()).hexdigest()


def _remember(layout: Layout, names: Iterable[str], mapping: Mapping[str, str]) -> None:
    """For the next list with these headings; an empty one forgets what was said of them."""
    of_these = ColumnMapping.objects.filter(list_key=layout.key, headings=_digest(names))
    if not mapping:
        of_these.delete()
        return
    ColumnMapping.objects.update_or_create(
        list_key=layout.key, headings=_digest(names), defaults={"fields": mapping}
    )


def _checked(layout: Layout, table: Table, said: Mapping[str, str | None]) -> dict[str, str]:
    """Raises InvalidFields on `mapping`."""
    mapping = {column_names([header])[0]: name or "" for header, name in said.items()}
    problems = [
        _("The file has no column {name}.").format(name=header)
        for header in said
        if column_names([header])[0] not in table.columns
    ]
    problems += [
        _("There is no field {name}. Choose from: {names}.").format(
            name=name, names=", ".join(layout.fields)
        )
        for name in mapping.values()
        if name and name not in layout.fields
    ]
    used = [name for name in mapping.values() if name]
    problems += [
        _("Two columns cannot both be {name}.").format(name=name)
        for name in dict.fromkeys(used)
        if used.count(name) > 1
    ]
    if problems:
        raise InvalidFields({"mapping": problems})
    return mapping


@dataclass(frozen=True)
class ReadColumns:
    """A table, and which of its columns is which field."""

    table: Table
    columns: list[Column]
    layout: Layout
    said: Mapping[str, str] = field(default_factory=dict)
    """What held of its headings when it was read: fields by column name."""

    @property
    def missing(self) -> list[str]:
        return self.layout.missing([column.field for column in self.columns])

    @property
    def can_be_mapped(self) -> bool:
        """Whether it has columns enough for what is needed, whatever they are called."""
        return len(self.columns) >= len(self.layout.missing(()))

    @property
    def fields(self) -> list[str | None]:
        """In the order of the table; None: not read."""
        by_name = {column_names([column.header])[0]: column.field for column in self.columns}
        return [by_name.get(name) for name in self.table.columns]

    @property
    def ignored(self) -> list[str]:
        """Names of columns that mean nothing to us; what our own exports add is no news."""
        return [
            name
            for name, meant in zip(self.table.columns, self.fields, strict=True)
            if name and meant is None and name not in self.layout.known
        ]

    def check(self) -> None:
        """Raises MissingColumns."""
        missing = self.missing
        if not missing:
            return
        more = ""
        if self.ignored:
            strange = [c.header for c in self.columns if c.field is None]
            words = _("Nobody knows what these are: {names}. Say it by a mapping.")
            more = f" {words.format(names=', '.join(strange))}"
        raise MissingColumns(missing, more)


def read_columns(
    *,
    layout: Layout,
    content: bytes,
    mapping: Mapping[str, str | None] | None = None,
    is_new: bool = True,
    most_rows: int | None = None,
) -> ReadColumns:
    """Read a list, and find out which of its columns is which field.

    `mapping`: what is said of its headings now, and remembered if `is_new`; None: as was said
    before, if anything was. `most_rows`: no more are read. Raises SpreadsheetRefused, and
    InvalidFields on `mapping`.
    """
    now = {column_names([header])[0]: name or "" for header, name in (mapping or {}).items()}
    rows = ColumnMapping.objects.filter(list_key=layout.key).values_list("headings", "fields")
    before = dict(rows) if mapping is None else {}

    def said_of(names: list[str]) -> Mapping[str, str]:
        return now or before.get(_digest(names), {})

    def columns(names: list[str], headings: list[str]) -> list[Column]:
        return layout.columns(names, headings, said_of(names))

    def weight(names: list[str]) -> int:
        found = {column.field for column in columns(names, names)} - {None}
        return len(found) + (0 if layout.missing(found) else CERTAIN)

    table = read_table(content, weight, most_rows)
    said = _checked(layout, table, mapping) if mapping is not None and is_new else None
    found = columns(table.columns, table.headings)
    read = ReadColumns(table, found, layout, said=said_of(table.columns))
    if said is not None:
        # `{}` forgets also where the list cannot be read without.
        if said:
            read.check()
        _remember(layout, table.columns, said)
    return read
