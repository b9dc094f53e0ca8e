"""Background work: what is done by itself and when, and what failed.

In place of the worker's own pages, which show its tables, and what it packed into them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from django_q.models import Failure, Schedule
from django_q.models import Task as Work

from accounts.models import User
from accounts.roles import Capability
from office.chips import NOTHING, chip
from office.moments import ago, day_and_time
from office.rooms import Room
from office.tasks import Task, Tone
from office.views import OfficeView

LATEST = 50
A_DAY = timedelta(days=1)
# The worker looks at least each minute; what waits this long waits for a worker that is down.
LATE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that is done by itself."""

    name: str
    rhythm: str
    last: str
    next: str
    state: str


@dataclass(frozen=True, slots=True)
class Mishap:
    name: str
    at: str
    tries: int
    reason: str


def duties(*, now: datetime) -> list[Duty]:
    schedules = list(Schedule.objects.exclude(repeats=0).order_by("name"))
    # Without what a task was given and gave back, which is packed.
    done = Work.objects.filter(pk__in=[schedule.task for schedule in schedules])
    latest = {work.pk: work for work in done.only("success", "stopped")}
    return [_duty(schedule, latest.get(schedule.task or ""), now) for schedule in schedules]


def _duty(schedule: Any, last: Any, now: datetime) -> Duty:
    return Duty(
        name=_said(schedule.name or schedule.func),
        rhythm=_rhythm(schedule),
        last=ago(last.stopped, now=now) if last else NOTHING,
        next=day_and_time(schedule.next_run) if schedule.next_run else NOTHING,
        state=_state(schedule, last, now),
    )


def _said(name: str) -> str:
    """Schedules have names that are words (`core.words_of_others`)."""
    return capfirst(gettext(name))


def _rhythm(schedule: Any) -> str:
    if schedule.schedule_type != Schedule.MINUTES:
        return str(schedule.get_schedule_type_display())
    minutes = schedule.minutes or 1
    return ngettext("Each minute", "Every {minutes} minutes", minutes).format(minutes=minutes)


def _state(schedule: Any, last: Any, now: datetime) -> str:
    if schedule.next_run and schedule.next_run < now - LATE:
        return chip(gettext("Late: is the worker running?"), Tone.BAD)
    if last and not last.success:
        return chip(gettext("Failed"), Tone.BAD)
    return chip(gettext("Works"), Tone.GOOD)


def mishaps() -> list[Mishap]:
    """The latest that failed."""
    failed = Failure.objects.order_by("-stopped")
    rows = failed.only("name", "group", "stopped", "attempt_count", "result")[:LATEST]
    return [
        Mishap(
            name=_said(row.group or row.name),
            at=day_and_time(row.stopped),
            tries=row.attempt_count,
            reason=_reason(row.result),
        )
        for row in rows
    ]


def _reason(result: Any) -> str:
    """The worker keeps `message : Traceback ...`; the log has the rest."""
    message = str(result or "").partition(" : Traceback")[0].strip()
    return message or gettext("It gave no reason; the log of the server has more.")


class BackgroundWork(OfficeView, TemplateView):
    route = "background-work/"
    url_name = "background_work"
    title = _("Background work")
    capability = Capability.ADMINISTER
    room = Room.ADMINISTRATION
    place = 2
    template_name = "admin/background_work.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        return super().get_context_data(duties=duties(now=now), mishaps=mishaps(), **kwargs)


def background_work_that_failed(user: User) -> Task | None:
    number = Failure.objects.filter(stopped__gte=timezone.now() - A_DAY).count()
    if not number:
        return None
    text = ngettext("job failed since yesterday", "jobs failed since yesterday", number)
    return Task(number, text, gettext("See why"), reverse("admin:background_work"), Tone.BAD)
