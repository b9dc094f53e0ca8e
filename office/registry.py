"""What each app brings to the office, which knows none of them.

An app declares one `Contribution` and names it in its AppConfig:
`office = "kitchen.office.contribution.CONTRIBUTION"`. Nothing depends on what is imported first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.http import HttpRequest

    from office.checklist import Step
    from office.tasks import FigureFinder, TaskFinder
    from office.views import OfficeView

    WholeList = Callable[[HttpRequest, Sequence[Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """The stores, each with what one app puts into it."""

    views: "Sequence[type[OfficeView]]" = ()
    tasks: "Sequence[TaskFinder]" = ()
    figures: "Sequence[FigureFinder]" = ()
    """What *Today* counts for whom."""
    steps: "Sequence[Step]" = ()
    """What a new installation is still to be told."""
    whole_lists: "Sequence[WholeList]" = ()
    """What is done with the rows of a list before as many as anybody prints are shown."""
    people_additions: Sequence[Any] = ()
    """`people.office.additions.PeopleAddition`: what lists and pages of people show besides."""
    story_sources: Sequence[Any] = ()
    """`people.office.story.StorySource`: what is told of a person on their page."""
    reader_sections: Sequence[Any] = ()
    """`pos.office.readers.ReaderSection`: what the page of a reader shows besides."""
    desk_sections: Sequence[Any] = ()
    """`cards.desk.views.DeskSection`: what the desk shows of a card that was just enrolled."""
    meal_sections: Sequence[Any] = ()
    """`kitchen.office.now.Section`: what the page of the meals that are on shows besides."""
    day_sections: Sequence[Any] = ()
    """`attendance.office.sections.Section`: what the page of a person's day shows besides."""


STORES = tuple(field.name for field in fields(Contribution))


@cache
def contributions() -> Contribution:
    """Those of all apps as one, in the order in which the apps are installed."""
    paths = [config.office for config in apps.get_app_configs() if hasattr(config, "office")]
    return joined([import_string(path) for path in paths])


def joined(parts: Sequence[Contribution]) -> Contribution:
    """Raises ImproperlyConfigured for what is no contribution or is brought twice."""
    stores: dict[str, list[Any]] = {store: [] for store in STORES}
    for part in parts:
        if not isinstance(part, Contribution):
            raise ImproperlyConfigured(f"{part!r} is no Contribution to the office.")
        for store, things in stores.items():
            for thing in getattr(part, store):
                if thing in things:
                    raise ImproperlyConfigured(f"{thing!r} is brought to {store} twice.")
                things.append(thing)
    return Contribution(**stores)
