"""The names behind a figure: who is expected at a meal of a day and has not come."""

from functools import cached_property
from itertools import groupby
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from kitchen.expected import periods_on
from kitchen.models import PeriodVersion
from kitchen.sittings import Sitting, kind_and_name, still_to_come_of
from kitchen.words import meaning
from office.days import OneDayView
from people.kinds import kind_named
from people.models import Person

MOST = 2000


class StillToComeView(OneDayView, TemplateView):
    """Of everybody, or of one class: `?group=student:F1A`."""

    route = "kitchen/day/<day:day>/still-to-come/<uuid:pk>/"
    url_name = "kitchen_still_to_come"
    title = _("Still to come")
    capability = Capability.READ_MEALS
    template_name = "kitchen/still_to_come.html"

    @cached_property
    def period(self) -> PeriodVersion:
        for period in periods_on(self.day):
            if period.period_id == self.kwargs["pk"]:
                return period
        raise Http404

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        group = self.request.GET.get("group", "").replace("\x00", "")
        kind, name = kind_and_name(group)
        people = still_to_come_of(Sitting(self.period, self.day), group).order_by(
            "kind", "class_code", "department", "full_name", "pk"
        )
        named = list(people[:MOST])
        is_over = Sitting(self.period, self.day).ends_at <= timezone.now()
        title = gettext("{period}: did not come") if is_over else gettext("{period}: still to come")
        return super().get_context_data(
            title=title.format(period=self.period.name),
            period=self.period,
            meaning=meaning(self.period),
            groups=[(group, list(of_it)) for group, of_it in groupby(named, _group)],
            number=people.count() if len(named) == MOST else len(named),
            one_group=kind.group_name(name) if kind else "",
            is_unknown=bool(group) and kind is None,
            back=reverse("admin:kitchen_day_of", args=[self.day]),
            **kwargs,
        )


def _group(person: Person) -> str:
    kind = kind_named(person.kind)
    return kind.group_name(getattr(person, kind.card_group) if kind.card_group else "")
