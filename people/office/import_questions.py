"""What an import asks of the officer: what its columns are, how it writes days, who is a double."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db.models import Func, JSONField, QuerySet, Value
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.fields import BooleanField, DateField, DateTimeField

from core.constraints import NON_FIELD
from people.days import DayOrder, readings
from people.deeds import plain
from people.doubles import NUMBER
from people.headings import ReadColumns
from people.imports import Wishes, template_columns
from people.kinds import PersonKind, kind_named
from people.models import Import, ImportRow, validate_past_day
from people.office.import_rows import heading, shown_value
from people.spreadsheets import undefused

SAMPLED_ROWS: Final = 200
SAMPLES: Final = 3
ROWS_LOOKED_AT: Final = 500
DOUBLES_AT_ONCE: Final = 20
MOST_ALIKE: Final = 3
ORDER_LABELS: Final = {
    DayOrder.DMY: _("Day before month"),
    DayOrder.MDY: _("Month before day"),
    DayOrder.YMD: _("Year first"),
}
SOMEBODY_ELSE, LEFT_OUT = "new", "left_out"


# --- columns ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class AskedColumn:
    """A column of the file, some of what stands in it, and what it is taken for."""

    name: str
    """Of the choice in the form."""
    header: str
    samples: list[str]
    chosen: str


def asked_columns(read: ReadColumns, said: Mapping[str, str]) -> list[AskedColumn]:
    """`said`: by name of the choice, what the officer has just said."""
    places = [place for place, name in enumerate(read.table.columns) if name]
    return [
        AskedColumn(
            name := f"column-{place}",
            column.header,
            _samples(read, place),
            said.get(name, column.field or ""),
        )
        for place, column in zip(places, read.columns, strict=True)
    ]


def _samples(read: ReadColumns, place: int) -> list[str]:
    filled = (undefused(cell) for cell in read.table.cells_of(place) if cell)
    return list(islice(dict.fromkeys(filled), SAMPLES))


def mapping_of(asked: Iterable[AskedColumn]) -> dict[str, str | None]:
    return {column.header: column.chosen for column in asked}


def field_choices(read: ReadColumns) -> list[tuple[str, str]]:
    return [(name, heading(name)) for name in read.layout.fields]


def needed_words(read: ReadColumns) -> list[str]:
    """`Registration number`, `First name or surname`."""
    return [
        gettext(" or ").join(
            heading(name).lower() if at else heading(name) for at, name in enumerate(names)
        )
        for names in (need.split(" or ") for need in read.layout.missing(()))
    ]


# --- the order of days ------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderChoice:
    order: DayOrder
    label: str
    days: list[date]
    """Which day each of the cells is then."""


@dataclass(frozen=True)
class OpenOrder:
    """Cells of the file that are one day or another."""

    cells: list[str]
    choices: list[OrderChoice]


def open_order(import_: Import) -> OpenOrder:
    """Real ones, of the refused rows."""
    found: dict[str, dict[DayOrder, date]] = {}
    days = {
        name: validate_past_day in field.validators
        for name, field in kind_named(import_.kind).serializer().fields.items()
        if isinstance(field, DateField | DateTimeField)
    }
    refused = import_.rows.filter(action=ImportRow.Action.FAILED).values_list("errors", flat=True)
    for errors in refused[:ROWS_LOOKED_AT]:
        for name in errors.keys() & days.keys():
            cell = undefused(errors[name]["cell"])
            read = readings(cell, is_past=days[name])
            if len({*read.values()}) > 1:
                found.setdefault(cell, read)
        if len(found) >= SAMPLES:
            break
    cells = list(found)[:SAMPLES]
    orders = [order for order in DayOrder if all(order in found[cell] for cell in cells)]
    choices = [
        OrderChoice(order, str(ORDER_LABELS[order]), [found[cell][order] for cell in cells])
        for order in orders
    ]
    return OpenOrder(cells, choices)


# --- doubles ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alike:
    """Somebody whom a row is perhaps about."""

    value: str
    """Of the choice in the form."""
    title: str
    words: str
    same: str
    """What it means to say that it is the same person."""
    page: str
    facts: list[str]


@dataclass(frozen=True)
class DoubleQuestion:
    row: ImportRow
    alike: list[Alike]
    lines: list[tuple[str, str, list[tuple[str, bool]]]]
    """Of each field its name, what the file says, and what each of the others has, and whether
    that is something else."""


class _Without(Func):
    """Of a JSON object: all but one of its keys."""

    arg_joiner = " - "
    template = "(%(expressions)s)"
    output_field = JSONField()


def rows_in_doubt(import_: Import) -> QuerySet[ImportRow]:
    """Rows that nothing stands against but that they may be about somebody who is known."""
    refused = import_.rows.filter(action=ImportRow.Action.FAILED, errors__has_key=NON_FIELD)
    others = refused.alias(other_errors=_Without("errors", Value(NON_FIELD)))
    return others.filter(other_errors={}).exclude(possible_duplicate_of=[])


def double_questions(import_: Import, in_doubt: QuerySet[ImportRow]) -> list[DoubleQuestion]:
    """About the first of them."""
    kind = kind_named(import_.kind)
    rows = list(in_doubt[:DOUBLES_AT_ONCE])
    doubles = [each for row in rows for each in row.possible_duplicate_of[:MOST_ALIKE]]
    here = kind.model.objects.in_bulk([each[kind.uuid_key] for each in doubles])
    numbers = {each["row"] for each in doubles if each["row"]}
    in_file = {row.number: row for row in import_.rows.filter(number__in=numbers)}
    return [_question(kind, row, here, in_file) for row in rows]


def people_in(questions: Iterable[DoubleQuestion]) -> list[UUID]:
    """Who is here and shown beside a row."""
    here = (UUID(one.value) for each in questions for one in each.alike if one.page)
    return list(dict.fromkeys(here))


def _question(
    kind: PersonKind, row: ImportRow, here: Mapping[Any, Any], in_file: Mapping[int, ImportRow]
) -> DoubleQuestion:
    said = {name: shown_value(values.get("after")) for name, values in row.changes.items()}
    flags = {name for name, one in kind.serializer().fields.items() if _is_flag(one)}
    names = [name for name in template_columns(kind) if said.get(name) and name not in flags]
    alike = []
    for double in row.possible_duplicate_of[:MOST_ALIKE]:
        person = here.get(UUID(double[kind.uuid_key])) if double[kind.uuid_key] else None
        other = in_file.get(double["row"])
        if person is None and other is None:
            continue  # is no longer here
        values = _values_here(kind, person, names) if person else _values_in(other, names)
        because = (
            gettext("The numbers look alike")
            if double["because"] == NUMBER
            else gettext("Same name and birth date")
        )
        where = (
            gettext("here already")
            if person
            else gettext("row {number} of this file").format(number=double["row"])
        )
        alike.append(
            Alike(
                value=str(person.pk) if person else LEFT_OUT,
                title=f"{double['full_name']} ({double['identifier']})",
                words=f"{because}; {where}",
                same=gettext("The same person: change what is here")
                if person
                else gettext("The same person: leave this row out"),
                page=kind.change_page if person else "",
                facts=values,
            )
        )
    lines = [
        (
            heading(name),
            said[name],
            [(one.facts[at], one.facts[at].casefold() != said[name].casefold()) for one in alike],
        )
        for at, name in enumerate(names)
    ]
    return DoubleQuestion(row, alike, lines)


def _is_flag(field: Any) -> bool:
    return isinstance(field, BooleanField)


def _values_here(kind: PersonKind, person: Any, names: Iterable[str]) -> list[str]:
    return [shown_value(plain(getattr(person, kind.attribute(name), ""))) for name in names]


def _values_in(row: ImportRow | None, names: Iterable[str]) -> list[str]:
    changes = row.changes if row else {}
    return [shown_value(changes.get(name, {}).get("after")) for name in names]


def decided(import_: Import, said: Mapping[str, str]) -> Wishes:
    """What the officer says of the rows in doubt, by `row-7`; with `all` of all of them."""
    wishes = Wishes.of(import_.wishes)
    key = kind_named(import_.kind).uuid_key
    others, left_out, same_as = {*wishes.others}, {*wishes.left_out}, {**wishes.same_as}
    for row in rows_in_doubt(import_):
        answer = SOMEBODY_ELSE if "all" in said else said.get(f"row-{row.number}", "")
        if answer == SOMEBODY_ELSE:
            others.add(row.number)
        elif answer == LEFT_OUT:
            left_out.add(row.number)
        elif answer in {double[key] for double in row.possible_duplicate_of}:
            same_as[row.number] = UUID(answer)
    return replace(wishes, left_out=frozenset(left_out), others=frozenset(others), same_as=same_as)
