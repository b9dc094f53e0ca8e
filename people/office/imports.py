"""Imports in the office: the list of them, and the way from the upload to the confirmation."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse

from accounts.models import User
from accounts.roles import Capability
from office.chips import chip
from office.lists import LookOnly, OfficeModelAdmin
from office.tasks import Task, Tone, task_for
from people.models import Import
from people.office import import_pages as pages
from people.office.import_words import summary_text

TONES = {
    Import.State.WAITING: Tone.WARN,
    Import.State.APPLIED: Tone.GOOD,
    Import.State.DISCARDED: Tone.QUIET,
}


@admin.register(Import)
class ImportAdmin(LookOnly, OfficeModelAdmin[Import]):
    """What was imported when and by whom; what waits for a decision stands on top."""

    list_display = ("file_name", "kind", "standing", "done", "uploaded_by", "uploaded_at")
    list_filter = ("state", "kind")
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

    @admin.display(description="state")
    def standing(self, upload: Import) -> str:
        state = Import.State(upload.state)
        return chip(state.label, TONES[state])

    @admin.display(description="rows")
    def done(self, upload: Import) -> str:
        return summary_text(upload)

    def get_urls(self) -> list[URLPattern]:
        one = "<uuid:import_id>/"
        own = [
            path("template/<str:kind>/", pages.Template.as_view(), name="people_import_template"),
            path(f"{one}confirm/", pages.Confirm.as_view(), name="people_import_confirm"),
            path(f"{one}discard/", pages.Discard.as_view(), name="people_import_discard"),
            path(f"{one}rest/", pages.WithoutRefused.as_view(), name="people_import_rest"),
            path(f"{one}refused.csv", pages.RefusedRows.as_view(), name="people_import_refused"),
        ]
        return [*own, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return _answer(pages.Upload.as_view()(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return _answer(pages.Preview.as_view()(request, import_id=object_id))


def _answer(response: HttpResponseBase) -> HttpResponse:
    assert isinstance(response, HttpResponse)
    return response


@task_for(Capability.MANAGE_PEOPLE)
def own_imports_that_wait(user: User) -> Task | None:
    waiting = Import.objects.filter(state=Import.State.WAITING, uploaded_by=user)
    number = len(waiting.values_list("pk")[:100])
    if not number:
        return None
    text = "import waits for your decision" if number == 1 else "imports wait for your decision"
    return Task(
        number, text, "Confirm or discard", reverse("admin:people_import_changelist"), Tone.WARN
    )
