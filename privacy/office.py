"""What privacy brings to the office: everything about one person, and what is deleted when."""

import tempfile
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.generic import TemplateView
from django_q.models import Schedule

from accounts.models import User
from accounts.roles import Capability
from office.moments import day_and_time
from office.registry import Contribution
from office.rooms import Room
from office.views import OfficeView
from people.models import Person
from people.office.additions import PeopleAddition
from privacy.own_data import write_zip
from privacy.retention import FOR_GOOD, HOUSEKEEPING, standings


class OwnData(OfficeView):
    """The ZIP of one person; it changes nothing, and is kept nowhere."""

    route = "people/<uuid:pk>/everything/"
    url_name = "own_data"
    title = "Everything about a person"
    capability = Capability.ADMINISTER

    def get(self, request: HttpRequest, pk: UUID, **kwargs: Any) -> HttpResponseBase:
        person = Person.objects.filter(pk=pk).first()
        if person is None:
            raise Http404
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
    title = "What is deleted when"
    capability = Capability.ADMINISTER
    room = Room.ADMINISTRATION
    place = 3
    template_name = "privacy/retention.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        schedule = Schedule.objects.filter(name="retention").exclude(repeats=0).first()
        is_on, next_run = settings.RETENTION_ENABLED, schedule.next_run if schedule else None
        return super().get_context_data(
            standings=standings(at=timezone.now()),
            next_run=day_and_time(next_run) if is_on and next_run else "",
            hourly=sorted(HOUSEKEEPING.values()),
            for_good=sorted(
                (apps.get_model(label)._meta.verbose_name_plural, reason)
                for label, reason in FOR_GOOD.items()
            ),
            **kwargs,
        )


class Rights(PeopleAddition):
    def panel(self, request: HttpRequest, person: Person) -> str:
        assert isinstance(request.user, User)
        if not request.user.may(Capability.ADMINISTER):
            return ""
        return render_to_string("privacy/panel.html", {"person": person})


CONTRIBUTION = Contribution(views=(OwnData, DeletedWhen), people_additions=(Rights(),))
