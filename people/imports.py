"""Bringing people in from a spreadsheet: one code path for the dry run and the real one.

All rows are read, validated by the serializer that the API itself uses, matched to the people who
are there in one query, and written set by set. A dry run does all of that and rolls it back, so
what it shows is what the real run does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Protocol, Self, TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.constraints import NON_FIELD, unique_fields, violated_constraint
from core.errors import DomainError
from core.locks import for_change, take_turns
from core.statistics import tell_of_many
from core.uuids import as_uuid
from people import deeds
from people.cells import TOTALS_MESSAGE, AnyField, CellReader, is_total
from people.days import DayOrder
from people.deed_models import Deed
from people.deeds import Touch, plain
from people.doubles import find_doubles, look_alike
from people.headings import REFUSAL_COLUMNS, USUAL, Layout, ReadColumns, read_columns
from people.import_reports import TOO_WIDE_MESSAGE, FileRow, ImportReport
from people.kinds import PersonKind
from people.models import Person, PersonQuerySet
from people.roster import ROLE, place_of_role, whose_instead
from people.writing import BATCH_SIZE, create_people, make_way, update_people

P = TypeVar("P", bound=Person)

PROGRESS_STEP = 100
NO_UUID = _("This is no UUID.")
OF_ANOTHER_KIND = _("Somebody who is no {noun} has this UUID.")
SAME_PERSON = _("Row {number} of this file is about the same person.")
NO_LONGER_HERE = _("Whom this row was said to be about is no longer here.")
LEFT_BEFORE = _("Nobody leaves before the first day on the roll ({day}).")


class ImportConflict(DomainError):
    code = "import_conflict"
    message = _("Somebody else registered one of these people just now. Import the file again.")


@dataclass(frozen=True)
class Wishes:
    """What whoever brings a list says of it, besides the list."""

    date_order: DayOrder | None = None
    left_out: frozenset[int] = frozenset()
    """Numbers of rows that are not brought."""
    accept_duplicates: bool = False
    """Whoever is perhaps here already is somebody else."""
    others: frozenset[int] = frozenset()
    """Numbers of rows of which alone that was said."""
    same_as: Mapping[int, UUID] = field(default_factory=dict)
    """By number of row: who is here already, and is meant."""
    mapping: Mapping[str, str] | None = None
    """What held of the headings when the list was brought; None: what is remembered of them."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "date_order": self.date_order,
            "left_out": sorted(self.left_out),
            "accept_duplicates": self.accept_duplicates,
            "others": sorted(self.others),
            "same_as": {str(number): str(pk) for number, pk in self.same_as.items()},
            "mapping": self.mapping,
        }

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """As they were kept."""
        order = said.get("date_order")
        return cls(
            DayOrder(order) if order else None,
            frozenset(said.get("left_out", ())),
            bool(said.get("accept_duplicates")),
            frozenset(said.get("others", ())),
            {int(number): UUID(pk) for number, pk in said.get("same_as", {}).items()},
            said.get("mapping"),
        )


NO_WISHES = Wishes()


class Beside(Protocol):
    """What else a list of people may bring with each, which another app keeps."""

    def columns(self, kind: PersonKind) -> Mapping[str, AnyField]:
        """By name; none for a kind that has nothing of it."""

    def usual(self, kind: PersonKind) -> Mapping[str, tuple[str, ...]]:
        """How else lists call them (`people.headings`)."""

    def compare(self, rows: Sequence[FileRow[Any]]) -> Callable[[], Iterable[Touch]]:
        """Says what would change in `beside` of the rows, or why not.

        What it returns writes it, and says what was touched, so that it can be taken back.
        """


_beside: list[Beside] = []


def bring_beside(brought: Beside) -> None:
    """For apps whose rows come with people's; their `ready()` calls it."""
    _beside.append(brought)


def columns_beside(kind: PersonKind) -> dict[str, AnyField]:
    return {name: field for one in _beside for name, field in one.columns(kind).items()}


def template_columns(kind: PersonKind) -> list[str]:
    """What a list of this kind's people may have, in the order in which people read it."""
    return [*kind.serializer.import_columns(), *columns_beside(kind)]


Progress = Callable[[int], None]
"""Told now and then how many rows of the file are done."""


def layout_of(kind: PersonKind) -> Layout:
    """The columns of lists of this kind's people."""
    fields = kind.serializer().fields
    writable = [name for name, field in fields.items() if not field.read_only]
    usual = {name: names for one in _beside for name, names in one.usual(kind).items()}
    return Layout(
        key=kind.key,
        fields=[kind.uuid_key, *writable, *columns_beside(kind)],
        required=[name for name in writable if fields[name].required],
        any_of=kind.name_keys,
        instead=kind.uuid_key,
        known={*fields, *REFUSAL_COLUMNS},
        usual={**USUAL, **usual, kind.number_key: kind.number_headings, kind.uuid_key: ("uuid",)},
    )


def read_people(
    *,
    kind: PersonKind,
    content: bytes,
    mapping: Mapping[str, str | None] | None = None,
    is_new: bool = True,
) -> ReadColumns:
    """The rows of a CSV or XLSX file of this kind's people.

    `mapping`: which of its columns is which field, where the heading does not tell, and remembered
    if it `is_new`; None: as was said of these headings before. Raises SpreadsheetRefused (or
    SpreadsheetTooLarge, MissingColumns) for the file as a whole, and InvalidFields on `mapping`.
    """
    read = read_columns(layout=layout_of(kind), content=content, mapping=mapping, is_new=is_new)
    read.check()
    return read


def import_people(
    *,
    kind: PersonKind,
    read: ReadColumns,
    dry_run: bool,
    by: User,
    about: str = "",
    wishes: Wishes = NO_WISHES,
    on_progress: Progress | None = None,
) -> ImportReport[Any]:
    """Create and change people from what `read_people` has read, all or nothing.

    Rows are matched by the person's UUID, or else by the identification number, upper and lower
    case alike. An empty cell leaves the value as it is. Nothing is written if `dry_run` or if any
    row fails. What is written is written down as `by`'s deed, under the name of the file (`about`).

    Raises ImportConflict if a person of the file appears between the reading and the writing.
    """
    importer = _Importer[Any](kind, wishes, on_progress)
    report = importer.read(read, dry_run=dry_run)
    try:
        with transaction.atomic():
            # Two files with the same new people in another order would wait for each other's rows.
            # The second one finds what the first has written, and has nothing left to do.
            take_turns(f"import {kind.plural_key}")
            importer.run(report.rows)
            if dry_run or report.failed:
                transaction.set_rollback(True)
            else:
                report.change_id = _write_down(report, importer.touched_beside, kind, by, about)
    except IntegrityError as error:
        broken = violated_constraint(error, importer.model)
        if not isinstance(broken, models.UniqueConstraint):
            raise
        raise ImportConflict from error
    if report.change_id:
        tell_of_many(len(report.rows), importer.model)
    return report


def _write_down(
    report: ImportReport[Any], beside: Iterable[Touch], kind: PersonKind, by: User, about: str
) -> UUID | None:
    people = (
        deeds.created(row.person, number=row.number)
        if row.is_new
        else deeds.changed(row.person, row.changes, number=row.number)
        for row in report.rows
        if row.person is not None and row.changes
    )
    deed = deeds.record_deed(
        what=Deed.What.IMPORT,
        kind=kind,
        by=by,
        about=about,
        summary=report.summary,
        touches=(*people, *beside),
    )
    return deed.pk if deed else None


class _Importer(Generic[P]):
    def __init__(
        self, kind: PersonKind, wishes: Wishes, on_progress: Progress | None = None
    ) -> None:
        self.kind = kind
        self.wishes = wishes
        self.touched_beside: list[Touch] = []
        self.on_progress = on_progress
        self.model: type[P] = kind.model
        self.people = PersonQuerySet[P](self.model).of_kind(kind)
        self.keys = kind.api_keys
        unique = {**unique_fields(self.model), "identifier": kind.number_taken}
        self.unique_fields = {self.keys.get(name, name): text for name, text in unique.items()}
        # One serializer for all new rows and one for all known people: building one takes longer
        # than validating a row with it.
        self.for_new = kind.serializer()
        self.for_known = kind.serializer(partial=True)
        fields = {name: field for name, field in self.for_new.fields.items() if not field.read_only}
        uuid = {kind.uuid_key: self.for_new.fields[kind.uuid_key]}
        self.fields = {**uuid, **fields, **columns_beside(kind)}

    def read(self, read: ReadColumns, *, dry_run: bool) -> ImportReport[P]:
        """The rows as they stand in the file; nothing is compared yet."""
        reader = CellReader(read, self.fields, self.wishes.date_order)
        role_at = place_of_role(read.table.headings)
        rows = []
        for number, cells in read.table.rows:
            if number in self.wishes.left_out:
                continue
            row = FileRow[P](number)
            if any(cells[len(read.table.columns) :]):
                row.refuse(NON_FIELD, TOO_WIDE_MESSAGE)
            row.take(reader.cells(number, cells))
            if role_at is not None and (wrong := whose_instead(cells[role_at], self.kind)):
                row.cells[ROLE] = cells[role_at]
                row.refuse(ROLE, wrong)
            if is_total(row.values.get(self.kind.number_key, "")):
                row.refuse(self.kind.number_key, TOTALS_MESSAGE)
                del row.values[self.kind.number_key]  # a list may have one below each class
            row.identifier = row.values.get(self.kind.number_key, "")
            rows.append(row)
        report = ImportReport[P].of(read, rows, dry_run=dry_run)
        report.asks_date_order = reader.is_order_open
        return report

    def run(self, rows: list[FileRow[P]]) -> None:
        for name in (self.kind.uuid_key, *self.unique_fields):
            self._refuse_repeats(rows, name)
        self._find(rows)
        for number, row in enumerate(rows, 1):
            self._prepare(row)
            if number % PROGRESS_STEP == 0:
                self._tell(number // 2)  # the other half of the work is writing
        for name, message in self.unique_fields.items():
            self._refuse_taken(rows, name, str(message))
        self._name_doubles(rows)
        writes = [one.compare(rows) for one in _beside if one.columns(self.kind)]
        self._write(rows)
        if not any(row.errors for row in rows):
            for write in writes:
                self.touched_beside += write()

    def _refuse_repeats(self, rows: list[FileRow[P]], name: str) -> None:
        seen: dict[str, int] = {}
        for row in rows:
            value = row.values.get(name, "").upper()
            if value and seen.setdefault(value, row.number) != row.number:
                words = gettext("Row {number} of this file has the same value.")
                row.refuse(name, words.format(number=seen[value]))

    def _find(self, rows: list[FileRow[P]]) -> None:
        """Who is there already; locked until they are written, in key order against deadlocks."""
        same_as = self.wishes.same_as
        said = {row.number: self._said_uuid(row) or same_as.get(row.number) for row in rows}
        numbers = [row.identifier for row in rows if row.identifier]
        theirs = self.people.with_values("identifier", numbers)
        uuids = [pk for pk in said.values() if pk]
        if uuids:
            by_number = models.Q(pk__in=theirs.values("pk"))
            theirs = self.people.filter(by_number | models.Q(pk__in=uuids))
        present = list(for_change(theirs.order_by("pk")))
        by_key = {one.pk: one for one in present}
        by_name = {one.identifier.upper(): one for one in present}
        strange = Person.objects.filter(pk__in=uuids).exclude(pk__in=by_key)
        of_others = set(strange.values_list("pk", flat=True)) if uuids else set()
        for row in rows:
            pk = said[row.number]
            row.said_pk = pk
            row.person = by_name.get(row.identifier.upper())
            if pk is not None:
                row.person = by_key.get(pk, row.person)
            if pk in of_others:
                row.refuse(self.kind.uuid_key, OF_ANOTHER_KIND.format(noun=self.kind.noun))
            elif row.number in same_as:
                self._take_for(row)
            if row.person is not None and not row.identifier:
                row.identifier = row.person.identifier
        self._refuse_same_people(rows)

    def _take_for(self, row: FileRow[P]) -> None:
        """An officer has said who it is: a number that only looks otherwise stays as it is here."""
        if row.person is None:
            row.refuse(NON_FIELD, NO_LONGER_HERE)
        elif look_alike(row.person.identifier, row.identifier):
            row.identifier = row.values[self.kind.number_key] = row.person.identifier

    def _refuse_same_people(self, rows: list[FileRow[P]]) -> None:
        """One row says the UUID and another the number, or both the UUID in two spellings."""
        seen: dict[UUID, int] = {}
        for row in rows:
            pk = row.person.pk if row.person is not None else row.said_pk
            if pk is None or row.errors:
                continue
            if seen.setdefault(pk, row.number) != row.number:
                row.refuse(self.kind.uuid_key, SAME_PERSON.format(number=seen[pk]))

    def _said_uuid(self, row: FileRow[P]) -> UUID | None:
        said = row.values.pop(self.kind.uuid_key, "")
        pk = as_uuid(said)
        if said and pk is None:
            row.refuse(self.kind.uuid_key, NO_UUID)
        return pk

    def _prepare(self, row: FileRow[P]) -> None:
        """Validate the row and set its values on a person, without writing."""
        known = row.person
        row.is_new = known is None
        row.person = known or self._new(row)
        serializer = self.for_new if known is None else self.for_known
        validated, errors = serializer.read_row(row.values, about=known)
        for name, messages in errors.items():
            row.errors.setdefault(name, messages)
        if row.errors:
            return  # a person who is in the file twice is changed once
        for name, value in validated.items():
            before = None if row.is_new else getattr(row.person, name)
            if row.is_new or before != value:
                key = self.keys.get(name, name)
                row.changes[key] = {"before": plain(before), "after": plain(value)}
                setattr(row.person, name, value)
        begins, left = row.person.enrolled_on, row.person.left_on
        if left is not None and left < begins:  # as the database would say of the whole file
            row.refuse("left_on", LEFT_BEFORE.format(day=begins))

    def _new(self, row: FileRow[P]) -> P:
        """With the UUID that the row carries: a list of another installation's people."""
        return self.model(pk=row.said_pk, person_uuid=row.said_pk) if row.said_pk else self.model()

    def _refuse_taken(self, rows: list[FileRow[P]], name: str, message: str) -> None:
        """Name the row that would break a unique constraint; the constraint itself stays.

        What somebody of the file gives up for another number is free for whoever else is known:
        so two can exchange theirs. Who is refused gives up nothing.
        """
        wanted = {row.values[name].upper(): row for row in rows if name in row.changes}
        field = self.kind.attribute(name)
        # Numbers are a kind's own; what all share is looked for among everybody.
        is_shared = field == "terminal_pin"
        others: Any = Person.objects.all() if is_shared else self.people
        holders = others.with_values(field, wanted).values_list("pk", field)
        held = {pk: wanted[value.upper()] for pk, value in holders}
        giving = {row.person.pk for row in wanted.values() if row.person and not row.errors}
        while taken := [
            row
            for pk, row in held.items()
            if (pk not in giving or row.is_new)
            and (row.person is None or row.person.pk != pk)
            and name not in row.errors
        ]:
            for row in taken:
                row.refuse(name, message)
                giving -= {row.person.pk} if row.person else set()

    def _name_doubles(self, rows: list[FileRow[P]]) -> None:
        found = find_doubles(kind=self.kind, people=self.people, rows=rows)
        for row in rows:
            doubles = found.get(row.number, [])
            row.possible_duplicate_of = [double.as_dict(self.kind) for double in doubles]
            is_said = self.wishes.accept_duplicates or row.number in self.wishes.others
            if doubles and not is_said:
                row.refuse(NON_FIELD, doubles[0].words)

    def _write(self, rows: Sequence[FileRow[P]]) -> None:
        """The one place where an import writes people."""
        new = [row for row in rows if row.action == "created"]
        known = [row for row in rows if row.changes and row.action == "updated"]
        fields = {self.kind.attribute(key) for row in known for key in row.changes}
        left = len(new) + len(known)
        make_way(people=[row.person for row in known if row.person], fields=fields)
        for changed, write in (
            (new, create_people),
            (known, partial(update_people, fields=fields)),
        ):
            for start in range(0, len(changed), BATCH_SIZE):
                batch = changed[start : start + BATCH_SIZE]
                write(people=[row.person for row in batch if row.person])
                left -= len(batch)
                self._tell(len(rows) - left // 2)

    def _tell(self, done: int) -> None:
        if self.on_progress is not None:
            self.on_progress(done)
