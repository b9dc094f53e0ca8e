"""Who is on site: the names behind the dashboard's figure, now or at any instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.utils import timezone
from django.views.generic import TemplateView

from accounts.roles import Capability
from office.rooms import Room
from office.views import OfficeView
from people.kinds import PersonKind, is_kind, kind_named
from people.looking import note_look_at_many
from people.models import Look, Person, validate_plausible_instant
from presence.asked import people_asked_for
from presence.on_site import Here, Sighting, groups_of, kinds_for, on_site, sightings_of

PER_PAGE = 50
GROUPS = ("class_level", "class_code", "department")


@dataclass(frozen=True, slots=True)
class Tab:
    """A link that narrows the list to one kind; `number` is how many it shows."""

    name: str
    query: str
    is_current: bool
    number: int


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

    title = "On site"
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
        """Of the kind and the group that are asked for."""
        group = self.asked("group")
        return [
            one
            for one in self.everybody
            if self.kind in {None, one.kind} and (not group or one.group == group)
        ]

    def lines(self, here: Sequence[Here]) -> list[HereLine]:
        ids = [one.person for one in here]
        people = Person.objects.in_bulk(ids)
        seen = sightings_of(ids, at=self.at)
        return [HereLine(one, people[one.person], seen.get(one.person)) for one in here]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(at=timezone.localtime(self.at), **kwargs)


class OnSitePage(MomentView):
    route = "attendance/on-site/"
    url_name = "presence_on_site"
    room = Room.ATTENDANCE
    place = 11
    template_name = "presence/on_site.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(self.here, PER_PAGE).get_page(self.asked("page"))
        of_kind = [one for one in self.everybody if self.kind in {None, one.kind}]
        return super().get_context_data(
            is_now=not self.asked("at"),
            asked_at=self.asked("at"),
            kind=self.kind,
            tabs=self._tabs(),
            groups=groups_of(of_kind),
            group=self.asked("group"),
            words=self.asked("q"),
            is_narrowed=bool(self.asked("q") or self.asked("group")),
            page=page,
            pages=page.paginator.get_elided_page_range(page.number),
            lines=self.lines(list(page.object_list)),
            query=self.query(page=""),
            **kwargs,
        )

    def _tabs(self) -> list[Tab]:
        everybody = Tab("All", self._of_kind(""), self.kind is None, len(self.everybody))
        return [
            everybody,
            *(
                Tab(
                    kind.short_title,
                    self._of_kind(kind.key),
                    kind is self.kind,
                    sum(one.kind is kind for one in self.everybody),
                )
                for kind in kinds_for(self.user)
            ),
        ]

    def _of_kind(self, key: str) -> str:
        return self.query(kind=key, group="", page="")


class OnSitePrintView(MomentView):
    """All of them on A4, by group, each with a box to tick."""

    route = "attendance/on-site/print/"
    url_name = "presence_on_site_print"
    template_name = "presence/print.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        note_look_at_many(self.request, Look.What.EXPORT, held=[one.person for one in self.here])
        return super().get_context_data(everybody=self.lines(self.here), **kwargs)
