"""Guardians from a list of their own, or beside their students in the students' (contract
section 5).

One student, one number: one guardian. Whom a row names is looked for among the student's own by
the number, then by the e-mail address, then by the name; so that a list can come twice. Where a
list has a number or an address and no name, what else is known stands in its place until one comes.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext, gettext_noop
from rest_framework import serializers

from accounts.models import User
from core.constraints import NON_FIELD
from core.errors import messages_in
from core.locks import for_change, take_turns
from core.uuids import as_uuid
from notifications.contacts import take_over_stop, take_over_stops
from notifications.models import Guardian, default_language
from notifications.serializers import GuardianSerializer
from people.cells import AnyField, CellReader
from people.deed_models import Deed
from people.deeds import Touch, plain, record_deed
from people.fields import clean_phone
from people.headings import Layout, ReadColumns, read_columns
from people.import_reports import TOO_WIDE_MESSAGE, FileRow, ImportReport
from people.imported_lists import ListSort
from people.imports import NO_UUID, Progress
from people.kinds import PersonKind
from people.search import words
from people.writing import BATCH_SIZE
from students.kind import STUDENT
from students.models import Student

MOST_BESIDE: Final = 2
BESIDE: Final = ("name", "phone", "relationship", "email", "language")
OF_THE_CONTACT: Final = ("confirmed_at", "confirmed_by", "stopped_at", "stopped_by")
# Of a new one; whoever has stopped since is not taken back with what they said.
WRITTEN: Final = (
    *("name", "relationship", "phone", "email", "channels", "news", "language", "is_active"),
    *("quiet_hours", *OF_THE_CONTACT),
)
OWN: Final = (*BESIDE, "channels", "quiet_hours", "is_active")
# Whom a list does not name, as messages in their language address them.
NAMELESS: Final = {"en": "Parent or guardian", "sw": "Mzazi au mlezi"}
# How lists call a guardian, and what they say of one, without spaces and signs.
WORDS: Final = ("guardian", "parent", "mzazi", "mlezi", "nextofkin", "contactperson")
USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("fullname", "jina", "jinakamili"),
    "phone": (
        *("phonenumber", "phoneno", "mobile", "mobileno", "mobilenumber", "mobilephone", "cell"),
        *("cellphone", "tel", "telephone", "telephoneno", "contact", "contactno", "contactnumber"),
        *("simu", "nambayasimu", "nambariyasimu", "simuyamkononi", "msisdn"),
    ),
    "relationship": ("relation", "relationshiptostudent", "uhusiano"),
    "email": ("emailaddress", "mail", "baruapepe"),
    "language": ("lang", "preferredlanguage", "lugha"),
}


class GuardianRowSerializer(GuardianSerializer):
    """A row of a list, where each cell is text."""

    def read_row(
        self, values: Mapping[str, Any], *, about: Guardian | None
    ) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """What it means for this guardian or a new one, or what is wrong; one of both is empty."""
        self.instance = about
        try:
            return self.run_validation(dict(values)), {}
        except serializers.ValidationError as error:
            by_field: Any = error.detail
            return {}, {name: messages_in(errors) for name, errors in by_field.items()}


@dataclass
class Named:
    """A guardian whom a row names."""

    row: FileRow[Any]
    values: dict[str, Any]
    prefix: str = ""
    phone: str = ""
    guardian: Guardian | None = None
    is_new: bool = False

    @property
    def student(self) -> UUID:
        assert self.row.person is not None
        student: UUID = self.row.person.person_uuid  # of a new one, the key to be
        return student

    @property
    def changes(self) -> dict[str, dict[str, Any]]:
        """Where what changes is told."""
        return self.row.beside if self.prefix else self.row.changes


def _said_phone(values: Mapping[str, Any]) -> str:
    try:
        return clean_phone(values.get("phone", ""))
    except ValidationError:
        return ""


def _with_name(values: dict[str, Any]) -> dict[str, Any]:
    """With the relationship for a name, or a word for any guardian, where only the name lacks."""
    if values.get("name") or not (values.get("phone") or values.get("email")):
        return values
    said = values.get("relationship", "")
    language = values.get("language") or default_language()
    name = said[:1].upper() + said[1:] or NAMELESS.get(language, NAMELESS["en"])
    return {**values, "name": name}


class GuardianWriter:
    """Compares the guardians whom rows name with those who are there, and writes them."""

    def __init__(self) -> None:
        self.for_new = GuardianRowSerializer()
        self.for_known = GuardianRowSerializer(partial=True)
        self.new: list[tuple[Guardian, FileRow[Any]]] = []
        self.changed: dict[Guardian, tuple[FileRow[Any], dict[str, Any]]] = {}
        """With the values that there were."""

    def compare(self, named: Sequence[Named]) -> None:
        # Of two with one number, the one that says whose it is.
        named = sorted(named, key=lambda one: not one.values.get("name"))
        for one in named:
            one.phone = _said_phone(one.values)
        self._find(named)
        said: dict[tuple[UUID, str], Named] = {}
        for one in named:
            first = said.setdefault((one.student, one.phone), one) if one.phone else one
            if first is one:
                self._validate(one)
            else:
                self._repeat(one, first)

    def _find(self, named: Sequence[Named]) -> None:
        """Who is there already, each once; locked until they are written."""
        rows = Guardian.objects.filter(student__in={one.student for one in named})
        there: dict[UUID, list[Guardian]] = defaultdict(list)
        for guardian in for_change(rows.order_by("pk")):
            there[guardian.student_id].append(guardian)
        for is_same in (_has_phone, _has_email, _has_name):
            for one in named:
                if one.guardian is None:
                    own = there[one.student]
                    found = next((each for each in own if is_same(one, each)), None)
                    if found is not None:
                        one.guardian = found
                        own.remove(found)

    def _validate(self, one: Named) -> None:
        one.is_new = one.guardian is None
        if one.is_new:
            one.values = _with_name(one.values)
        serializer = self.for_new if one.is_new else self.for_known
        read, errors = serializer.read_row(one.values, about=one.guardian)
        for name, messages in errors.items():
            key = name if name == NON_FIELD else f"{one.prefix}{name}"
            one.row.errors.setdefault(key, messages)
        if errors:
            return
        guardian = one.guardian or Guardian(student_id=one.student)
        one.guardian = guardian
        for name, value in read.items():
            before = None if one.is_new else getattr(guardian, name)
            if (one.is_new and name in one.values) or (not one.is_new and before != value):
                one.changes[f"{one.prefix}{name}"] = {"before": before, "after": value}
                if not one.is_new:
                    self.changed.setdefault(guardian, (one.row, {}))[1][name] = before
            setattr(guardian, name, value)
        if one.is_new:
            self.new.append((guardian, one.row))

    def _repeat(self, one: Named, first: Named) -> None:
        """The number of somebody who was named before: the same person, if nothing else is said."""
        own = first.guardian
        read, errors = self.for_known.read_row(one.values, about=own)
        if own is None or errors or any(getattr(own, name) != read[name] for name in read):
            words = gettext("Row {number} says something else of the guardian with this number.")
            words = words.format(number=first.row.number)
            one.row.refuse(f"{one.prefix}phone", words)
            return
        one.guardian = own

    def write(self) -> list[Touch]:
        """The one place where an import writes guardians; says what it has touched."""
        take_over_stops([guardian for guardian, _ in self.new])
        Guardian.objects.bulk_create((one for one, _ in self.new), batch_size=BATCH_SIZE)
        touches = [_touch(guardian, row, WRITTEN) for guardian, row in self.new]
        fields: set[str] = set()
        for guardian, (row, before) in self.changed.items():
            stop = {name: getattr(guardian, name) for name in OF_THE_CONTACT}
            said = {*before}
            taken_over = take_over_stop(guardian, changed=said)
            before |= {name: stop[name] for name in taken_over}
            fields |= before.keys()
            touches.append(_touch(guardian, row, before, before))
        if fields:
            Guardian.objects.bulk_update(self.changed, sorted(fields), batch_size=BATCH_SIZE // 4)
        return touches


def _touch(
    guardian: Guardian,
    row: FileRow[Any],
    names: Iterable[str],
    before: Mapping[str, Any] | None = None,
) -> Touch:
    return Touch(
        row.number,
        guardian,
        guardian.student_id,
        row.identifier,
        after={name: plain(getattr(guardian, name)) for name in names},
        before=None if before is None else {n: plain(value) for n, value in before.items()},
    )


def _has_phone(one: Named, guardian: Guardian) -> bool:
    return bool(one.phone) and guardian.phone == one.phone


def _has_email(one: Named, guardian: Guardian) -> bool:
    email = one.values.get("email", "").casefold()
    return bool(email) and guardian.email.casefold() == email and not (one.phone and guardian.phone)


def _has_name(one: Named, guardian: Guardian) -> bool:
    return bool(one.values.get("name")) and words(one.values["name"]) == words(guardian.name)


# --- beside students --------------------------------------------------------------------------


class GuardiansBeside:
    """`guardian1_name`, `guardian1_phone` and so on, in lists of students."""

    def columns(self, kind: PersonKind) -> Mapping[str, AnyField]:
        if not kind.has_guardians:
            return {}
        fields = GuardianRowSerializer().fields
        return {f"{prefix}{name}": fields[name] for prefix in PREFIXES for name in BESIDE}

    def usual(self, kind: PersonKind) -> Mapping[str, tuple[str, ...]]:
        if not kind.has_guardians:
            return {}
        return {
            f"{prefix}{name}": tuple(_called(name, at))
            for at, prefix in enumerate(PREFIXES, 1)
            for name in BESIDE
        }

    def compare(self, rows: Sequence[FileRow[Any]]) -> Callable[[], Iterable[Touch]]:
        named = [
            Named(row, values, prefix)
            for row in rows
            for prefix in PREFIXES
            if row.person is not None and (values := _with_prefix(row.values, prefix))
        ]
        writer = GuardianWriter()
        if named:
            writer.compare(named)
        return writer.write


PREFIXES: Final = tuple(f"guardian{number}_" for number in range(1, MOST_BESIDE + 1))


def _with_prefix(values: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name: values[f"{prefix}{name}"] for name in BESIDE if values.get(f"{prefix}{name}")}


def _called(name: str, number: int) -> Iterable[str]:
    """`parent1phone`, `parentphone1`, of the first one also `parentphone`, `simuyamzazi`."""
    for word in WORDS:
        for said in (name, *USUAL[name]):
            yield from (f"{word}{number}{said}", f"{word}{said}{number}")
            if number == 1:
                yield from (f"{word}{said}", f"{word}s{said}", f"{said}ya{word}", f"{said}la{word}")
                yield f"{said}of{word}"
        if name == "name":
            yield f"{word}{number}"
            if number == 1:
                yield word


# --- a list of their own ----------------------------------------------------------------------


def guardian_columns() -> list[str]:
    return [STUDENT.number_key, STUDENT.uuid_key, *OWN]


def _fields() -> dict[str, AnyField]:
    fields = {name: field for name, field in GuardianRowSerializer().fields.items() if name in OWN}
    student = STUDENT.serializer().fields
    keys = {name: student[name] for name in (STUDENT.number_key, STUDENT.uuid_key)}
    return {**keys, **fields, "channels": serializers.CharField()}


def read_guardians(
    *, content: bytes, mapping: Mapping[str, str | None] | None = None, is_new: bool = True
) -> ReadColumns:
    """Raises as `read_people` does."""
    layout = Layout(
        key="guardian",
        fields=guardian_columns(),
        required=(STUDENT.number_key, "name"),
        instead=STUDENT.uuid_key,
        usual={
            **{name: USUAL.get(name, ()) for name in BESIDE},
            "is_active": ("active",),
            STUDENT.number_key: STUDENT.number_headings,
        },
        # Beside them a bare `Full name` or `Phone` is the student's.
        stronger={name: tuple(_called(name, 1)) for name in BESIDE},
    )
    read = read_columns(layout=layout, content=content, mapping=mapping, is_new=is_new)
    read.check()
    return read


def import_guardians(
    *,
    read: ReadColumns,
    dry_run: bool,
    by: User,
    about: str = "",
    on_progress: Progress | None = None,
) -> ImportReport[Any]:
    """Create and change guardians of students, all or nothing; nobody else is changed.

    A student is known by the registration number, or the UUID. An empty cell leaves a value as
    it is.
    """
    report = ImportReport[Any].of(read, _rows(read), dry_run=dry_run)
    with transaction.atomic():
        take_turns(f"import {STUDENT.plural_key}")
        _find_students(report.rows)
        writer = GuardianWriter()
        named = [
            Named(row, _said_of_guardian(row)) for row in report.rows if row.person is not None
        ]
        writer.compare(named)
        for one in named:
            one.row.is_new = one.is_new
        if on_progress is not None:
            on_progress(len(report.rows) // 2)  # the other half of the work is writing
        if not (dry_run or report.failed):
            deed = record_deed(
                what=Deed.What.IMPORT,
                kind=STUDENT,
                by=by,
                about=about,
                summary=report.summary,
                touches=writer.write(),
            )
            report.change_id = deed.pk if deed else None
    return report


GUARDIANS: Final = ListSort("guardian", read_guardians, import_guardians)


def _rows(read: ReadColumns) -> list[FileRow[Any]]:
    reader = CellReader(read, _fields(), None)
    rows = []
    for number, cells in read.table.rows:
        row = FileRow[Any](number)
        if any(cells[len(read.table.columns) :]):
            row.refuse(NON_FIELD, TOO_WIDE_MESSAGE)
        row.take(reader.cells(number, cells))
        rows.append(row)
    return rows


def _find_students(rows: Iterable[FileRow[Any]]) -> None:
    """Whose guardian each row names; what is left of its values is about the guardian."""
    said = [
        (row, row.values.pop(STUDENT.uuid_key, ""), row.values.pop(STUDENT.number_key, ""))
        for row in rows
    ]
    uuids = {pk for _, text, _ in said if (pk := as_uuid(text))}
    people: Any = Student.objects
    numbers = people.with_values("identifier", [number for *_, number in said if number])
    students = people.filter(Q(pk__in=uuids) | Q(pk__in=numbers.values("pk")))
    by_key = {student.pk: student for student in students}
    by_number = {student.identifier.upper(): student for student in by_key.values()}
    for row, text, number in said:
        pk = as_uuid(text)
        row.identifier = number
        row.person = by_key.get(pk) if pk else by_number.get(number.upper())
        if row.person is not None:
            row.identifier = row.person.identifier
        if text and pk is None:
            row.refuse(STUDENT.uuid_key, NO_UUID)
        elif row.person is not None:
            pass
        elif text:
            row.refuse(STUDENT.uuid_key, gettext_noop("There is no student with this UUID."))
        elif number:
            row.refuse(
                STUDENT.number_key,
                gettext_noop("There is no student with this registration number."),
            )
        else:
            row.refuse(STUDENT.number_key, gettext_noop("Say whose guardian it is."))


def _said_of_guardian(row: FileRow[Any]) -> dict[str, Any]:
    """As the API would be sent it: channels are a list, in which `E-mail` is `email`, and so is
    `barua pepe`."""
    values: dict[str, Any] = {**row.values}
    if "channels" in values:
        said = values["channels"].casefold()
        for spelled in ("e-mail", "barua pepe"):
            said = said.replace(spelled, "email")
        values["channels"] = re.split(r"[\s,;/]+", said.strip(" ,;/"))
    return values
