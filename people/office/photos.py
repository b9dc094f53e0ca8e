"""Portraits by ZIP in the office: what each picture is, and setting those that fit."""

from base64 import b64encode
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin

from accounts.roles import Capability
from core.throttling import BulkThrottle
from office.views import OfficeView
from people.deed_models import Deed
from people.deeds import those_who_came
from people.kinds import kinds
from people.office.asked_kind import AskedKind
from people.office.came_with import deed_asked_for, next_steps
from people.office.changes import say_done
from people.photo_uploads import (
    ArchiveRefused,
    Outcome,
    PhotoReport,
    PictureRow,
    file_stem,
    upload_photos,
)

AWAITED_NAMED = 200
WORDS = {
    Outcome.MATCHED: _("{number:,} fit"),
    Outcome.UNMATCHED: _("{number:,} are nobody's"),
    Outcome.UNREADABLE: _("{number:,} cannot be read"),
    Outcome.TOO_SMALL: _("{number:,} are too small"),
    Outcome.LANDSCAPE: _("{number:,} are wider than high"),
    Outcome.DUPLICATE: _("{number:,} are of somebody who has two"),
}


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture of the file; of what is wider than high, what is cut off and whether it may be."""

    row: PictureRow
    framed: str = ""
    is_ticked: bool = False


class PhotosView(AskedKind, TemplateResponseMixin, OfficeView):
    """A look at what would happen, or the deed itself: what does not fit is left out."""

    route = "people/photos/"
    url_name = "people_photos"
    title = _("Photos from a ZIP")
    capability = Capability.MANAGE_PEOPLE
    template_name = "people/photos.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            return self._shown(HTTPStatus.BAD_REQUEST, error=gettext("Choose a file first."))
        throttle = BulkThrottle()
        if not throttle.allows(str(self.user.pk)):
            words = gettext(
                "Too many files in a short time. Try again in {number:.0f} seconds."
            ).format(number=throttle.wait())
            return self._shown(HTTPStatus.TOO_MANY_REQUESTS, error=words)
        try:
            report = upload_photos(
                kind=self.kind,
                archive=file,
                size=file.size or 0,
                dry_run=request.POST.get("step") != "write",
                by=self.user,
                about=file.name or "",
                skip_failed=True,
                crop_landscape="crop" in request.POST,
                cropped=request.POST.getlist("middle"),
            )
        except ArchiveRefused as error:
            return self._shown(HTTPStatus.BAD_REQUEST, error=error.message)
        if not report.dry_run:
            number = report.summary["updated"]
            words = ngettext("{number:,} photo set.", "{number:,} photos set.", number)
            say_done(request, report.change_id, words.format(number=number))
        pictures = [self._picture(row) for row in report.rows]
        return self._shown(
            report=report, pictures=pictures, counts=counts_of(report), file_name=file.name
        )

    def _picture(self, row: PictureRow) -> ShownPicture:
        if not row.framed or row.person is None:
            return ShownPicture(row)
        is_ticked = "crop" in self.request.POST or row.file in self.request.POST.getlist("middle")
        return ShownPicture(row, data_url(row.framed), is_ticked)

    def _shown(self, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HttpResponse:
        deed = deed_asked_for(self.request, self.kind)
        came = deed if deed and those_who_came(deed).exists() else None
        frame = self.get_context_data(
            kind=self.kind,
            kinds=kinds(),
            deed=deed,
            crop="crop" in self.request.POST,
            asks_of_each=any(each.framed for each in context.get("pictures", ())),
            awaited=came and awaited(came),
            next=came and next_steps(self.user, came),
            **context,
        )
        return self.render_to_response(frame, status=status)


def data_url(jpeg: bytes) -> str:
    """Within the page: nothing of it is kept before it is set."""
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"


@dataclass(frozen=True)
class AwaitedPhotos:
    """Who came with an import and has no photo, the first of them, with what its file is called."""

    number: int
    files: list[tuple[Any, str]]


def awaited(deed: Deed) -> AwaitedPhotos:
    people = those_who_came(deed).filter(photo="").order_by("identifier")
    named = people[:AWAITED_NAMED]
    return AwaitedPhotos(
        people.count(), [(one, f"{file_stem(one.identifier)}.jpg") for one in named]
    )


def counts_of(report: PhotoReport) -> str:
    """`24 fit, 2 are nobody's`."""
    said = ((report.summary[outcome.value], words) for outcome, words in WORDS.items())
    return ", ".join(words.format(number=number) for number, words in said if number)
