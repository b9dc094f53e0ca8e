"""One person's story, latest first: what every app knows of them, as far as a role may read it.

Each app brings `StorySource`s. A page asks each of them for as many facts as a page has, so that
it costs the same however long the story is; the next page goes on at the moment where this one
ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import urlencode

from django import forms
from django.db.models import DateTimeField, F, Func, QuerySet, Value
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Capability
from office.lists import DAY_INPUT
from office.registry import contributions
from people.models import Person, validate_plausible_day, validate_plausible_instant

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PER_PAGE: Final = 50
MOST_SKIPPED: Final = 1000
A_MOMENT: Final = timedelta(microseconds=1)
A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: `words` say it in short, a `chip` how it came out, `more` what else there is."""

    at: datetime
    words: str
    chip: str = ""
    more: str = ""
    by: str = ""
    url: str = ""
    is_of_day: bool = False
    """Of no moment in particular: it stands at the end of its day."""
    source: Any = None


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when, both included, and how many of them at most."""

    since: datetime | None
    until: datetime
    most: int

    def cut(self, rows: QuerySet[Any], moment: str, *order: str) -> Any:
        """The latest of these rows; `order` says which of one moment is the later."""
        told = rows.filter(**{f"{moment}__lte": self.until})
        if self.since is not None:
            told = told.filter(**{f"{moment}__gte": self.since})
        return told.order_by(*(order or (f"-{moment}", "-pk")))[: self.most]

    def holds(self, moment: datetime) -> bool:
        return moment <= self.until and (self.since is None or moment >= self.since)


class StorySource:
    """Subclass and contribute: one kind of facts."""

    key: ClassVar[str]
    title: ClassVar["StrOrPromise"]
    icon: ClassVar[str]
    capability: ClassVar[Capability]

    def is_for(self, user: User, person: Person) -> bool:
        """Whether this user may read such facts, and such a person has any."""
        return user.may(self.capability)

    def facts(self, user: User, person: Person, span: Span) -> Sequence[Fact]:
        """The latest `span.most` within the span, latest first."""
        raise NotImplementedError


class _EndOfDay(Func):
    arg_joiner = " + 1)::timestamp AT TIME ZONE "
    template = "((%(expressions)s::text - interval '1 microsecond')"
    output_field = DateTimeField()


def end_of_day(field: str) -> Func:
    """In SQL, of a day on the campus: its last moment; `end_of` in Python."""
    return _EndOfDay(F(field), Value(timezone.get_current_timezone_name()))


def end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + A_DAY, time.min)) - A_MOMENT


class StoryForm(forms.Form):
    """What the address asks of the story; `before` and `skip` say where a page goes on."""

    kind = forms.MultipleChoiceField(required=False)
    since = forms.DateField(
        required=False, label=_("From"), widget=DAY_INPUT, validators=[validate_plausible_day]
    )
    until = forms.DateField(
        required=False, label=_("To"), widget=DAY_INPUT, validators=[validate_plausible_day]
    )
    before = forms.DateTimeField(required=False, validators=[validate_plausible_instant])
    skip = forms.IntegerField(required=False, min_value=0, max_value=MOST_SKIPPED)

    def __init__(self, asked: Mapping[str, Any], sources: Sequence[StorySource]) -> None:
        super().__init__(asked)
        kinds: Any = self.fields["kind"]
        kinds.choices = [(source.key, source.title) for source in sources]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        since, until = said.get("since"), said.get("until")
        if since and until and until < since:
            self.add_error("until", gettext("This is before the first day."))
        return said


@dataclass(frozen=True, slots=True)
class Choice:
    title: str
    icon: str
    query: str
    is_chosen: bool


class Story:
    """What the page shows: the facts day by day, which kinds there are, and the ways on."""

    def __init__(self, user: User, person: Person, asked: Any) -> None:
        self.sources = [each for each in contributions().story_sources if each.is_for(user, person)]
        self.form = StoryForm(asked, self.sources)
        self.form.is_valid()
        self._said: dict[str, Any] = self.form.cleaned_data
        chosen = self._said.get("kind") or ()
        self._chosen = [each for each in self.sources if not chosen or each.key in chosen]
        self._facts, self.older = self._page(user, person)

    def _page(self, user: User, person: Person) -> tuple[list[Fact], str]:
        """With the query of the next page; empty on the last."""
        skip = self._said.get("skip") or 0
        span = Span(self._since, self._until, skip + PER_PAGE + 1)
        told = [
            replace(fact, source=source)
            for source in self._chosen
            for fact in source.facts(user, person, span)
        ]
        # Sorting keeps the order of what is of one moment, so a page goes on where one ended.
        told.sort(key=lambda fact: fact.at, reverse=True)
        page = told[skip : skip + PER_PAGE]
        if len(told) <= skip + PER_PAGE:
            return page, ""
        last = page[-1].at
        told_of_last = sum(fact.at == last for fact in told[: skip + PER_PAGE])
        moment = last.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return page, self._query(before=moment, skip=str(told_of_last))

    @property
    def _since(self) -> datetime | None:
        since: date | None = self._said.get("since")
        return timezone.make_aware(datetime.combine(since, time.min)) if since else None

    @property
    def _until(self) -> datetime:
        """Also what is told of today as a whole, and what a wrong clock put ahead."""
        until = self._said.get("until")
        last = end_of(until) if until else timezone.now() + 2 * A_DAY
        before: datetime | None = self._said.get("before")
        return min(last, before) if before else last

    def _query(self, **changes: str) -> str:
        """What is asked for now, of whichever page, with these changes."""
        kinds = [("kind", key) for key in self.asked_kinds]
        return urlencode([*kinds, *self._days, *changes.items()])

    @property
    def asked_kinds(self) -> list[str]:
        """None: everything."""
        return list(self._said.get("kind") or ())

    @property
    def _days(self) -> list[tuple[str, str]]:
        return [(name, str(day)) for name, day in self._said_days]

    @property
    def _said_days(self) -> list[tuple[str, date]]:
        return [(name, day) for name in ("since", "until") if (day := self._said.get(name))]

    @property
    def days(self) -> Iterator[tuple[date, list[Fact]]]:
        for day, facts in groupby(self._facts, lambda fact: timezone.localdate(fact.at)):
            yield day, list(facts)

    @property
    def days_asked(self) -> list[forms.BoundField]:
        return [self.form["since"], self.form["until"]]

    @property
    def newest(self) -> str:
        """The query of the first page; empty on it."""
        return (self._query() or "skip=0") if self._said.get("before") else ""

    @property
    def narrowed(self) -> list[str]:
        """What of the story is asked for, in words."""
        kinds = [str(each.title) for each in self.sources if each.key in self.asked_kinds]
        words = {"since": gettext("from {day}"), "until": gettext("to {day}")}
        days = [words[name].format(day=date_format(day, "j F Y")) for name, day in self._said_days]
        return [*kinds, *days]

    @property
    def kinds(self) -> list[Choice]:
        """Everything, and each kind by itself, of the same days."""
        everything = Choice(gettext("Everything"), "", urlencode(self._days), not self.asked_kinds)
        each_kind = (
            Choice(
                str(each.title),
                each.icon,
                urlencode([("kind", each.key), *self._days]),
                each.key in self.asked_kinds,
            )
            for each in self.sources
        )
        return [everything, *each_kind]

    @property
    def is_filtered(self) -> bool:
        return any(self._said.get(name) for name in ("kind", "since", "until", "before"))
