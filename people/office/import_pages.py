"""The pages of an import: upload, preview, and what an officer decides about it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic.base import TemplateResponseMixin

from accounts.roles import Capability
from core.errors import DomainError
from office.pages import OfficePage
from people import previews
from people.kinds import PersonKind, is_kind, kind_named, kinds
from people.models import Import, ImportRow
from people.office.import_words import (
    confirm_words,
    described_columns,
    described_rows,
    done_words,
    filled_columns,
    heading,
)
from people.previews import Outcome
from people.spreadsheets import SpreadsheetRefused
from people.views import csv_download, template_of

ROWS_PER_PAGE = 100


class ImportPage(OfficePage):
    capability = Capability.MANAGE_PEOPLE

    def found(self) -> Import:
        imports_with_names = Import.objects.select_related("uploaded_by", "closed_by")
        try:
            return get_object_or_404(imports_with_names, pk=self.kwargs["import_id"])
        except ValidationError as error:
            raise Http404 from error


class Upload(TemplateResponseMixin, ImportPage):
    """Step 1: which people, which file."""

    title = "Import"
    template_name = "people/import_upload.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            return self.shown(error="Choose a file first.")
        try:
            upload = previews.preview_import(
                kind=self.kind,
                content=file.read(),
                file_name=(file.name or "people")[: previews.FILE_NAME_LENGTH],
                by=self.user,
                instead_of=self.instead_of(),
            )
        except SpreadsheetRefused as error:
            return self.shown(error=error.message, file_name=file.name)
        return HttpResponseRedirect(address_of(upload))

    def shown(self, **context: Any) -> HttpResponse:
        status = 400 if "error" in context else 200
        frame = self.get_context_data(
            kind=self.kind,
            kinds=kinds(),
            instead=self.instead_of(),
            columns=described_columns(self.kind),
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


class Template(ImportPage):
    """The empty file."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        if not is_kind(kind):
            raise Http404
        return template_of(kind_named(kind))


class Preview(TemplateResponseMixin, ImportPage):
    """Step 2: what would happen, a hundred rows a page; and step 3: what has happened."""

    title = "Import"
    template_name = "people/import.html"

    def get(self, request: HttpRequest, import_id: str | UUID) -> HttpResponse:
        upload = self.found()
        kind = kind_named(upload.kind)
        context = self._of_waiting(upload) if upload.is_waiting else {"words": done_words(upload)}
        return self.render_to_response(
            self.get_context_data(
                title=upload.file_name,
                upload=upload,
                kind=kind,
                people_url=reverse(kind.list_page),
                **context,
            )
        )

    def _of_waiting(self, upload: Import) -> dict[str, Any]:
        shown = self._shown(upload)
        rows = upload.rows.filter(action=shown)
        page = Paginator(rows, ROWS_PER_PAGE).get_page(self.request.GET.get("page"))
        order = kind_named(upload.kind).serializer.import_columns()
        return {
            "tabs": [
                (action.value, action.label, f"{upload.summary[action]:,}")
                for action in ImportRow.Action
            ],
            "shown": shown,
            "page_of_rows": page,
            "columns": [heading(name) for name in filled_columns(order, page.object_list)],
            "rows": described_rows(order, page.object_list),
            "confirm": confirm_words(upload),
            "good": upload.summary["total"] - upload.summary["failed"],
        }

    def _shown(self, upload: Import) -> str:
        """What was asked for, else the first kind of rows that there is: refused before all."""
        asked = self.request.GET.get("show", "")
        if asked in ImportRow.Action.values:
            return asked
        there = (action for action in ImportRow.Action if upload.summary[action])
        return next(there, ImportRow.Action.UNCHANGED).value


class Decision(ImportPage):
    """A button of the preview. Whatever comes of it is said on the page that follows."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        upload = self.found()
        try:
            upload = self.decide(upload) or upload
        except DomainError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(address_of(upload))

    def decide(self, upload: Import) -> Import | None:
        """Do it; an import that is returned is the one to go on with."""
        raise NotImplementedError


class Confirm(Decision):
    def decide(self, upload: Import) -> None:
        seen = self.request.POST.get("digest", "")
        outcome = previews.confirm_import(upload=upload, seen=seen, by=self.user)
        if outcome is Outcome.CHANGED:
            messages.warning(
                self.request,
                "Nothing is imported yet: somebody has changed these people since you saw the "
                "preview. Look at the new one and confirm again.",
            )
        if outcome is Outcome.CLOSED:
            messages.info(self.request, "This import was decided before. Nothing was done twice.")


class Discard(Decision):
    def decide(self, upload: Import) -> None:
        if not previews.discard_import(upload=upload, by=self.user):
            messages.info(self.request, "This import was decided before.")


class WithoutRefused(Decision):
    def decide(self, upload: Import) -> Import | None:
        if not upload.is_waiting:
            messages.info(self.request, "This import was decided before.")
            return None
        rest = previews.without_refused(upload=upload, by=self.user)
        messages.info(self.request, "This preview leaves the refused rows out.")
        return rest


class RefusedRows(ImportPage):
    """The refused rows with their reasons, to correct and to bring again."""

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponseBase:
        upload = self.found()
        try:
            return csv_download(previews.refused_rows(upload), "refused-rows.csv")
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(address_of(upload))


def address_of(upload: Import) -> str:
    return reverse("admin:people_import_change", args=[upload.pk])
