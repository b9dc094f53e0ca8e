"""Closing a day: what it will do, then doing it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic import TemplateView

from accounts.roles import Capability
from attendance.closing import Closing, check_day, close_day
from attendance.register import DayStanding
from core.errors import DomainError
from office.days import OneDayView
from people.kinds import kind_named, kinds_with_days


class CloseDayView(OneDayView, TemplateView):
    """Says how many will be Absent; sent, it closes the day."""

    route = "attendance/day/<day:day>/close/"
    url_name = "attendance_close"
    capability = Capability.MANAGE_ATTENDANCE
    title = "Close this day"
    template_name = "attendance/close.html"

    @property
    def register(self) -> str:
        return reverse("admin:attendance_day_of", args=[self.day])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            check_day(self.day)
        except DomainError as error:
            messages.error(request, error.message)
            return redirect(self.register)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            check_day(self.day)
            messages.success(request, told(close_day(day=self.day, by=self.user)))
        except DomainError as error:
            messages.error(request, error.message)
        return redirect(self.register)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        standing = DayStanding(self.day)
        kinds = kinds_with_days().values()
        numbers = {kind: standing.will_be_absent(kind).count() for kind in kinds}
        absent = [kind.count_of(number) for kind, number in numbers.items() if number]
        return super().get_context_data(
            standing=standing, absent=absent, register=self.register, **kwargs
        )


def told(closing: Closing) -> str:
    """What closing a day did, in words."""
    wrote = [kind_named(key).count_of(number) for key, number in closing.absent.items() if number]
    again = "The day had been closed before. " if closing.was_closed else "The day is closed. "
    return again + (f"Absent now: {', '.join(wrote)}." if wrote else "Nobody was missing.")
