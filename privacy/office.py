"""What privacy brings to the office: everything about one person, and what is deleted when."""

import tempfile
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.apps import apps
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from django_q.models import Schedule

from accounts.models import User
from accounts.roles import Capability
from institution.declared import RETENTION_ENABLED
from institution.reading import setting
from office.moments import day_and_time
from office.registry import Contribution
from office.rooms import Room
from office.views import OfficeView
from people.looking import note_look
from people.models import Look, Person
from people.office.additions import PeopleAddition
from privacy.housekeeping import files_that_would_go, outdated
from privacy.own_data import write_zip
from privacy.retention import FOR_GOOD, NAMES, standings

# Tables of what we are built on, which hold nothing of anybody.
FRAMEWORK = frozenset({"auth", "contenttypes", "django_q"})


class OwnData(OfficeView):
    """The ZIP of one person; it changes nothing, and is kept nowhere."""

    route = "people/<uuid:pk>/everything/"
    url_name = "own_data"
    title = _("Everything about a person")
    capability = Capability.ADMINISTER

    def get(self, request: HttpRequest, pk: UUID, **kwargs: Any) -> HttpResponseBase:
        person = Person.objects.filter(pk=pk).first()
        if person is None:
            raise Http404
        note_look(request, Look.What.DETAILS, person.pk)
        # Closed by the response.
        file = tempfile.TemporaryFile()  # noqa: SIM115
        write_zip(person, file)
        file.seek(0)
        response = FileResponse(
            file,
            as_attachment=True,
            filename=f"{person.kind}-{person.pk}.zip",
            content_type="application/zip",
            status=HTTPStatus.OK,
        )
        response["Cache-Control"] = "no-store"
        return response


class DeletedWhen(OfficeView, TemplateView):
    route = "retention/"
    url_name = "retention"
    title = _("What is deleted when")
    capability = Capability.ADMINISTER
    room = Room.ADMINISTRATION
    place = 3
    template_name = "privacy/retention.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        hourly = [
            *((each.what, each.kept_for, each.rows.count()) for each in outdated(at=now)),
            *files_that_would_go(at=now),
        ]
        for_good = [
            (NAMES.get(label) or apps.get_model(label)._meta.verbose_name_plural, reason)
            for label, reason in FOR_GOOD.items()
            if label.partition(".")[0] not in FRAMEWORK
        ]
        return super().get_context_data(
            standings=standings(at=now),
            next_run=_next_run("retention") if setting(RETENTION_ENABLED) else "",
            hourly=hourly,
            next_hourly=_next_run("housekeeping"),
            for_good=for_good,
            **kwargs,
        )


def _next_run(name: str) -> str:
    """Empty if it is switched off."""
    schedule = Schedule.objects.filter(name=name, next_run__isnull=False).exclude(repeats=0).first()
    return day_and_time(schedule.next_run) if schedule and schedule.next_run else ""


class Rights(PeopleAddition):
    def panel(self, request: HttpRequest, person: Person) -> str:
        assert isinstance(request.user, User)
        if not request.user.may(Capability.ADMINISTER):
            return ""
        return render_to_string("privacy/panel.html", {"person": person})


CONTRIBUTION = Contribution(views=(OwnData, DeletedWhen), people_additions=(Rights(),))
