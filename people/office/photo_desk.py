"""Photos at the desk: whoever of a list has none, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, ClassVar, Final
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin

from accounts.roles import Capability
from core.middleware import with_camera
from core.uuids import as_uuid
from office.lists import OfficeModelAdmin
from office.rooms import Room
from office.views import OfficeView
from people.kinds import kinds
from people.models import Person
from people.office.asked_kind import AskedKind
from people.office.first_people import first_steps
from people.photos import PhotoRefused, set_photo

MOST_WAITING: Final = 2000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A class or department in which somebody has no photo."""

    name: str
    number: int
    query: str


class PhotoDesk(AskedKind, TemplateResponseMixin, OfficeView):
    """`?kind=` and what narrows the list of such people; `person` is whoever stands there now."""

    route = "people/photos/desk/"
    url_name = "people_photo_desk"
    title = _("Take photos")
    capability = Capability.MANAGE_PEOPLE
    room = Room.PEOPLE
    place: ClassVar[int] = 5
    template_name = "people/photo_desk.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except IncorrectLookupParameters:
            return redirect("admin:people_photo_desk")

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.person and self.person.photo:
            return self._next_of(self.person)
        return self._shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        """For whom the address names: whoever waits first may be somebody else by now."""
        person = self.person
        if person is None or "person" not in request.GET:
            raise Http404
        if person.photo:
            return self._next_of(person)
        upload = request.FILES.get("photo")
        if not isinstance(upload, UploadedFile):
            return self._shown(
                HTTPStatus.BAD_REQUEST, error=gettext("Take or choose a picture first.")
            )
        after = self._after(person)
        try:
            set_photo(person=person, upload=upload, size=upload.size or 0)
        except PhotoRefused as error:
            return self._shown(error.status_code, error=str(error))
        messages.success(request, gettext("{name} has a photo.").format(name=person.full_name))
        return redirect(self._address(after))

    def _next_of(self, person: Person) -> HttpResponse:
        """Whoever took a photo meanwhile, at another desk: the first one stays."""
        page = reverse(self.kind.change_page, args=[person.pk])
        name = format_html('<a href="{}">{}</a>', page, person.full_name)
        words = format_html(gettext("{name} has a photo already."), name=name)
        messages.warning(self.request, words)
        return redirect(self._address(self._after(person)))

    def _shown(self, status: int = HTTPStatus.OK, error: str = "") -> HttpResponse:
        person = self.person
        after = self._after(person) if person else None
        frame = self.get_context_data(
            kind=self.kind,
            kinds=kinds(),
            groups=list(self._groups()),
            person=person,
            action=person and self._address(person.pk),
            group=person and self.kind.card_group and getattr(person, self.kind.card_group),
            left=self._left(),
            narrowing_words=self.listed.narrowed,
            skip=after and self._address(after),
            first_steps=None if person else first_steps(self.request, self.kind),
            error=error,
        )
        return with_camera(self.render_to_response(frame, status=status))

    # --- whose photo --------------------------------------------------------------------------

    @cached_property
    def office(self) -> OfficeModelAdmin[Any]:
        office = admin.site.get_model_admin(self.kind.model)
        assert isinstance(office, OfficeModelAdmin)
        return office

    @cached_property
    def narrowing(self) -> QueryDict:
        """What the list of the kind is asked for."""
        asked = self.request.GET.copy()
        for own in ("kind", "person"):
            asked.pop(own, None)
        return asked

    @cached_property
    def listed(self) -> Any:
        """The list, as its address narrows it. Raises IncorrectLookupParameters."""
        return self.office.list_at(self.request, self.narrowing)

    @property
    def without_photo(self) -> QuerySet[Any]:
        """Whoever of the list has none, in its order."""
        rows: QuerySet[Any] = self.listed.queryset.filter(photo="", is_active=True)
        return rows

    @cached_property
    def waiting(self) -> list[UUID]:
        """The first of them."""
        return list(self.without_photo.values_list("pk", flat=True)[:MOST_WAITING])

    @cached_property
    def person(self) -> Person | None:
        """Who is asked for, or the first who waits. Raises Http404."""
        people: QuerySet[Any] = self.office.get_queryset(self.request)
        asked = self.request.GET.get("person", "")
        pk = as_uuid(asked) if asked else next(iter(self.waiting), None)
        found: Person | None = people.filter(pk=pk).first() if pk else None
        if asked and found is None:
            raise Http404
        return found

    def _after(self, person: Person) -> UUID | None:
        """Who comes next; from the beginning again after the last."""
        at = self.waiting.index(person.pk) + 1 if person.pk in self.waiting else 0
        others = [*self.waiting[at:], *self.waiting[: max(0, at - 1)]]
        return others[0] if others else None

    def _left(self) -> str:
        """Counted where more may wait than were read."""
        left = len(self.waiting)
        is_all = left < MOST_WAITING
        return self.kind.count_of(left if is_all else self.without_photo.order_by().count())

    def _address(self, person: UUID | None) -> str:
        query = self.narrowing.copy()
        query["kind"] = self.kind.key
        if person:
            query["person"] = str(person)
        return f"{reverse('admin:people_photo_desk')}?{query.urlencode()}"

    def _groups(self) -> Iterator[Waiting]:
        field = self.kind.card_group
        if not field:
            return
        people: Any = Person.objects.of_kind(self.kind).seen_by(self.user)
        without = people.filter(photo="", is_active=True).order_by(field)
        for name, number in without.values_list(field).annotate(Count("pk")):
            query = QueryDict(mutable=True)
            query.update({"kind": self.kind.key, field: name})
            yield Waiting(name or gettext("Not given"), number, query.urlencode())
