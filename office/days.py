"""Pages of one day: today's, and by its date any other's."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, register_converter, reverse
from django.utils import timezone

from office.views import OfficeView

YEARS = range(1900, 2100)


class DayConverter:
    """`<day:day>` in an address: 2026-11-20."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        day = date.fromisoformat(value)
        if day.year not in YEARS:
            raise ValueError
        return day

    def to_url(self, value: date | str) -> str:
        return str(value)


register_converter(DayConverter, "day")


class OneDayView(OfficeView):
    """Mix into a view about the `<day:day>` of its address."""

    @property
    def day(self) -> date:
        day: date = self.kwargs["day"]
        return day


class AnyDayView(OfficeView):
    """Mix into a view at `url_name` (today) and at `url_name`_of with its `<day:day>`.

    What was filtered stays so from day to day. `include "admin/day_navigation.html"` shows the way
    to other days.
    """

    @classmethod
    def urls(cls) -> Sequence[URLPattern]:
        of_a_day = path(f"{cls.route}<day:day>/", cls.as_view(), name=f"{cls.url_name}_of")
        return [*super().urls(), of_a_day]

    @property
    def day(self) -> date:
        asked: date | None = self.kwargs.get("day")
        return asked or timezone.localdate()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A day that was picked by hand has an address of its own."""
        if asked := request.GET.get("date"):
            return self._go_to(asked)
        return super().dispatch(request, *args, **kwargs)

    def _go_to(self, asked: str) -> HttpResponse:
        try:
            day = DayConverter().to_python(asked)
        except ValueError:
            return redirect(f"admin:{self.url_name}")
        return redirect(self.address(day, self.query(date="", page="")))

    def address(self, day: date, query: str = "") -> str:
        is_today = day == timezone.localdate()
        address = reverse(f"admin:{self.url_name}") if is_today else self._address_of(day)
        return f"{address}?{query}" if query else address

    def _address_of(self, day: date) -> str:
        return reverse(f"admin:{self.url_name}_of", args=[day])

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

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today, query = timezone.localdate(), self.query(page="")
        ways = {
            "day": self.day,
            "today": today,
            "is_today": self.day == today,
            "earlier": self.address(self.day - timedelta(days=1), query),
            "later": self.address(self.day + timedelta(days=1), query) if self.day < today else "",
            "to_today": self.address(today, query),
            "kept": [(name, value) for name, value in self.request.GET.items() if name != "page"],
        }
        return super().get_context_data(**{**ways, **kwargs})
