"""The list of imports in the office, of lists and of photos, and those that wait on *Today*."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.uuids import as_uuid
from office.chips import chip
from office.lists import LookOnly, OfficeModelAdmin
from office.rooms import Room
from office.tasks import Task, Tone
from people.models import Import, ImportJob, ImportRow
from people.office.imports import PreviewView, UploadView
from people.office.photos import AlbumView

TONES = {
    Import.State.WAITING: Tone.WARN,
    Import.State.APPLIED: Tone.GOOD,
    Import.State.DISCARDED: Tone.QUIET,
}


class ImportAdmin(LookOnly, OfficeModelAdmin[Import]):
    """What was imported when and by whom; what waits for a decision stands on top."""

    room = Room.PEOPLE
    place = 2
    list_display = ("file_name", "what", "kind", "standing", "done", "uploaded_by", "uploaded_at")
    list_filter = ("state", "what", "kind")
    list_select_related = ("uploaded_by",)
    list_per_page = 50
    sortable_by = ()
    ordering = (
        Case(When(state=Import.State.WAITING, then=Value(0)), default=Value(1)),
        "-uploaded_at",
        "import_id",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description=_("state"))
    def standing(self, import_: Import) -> str:
        state = Import.State(import_.state)
        return chip(state.label, TONES[state])

    @admin.display(description=_("rows"))
    def done(self, import_: Import) -> str:
        """`20 new, 3 changed`: the kinds of rows that there are."""
        if not import_.digest:
            return gettext("not compared yet")
        counts = ((action.label.lower(), import_.summary[action]) for action in ImportRow.Action)
        return ", ".join(f"{number:,} {label}" for label, number in counts if number) or gettext(
            "no rows"
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return _complete(UploadView.as_view()(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        pk = as_uuid(object_id)
        is_album = Import.objects.filter(pk=pk, what=Import.What.PHOTOS).exists() if pk else False
        view = AlbumView if is_album else PreviewView
        return _complete(view.as_view()(request, import_id=object_id))


def _complete(response: HttpResponseBase) -> HttpResponse:
    assert isinstance(response, HttpResponse)
    return response


def own_imports_that_wait(user: User) -> Task | None:
    at_work = ImportJob.objects.filter(finished_at=None, of_import__isnull=False)
    waiting = (
        Import.objects.filter(state=Import.State.WAITING, uploaded_by=user)
        .exclude(pk__in=at_work.values("of_import"))
        .exclude(what=Import.What.PHOTOS, digest="")  # of which not all has come
    )
    number = len(waiting.values_list("pk")[:100])
    if not number:
        return None
    text = ngettext("import waits for your decision", "imports wait for your decision", number)
    url = reverse("admin:people_import_changelist")
    return Task(number, text, gettext("Confirm or discard"), url, Tone.WARN)
