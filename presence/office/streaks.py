"""Who has been absent for days in a row, and that they are, on the office's home page."""

from typing import Any

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.models import User
from accounts.roles import Capability
from office.rooms import Room
from office.tasks import Task, Tone
from people.models import Person
from presence.office.on_site import PER_PAGE, AskedView
from presence.on_site import seen_by
from presence.streaks import FEWEST, streaks

MOST_OFFERED = 10


class StreaksPage(AskedView, TemplateView):
    route = "attendance/streaks/"
    url_name = "presence_streaks"
    title = _("Absent in a row")
    capability = Capability.READ_ATTENDANCE
    room = Room.ATTENDANCE
    place = 13
    template_name = "presence/streaks.html"

    @property
    def fewest(self) -> int:
        asked = self.asked("min")
        is_number = asked.isascii() and asked.isdigit() and len(asked) < len("1000")
        return max(1, int(asked)) if is_number else FEWEST

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        people = self.people().filter(kind=self.kind.key) if self.kind else self.people()
        found = streaks(people=people, fewest=self.fewest)
        page = Paginator(found, PER_PAGE).get_page(self.asked("page"))
        known = Person.objects.in_bulk([streak.person for streak in page.object_list])
        return super().get_context_data(
            fewest=self.fewest,
            offered=range(1, max(MOST_OFFERED, self.fewest) + 1),
            words=self.asked("q"),
            page=page,
            pages=page.paginator.get_elided_page_range(page.number),
            lines=[(known[streak.person], streak) for streak in page.object_list],
            query=self.query(page=""),
            **kwargs,
        )


def absent_in_a_row(user: User) -> Task | None:
    """Somebody should ask after them."""
    found = streaks(people=seen_by(user))
    if not found:
        return None
    text = ngettext(
        "person has been absent {days} days or more in a row",
        "people have been absent {days} days or more in a row",
        len(found),
    ).format(days=FEWEST)
    return Task(len(found), text, gettext("See who"), reverse("admin:presence_streaks"), Tone.WARN)
