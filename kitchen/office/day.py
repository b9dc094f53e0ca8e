"""What was served on one day: how much of what, and to whom."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.roles import Capability
from core.uuids import as_uuid
from kitchen.expected import periods_on
from kitchen.models import KitchenService, PeriodVersion
from kitchen.sittings import periods_over, sittings_at
from kitchen.summary import summary_of
from office.days import AnyDayView
from office.rooms import Room
from people.models import Person

PER_PAGE = 50
OUTSIDE = "none"  # of every period


class KitchenDayView(AnyDayView, TemplateView):
    route = "kitchen/day/"
    url_name = "kitchen_day"
    title = _("Meals of the day")
    capability = Capability.READ_MEALS
    room = Room.KITCHEN
    place = 1
    template_name = "kitchen/day.html"

    @cached_property
    def summary(self) -> dict[str, Any]:
        return summary_of(self.day, self.planned)

    @cached_property
    def planned(self) -> list[PeriodVersion]:
        return periods_on(self.day)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(self._meals(), PER_PAGE).get_page(self.asked("page"))
        return super().get_context_data(
            title=date_format(self.day, "l j F Y"),
            summary=self.summary,
            periods=list(self._periods()),
            served_now=self._served_now(),
            may_serve=self.user.may(Capability.MANAGE_MEALS),
            words=self.asked("q"),
            period=self.asked("period"),
            only_doubles=bool(self.asked("double")),
            only_extra=bool(self.asked("extra")),
            page=page,
            pages=page.paginator.get_elided_page_range(page.number),
            query=self.query(page=""),
            without_filters=self.query(period="", double="", extra="", q="", page=""),
            **kwargs,
        )

    def _served_now(self) -> list[PeriodVersion]:
        now = timezone.now()
        if self.day != timezone.localdate(now):
            return []
        return [sitting.period for sitting in sittings_at(now)]

    def _periods(self) -> Iterable[dict[str, Any]]:
        """The summary's, each with the link that shows only its meals, or all again."""
        over = periods_over(self.planned, self.day, timezone.now())
        for period in self.summary["periods"]:
            key = str(period["period_id"] or OUTSIDE)
            is_chosen = key == self.asked("period")
            chosen = "" if is_chosen else key
            query = self.query(period=chosen, double="", extra="", page="")
            is_over = period["period_id"] in over
            yield {**period, "is_chosen": is_chosen, "query": query, "is_over": is_over}

    def _meals(self) -> QuerySet[KitchenService]:
        meals: QuerySet[Any] = KitchenService.objects.with_doubles().filter(date=self.day)
        if period := self.asked("period"):
            meals = meals.filter(period=as_uuid(period))  # no id: outside of every period
        if self.asked("double"):
            meals = meals.filter(is_double=True)
        if self.asked("extra"):
            meals = meals.filter(is_extra=True)
        if words := self.asked("q"):
            meals = meals.filter(person__in=Person.objects.search(words))
        return meals.select_related("person", "period")
