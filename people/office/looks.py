"""Who looked, told to administrators: at one person, and who took exports and reports."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin

from accounts.models import User
from accounts.roles import Capability
from office.lists import LatestRows
from office.rooms import Room
from office.views import OfficeView
from people.models import Look, Person

LATEST, PER_PAGE = 5, 50


def looks_panel(request: HttpRequest, person: Person) -> str:
    """Beside the form of a person: who looked last. Empty for whoever is not to know."""
    assert isinstance(request.user, User)
    if not request.user.may(Capability.ADMINISTER):
        return ""
    looks = Look.objects.at(person.pk)[:LATEST]
    return render_to_string("people/looks_panel.html", {"person": person, "looks": looks}, request)


class LooksView(TemplateResponseMixin, OfficeView):
    """A page of looks, latest first."""

    capability = Capability.ADMINISTER
    template_name = "people/looks.html"

    def looks(self) -> QuerySet[Look]:
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        pages = LatestRows(self.looks(), PER_PAGE)
        page = pages.get_page(request.GET.get("page"))
        return self.render_to_response(self.get_context_data(page=page, **kwargs))


class LooksAtPerson(LooksView):
    route = "people/access/<uuid:pk>/"
    url_name = "people_looks_at_person"
    title = _("Who looked")

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        person = get_object_or_404(Person, pk=kwargs["pk"])
        title = gettext("Who looked at {name}").format(name=person.full_name)
        return super().get(request, person=person, title=title)

    def looks(self) -> QuerySet[Look]:
        pk: UUID = self.kwargs["pk"]
        return Look.objects.at(pk)


class LooksAtMany(LooksView):
    route = "people/access/"
    url_name = "people_looks_at_many"
    title = _("Exports and reports taken")
    room: ClassVar[Room | None] = Room.ADMINISTRATION
    place = 4

    def looks(self) -> QuerySet[Look]:
        return Look.objects.told().filter(person=None)
