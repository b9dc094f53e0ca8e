"""Card numbers from a list: by identification number, with a look at what would become of each.

A school gets its cards from a factory with a sheet of their chips' numbers, or from another system
with those that people carry. Whoever has no card is issued one, and whoever has one gets the number
on it, which is printed or waits to be.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cards.desk.taps import read_number_of
from cards.models import Card
from cards.number_formats import NumberFormat
from cards.services import change_card, issue_card
from core.errors import DomainError
from core.locks import Yielded, for_change, yielding
from people import spreadsheets
from people.cells import SORT_MESSAGE, what_is_wrong_with
from people.headings import MissingColumns, squashed
from people.imported_lists import ByIdentifier
from people.kinds import is_kind, kind_keys, kinds
from people.models import Person

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST_ROWS: Final = 1_000
COLUMNS: Final = ("number", "rfid_number", "kind")
# The number that the person's card had when somebody looked; nothing: there was none.
SEEN: Final = "instead_of"
CHANGED_SINCE: Final = _("This person's card has changed since you looked.")
# Without spaces and signs, beside the names of the kinds' own numbers.
OF_PERSON: Final = frozenset(
    {"number", "identifier", "identificationnumber", "idnumber", "idno", "namba"}
)
OF_CHIP: Final = frozenset(
    {"rfidnumber", "rfid", "cardnumber", "cardno", "card", "uid", "carduid", "chip", "chipnumber"}
    | {"rfidno", "rfiduid", "nfc", "tag", "kadi", "nambayakadi"}
)
OF_KIND: Final = frozenset({"kind", "cardtype", "type"})


class Becomes(StrEnum):
    ISSUED = "issued"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass
class NumberRow:
    """One line of the file: whose card, and which number it is to have."""

    line: int
    identifier: str
    text: str
    kind: str = ""
    number: str = ""
    """In canonical form."""
    person: Person | None = None
    seen: str | None = None
    """The number on the person's card when somebody looked; None: nobody has yet."""
    card: Card | None = None
    """That the person has, before anything is written."""
    written: Card | None = None
    refusal: str = ""

    @property
    def becomes(self) -> Becomes:
        if self.refusal:
            return Becomes.REFUSED
        if self.card is None:
            return Becomes.ISSUED
        is_same = self.instead_of == self.number
        return Becomes.UNCHANGED if is_same else Becomes.CHANGED

    @property
    def instead_of(self) -> str:
        return self.card.rfid_number if self.card else ""

    def says_as(self, other: "NumberRow") -> bool:
        return (self.person, self.number) == (other.person, other.number)

    def refuse(self, why: "StrOrPromise") -> None:
        self.refusal = self.refusal or str(why)


@dataclass
class NumberList:
    """A list that was read: what would become of each row, and has if `is_written`."""

    rows: list[NumberRow] = field(default_factory=list)
    is_written: bool = False

    def number(self, becomes: Becomes) -> int:
        return sum(row.becomes is becomes for row in self.rows)

    @property
    def new(self) -> list[NumberRow]:
        """Those that bring something."""
        return [row for row in self.rows if row.becomes in {Becomes.ISSUED, Becomes.CHANGED}]

    def as_csv(self) -> bytes:
        """The rows that bring something, to be read again; in canonical form."""
        rows = ((row.identifier, row.number, row.kind, row.instead_of) for row in self.new)
        lines = [[spreadsheets.defused(cell) for cell in row] for row in rows]
        return spreadsheets.csv_bytes((*COLUMNS, SEEN), lines)


def read_number_list(content: bytes, *, number_format: NumberFormat) -> NumberList:
    """Whose each number would be, and what speaks against it; four queries for any list.

    Raises SpreadsheetRefused for what is no list, is too long, or lacks a column.
    """
    rows = list(_rows(spreadsheets.read_table(content, _weight)))
    if len(rows) > MOST_ROWS:
        message = gettext("The file has more than {most} rows.").format(most=f"{MOST_ROWS:,}")
        raise spreadsheets.SpreadsheetTooLarge(message)
    _read_numbers(rows, number_format)
    _find_people(rows)
    _find_cards(rows)
    _refuse_conflicts(rows)
    return NumberList(rows)


def write_number_list(numbers: NumberList, *, by: User) -> NumberList:
    """Each in a transaction of its own: what is refused by now stops no other."""
    for row in numbers.new:
        try:
            _write(row, by)
        except Yielded:
            row.refuse(
                gettext("Somebody else is changing this card at the moment. Bring this row again.")
            )
        except DomainError as error:
            row.refuse(str(error))
    numbers.is_written = True
    return numbers


def _write(row: NumberRow, by: User) -> None:
    assert row.person is not None
    with yielding():
        card = for_change(Card.objects.current().of(row.person)).first()
        if (card.rfid_number if card else "") != row.instead_of:
            row.refuse(CHANGED_SINCE)
        elif card is None:
            row.written = issue_card(holder=row.person, rfid_number=row.number, by=by)
        else:
            row.written = change_card(card=card, changes={"rfid_number": row.number})


# --- reading ------------------------------------------------------------------------------------


def _meanings(columns: Iterable[str]) -> dict[str, int]:
    """Which column is the person's number, the chip's, and the kind, by its place."""
    own = {squashed(name) for kind in kinds() for name in (kind.number_label, kind.number_key)}
    own |= {name for kind in kinds() for name in kind.number_headings}
    found: dict[str, int] = {}
    for place, column in enumerate(columns):
        word = squashed(column)
        if word in OF_CHIP:
            found.setdefault("chip", place)
        elif word in OF_KIND:
            found.setdefault("kind", place)
        elif word == squashed(SEEN):
            found.setdefault("seen", place)
        elif word in OF_PERSON or word in own:
            found.setdefault("person", place)
    return found


def _weight(columns: list[str]) -> int:
    found = _meanings(columns)
    has_all = {"chip", "person"} <= found.keys()
    return spreadsheets.CERTAIN if has_all else len(found)


def _rows(table: spreadsheets.Table) -> Iterable[NumberRow]:
    found = _meanings(table.columns)
    if missing := [
        words
        for name, words in (
            ("person", gettext("the identification number")),
            ("chip", "rfid_number"),
        )
        if name not in found
    ]:
        raise MissingColumns(missing)
    for line, cells in table.rows:
        there = {name: cells[place].strip() for name, place in found.items()}
        said = {name: spreadsheets.undefused(cell) for name, cell in there.items()}
        kind = said.get("kind", "").casefold()
        row = NumberRow(line, said["person"], said["chip"], kind, seen=said.get("seen"))
        for name in ("person", "chip"):
            sort = table.sorts.get((line, found[name]))
            if wrong := what_is_wrong_with(there[name]):
                row.refuse(wrong)
            elif sort not in {None, spreadsheets.Sort.NUMBER}:
                row.refuse(SORT_MESSAGE.format(sort=sort.value))
        yield row


def _read_numbers(rows: Iterable[NumberRow], number_format: NumberFormat) -> None:
    for row in rows:
        if not row.text:
            row.refuse(gettext("There is no card number in this row."))
            continue
        tap = read_number_of(text=row.text, number_format=number_format)
        row.number = tap.number
        if tap.is_code:
            row.refuse(
                gettext("This is what is printed on a card, and not the number of its chip.")
            )
        elif tap.problem or not tap.number:
            row.refuse(tap.problem or gettext("This is no card number."))


def _find_people(rows: Iterable[NumberRow]) -> None:
    known = ByIdentifier(Person.objects.all(), (row.identifier for row in rows))
    for row in rows:
        if row.kind and not is_kind(row.kind):
            row.refuse(gettext("The kind is one of {kinds}.").format(kinds=", ".join(kind_keys())))
        if not row.identifier:
            row.refuse(gettext("This row does not say whose card it is."))
            continue
        row.person, problem = known.find(row.identifier, row.kind)
        row.refuse(problem)


def _find_cards(rows: Iterable[NumberRow]) -> None:
    people = [row.person.pk for row in rows if row.person]
    held = {card.person_id: card for card in Card.objects.current().filter(person__in=people)}
    for row in rows:
        if row.person:
            row.card = held.get(row.person.pk)
            if row.seen not in {None, row.instead_of} and row.instead_of != row.number:
                row.refuse(CHANGED_SINCE)
            if row.card is None and not row.person.is_active:
                row.refuse(
                    gettext("{person} is not active.").format(
                        person=row.person.declared.holder_word
                    )
                )


def _refuse_conflicts(read: Iterable[NumberRow]) -> None:
    """Numbers that somebody else has, and rows of which another one says otherwise, both."""
    rows = [row for row in read if row.person and not row.refusal]
    numbers = {row.number for row in rows}
    in_use = Card.objects.filter(rfid_number__in=numbers, retired_at=None)
    taken = {card.rfid_number: card for card in in_use.select_related("person")}
    about: dict[object, list[NumberRow]] = {}
    for row in rows:
        _refuse_taken(row, taken)
        about.setdefault(row.number, []).append(row)
        about.setdefault(row.person, []).append(row)
    for row in rows:
        for otherwise, key in (
            (gettext("Row {line} says otherwise of this number."), row.number),
            (gettext("Row {line} says otherwise of this person."), row.person),
        ):
            first = about[key][0]
            if other := next((each for each in about[key] if not each.says_as(row)), None):
                row.refuse(otherwise.format(line=other.line))
            elif first is not row:
                row.refuse(gettext("Row {line} says the same.").format(line=first.line))


def _refuse_taken(row: NumberRow, taken: Mapping[str, Card]) -> None:
    card = taken.get(row.number)
    if card is None or (row.card and card.pk == row.card.pk):
        return
    words = (
        gettext("This is the temporary card of {name}, {number}.")
        if card.is_temporary
        else gettext("This is the card of {name}, {number}.")
    )
    row.refuse(words.format(name=card.person.full_name, number=card.person.identifier))
