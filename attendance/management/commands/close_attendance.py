from argparse import ArgumentParser
from contextlib import suppress
from datetime import date
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from attendance.changes import finish_changes
from attendance.closing import check_day, close_day, close_due, finish_closings
from attendance.judging import DaysHeld
from attendance.open_days import excuse_today
from core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Close days of attendance: whoever was expected and not seen is Absent. Without a date, "
        "the days whose closing time has passed; the background worker does that every few "
        "minutes. Running it again does no harm."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dates", nargs="*", type=date.fromisoformat, metavar="YYYY-MM-DD")

    def handle(self, *args: Any, dates: list[date], **options: Any) -> str:
        try:
            for day in dates:
                check_day(day)
            for step in (finish_changes, finish_closings, excuse_today):
                with suppress(DaysHeld):  # the next run finds them undone
                    step()
            if dates:
                closings = [close_day(day=day, by=None) for day in dates]
            else:
                closings = close_due(now=timezone.now())
        except DomainError as error:
            raise CommandError(error.message) from error
        absent = (f"{day.date}: {sum(day.absent.values())} absent" for day in closings)
        return "\n".join(absent) or "No day is due."
