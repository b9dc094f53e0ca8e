"""Imports in the office: the list of them, and the way from the upload to the confirmation."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic.base import TemplateResponseMixin
from rest_framework.fields import (
    BooleanField,
    ChoiceField,
    DateField,
    DateTimeField,
    EmailField,
    Field,
)

from accounts.models import User
from accounts.roles import Capability
from core.constraints import NON_FIELD
from core.errors import DomainError
from core.throttling import BulkThrottle
from office.chips import chip
from office.lists import LookOnly, OfficeModelAdmin
from office.rooms import Room
from office.tasks import Task, Tone
from office.views import OfficeView
from people import import_jobs, previews
from people.imports import columns_beside, template_columns
from people.kinds import PersonKind, is_kind, kind_named, kinds
from people.models import Import, ImportJob, ImportRow
from people.previews import Outcome
from people.serializers import PhoneSerializerField
from people.spreadsheets import SpreadsheetRefused
from people.views import csv_download, template_of

ROWS_PER_PAGE = 100
TONES = {
    Import.State.WAITING: Tone.WARN,
    Import.State.APPLIED: Tone.GOOD,
    Import.State.DISCARDED: Tone.QUIET,
}
DECIDED_BEFORE = "This import was decided before."


class ImportView(OfficeView):
    capability = Capability.MANAGE_PEOPLE

    def found(self) -> Import:
        imports_with_names = Import.objects.select_related("uploaded_by", "closed_by")
        try:
            return get_object_or_404(imports_with_names, pk=self.kwargs["import_id"])
        except ValidationError as error:
            raise Http404 from error


class UploadView(TemplateResponseMixin, ImportView):
    """Step 1: which people, which file."""

    title = "Import"
    template_name = "people/import_upload.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            return self.shown(error="Choose a file first.")
        throttle = BulkThrottle()
        if not throttle.allows(str(self.user.pk)):
            wait = throttle.wait()
            words = f"Too many files in a short time. Try again in {wait:.0f} seconds."
            response = self.shown(status=HTTPStatus.TOO_MANY_REQUESTS, error=words)
            response["Retry-After"] = f"{wait:.0f}"
            return response
        try:
            import_ = import_jobs.preview_file(
                kind=self.kind,
                content=file.read(),
                file_name=(file.name or "people")[: previews.FILE_NAME_LENGTH],
                by=self.user,
                instead_of=self.instead_of(),
            )
        except SpreadsheetRefused as error:
            return self.shown(error=error.message, file_name=file.name)
        return HttpResponseRedirect(address_of(import_))

    def shown(self, status: HTTPStatus = HTTPStatus.BAD_REQUEST, **context: Any) -> HttpResponse:
        """The form; `status` is that of an `error`."""
        status = status if "error" in context else HTTPStatus.OK
        frame = self.get_context_data(
            kind=self.kind,
            kinds=kinds(),
            instead=self.instead_of(),
            columns=explained_columns(self.kind),
            **context,
        )
        return self.render_to_response(frame, status=status)

    def instead_of(self) -> Import | None:
        """The preview with refused rows from which the officer came."""
        asked = self.request.GET.get("instead", "")
        try:
            return Import.objects.filter(pk=asked).first() if asked else None
        except ValidationError:
            return None

    @property
    def kind(self) -> PersonKind:
        asked = self.request.GET.get("kind", "")
        return kind_named(asked) if is_kind(asked) else kinds()[0]


class ImportTemplateView(ImportView):
    """The empty file."""

    route = "people/import/template/<str:kind>/"
    url_name = "people_import_template"

    def get(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        if not is_kind(kind):
            raise Http404
        return template_of(kind_named(kind))


class PreviewView(TemplateResponseMixin, ImportView):
    """Step 2: what would happen, a hundred rows a page; and step 3: what has happened."""

    title = "Import"
    template_name = "people/import.html"

    def get(self, request: HttpRequest, import_id: str | UUID) -> HttpResponse:
        import_ = self.found()
        kind = kind_named(import_.kind)
        job = import_.jobs.first()  # the latest
        if job and not job.is_over:
            context = {"job": job, "status_url": job_status_url(job)}
        elif import_.is_waiting:
            context = {"failed": job and job.detail, **self._of_waiting(import_, kind)}
        else:
            context = {"words": done_words(import_)}
        return self.render_to_response(
            self.get_context_data(
                title=import_.file_name,
                import_=import_,
                kind=kind,
                people_url=reverse(kind.list_page),
                **context,
            )
        )

    def _of_waiting(self, import_: Import, kind: PersonKind) -> dict[str, Any]:
        shown = self.request.GET.get("show", "")
        if shown not in ImportRow.Action.values:  # the first that there are: refused before all
            there = (action for action in ImportRow.Action if import_.summary[action])
            shown = next(there, ImportRow.Action.UNCHANGED).value
        rows = import_.rows.filter(action=shown)
        page = Paginator(rows, ROWS_PER_PAGE).get_page(self.request.GET.get("page"))
        order = [kind.uuid_key, *template_columns(kind)]
        return {
            "tabs": [
                (action.value, action.label, f"{import_.summary[action]:,}")
                for action in ImportRow.Action
            ],
            "shown": shown,
            "page_of_rows": page,
            "columns": [heading(name) for name in filled_columns(order, page.object_list)],
            "rows": shown_rows(order, page.object_list),
            "confirm": confirm_words(import_),
            "good": import_.summary["total"] - import_.summary["failed"],
        }


class DecisionView(ImportView):
    """A button of the preview. Whatever comes of it is said on the page that follows."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        import_ = self.found()
        try:
            import_ = self.decide(import_) or import_
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(address_of(import_))

    def decide(self, import_: Import) -> Import | None:
        """Do it; an import that is returned is the one to go on with."""
        raise NotImplementedError


class ImportConfirmView(DecisionView):
    route = "people/import/<uuid:import_id>/confirm/"
    url_name = "people_import_confirm"

    def decide(self, import_: Import) -> None:
        seen = self.request.POST.get("digest", "")
        outcome = import_jobs.confirm(import_=import_, seen=seen, by=self.user)
        if outcome is Outcome.CHANGED:
            messages.warning(self.request, import_jobs.CHANGED_WORDS)
        if outcome is Outcome.CLOSED:
            messages.info(self.request, f"{DECIDED_BEFORE} Nothing was done twice.")


class DiscardView(DecisionView):
    route = "people/import/<uuid:import_id>/discard/"
    url_name = "people_import_discard"

    def decide(self, import_: Import) -> None:
        if not previews.discard_import(import_=import_, by=self.user):
            messages.info(self.request, DECIDED_BEFORE)


class WithoutRefusedView(DecisionView):
    route = "people/import/<uuid:import_id>/rest/"
    url_name = "people_import_rest"

    def decide(self, import_: Import) -> Import | None:
        if not import_.is_waiting:
            messages.info(self.request, DECIDED_BEFORE)
            return None
        rest = import_jobs.preview_file(
            kind=kind_named(import_.kind),
            content=previews.content_of(import_),
            wishes=previews.without_refused(import_),
            file_name=f"Rest of {import_.file_name}"[: previews.FILE_NAME_LENGTH],
            by=self.user,
            instead_of=import_,
        )
        messages.info(self.request, "This preview leaves the refused rows out.")
        return rest


class RefusedRowsView(ImportView):
    """The refused rows with their reasons, to correct and to bring again."""

    route = "people/import/<uuid:import_id>/refused.csv"
    url_name = "people_import_refused"

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponseBase:
        import_ = self.found()
        try:
            return csv_download(previews.refused_rows(import_), "refused-rows.csv")
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(address_of(import_))


def address_of(import_: Import) -> str:
    return reverse("admin:people_import_change", args=[import_.pk])


def job_status_url(job: ImportJob) -> str:
    return reverse(f"{job.kind}-import-job", args=[job.pk])


# --- the list -----------------------------------------------------------------------------------


class ImportAdmin(LookOnly, OfficeModelAdmin[Import]):
    """What was imported when and by whom; what waits for a decision stands on top."""

    room = Room.PEOPLE
    place = 2
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
    def standing(self, import_: Import) -> str:
        state = Import.State(import_.state)
        return chip(state.label, TONES[state])

    @admin.display(description="rows")
    def done(self, import_: Import) -> str:
        """`20 new, 3 changed`: the kinds of rows that there are."""
        if not import_.digest:
            return "not compared yet"
        counts = ((action.label.lower(), import_.summary[action]) for action in ImportRow.Action)
        return ", ".join(f"{number:,} {label}" for label, number in counts if number) or "no rows"

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return _complete(UploadView.as_view()(request))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return _complete(PreviewView.as_view()(request, import_id=object_id))


def _complete(response: HttpResponseBase) -> HttpResponse:
    assert isinstance(response, HttpResponse)
    return response


def own_imports_that_wait(user: User) -> Task | None:
    at_work = ImportJob.objects.filter(finished_at=None, of_import__isnull=False)
    waiting = Import.objects.filter(state=Import.State.WAITING, uploaded_by=user).exclude(
        pk__in=at_work.values("of_import")
    )
    number = len(waiting.values_list("pk")[:100])
    if not number:
        return None
    text = "import waits for your decision" if number == 1 else "imports wait for your decision"
    return Task(
        number, text, "Confirm or discard", reverse("admin:people_import_changelist"), Tone.WARN
    )


# --- what the pages say: buttons, columns, rows -------------------------------------------------


def confirm_words(import_: Import) -> str:
    """What the button will do, or nothing if there is nothing to do."""
    created, updated = import_.summary["created"], import_.summary["updated"]
    if not created:
        return f"Change {_people(import_, updated)}" if updated else ""
    changes = f", change {updated:,}" if updated else ""
    return f"Register {_people(import_, created)}{changes}"


def done_words(import_: Import) -> str:
    """What has become of an import that is closed."""
    if import_.state != Import.State.APPLIED:
        return "Nothing was imported."
    created, updated = import_.summary["created"], import_.summary["updated"]
    return f"{_people(import_, created)} registered, {updated:,} changed."


def _people(import_: Import, number: int) -> str:
    kind = kind_named(import_.kind)
    return f"{number:,} {kind.noun if number == 1 else kind.nouns}"


@dataclass(frozen=True)
class ExplainedColumn:
    name: str
    is_required: bool
    hint: str


def explained_columns(kind: PersonKind) -> list[ExplainedColumn]:
    fields = kind.serializer().fields
    beside = columns_beside(kind)
    return [
        *(
            ExplainedColumn(name, fields[name].required, _hint(fields[name]))
            for name in kind.serializer.import_columns()
        ),
        *(ExplainedColumn(name, False, _hint(field)) for name, field in beside.items()),
    ]


def _hint(column: Field[Any, Any, Any, Any]) -> str:
    if isinstance(column, ChoiceField):
        return f"One of {', '.join(map(str, column.choices))}"
    if isinstance(column, BooleanField):
        return "true or false"
    if isinstance(column, DateField):
        return "2003-02-28 or 28/02/2003"
    if isinstance(column, DateTimeField):
        return "2026-11-28 09:30 or 28/11/2026 09:30"
    if isinstance(column, PhoneSerializerField):
        return "+255712345678 or 0712 345 678"
    if isinstance(column, EmailField):
        return "An e-mail address"
    return f"At most {column.max_length} characters" if hasattr(column, "max_length") else ""


def filled_columns(order: list[str], rows: Iterable[ImportRow]) -> list[str]:
    """The columns that these rows bring something in, in the order of the template."""
    filled = {name for row in rows for name in row.changes}
    return [name for name in order if name in filled]


def heading(name: str) -> str:
    """`class_code` as people say it."""
    return "The row" if name == NON_FIELD else name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class ShownRow:
    """A row of the preview; what is in it depends on what would become of it."""

    row: ImportRow
    cells: list[str]
    changes: list[dict[str, str]]
    """Each with `name`, `before` and `after`."""
    refusals: list[dict[str, Any]]
    """Each with `name`, `cell` and `reasons`."""


def shown_rows(order: list[str], rows: Iterable[ImportRow]) -> list[ShownRow]:
    page = list(rows)
    columns = filled_columns(order, page)
    return [
        ShownRow(
            row,
            cells=[_cell(row.changes.get(name, {}).get("after")) for name in columns],
            changes=[
                {
                    "name": heading(name),
                    "before": _cell(row.changes[name]["before"]),
                    "after": _cell(row.changes[name]["after"]),
                }
                for name in columns
                if name in row.changes
            ],
            refusals=[
                {"name": heading(name), **row.errors[name]}
                for name in (NON_FIELD, *order)
                if name in row.errors
            ],
        )
        for row in page
    ]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
