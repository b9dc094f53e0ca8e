"""A class teacher's morning: their classes today, who is here, who is not, and why."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView

from accounts.models import User
from accounts.roles import Capability
from attendance.models import Status
from attendance.office.day import FIGURES
from attendance.register import UNSEEN, DayRegister, DayStanding, RegisterLine
from office.rooms import Room
from office.tasks import Figure
from office.views import OfficeView
from people.scope import kinds_with_days_for

MOST: Final = 300
# Whom to look for comes first.
ORDER: Final = (Status.ABSENT, UNSEEN, Status.LATE)


class MyClassToday(OfficeView, TemplateView):
    """Everybody of their classes who is expected or was seen, class by class."""

    route = "my-class/"
    url_name = "attendance_my_class"
    title = _("My class today")
    capability = Capability.READ_ATTENDANCE
    room = Room.PEOPLE
    place: ClassVar[int] = -1
    template_name = "attendance/my_class.html"

    @classmethod
    def is_for(cls, user: User) -> bool:
        return super().is_for(user) and user.own_classes is not None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        (kind,) = kinds_with_days_for(self.user).values()
        register = DayRegister(kind, DayStanding(today), self.user)
        people = register.people().order_by("class_code", *kind.model._meta.ordering)
        lines = register.lines(people[:MOST])
        more = people.count() - MOST if len(lines) == MOST else 0
        return super().get_context_data(
            today=today,
            kind=kind,
            standing=register.standing,
            figures=_figures(register),
            classes=list(_by_class(lines)),
            more=max(0, more),
            day_url=f"{reverse('admin:attendance_day')}?{urlencode({'group': kind.key})}",
            may_correct=self.user.may(Capability.CORRECT_ATTENDANCE)
            and not register.standing.is_settled,
            **kwargs,
        )


def _by_class(lines: list[RegisterLine]) -> Iterator[tuple[str, list[RegisterLine]]]:
    for name, theirs in groupby(lines, lambda line: line.person.class_code):
        yield name, sorted(theirs, key=_place)


def _place(line: RegisterLine) -> int:
    return ORDER.index(line.status) if line.status in ORDER else len(ORDER)


def figures_today(user: User) -> list[Figure]:
    """Of the kind whose days come first, which in a school are its students."""
    kinds = kinds_with_days_for(user)
    if not kinds:
        return []
    kind = next(iter(kinds.values()))
    return _figures(DayRegister(kind, DayStanding(timezone.localdate()), user))


# One and many are the same in English, and are not in Swahili.
FIGURE_WORDS: Final[dict[str, Callable[[int], str]]] = {
    Status.PRESENT: lambda n: ngettext("{people} present", "{people} present", n),
    Status.LATE: lambda n: ngettext("{people} late", "{people} late", n),
    Status.ABSENT: lambda n: ngettext("{people} absent", "{people} absent", n),
    Status.EXCUSED: lambda n: ngettext("{people} excused", "{people} excused", n),
    UNSEEN: lambda n: ngettext("{people} not yet seen", "{people} not yet seen", n),
}


def _figures(register: DayRegister) -> list[Figure]:
    kind, page = register.kind, reverse("admin:attendance_day")
    return [
        Figure(
            number := register.figures[FIGURES[status]],
            words(number).format(people=kind.noun if number == 1 else kind.nouns),
            f"{page}?{urlencode({'group': kind.key, 'status': status})}",
        )
        for status, words in FIGURE_WORDS.items()
    ]
