"""A report's numbers, counted by the database."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, overload
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Aggregate, Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from core.replica import reading_alias
from people.scope import seen_q
from reports.kinds import BY_GROUP, LABELS, ORDER, GroupBy, Label, ReportFigure, ReportKind
from reports.periods import Span

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CHUNK = 1000

ReportRow = dict[str, Any]


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read within is of one moment: totals are the sum of the groups, at noon too.

    Inside of another transaction it is as consistent as that one.
    """
    connection = connections[reading_alias()]
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(using=connection.alias):
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@dataclass(frozen=True)
class BreakdownPart:
    """One value of a report's `Breakdown`."""

    key: str
    """As JSON has it; empty for the records that have none."""
    heading: "StrOrPromise"
    alias: str
    count: Aggregate


@dataclass(frozen=True)
class Report:
    """Of the people whom `seen_by` may know of.

    Asks nothing of the database until it is asked itself.
    """

    kind: ReportKind
    span: Span
    group_by: GroupBy
    seen_by: User
    among: Mapping[str, Any] = field(default_factory=dict)
    """Only these: by `class_level`, `class_code`, `department` in any case, or `student`."""

    @property
    def title(self) -> str:
        return str(self.kind.title)

    @property
    def subtitle(self) -> str:
        return str(BY_GROUP[self.group_by])

    @property
    def file_name(self) -> str:
        """Without its ending."""
        subject, group_by = self.kind.subject.value, self.group_by.value
        return f"{subject}-by-{group_by}-{self.span.first}-{self.span.last}"

    @property
    def labels(self) -> Sequence[Label]:
        return LABELS[self.group_by]

    @property
    def figures(self) -> Sequence[ReportFigure]:
        """Without the number of students where each group is one."""
        is_of_one = self.group_by == GroupBy.STUDENT
        return self.kind.figures if is_of_one else self._all_figures

    @property
    def _all_figures(self) -> Sequence[ReportFigure]:
        return (self.kind.students, *self.kind.figures)

    @cached_property
    def parts(self) -> Sequence[BreakdownPart]:
        """What occurs in these days, in order. One query."""
        breakdown = self.kind.breakdown
        if breakdown is None:
            return ()
        values = (
            self._records.values(value=F(breakdown.field))
            .annotate(place=breakdown.place)
            .order_by(F("place").asc(nulls_last=True), "value")
        )
        found = [row["value"] for row in values]
        return tuple(
            BreakdownPart(
                value or "", breakdown.label(value), f"part_{n}", _count(breakdown.field, value)
            )
            for n, value in enumerate(found)
        )

    @cached_property
    def totals(self) -> ReportRow:
        """Of all groups. One query."""
        counts = {figure.key: figure.count for figure in self._all_figures}
        totals = self._finished(self._records.aggregate(**counts, **self._part_counts))
        asides = {a.key: self._among(a.records(), "date").count() for a in self.kind.asides}
        return {**totals, **asides}

    @property
    def held(self) -> list[UUID]:
        """Of whom it tells. One query."""
        whose = self._records.order_by().values_list(self.kind.student, flat=True).distinct()
        asides = (self._among(aside.records(), "date") for aside in self.kind.asides)
        others = [rows.order_by().values_list("person", flat=True).distinct() for rows in asides]
        return list(whose.union(*others))

    @property
    def headline(self) -> list[tuple[str, str]]:
        """The totals in words: (what, number)."""
        rates = [(str(rate.name), percent(self.totals[rate.key])) for rate in self.kind.rates]
        figures = [f for f in self._all_figures if not f.is_detail]
        return [*rates, *((str(f.heading), f"{self.totals[f.key]:,}") for f in figures)]

    @cached_property
    def days(self) -> list[ReportRow]:
        """`{date, figure: number}` for each day that has records, in order. One query."""
        counts = {figure.key: figure.count for figure in self.kind.figures}
        rows = self._records.values(of_day=F(self.kind.day)).annotate(**counts).order_by("of_day")
        return [{"date": row.pop("of_day"), **self._with_rates(row)} for row in rows]

    @property
    def groups(self) -> "ReportGroups":
        """A row for each group of which anything is counted; `row` makes it what is shown."""
        counts = {figure.key: figure.count for figure in self.figures}
        order = [f"of_{key}" for key in ORDER[self.group_by]]
        counted: QuerySet[Any, ReportRow] = (
            self._records.values(**self._texts)
            .annotate(**counts, **self._part_counts)
            .order_by(*order)
        )
        return ReportGroups(counted, self._groups_of_asides_alone)

    @cached_property
    def _groups_of_asides_alone(self) -> list[ReportRow]:
        """Groups that have no records, in order. No query where there are no asides."""
        keys = {key for counts in self._aside_groups.values() for key in counts}
        if not keys:
            return []
        names = [f"of_{label.key}" for label in self.labels]
        recorded = self._records.order_by().values(**self._texts).distinct()
        keys -= {tuple(row[name] or "" for name in names) for row in recorded}
        nothing = dict.fromkeys([f.key for f in self.figures] + [p.alias for p in self.parts], 0)
        rows = [{**dict(zip(names, key, strict=True)), **nothing} for key in keys]
        order = [f"of_{key}" for key in ORDER[self.group_by]]
        return sorted(rows, key=lambda row: [str(row[name]).casefold() for name in order])

    @property
    def rows(self) -> Iterator[ReportRow]:
        """All groups, fetched in chunks, whatever their number."""
        return map(self.row, self.groups)

    def row(self, group: ReportRow) -> ReportRow:
        """`{label: text, figure: number, rate: percentage, parts: {part: number}}`."""
        texts = {label.key: group.pop(f"of_{label.key}") or "" for label in self.labels}
        key = tuple(texts.values())
        asides = {name: counts.get(key, 0) for name, counts in self._aside_groups.items()}
        return {**texts, **self._finished(group), **asides}

    @cached_property
    def _aside_groups(self) -> dict[str, dict[tuple[Any, ...], int]]:
        """By figure and group. One query for each."""
        names = [f"of_{label.key}" for label in self.labels]
        found: dict[str, dict[tuple[Any, ...], int]] = {}
        for aside in self.kind.asides:
            records = self._among(aside.records(), "date").values(**self._texts)
            rows = records.annotate(number=Count("pk")).order_by()
            found[aside.key] = {tuple(row[n] or "" for n in names): row["number"] for row in rows}
        return found

    @property
    def _texts(self) -> dict[str, Any]:
        """Of a student alone what is so today, for each is one row."""
        is_kept = self.kind.keeps_groups and self.group_by != GroupBy.STUDENT
        whose = "" if is_kept else f"{self.kind.student}__"
        return {f"of_{label.key}": _text_of(f"{whose}{label.field}") for label in self.labels}

    def added(self, total: ReportRow | None, row: ReportRow) -> ReportRow:
        """The total so far and one more row."""
        keys = [*(f.key for f in self.figures), *(aside.key for aside in self.kind.asides)]
        summed = {key: row[key] + (total[key] if total else 0) for key in keys}
        if self.kind.breakdown:
            name = self.kind.breakdown.key
            before = total[name] if total else dict.fromkeys(row[name], 0)
            summed[name] = {key: count + before[key] for key, count in row[name].items()}
        return self._with_rates(summed)

    @cached_property
    def _records(self) -> QuerySet[Any, Any]:
        return self.kind.marked(self._among(self.kind.records(), self.kind.day))

    def _among(self, records: QuerySet[Any, Any], day: str) -> QuerySet[Any, Any]:
        span = {f"{day}__gte": self.span.first, f"{day}__lte": self.span.last}
        whose = seen_q(self.seen_by, f"{self.kind.student}__")
        path = "" if self.kind.keeps_groups else f"{self.kind.student}__"
        asked = {
            self.kind.student if name == "student" else f"{path}{name}__iexact": value
            for name, value in self.among.items()
        }
        return records.filter(whose, **span, **asked)

    @property
    def _part_counts(self) -> dict[str, Aggregate]:
        return {part.alias: part.count for part in self.parts}

    def _finished(self, counted: ReportRow) -> ReportRow:
        by_part = {part.key: counted.pop(part.alias) for part in self.parts}
        row = self._with_rates(counted)
        return {**row, self.kind.breakdown.key: by_part} if self.kind.breakdown else row

    def _with_rates(self, figures: ReportRow) -> ReportRow:
        return {**figures, **{rate.key: rate.value(figures) for rate in self.kind.rates}}


class ReportGroups(Sequence[ReportRow]):
    """Groups with records, then those of which only an aside tells; fetched as they are asked for.

    Iterated it is one query, in chunks; a slice is one query too.
    """

    def __init__(self, counted: QuerySet[Any, ReportRow], others: list[ReportRow]) -> None:
        self._counted, self._others = counted, others

    @cached_property
    def _length(self) -> int:
        return self._counted.count()

    def __len__(self) -> int:
        return self._length + len(self._others)

    def __iter__(self) -> Iterator[ReportRow]:
        # What is shown of a row is taken out of it.
        return chain(self._counted.iterator(CHUNK), map(dict, self._others))

    @overload
    def __getitem__(self, place: int) -> ReportRow: ...
    @overload
    def __getitem__(self, place: slice) -> list[ReportRow]: ...
    def __getitem__(self, place: int | slice) -> ReportRow | list[ReportRow]:
        if isinstance(place, int):
            return self[place : place + 1][0]
        first, last, _ = place.indices(len(self))
        counted = list(self._counted[first:last]) if first < self._length else []
        others = self._others[max(0, first - self._length) : max(0, last - self._length)]
        return [*counted, *map(dict, others)]


def _text_of(field: str) -> Any:
    """A guest of the kitchen's is nobody, and in the group of those who have none."""
    return F(field) if field.endswith("__pk") else Coalesce(field, Value(""))


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} %"


def _count(field: str, value: Any) -> Aggregate:
    condition = Q(**{f"{field}__isnull": True}) if value is None else Q(**{field: value})
    return Count("pk", filter=condition)


def group_name(report: Report, row: ReportRow) -> str:
    """What a group is called, in one text; empty for those who have no class or department."""
    if report.group_by == GroupBy.CLASS:
        return str(row["class_code"] or row["class_level"])
    key = "department" if report.group_by == GroupBy.DEPARTMENT else "full_name"
    return str(row[key])
