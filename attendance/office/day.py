"""The register of one day: everybody who came, did not come, or has not been seen yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from attendance.models import Status
from attendance.office.closing import reasons_on
from attendance.register import LABELS, NO_CARD, UNSEEN, DayRegister, DayStanding
from office.days import AnyDayView
from office.lists import MOST_PRINTED, WHOLE, WHOLE_VAR
from office.rooms import Room
from people.kinds import PersonKind
from people.looking import note_look_at_many
from people.models import Look, Person
from people.scope import kinds_with_days_for

PER_PAGE = 50
# Of a day, in the order in which they are asked for.
FIGURES = {
    "": "All",
    UNSEEN: "not_yet_seen",
    **{status: status.lower() for status in Status.values},
    NO_CARD: "no_card",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that narrows the register; `number` is how many it shows."""

    name: str
    query: str
    is_current: bool
    number: int | None = None


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """A class or a department to choose from."""

    name: str
    label: str
    chosen: str
    values: list[str]


class DayView(AnyDayView, TemplateView):
    route = "attendance/day/"
    url_name = "attendance_day"
    title = _("Day view")
    capability = Capability.READ_ATTENDANCE
    room = Room.ATTENDANCE
    place = 1
    template_name = "attendance/day.html"

    @cached_property
    def kind(self) -> PersonKind:
        """The one that is asked for, or the first: in a school, its students."""
        kinds = kinds_with_days_for(self.user)
        return kinds.get(self.asked("group")) or next(iter(kinds.values()))

    @cached_property
    def status(self) -> str:
        asked = self.asked("status")
        return asked if asked in FIGURES else ""

    @cached_property
    def register(self) -> DayRegister:
        chosen = {name: value for name in self.kind.groups if (value := self.asked(name))}
        return DayRegister(self.kind, DayStanding(self.day), self.user, chosen, self.asked("q"))

    @property
    def is_whole(self) -> bool:
        return self.asked(WHOLE_VAR) == WHOLE

    def may(self, capability: Capability) -> bool:
        """Do that to this day, if it is not too early or too late for it."""
        standing = self.register.standing
        return not (standing.is_future or standing.is_settled) and self.user.may(capability)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        per_page = MOST_PRINTED if self.is_whole else PER_PAGE
        page = Paginator(self.register.people(self.status), per_page).get_page(self.asked("page"))
        if self.is_whole:
            held = [person.pk for person in page.object_list]
            note_look_at_many(self.request, Look.What.EXPORT, held=held)
        return super().get_context_data(
            title=date_format(self.day, "l j F Y"),
            standing=self.register.standing,
            waits=reasons_on(self.day),
            kind=self.kind,
            kinds=list(self._kinds()),
            figures=list(self._figures()),
            parts=[self._part(name) for name in self.kind.groups],
            group_label=self.kind.groups.get(self.kind.card_group, ""),
            words=self.register.words,
            is_narrowed=bool(self.register.words or self.register.parts or self.status),
            status=self.status,
            page=page,
            pages=page.paginator.get_elided_page_range(page.number),
            lines=self.register.lines(page.object_list),
            may_correct=self.may(Capability.CORRECT_ATTENDANCE),
            may_close=self.may(Capability.MANAGE_ATTENDANCE),
            query=self.query(page=""),
            whole=self._whole(page),
            narrowed=[
                gettext("Register"),
                self.kind.short_title,
                *self._narrowed(),
                *_part_of(page),
            ],
            **kwargs,
        )

    def _narrowed(self) -> Iterable[str]:
        """What the register is narrowed to, in words."""
        for name, label in self.kind.groups.items():
            if chosen := self.asked(name):
                yield f"{label}: {chosen}"
        if self.status:
            yield str(LABELS[self.status])
        if self.register.words:
            yield f"“{self.register.words}”"

    def _whole(self, page: Page[Any]) -> str:
        """The way to as many on a page as anybody prints; empty on it."""
        if self.is_whole or not page.has_other_pages():
            return ""
        return f"?{self.query(**{WHOLE_VAR: WHOLE}, page='')}"

    def _kinds(self) -> Iterable[Choice]:
        for kind in kinds_with_days_for(self.user).values():
            yield Choice(str(kind.short_title), f"group={kind.key}", kind is self.kind)

    def _figures(self) -> Iterable[Choice]:
        """How many there are of each status; without the unseen where nobody is waited for."""
        counts = self.register.figures
        for status, key in FIGURES.items():
            number = counts.get(key) if status else self._total(counts)
            is_waited_for = status == UNSEEN and not self.register.standing.closed
            if number or is_waited_for or status not in {UNSEEN, NO_CARD}:
                query = self.query(status=status, page="")
                yield Choice(status or "All", query, status == self.status, number)

    def _total(self, counts: dict[str, int]) -> int:
        return sum(counts[key] for status, key in FIGURES.items() if status)

    def _part(self, name: str) -> GroupChoice:
        everybody = Person.objects.of_kind(self.kind).seen_by(self.user)
        people = everybody.order_by(name).exclude(**{name: ""})
        values = list(people.values_list(name, flat=True).distinct())
        return GroupChoice(name, str(self.kind.groups[name]), self.asked(name), values)


def _part_of(page: Page[Any]) -> list[str]:
    """How much of the register stands on the page, unless it is all."""
    if not page.has_other_pages():
        return []
    return [gettext("{n} of {total}").format(n=len(page), total=page.paginator.count)]
