"""Who is on site: the names behind the dashboard's figure, now or at any instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from office.rooms import Room
from office.views import OfficeView
from people.kinds import PersonKind, is_kind, kind_named
from people.looking import note_look_at_many
from people.models import Look, Person, validate_plausible_instant
from presence.asked import people_asked_for
from presence.on_site import Here, Sighting, kinds_for, on_site, seen_by, sightings_of

PER_PAGE = 50
GROUPS = {
    "class_level": _("Class level"),
    "class_code": _("Class"),
    "department": _("Department"),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A link that narrows the list to one kind; `number` is how many it shows."""

    name: str
    query: str
    is_current: bool
    number: int


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """A filter of the list: the groups that there are, and the one that is asked for."""

    name: str
    label: str
    values: list[str]
    chosen: str


@dataclass(frozen=True, slots=True)
class HereLine:
    here: Here
    person: Person
    seen: Sighting | None

    @property
    def group(self) -> str:
        return self.here.group

    @property
    def since(self) -> datetime:
        return self.here.since


class AskedView(OfficeView):
    """Mix into a view of a list that its address narrows."""

    def asked(self, name: str) -> str:
        """What the address says for this filter; empty if it says nothing."""
        return self.request.GET.get(name, "").replace("\x00", "").strip()

    def query(self, **changes: str) -> str:
        """The present filters with these changes; an empty one goes."""
        query = self.request.GET.copy()
        for name, value in changes.items():
            query[name] = value
            if not value:
                del query[name]
        return query.urlencode()

    @cached_property
    def kind(self) -> PersonKind | None:
        """The one that is asked for; None: all."""
        asked = self.asked("kind")
        kind = kind_named(asked) if is_kind(asked) else None
        return kind if kind in kinds_for(self.user) else None

    def people(self) -> Any:
        narrowed = {name: self.asked(name) for name in GROUPS}
        return people_asked_for(self.user, **narrowed, search=self.asked("q"))


class MomentView(AskedView, TemplateView):
    """Mix into a view of who was on site at an instant."""

    title = _("On site")
    capability = Capability.READ_ATTENDANCE

    @cached_property
    def at(self) -> datetime:
        """The instant that is asked about, by the clock on the campus; now, if none can be."""
        now = timezone.now()
        try:
            asked = datetime.fromisoformat(self.asked("at"))
            validate_plausible_instant(asked)
        except (ValueError, ValidationError):
            return now
        return min(asked if asked.tzinfo else timezone.make_aware(asked), now)

    @cached_property
    def everybody(self) -> list[Here]:
        return on_site(at=self.at, people=self.people())

    @cached_property
    def here(self) -> list[Here]:
        """Of the kind that is asked for."""
        return [one for one in self.everybody if self.kind in {None, one.kind}]

    @property
    def narrowed_to(self) -> list[str]:
        """What the list is narrowed to, in words."""
        kind = [capfirst(str(self.kind.nouns))] if self.kind else []
        words = [f"“{self.asked('q')}”"] if self.asked("q") else []
        return [*kind, *filter(None, map(self.asked, GROUPS)), *words]

    def lines(self, here: Sequence[Here]) -> list[HereLine]:
        ids = [one.person for one in here]
        people = Person.objects.in_bulk(ids)
        seen = sightings_of(ids, at=self.at)
        return [HereLine(one, people[one.person], seen.get(one.person)) for one in here]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = {"at": timezone.localtime(self.at), "narrowed_to": self.narrowed_to}
        return super().get_context_data(**shown, **kwargs)


class OnSitePage(MomentView):
    route = "attendance/on-site/"
    url_name = "presence_on_site"
    room = Room.ATTENDANCE
    place = 11
    template_name = "presence/on_site.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(self.here, PER_PAGE).get_page(self.asked("page"))
        return super().get_context_data(
            is_now=not self.asked("at"),
            asked_at=self.asked("at"),
            kind=self.kind,
            tabs=self._tabs(),
            choices=[self._choice(name) for name in self._offered],
            words=self.asked("q"),
            is_narrowed=bool(self.asked("q") or any(map(self.asked, GROUPS))),
            page=page,
            pages=page.paginator.get_elided_page_range(page.number),
            lines=self.lines(list(page.object_list)),
            query=self.query(page=""),
            **kwargs,
        )

    def _tabs(self) -> list[Tab]:
        everybody = Tab(gettext("All"), self._of_kind(""), self.kind is None, len(self.everybody))
        return [
            everybody,
            *(
                Tab(
                    str(kind.short_title),
                    self._of_kind(kind.key),
                    kind is self.kind,
                    sum(one.kind is kind for one in self.everybody),
                )
                for kind in kinds_for(self.user)
            ),
        ]

    def _of_kind(self, key: str) -> str:
        """Groups that this kind does not have are no longer asked for."""
        there = kind_named(key).groups if key else GROUPS
        return self.query(kind=key, page="", **{name: "" for name in GROUPS if name not in there})

    @property
    def _offered(self) -> list[str]:
        there = self.kind.groups if self.kind else GROUPS
        return [name for name in GROUPS if name in there or self.asked(name)]

    def _choice(self, name: str) -> GroupChoice:
        people: Any = seen_by(self.user).exclude(**{name: ""})
        if self.kind:
            people = people.filter(kind=self.kind.key)
        values = list(people.order_by(name).values_list(name, flat=True).distinct())
        chosen = self.asked(name)
        # The address may say it in another case, or what nobody is in any more.
        known = next((value for value in values if value.casefold() == chosen.casefold()), chosen)
        shown = values if not known or known in values else [known, *values]
        return GroupChoice(name, str(GROUPS[name]), shown, known)


class OnSitePrintView(MomentView):
    """All of them on A4, by group, each with a box to tick."""

    route = "attendance/on-site/print/"
    url_name = "presence_on_site_print"
    template_name = "presence/print.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        note_look_at_many(self.request, Look.What.EXPORT, held=[one.person for one in self.here])
        return super().get_context_data(everybody=self.lines(self.here), **kwargs)
