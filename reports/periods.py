"""The days that a report is about, and when a report of whole weeks or months is sent."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

A_DAY = timedelta(days=1)


def campus_time(day: date, at: time) -> datetime:
    """The instant of this time of day on the campus."""
    return timezone.make_aware(datetime.combine(day, at))


class ReportPeriod(models.TextChoices):
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")


@dataclass(frozen=True, order=True)
class Span:
    """Days on the campus, both included."""

    first: date
    last: date

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def dates(self) -> list[date]:
        return [self.first + n * A_DAY for n in range(self.length)]

    def __str__(self) -> str:
        """`November 2026`, `16–22 November 2026`, `28 September – 4 October 2026`."""
        if self == month_of(self.first):
            return date_format(self.first, "F Y")
        end = date_format(self.last, "j F Y")
        if self.first == self.last:
            return end
        if self.first.replace(day=1) == self.last.replace(day=1):
            return f"{self.first.day}–{end}"
        begin = "j F" if self.first.year == self.last.year else "j F Y"
        return f"{date_format(self.first, begin)} – {end}"


def week_of(day: date) -> Span:
    """Its week as ISO 8601 has it, from Monday to Sunday."""
    monday = day - day.weekday() * A_DAY
    return Span(monday, monday + 6 * A_DAY)


def month_of(day: date) -> Span:
    return Span(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def span_of(period: str, day: date) -> Span:
    return week_of(day) if period == ReportPeriod.WEEKLY else month_of(day)


def span_before(period: str, day: date) -> Span:
    """The last week or month that was over before this day."""
    return span_of(period, span_of(period, day).first - A_DAY)


def next_sending(period: str, *, after: datetime) -> datetime:
    """REPORT_SEND_AT on the next first day of a week or month."""
    span = span_of(period, timezone.localdate(after))
    begins = campus_time(span.first, send_at())
    return begins if begins > after else campus_time(span.last + A_DAY, send_at())


def send_at() -> time:
    return time.fromisoformat(settings.REPORT_SEND_AT)
