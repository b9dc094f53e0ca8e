"""Imports in the office: the list of them, and the way from the upload to the confirmation."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin

from accounts.models import User
from accounts.roles import Capability
from core.errors import DomainError
from core.throttling import BulkThrottle
from core.uuids import as_uuid
from office.views import OfficeView
from people import import_jobs, previews
from people.days import DayOrder
from people.deed_models import Deed
from people.imports import Wishes, template_columns
from people.kinds import PersonKind, is_kind, kind_named, kinds
from people.looking import note_look_at_many
from people.models import Import, ImportJob, ImportRow, Look
from people.office.asked_kind import AskedKind
from people.office.came_with import next_steps
from people.office.import_questions import (
    SAMPLED_ROWS,
    SOMEBODY_ELSE,
    asked_columns,
    decided,
    double_questions,
    field_choices,
    mapping_of,
    needed_words,
    open_order,
    people_in,
    rows_in_doubt,
)
from people.office.import_rows import (
    confirm_words,
    done_words,
    explained_columns,
    filled_columns,
    heading,
    shown_rows,
)
from people.previews import Outcome, columns_of, missing_columns
from people.spreadsheets import SpreadsheetRefused
from people.views import SPREADSHEETS, spreadsheet_download, template_of

ROWS_PER_PAGE = 100
DECIDED_BEFORE = _("This import was decided before.")
NOT_TAKEN = _(
    "The file is being compared: your answer was not taken. Answer once more when that is done."
)


class ImportView(OfficeView):
    capability = Capability.MANAGE_PEOPLE
    what: ClassVar = [Import.What.LIST]

    def found(self) -> Import:
        imports_with_names = Import.objects.filter(what__in=self.what).select_related(
            "uploaded_by", "closed_by"
        )
        return get_object_or_404(imports_with_names, pk=as_uuid(str(self.kwargs["import_id"])))


class UploadView(AskedKind, TemplateResponseMixin, ImportView):
    """Step 1: which people, which file."""

    title = pgettext_lazy("deed", "Import")
    template_name = "people/import_upload.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            return self.shown(error=gettext("Choose a file first."))
        throttle = BulkThrottle()
        if not throttle.allows(str(self.user.pk)):
            wait = throttle.wait()
            words = gettext(
                "Too many files in a short time. Try again in {number:.0f} seconds."
            ).format(number=wait)
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
        asked = as_uuid(self.request.GET.get("instead"))
        return Import.objects.filter(pk=asked).first() if asked else None


class ImportTemplateView(ImportView):
    """The empty file."""

    route = "people/import/template/<str:kind>/"
    url_name = "people_import_template"

    def get(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        if not is_kind(kind):
            raise Http404
        return template_of(kind_named(kind), request.GET.get("format", "csv"))


class PreviewView(TemplateResponseMixin, ImportView):
    """Step 2: what would happen, a hundred rows a page; and step 3: what has happened."""

    title = pgettext_lazy("deed", "Import")
    template_name = "people/import.html"

    def get(self, request: HttpRequest, import_id: str | UUID) -> HttpResponse:
        import_ = self.found()
        kind = kind_named(import_.kind)
        job = import_.jobs.first()  # the latest
        if job and not job.is_over:
            context = {"job": job, "status_url": job_status_url(job)}
        elif import_.is_waiting and not import_.digest and missing_columns(import_):
            return HttpResponseRedirect(reverse("admin:people_import_columns", args=[import_.pk]))
        elif import_.is_waiting:
            context = {
                "failed": job and job.detail and gettext(job.detail),
                **self._of_waiting(import_, kind),
            }
        else:
            deed = Deed.objects.filter(pk=import_.change_id or UUID(int=0)).first()
            context = {
                "words": done_words(import_),
                "deed": deed,
                "next": deed and next_steps(self.user, deed),
            }
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
        in_doubt = rows_in_doubt(import_)
        questions = double_questions(import_, in_doubt) if import_.summary["failed"] else []
        if here := people_in(questions):
            note_look_at_many(self.request, Look.What.REPORT, held=here)
        return {
            "tabs": [
                (action.value, action.label, f"{import_.summary[action]:,}")
                for action in ImportRow.Action
            ],
            "shown": shown,
            "page_of_rows": page,
            "columns": [heading(name) for name in filled_columns(order, page.object_list)],
            "rows": shown_rows(order, page.object_list),
            "open_order": open_order(import_) if import_.asks_date_order else None,
            "questions": questions,
            "in_doubt": in_doubt.count() if questions else 0,
            "somebody_else": SOMEBODY_ELSE,
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
            messages.warning(self.request, gettext(import_jobs.CHANGED_WORDS))
        if outcome is Outcome.CLOSED:
            messages.info(
                self.request, gettext("This import was decided before. Nothing was done twice.")
            )
        if outcome is Outcome.BUSY:
            messages.warning(self.request, NOT_TAKEN)


class DiscardView(DecisionView):
    what = list(Import.What)
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
            file_name=gettext("Rest of {file}").format(file=import_.file_name)[
                : previews.FILE_NAME_LENGTH
            ],
            by=self.user,
            instead_of=import_,
        )
        messages.info(self.request, gettext("This preview leaves the refused rows out."))
        return rest


class ColumnsView(TemplateResponseMixin, ImportView):
    """Which column of the file is which field, beside some of what stands in it."""

    route = "people/import/<uuid:import_id>/columns/"
    url_name = "people_import_columns"
    title = _("Columns")
    template_name = "people/import_columns.html"

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        return self._asked(self.found(), {})

    def post(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        return self._asked(self.found(), request.POST.dict())

    def _asked(self, import_: Import, said: dict[str, str]) -> HttpResponse:
        """Ask, unless it is `said` well; then the preview follows."""
        if not import_.is_waiting:
            messages.info(self.request, DECIDED_BEFORE)
            return HttpResponseRedirect(address_of(import_))
        try:
            read = columns_of(import_, most_rows=SAMPLED_ROWS)
        except DomainError as error:
            messages.error(self.request, error.message)
            return HttpResponseRedirect(reverse("admin:people_import_changelist"))
        columns, problems = asked_columns(read, said), []
        if said:
            try:
                outcome = import_jobs.say_columns(
                    import_=import_, mapping=mapping_of(columns), by=self.user
                )
                say_if_not_taken(self.request, outcome)
                return HttpResponseRedirect(address_of(import_))
            except DomainError as error:
                problems = error.messages
        context = self.get_context_data(
            title=import_.file_name,
            import_=import_,
            columns=columns,
            choices=field_choices(read),
            needed=needed_words(read),
            problems=problems,
        )
        return self.render_to_response(
            context, status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK
        )


class DateOrderView(DecisionView):
    route = "people/import/<uuid:import_id>/date-order/"
    url_name = "people_import_date_order"

    def decide(self, import_: Import) -> None:
        said = self.request.POST.get("date_order", "")
        if said in set(DayOrder):
            wishes = replace(Wishes.of(import_.wishes), date_order=DayOrder(said))
            compare_anew(self.request, import_, wishes)


class DoublesView(DecisionView):
    route = "people/import/<uuid:import_id>/doubles/"
    url_name = "people_import_doubles"

    def decide(self, import_: Import) -> None:
        compare_anew(self.request, import_, decided(import_, self.request.POST.dict()))


def compare_anew(request: HttpRequest, import_: Import, wishes: Wishes) -> None:
    assert isinstance(request.user, User)
    outcome = import_jobs.compare_anew(import_=import_, wishes=wishes, by=request.user)
    say_if_not_taken(request, outcome)


def say_if_not_taken(request: HttpRequest, outcome: Outcome) -> None:
    if outcome is Outcome.CLOSED:
        messages.info(request, DECIDED_BEFORE)
    if outcome is Outcome.BUSY:
        messages.warning(request, NOT_TAKEN)


class RefusedRowsView(ImportView):
    """The refused rows with their reasons, to correct and to bring again."""

    route = "people/import/<uuid:import_id>/refused.<str:file_format>"
    url_name = "people_import_refused"

    def get(self, request: HttpRequest, import_id: UUID, file_format: str) -> HttpResponseBase:
        if file_format not in SPREADSHEETS:
            raise Http404
        import_ = self.found()
        try:
            columns, rows = previews.refused_rows(import_, as_they_were=file_format == "xlsx")
            return spreadsheet_download(columns, rows, "refused-rows", file_format)
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(address_of(import_))


def address_of(import_: Import) -> str:
    return reverse("admin:people_import_change", args=[import_.pk])


def job_status_url(job: ImportJob) -> str:
    return reverse(f"{job.kind}-import-job", args=[job.pk])
