"""Portraits by ZIP in the office: the file, a look at its pictures, and setting those that fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import TemplateResponseMixin

from accounts.roles import Capability
from core.errors import DomainError
from core.throttling import BulkThrottle
from core.uploads import HARMLESS
from core.uuids import as_uuid
from office.views import OfficeView
from people import albums, import_jobs
from people.deed_models import Deed
from people.deeds import those_who_came
from people.kinds import kind_named, kinds
from people.media import CACHED
from people.models import Import, ImportPicture, ImportRow
from people.office.asked_kind import AskedKind
from people.office.came_with import CHANGE, deed_asked_for, next_steps
from people.office.imports import (
    DecisionView,
    ImportView,
    address_of,
    job_status_url,
    say_if_not_taken,
)
from people.photo_uploads import Outcome, file_stem, framed
from people.photos import reduced
from people.previews import FileIsGone
from people.previews import Outcome as Decided

AWAITED_NAMED = 200
SHOWN_SIDE = 144
WORDS = {
    Outcome.MATCHED: _("{number:,} fit"),
    Outcome.UNMATCHED: _("{number:,} are nobody's"),
    Outcome.UNREADABLE: _("{number:,} cannot be read"),
    Outcome.TOO_SMALL: _("{number:,} are too small"),
    Outcome.LANDSCAPE: _("{number:,} are wider than high"),
    Outcome.DUPLICATE: _("{number:,} are of somebody who has two"),
}


class BringsPhotos(AskedKind, OfficeView):
    """Mix into a view that takes a file, or some of it."""

    title = _("Photos from a ZIP")
    capability = Capability.MANAGE_PEOPLE

    def begin(self, *, file_name: str, size: int) -> Import:
        deed = deed_asked_for(self.request, self.kind)
        return albums.begin_album(
            kind=self.kind,
            file_name=file_name or "photos.zip",
            size=size,
            by=self.user,
            wishes={"crop": "crop" in self.request.POST, CHANGE: str(deed.pk) if deed else ""},
        )

    def wait(self) -> float:
        """How many seconds until another file may come; 0: now."""
        throttle = BulkThrottle()
        return 0 if throttle.allows(str(self.user.pk)) else throttle.wait()


class PhotosView(BringsPhotos, TemplateResponseMixin):
    """Step 1: whose photos, which file."""

    route = "people/photos/"
    url_name = "people_photos"
    template_name = "people/photos.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        """The whole file at once, as a browser without scripts sends it."""
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            return self._shown(HTTPStatus.BAD_REQUEST, error=gettext("Choose a file first."))
        if wait := self.wait():
            return self._shown(HTTPStatus.TOO_MANY_REQUESTS, error=too_many(wait))
        try:
            album = self.begin(file_name=file.name or "", size=file.size or 0)
            albums.add_part(album=album, start=0, content=file)
            import_jobs.look_at_album(album=album, by=self.user)
        except DomainError as error:
            return self._shown(error.status_code, error=error.message)
        return HttpResponseRedirect(address_of(album))

    def _shown(self, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
        deed = deed_asked_for(self.request, self.kind)
        came = deed if deed and those_who_came(deed).exists() else None
        frame = self.get_context_data(
            kind=self.kind,
            kinds=kinds(),
            deed=deed,
            query=f"?kind={self.kind.key}" + (f"&{CHANGE}={deed.pk}" if deed else ""),
            crop="crop" in self.request.POST,
            most=settings.ALBUM_MAX_BYTES >> 20,
            most_at_once=settings.MAX_UPLOAD_BYTES >> 20,
            part=settings.ALBUM_PART_BYTES,
            awaited=came and awaited(came),
            **context,
        )
        return self.render_to_response(frame, status=status)


class PhotoPartView(BringsPhotos):
    """Some of a file (`file`, from byte `start` on), as the page's script sends a large one.

    The first part comes with the `name` and `size` of the whole, the others with the `album` that
    the answer to it names. `received` says how much there is, `next` where its pictures are seen.
    """

    route = "people/photos/part/"
    url_name = "people_photo_part"
    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        file = request.FILES.get("file")
        start, size = (as_bytes(request.POST.get(name, "")) for name in ("start", "size"))
        if not isinstance(file, UploadedFile) or start is None:
            return refused(gettext("Choose a file first."))
        try:
            album = self._album(size)
            if album.digest or album.jobs.exists():  # whose answer nobody heard
                return JsonResponse({"album": album.pk, "next": address_of(album)})
            received = albums.add_part(album=album, start=start, content=file)
            if received < album.size:
                return JsonResponse({"album": album.pk, "received": received})
            import_jobs.look_at_album(album=album, by=self.user)
        except albums.OutOfTurn as error:
            return JsonResponse({"received": error.received}, status=error.status_code)
        except DomainError as error:
            return refused(str(error), error.status_code)
        return JsonResponse({"album": album.pk, "received": received, "next": address_of(album)})

    def _album(self, size: int | None) -> Import:
        """Whose part it is. Raises TooMany or what `begin_album` raises; FileIsGone for none."""
        if begun := as_uuid(self.request.POST.get("album")):
            mine = Import.objects.filter(what=Import.What.PHOTOS, uploaded_by=self.user, pk=begun)
            if album := mine.first():
                return album
        if begun or size is None:
            raise FileIsGone
        if wait := self.wait():
            raise TooMany(too_many(wait))
        return self.begin(file_name=self.request.POST.get("name", ""), size=size)


class TooMany(DomainError):
    status_code: int = HTTPStatus.TOO_MANY_REQUESTS
    code = "throttled"


def as_bytes(text: str) -> int | None:
    """A number of bytes as a form says it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def refused(words: str, status: int = HTTPStatus.BAD_REQUEST) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)


def too_many(wait: float) -> str:
    words = gettext("Too many files in a short time. Try again in {number:.0f} seconds.")
    return words.format(number=wait)


# --- the album ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture of the file, whose it is, and whether its middle is to be taken."""

    row: ImportRow
    picture: ImportPicture
    is_ticked: bool

    @property
    def reasons(self) -> str:
        return " ".join(reason for each in self.row.errors.values() for reason in each["reasons"])


class AlbumMixin(ImportView):
    what: ClassVar = [Import.What.PHOTOS]


class AlbumView(TemplateResponseMixin, AlbumMixin):
    """Step 2: what its pictures would become; and step 3: what has become of them."""

    title = _("Photos from a ZIP")
    template_name = "people/album.html"

    def get(self, request: HttpRequest, import_id: str | UUID) -> HttpResponse:
        album = self.found()
        kind = kind_named(album.kind)
        job = album.jobs.first()  # the latest
        if job and not job.is_over:
            context: dict[str, Any] = {"job": job, "status_url": job_status_url(job)}
        elif album.is_waiting:
            context = {
                "failed": job and job.detail and gettext(job.detail),
                "is_unfinished": not album.digest,
                "pictures": list(self._pictures(album)),
                "fitting": album.summary["updated"],
            }
        else:
            context = self._of_closed(album)
        frame = self.get_context_data(
            title=album.file_name,
            import_=album,
            kind=kind,
            people_url=reverse(kind.list_page),
            again=f"{reverse('admin:people_photos')}?{self._query(album)}",
            counts=counts_of(album),
            **context,
        )
        return self.render_to_response(frame)

    def _pictures(self, album: Import) -> Iterator[ShownPicture]:
        kept = {each.number: each for each in album.pictures.defer("jpeg")}
        for row in album.rows.all():
            picture = kept[row.number]
            yield ShownPicture(row, picture, is_ticked=picture.is_wide and album.wishes["crop"])

    def _of_closed(self, album: Import) -> dict[str, Any]:
        number = album.summary["updated"]
        words = ngettext("{number:,} photo set.", "{number:,} photos set.", number)
        is_applied = album.state == Import.State.APPLIED
        came = Deed.objects.filter(pk=as_uuid(album.wishes[CHANGE]) or UUID(int=0)).first()
        return {
            "words": words.format(number=number) if is_applied else gettext("No photo was set."),
            "deed": Deed.objects.filter(pk=album.change_id or UUID(int=0)).first(),
            "next": came and next_steps(self.user, came),
        }

    def _query(self, album: Import) -> str:
        came = album.wishes[CHANGE]
        return f"kind={album.kind}" + (f"&{CHANGE}={came}" if came else "")


class AlbumConfirmView(AlbumMixin, DecisionView):
    route = "people/import/<uuid:import_id>/photos/"
    url_name = "people_album_confirm"

    def decide(self, import_: Import) -> None:
        said = map(as_bytes, self.request.POST.getlist("middle"))
        outcome = import_jobs.confirm_album(
            album=import_,
            seen=self.request.POST.get("digest", ""),
            cropped={number for number in said if number is not None},
            by=self.user,
        )
        if outcome is Decided.CHANGED:
            messages.warning(self.request, gettext(import_jobs.CHANGED_WORDS))
        say_if_not_taken(self.request, outcome)


class AlbumPictureView(AlbumMixin):
    """A picture, small; of what is wider than high, what would be cut off is dark."""

    route = "people/import/<uuid:import_id>/photos/<int:number>.jpg"
    url_name = "people_album_picture"

    def get(self, request: HttpRequest, import_id: UUID, number: int) -> HttpResponseBase:
        picture = get_object_or_404(ImportPicture, of_import=self.found(), number=number)
        if picture.problem:
            raise Http404
        jpeg = bytes(picture.jpeg)
        small = framed(jpeg) if picture.is_wide else reduced(BytesIO(jpeg), SHOWN_SIDE)
        headers = {"Cache-Control": CACHED, **HARMLESS}
        return HttpResponse(small, content_type="image/jpeg", headers=headers)


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


def counts_of(album: Import) -> str:
    """`24 fit, 2 are nobody's`."""
    said = ((album.summary.get(outcome.value, 0), words) for outcome, words in WORDS.items())
    return ", ".join(words.format(number=number) for number, words in said if number)
